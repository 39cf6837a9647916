"""A confirmed phone makes a link for another one of the same person: docs/reference/phone.md, `POST links`."""

import concurrent.futures
import json
import re
import secrets
import time

import pytest

import qr
from support.server import Handset, Server, b64u, handset, link

DAY = 86_400
MOST_LINKS, MOST_PHONES = 10, 20


def token():
    return b64u(secrets.token_bytes(32))


def make(phone, drawn=None):
    return phone.call("POST", "links", {"token": drawn or token()})


def made(phone, drawn=None):
    reply = make(phone, drawn)
    assert reply.status == 200, reply.text
    return reply.json["link"]


def open_link(server, opened, name="Tablet"):
    new = Handset(server, name)
    return new, new.enrol(opened)


def joined(server, opened, name="Tablet"):
    new, reply = open_link(server, opened, name)
    assert reply.status == 200, reply.text
    return new


def is_confirmed(phone):
    return phone.state()["device"]["confirmed"]


def ask(server, opened):
    drawn = opened.partition("#enrol=")[2]
    return server.call(
        "POST", "/phone/api/invitation", json.dumps({"token": drawn}), {"Content-Type": "application/json"}
    )


def picture(modules):
    """With the margin of light that a reader needs."""
    side = len(modules) + 8
    light = [False] * side
    rows = [[False] * 4 + [module == "1" for module in row] + [False] * 4 for row in modules]
    return [light] * 4 + rows + [light] * 4


def test_a_confirmed_phone_adds_another_one_from_link_to_login(server, app, user, phone):
    opened = made(phone)
    new = joined(server, opened)
    assert [one["name"] for one in phone.state()["joining"]] == ["Tablet"] and not is_confirmed(new)
    assert phone.call("POST", f"devices/{new.id}/confirm", {"code": new.state()["confirmation"]}).status == 200
    uuid = app.create(user)
    assert new.answer(uuid, "approved").json["status"] == "approved" and app.status(uuid) == "approved"


def test_the_answer_holds_the_link_its_times_and_a_code_that_a_camera_reads(server, phone):
    drawn = token()
    answer = make(phone, drawn).json
    assert answer["link"] == f"{server.public_url}/phone/#enrol={drawn}"
    assert answer["ends"] - answer["created"] == 900 and abs(answer["created"] - time.time()) < 30
    assert {len(row) for row in answer["modules"]} == {len(answer["modules"])}
    assert qr.read(picture(answer["modules"])) == answer["link"]


def test_a_link_of_a_phone_lives_no_longer_than_any_other(folder):
    with Server(folder, tables="[phone]\nlink_lifetime = 300\n") as server:
        answer = make(handset(server, server.application.new_user())).json
        assert answer["ends"] - answer["created"] == 300


def test_the_link_tells_whose_it_is_is_good_once_and_then_expires(server, phone):
    first = made(phone)
    assert ask(server, first).json["applications"] == ["Example Corp"]
    joined(server, first)
    assert open_link(server, first)[1].json["error"] == "link_used"
    late = made(phone)
    server.sql("UPDATE enrolments SET ends = ? WHERE device IS NULL", int(time.time()))
    assert open_link(server, late)[1].json["error"] == ask(server, late).json["error"] == "link_expired"


def test_a_new_link_ends_the_one_before_and_leaves_the_administrators(server, user, phone):
    administrators, first, second = link(server, user), made(phone), made(phone)
    assert open_link(server, first)[1].json["error"] == "link_expired"
    assert open_link(server, second)[1].status == open_link(server, administrators)[1].status == 200


def test_a_link_of_another_users_phone_is_left_alone(server, app, phone):
    stranger = handset(server, app.new_user("5551230002"))
    theirs = made(stranger)
    made(phone)
    assert (
        open_link(server, theirs)[1].status == 200
        and stranger.state()["joining"] != []
        and phone.state()["joining"] == []
    )


# The holder of the link gets nothing from it alone.


def test_the_code_of_the_new_phone_confirms_it_neither_at_a_login_nor_by_itself(server, app, user, phone):
    new = joined(server, made(phone))
    code = new.state()["confirmation"]
    assert app.verify(code, user).status == 401
    assert new.call("POST", f"devices/{new.id}/confirm", {"code": code}).json["error"] == "unconfirmed"
    assert not is_confirmed(new) and new.state()["tokens"] == []


def test_it_is_no_first_phone_also_when_the_one_that_made_the_link_is_gone(server, app, user, phone):
    new = joined(server, made(phone))
    assert phone.call("DELETE", f"devices/{phone.id}").status == 200
    assert app.verify(new.state()["confirmation"], user).status == 401 and not is_confirmed(new)


def test_the_new_phone_lets_no_further_application_ask(server, app, user, phone):
    other = server.create_application("Other Corp")
    assert other.new_user() == user
    new = joined(server, made(phone))
    assert phone.call("POST", f"devices/{new.id}/confirm", {"code": new.state()["confirmation"]}).status == 200
    assert [one["application"] for one in new.state()["consents"]] == ["Other Corp"]
    assert other.call("GET", f"/protected/json/users/{user}/status").json["status"]["registered"] is False


# Who may make a link


def test_a_phone_that_is_not_confirmed_makes_no_link(server, user, phone):
    new = joined(server, made(phone))
    assert make(new).json["error"] == "unconfirmed"
    assert make(joined(server, link(server, user))).json["error"] == "unconfirmed"


def test_a_removed_phone_makes_no_link_and_the_one_that_it_made_is_over(server, user, phone):
    stolen = handset(server, user, "Stolen")
    opened = made(stolen)
    assert phone.call("DELETE", f"devices/{stolen.id}").status == 200
    assert make(stolen).json["error"] == "unknown_device"
    assert open_link(server, opened)[1].json["error"] == ask(server, opened).json["error"] == "link_expired"
    assert phone.state()["joining"] == []


def test_a_link_does_not_live_through_a_change_of_the_number(server, user, phone):
    opened = made(phone)
    server.command("user", "change-phone", user, "+15551230099")
    assert open_link(server, opened)[1].json["error"] == "link_unknown"


def test_only_the_phones_own_key_and_its_own_time_make_a_link(server, phone):
    thief = Handset(server)
    thief.id = phone.id
    assert make(thief).json["error"] == "unknown_device"
    phone.clock = -3600
    assert make(phone).json["error"] == "clock"
    reply = server.call(
        "POST", "/phone/api/links", json.dumps({"token": token()}), {"Content-Type": "application/json"}
    )
    assert reply.status == 401
    assert server.sql("SELECT count(*) FROM enrolments WHERE made_by IS NOT NULL") == [(0,)]


# The same call again


def test_the_same_call_again_makes_nothing_new(server, phone):
    drawn = token()
    first, second = make(phone, drawn), make(phone, drawn)
    assert first.json["link"] == second.json["link"] and first.json["ends"] == second.json["ends"]
    assert server.sql("SELECT count(*) FROM enrolments WHERE made_by IS NOT NULL") == [(1,)]
    assert len(server.events("link_made", 1)) == 1


def test_a_call_that_is_replayed_brings_no_link_back_and_ends_none(server, phone):
    used, ended, current = token(), token(), token()
    joined(server, made(phone, used))
    made(phone, ended)
    made(phone, current)
    assert make(phone, used).json["error"] == "link_used"
    assert make(phone, ended).json["error"] == "link_expired"
    assert open_link(server, made(phone, current))[1].status == 200


def test_a_link_of_somebody_else_is_not_taken_over(server, app, user, phone):
    administrators = link(server, user).partition("#enrol=")[2]
    strangers = token()
    made(handset(server, app.new_user("5551230002")), strangers)
    for drawn in (administrators, strangers):
        assert make(phone, drawn).json["error"] == "invalid"
    second = handset(server, user, "Tablet")
    drawn = token()
    made(phone, drawn)
    assert make(second, drawn).json["error"] == "invalid"


@pytest.mark.parametrize(
    "drawn",
    [
        None,
        "",
        "A" * 42,
        "A" * 44,
        "A" * 42 + "B",
        "A" * 42 + "=",
        "+" * 43,
        "A" * 43 + "\n",
        "A" * 4000,
        7,
        ["A" * 43],
        {},
    ],
)
def test_a_token_of_another_form_is_refused(server, phone, drawn):
    assert phone.call("POST", "links", {"token": drawn}).json["error"] == "invalid"
    assert phone.call("POST", "links", {}).json["error"] == "invalid"
    assert server.sql("SELECT count(*) FROM enrolments WHERE made_by IS NOT NULL") == [(0,)]


def test_only_post_makes_a_link(phone):
    assert {phone.call(method, "links").status for method in ("GET", "DELETE", "PUT")} == {404}


# Limits


def test_links_are_counted_by_the_day_for_all_phones_of_a_user_and_unlock_lifts_it(server, app, user, phone):
    second = handset(server, user, "Tablet")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(make, [phone, second] * MOST_LINKS))
    assert sorted(answer.status for answer in answers) == [200] * MOST_LINKS + [429] * MOST_LINKS
    refused = make(phone)
    assert refused.json["error"] == "too_many" and 0 < int(refused.headers["Retry-After"]) <= DAY
    assert server.sql("SELECT count(*) FROM enrolments WHERE device IS NULL AND ends > ?", int(time.time())) == [(1,)]
    assert server.wait_for_event("too_many_requests")["call"] == "phone"
    # Others go on: another user, and the administrator.
    made(handset(server, app.new_user("5551230002")))
    joined(server, link(server, user), "From the administrator")
    assert "10 links" in server.command("user", "unlock", user).stdout
    made(phone)


def test_the_limit_is_not_forgotten_by_a_restart_nor_by_a_replayed_call(server, phone):
    drawn = token()
    for _ in range(MOST_LINKS - 1):
        made(phone)
    made(phone, drawn)
    server.restart()
    assert make(phone).status == 429 and make(phone, drawn).status == 200


def test_somebody_with_as_many_phones_as_there_can_be_is_told_at_once(server, user, phone):
    for number in range(MOST_PHONES - 1):
        Handset(server, f"Phone {number}").join(user)
    refused = make(phone)
    assert (refused.status, refused.json["error"]) == (429, "too_many") and "Remove one" in refused.json["message"]
    assert server.sql("SELECT count(*) FROM enrolments WHERE made_by IS NOT NULL") == [(0,)]
    assert open_link(server, link(server, user))[1].json["error"] == "too_many"


def test_the_oldest_phone_that_nobody_confirmed_gives_way_to_a_new_one(server, user, phone):
    first, second, *_ = [joined(server, link(server, user), f"Phone {number}") for number in range(MOST_PHONES - 1)]
    new = joined(server, made(phone))
    assert server.wait_for_event("device_removed")["device"] == first.id
    assert first.call("GET", "state").status == 401
    assert is_confirmed(phone) and not is_confirmed(second) and not is_confirmed(new)


def test_a_server_without_an_address_of_its_own_says_that_it_makes_no_links(server, phone):
    text = server.settings.read_text()
    server.settings.write_text(re.sub(r"^public_url.*$", "", text, flags=re.MULTILINE))
    server.restart()
    refused = make(phone)
    assert (refused.status, refused.json["error"]) == (409, "no_links") and "administrator" in refused.json["message"]


# History and log


def test_the_history_of_every_phone_and_the_log_tell_of_a_link_and_keep_the_token_secret(server, user, phone):
    second = handset(server, user, "Tablet")
    drawn = token()
    made(phone, drawn)
    newest = second.call("GET", "history").json["entries"][0]
    assert (newest["kind"], newest["message"]) == ("link_made", "Pixel 9")
    told = server.wait_for_event("link_made")
    assert (told["by"], str(told["user"])) == (phone.id, str(user))
    assert drawn not in json.dumps(server.log)
    assert drawn.encode() not in b"".join(path.read_bytes() for path in server.folder.rglob("*") if path.is_file())


def test_a_page_that_waits_hears_of_the_phone_that_opened_the_link(server, phone):
    opened = made(phone)
    seen = phone.state()["revision"]
    new = joined(server, opened)
    assert [one["id"] for one in phone.state(seen, 25)["joining"]] == [new.id]

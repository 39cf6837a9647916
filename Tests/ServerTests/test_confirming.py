"""How a new phone is confirmed: by its own code only if the user has never proven a factor, else by an administrator or
an older factor."""

import base64
import time
import urllib.parse

import pytest

import qr
from support.server import Handset, handset, link, totp

CONFIRMATION = {"factor": "confirmation"}


def new_phone(server, user, name="Tablet"):
    """A phone that has opened a link and waits to be confirmed."""
    phone = Handset(server, name)
    assert phone.enrol(link(server, user)).status == 200
    return phone


def is_confirmed(phone):
    return phone.state()["device"]["confirmed"]


def onecode(server, app, user):
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    return server.codes()[-1]


def verify(app, code, user, **extensions):
    more = "".join(f"&countersign[{name}]={value}" for name, value in extensions.items())
    return app.call("GET", f"/protected/json/verify/{code}/{user}?force=true{more}")


def shown(phone):
    return phone.state()["confirmation"]


# What the user has proven before a thief opens a link.


def a_code_of_the_page(server, app, user):
    phone = handset(server, user)
    assert app.verify(phone.softtoken(app), user).status == 200


def a_confirmed_phone(server, app, user):
    handset(server, user)


def a_phone_that_was_lost(server, app, user):
    phone = handset(server, user)
    server.command("user", "devices", user, "--remove", phone.id, "--yes")


def a_phone_that_removed_itself(server, app, user):
    phone = handset(server, user)
    assert phone.call("DELETE", f"devices/{phone.id}").status == 200


def a_sent_code(server, app, user):
    assert app.verify(onecode(server, app, user), user).status == 200


def a_code_of_an_authenticator_app(server, app, user):
    assert app.verify(authenticator_code(app, user), user).status == 200


def authenticator_code(app, user):
    picture = app.call("POST", f"/protected/json/users/{user}/secret").json["qr_code"]
    secret = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(qr.read(qr.of_svg(picture))).query))["secret"]
    return totp(base64.b32decode(secret), int(time.time()) // 30)


def a_first_confirmation(server, app, user):
    first = new_phone(server, user)
    assert app.verify(shown(first), user).status == 200
    server.command("user", "devices", user, "--remove", first.id, "--yes")


def a_code_then_another_number(server, app, user):
    a_sent_code(server, app, user)
    server.command("user", "change-phone", user, "+15551230099")


def a_code_to_an_application_that_removed_them(server, app, user):
    other = server.create_application("Other")
    assert other.new_user() == user
    assert other.verify(onecode(server, other, user), user).status == 200
    other.call("POST", f"/protected/json/users/{user}/delete")


def a_code_before_they_were_removed_and_came_back(server, app, user):
    other = server.create_application("Other")
    assert other.new_user() == user
    a_sent_code(server, app, user)
    app.call("POST", f"/protected/json/users/{user}/delete")
    assert app.new_user() == user
    other.call("POST", f"/protected/json/users/{user}/delete")


PROOFS = [
    a_code_of_the_page,
    a_confirmed_phone,
    a_phone_that_was_lost,
    a_phone_that_removed_itself,
    a_sent_code,
    a_code_of_an_authenticator_app,
    a_first_confirmation,
    a_code_then_another_number,
    a_code_to_an_application_that_removed_them,
    a_code_before_they_were_removed_and_came_back,
]


def test_the_first_phone_of_somebody_who_never_proved_anything_is_confirmed_by_its_code_and_the_answer_says_so(
    server, app, user
):
    phone = new_phone(server, user)
    answer = app.verify(shown(phone), user)
    assert answer.status == 200 and is_confirmed(phone)
    assert answer.json == {
        "message": "Token is valid.",
        "token": "is valid",
        "success": "true",
        "countersign": CONFIRMATION,
    }
    assert '"token":"is valid"' in answer.text and "|" not in answer.text


@pytest.mark.parametrize("prove", PROOFS, ids=lambda prove: prove.__name__)
def test_a_link_is_no_way_past_what_was_proven(server, app, user, prove):
    prove(server, app, user)
    thief = new_phone(server, user)
    answer = app.verify(shown(thief), user)
    assert (
        answer.status == 401 and answer.json["error_code"] == "60020" and answer.json["message"] == "Token is invalid"
    )
    assert answer.json["countersign"] == CONFIRMATION
    assert not is_confirmed(thief)
    refusal = server.wait_for_event("code_refused")
    assert (refusal["reason"], refusal["level"]) == ("confirmation", "warning")
    # The administrator still can.
    server.command("user", "confirm", user, shown(thief))
    assert is_confirmed(thief)


def test_a_number_that_came_back_as_another_user_has_proven_something_before(server, app, user):
    a_sent_code(server, app, user)
    app.call("POST", f"/protected/json/users/{user}/delete")
    again = app.new_user()
    thief = new_phone(server, again)
    assert again != user and app.verify(shown(thief), again).status == 401 and not is_confirmed(thief)
    # The administrator removes the user for good, and begins again.
    server.command("user", "remove", again, "--yes")
    fresh = app.new_user()
    phone = new_phone(server, fresh)
    assert app.verify(shown(phone), fresh).status == 200


def test_what_was_proven_to_the_first_application_is_not_got_past_by_way_of_a_second(server, app, user):
    """Only the first application can tell whether it was the user: a phone has the codes of all applications."""
    a_code_of_an_authenticator_app(server, app, user)
    other = server.create_application("Other")
    assert other.new_user() == user
    thief = new_phone(server, user)
    for application in (other, app):
        assert application.verify(shown(thief), user).status == 401
    assert not is_confirmed(thief)
    # Nor beside a code that was right there.
    assert verify(other, onecode(server, other, user), user, confirmation=shown(thief)).status == 200
    assert not is_confirmed(thief)


def test_beside_a_right_code_an_application_confirms_the_phone_of_its_own_link_and_no_others(server, app, user):
    other = server.create_application("Other")
    assert other.new_user() == user
    a_sent_code(server, app, user)
    phone = new_phone(server, user)
    server.sql("UPDATE devices SET application = ?", other.id)
    assert verify(app, onecode(server, app, user), user, confirmation=shown(phone)).status == 200 and not is_confirmed(
        phone
    )
    assert verify(other, onecode(server, other, user), user, confirmation=shown(phone)).status == 200 and is_confirmed(
        phone
    )


def test_a_caller_who_knows_that_somebody_has_proven_something_gets_no_phone_confirmed(server, app, user):
    phone = new_phone(server, user)
    answer = verify(app, shown(phone), user, proven="true")
    assert answer.status == 401 and answer.json["countersign"] == CONFIRMATION and not is_confirmed(phone)
    assert app.verify(shown(phone), user).status == 200


def test_confirmation_codes_that_are_not_taken_count_as_wrong_ones(server, app, user):
    a_sent_code(server, app, user)
    thief = new_phone(server, user)
    code = shown(thief)
    assert [app.verify(code, user).status for _ in range(11)] == [401] * 10 + [429]


def test_a_right_code_with_the_confirmation_code_beside_it_confirms_the_phone(server, app, user):
    a_sent_code(server, app, user)
    phone = new_phone(server, user)
    code = shown(phone)
    assert verify(app, "0000000", user, proven="true", confirmation=code).status == 401 and not is_confirmed(phone)
    right = verify(app, onecode(server, app, user), user, proven="true", confirmation=code)
    assert right.status == 200 and "countersign" not in right.json and is_confirmed(phone)


def test_a_right_code_with_a_wrong_confirmation_code_beside_it_is_right_and_confirms_nothing(server, app, user):
    a_sent_code(server, app, user)
    phone = new_phone(server, user)
    for nonsense in ("0000000", "x", "12345678901234567890"):
        assert verify(app, onecode(server, app, user), user, proven="true", confirmation=nonsense).status == 200
    assert not is_confirmed(phone)


def test_a_code_that_the_holder_of_the_key_can_make_confirms_no_phone(server, app, user):
    code = authenticator_code(app, user)
    phone = new_phone(server, user)
    assert verify(app, code, user, confirmation=shown(phone)).status == 200
    assert not is_confirmed(phone)


# A phone that is confirmed confirms the next one.


def joining(phone):
    return [one["id"] for one in phone.state()["joining"]]


def confirm(phone, other, code):
    return phone.call("POST", f"devices/{other.id}/confirm", {"code": code})


def test_a_confirmed_phone_takes_the_code_of_a_new_one(server, app, user, phone):
    new = new_phone(server, user, "Tablet")
    [asked] = phone.state()["joining"]
    assert (asked["id"], asked["name"], asked["address"]) == (new.id, "Tablet", "127.0.0.1")
    code = shown(new)
    assert confirm(phone, new, f"{code[:3]} {code[3:]}").status == 200
    assert is_confirmed(new) and joining(phone) == []
    assert server.wait_for_event("device_confirmed")["by"] == phone.id
    assert app.verify(new.softtoken(app), user).status == 200


def test_another_code_confirms_nothing(server, app, user, phone):
    new, second = new_phone(server, user), new_phone(server, user)
    for code in ("0000000", "", "x" * 5000, shown(second)):
        assert confirm(phone, new, code).json["error"] == "wrong_code"
    assert phone.call("POST", f"devices/{new.id}/confirm", {}).json["error"] == "wrong_code"
    assert not is_confirmed(new) and not is_confirmed(second)


def test_a_new_phone_confirms_neither_itself_nor_another(server, user):
    new, second = new_phone(server, user), new_phone(server, user)
    assert confirm(new, new, shown(new)).json["error"] == "unconfirmed"
    assert confirm(new, second, shown(second)).json["error"] == "unconfirmed"
    assert joining(new) == [] and not is_confirmed(new) and not is_confirmed(second)


def test_a_phone_of_another_user_confirms_nothing(server, app, user):
    stranger = handset(server, app.new_user("5551230002"))
    new = new_phone(server, user)
    assert confirm(stranger, new, shown(new)).json["error"] == "unknown"
    assert joining(stranger) == [] and not is_confirmed(new)


def test_a_code_that_is_a_day_old_confirms_nothing_and_is_not_asked_about(server, user, phone):
    new = new_phone(server, user)
    code = shown(new)
    server.sql("UPDATE devices SET created = created - 86400 WHERE id = ?", new.id)
    assert joining(phone) == [] and confirm(phone, new, code).json["error"] == "unknown"


def test_a_confirmed_phone_removes_a_new_one_that_is_not_the_persons(server, user, phone):
    thief = new_phone(server, user)
    assert phone.call("DELETE", f"devices/{thief.id}").status == 200
    assert thief.call("GET", "state").json["error"] == "unknown_device" and joining(phone) == []


def test_a_page_that_waits_hears_of_a_new_phone(server, user, phone):
    seen = phone.state()["revision"]
    new = new_phone(server, user)
    assert [one["id"] for one in phone.state(seen, 25)["joining"]] == [new.id]

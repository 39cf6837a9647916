"""Two applications and one person: neither learns of the phone, nor asks it, before the person has let it."""

import base64
import json
import time
import urllib.parse

import pytest

from support.patience import until
import qr
from support.server import Handset, handset, link, totp


@pytest.fixture
def other(server, user, phone):
    """Adds the number of a user who has a phone for the first application."""
    application = server.create_application("Other Corp")
    assert application.new_user(email="evil@attacker.example") == user
    return application


def status(application, user):
    return application.call("GET", f"/protected/json/users/{user}/status").json["status"]


def request(application, user):
    return application.call("POST", f"/onetouch/json/users/{user}/approval_requests", {"message": "Log in?"})


def may_ask(application, user):
    """Whether the application learns of the phone; all ways to find out agree."""
    known = status(application, user)
    made = request(application, user)
    sent = application.call("GET", f"/protected/json/sms/{user}").json
    answers = {
        known["registered"],
        known["devices"] != [],
        known["detailed_devices"] + known["deleted_devices"] != [],
        made.status == 200,
        "ignored" in sent,
    }
    assert len(answers) == 1, (known, made.text, sent)
    if made.status == 200:
        application.call("DELETE", f"/onetouch/json/approval_requests/{made.json['approval_request']['uuid']}")
    else:
        assert (made.status, made.json["error_code"]) == (400, "60051")
    return answers.pop()


def asked(phone):
    """The applications that the page must ask about."""
    return [(one["id"], one["application"]) for one in phone.state()["consents"]]


def decide(phone, application, decision):
    reply = phone.call("POST", f"applications/{application.id}", {"decision": decision})
    assert reply.status == 200, reply.text


def send(server, application, user, way="sms"):
    """Has a code sent, and reads it where it arrives."""
    method = "POST" if way == "email" else "GET"
    assert application.call(method, f"/protected/json/{way}/{user}?force=true").status == 200
    return server.codes()[-1]


# What an application sees of a user who does not know of it


def test_a_second_application_learns_nothing_of_the_phone_and_asks_nothing(server, app, other, phone, user):
    assert may_ask(app, user) and not may_ask(other, user)
    assert phone.state()["requests"] == []
    known, newcomer = status(other, user), status(other, other.new_user("5551230077"))
    assert {name: known[name] for name in known if name not in ("authy_id", "phone_number")} == {
        **{name: newcomer[name] for name in newcomer if name not in ("authy_id", "phone_number")},
        "email": "evil@attacker.example",
    }


def test_nor_of_phones_that_were_removed(server, other, phone, user):
    server.command("user", "devices", user, "--remove", phone.id, "--yes")
    assert status(other, user)["deleted_devices"] == []


def test_nor_by_what_becomes_of_its_secrets_and_addresses(server, app, other, phone, user):
    """A person with a phone that is not known here is like one without."""
    assert other.call("POST", f"/protected/json/users/{user}/secret").status == 200
    handset(server, user, "Second")
    assert (
        other.new_user(email="second@attacker.example") == user
        and status(other, user)["email"] == "second@attacker.example"
    )


def test_nor_by_which_messages_are_left(server, other, phone, user):
    """A link is sent only to a user without a phone, and is counted in any case."""
    counts = []
    for number in ("5551230001", "5551230077"):
        for _ in range(5):
            other.call(
                "POST",
                "/protected/json/users/new",
                {"user": {"email": "a@b.cc", "cellphone": number, "country_code": 1}},
            )
        counts.append(other.call("GET", f"/protected/json/sms/{other.new_user(number)}?force=true").status)
    assert counts == [429, 429]


def test_it_does_not_keep_the_first_from_confirming_a_first_phone(server, app, user):
    other = server.create_application("Other Corp")
    assert other.new_user() == user
    authenticator(other, user)
    phone = Handset(server)
    phone.enrol(link(server, user))
    assert app.verify(phone.state()["confirmation"], user).status == 200
    assert may_ask(app, user) and not may_ask(other, user)


def test_it_confirms_no_phone_whose_link_another_has_sent(server, app, user):
    other = server.create_application("Other Corp")
    assert other.new_user() == user
    phone = Handset(server)
    phone.enrol(sent_link(server, app))
    assert other.verify(phone.state()["confirmation"], user).status == 401
    assert app.verify(phone.state()["confirmation"], user).status == 200
    assert may_ask(app, user) and not may_ask(other, user)


def sent_link(server, application, number="5551230001"):
    """The link that comes by text message when an application adds a number."""
    before = server.sent.read_text() if server.sent.exists() else ""
    application.call(
        "POST",
        "/protected/json/users/new",
        {"user": {"email": "zoe@example.com", "cellphone": number, "country_code": 1}},
    )
    news = until(
        lambda: [
            text
            for text in [server.sent.read_text()[len(before) :] if server.sent.exists() else ""]
            if server.public_url in text
        ]
    )
    return news[0][news[0].index(server.public_url) :].split()[0]


def test_the_application_whose_link_was_opened_asks_once_the_administrator_has_confirmed_the_phone(server, app, user):
    other = server.create_application("Other Corp")
    assert other.new_user() == user
    phone = Handset(server)
    phone.enrol(sent_link(server, app))
    server.command("user", "confirm", user, phone.state()["confirmation"])
    assert may_ask(app, user) and not may_ask(other, user)


def test_of_two_applications_and_an_administrators_link_the_phone_asks_about_both(server, app, user):
    other = server.create_application("Other Corp")
    assert other.new_user() == user
    phone = handset(server, user)
    assert asked(phone) == [(str(app.id), "Example Corp"), (str(other.id), "Other Corp")]
    assert not may_ask(app, user) and not may_ask(other, user)
    decide(phone, app, "allowed")
    assert may_ask(app, user) and not may_ask(other, user)


def test_it_takes_nothing_from_the_first_whatever_it_does(server, app, other, phone, user):
    for _ in range(15):
        other.verify("0000000", user)
        other.call("GET", f"/protected/json/sms/{user}?force=true")
        request(other, user)
    other.call("POST", f"/protected/json/users/{user}/delete")
    assert may_ask(app, user)
    assert app.verify(phone.softtoken(app), user).status == 200
    assert send(server, app, user)


def test_links_that_others_have_sent_take_none_from_an_application_that_the_person_knows(server, app, user):
    assert app.verify(send(server, app, user), user).status == 200
    for number in range(3):
        stranger = server.create_application(f"Stranger {number}")
        for _ in range(3):
            stranger.call(
                "POST",
                "/protected/json/users/new",
                {"user": {"email": "a@b.cc", "cellphone": "5551230001", "country_code": 1}},
            )
    assert server.wait_for_event("link_not_sent", 4)["reason"] == "too many links to the number"
    assert sent_link(server, app)


# Consent by a proof that the user gives to the application


def test_a_code_of_the_page_lets_an_application_ask(other, phone, user):
    assert other.verify(phone.softtoken(other), user).status == 200
    assert may_ask(other, user) and asked(phone) == []


@pytest.mark.parametrize("way", ["sms", "call"])
def test_a_code_that_was_sent_to_the_number_lets_an_application_ask(server, other, phone, user, way):
    assert other.verify(send(server, other, user, way), user).status == 200
    assert may_ask(other, user)


@pytest.mark.parametrize("also", [None, "before", "after"])
def test_a_code_that_went_to_an_address_of_the_applications_choice_does_not(server, other, user, also):
    if also == "before":
        send(server, other, user)
    code = send(server, other, user, "email")
    if also == "after":
        assert send(server, other, user) == code
    assert other.verify(code, user).status == 200
    assert not may_ask(other, user)


def authenticator(application, user):
    """A right code of an authenticator app, made by the holder of the application's key."""
    picture = application.call("POST", f"/protected/json/users/{user}/secret").json["qr_code"]
    secret = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(qr.read(qr.of_svg(picture))).query))["secret"]
    assert application.verify(totp(base64.b32decode(secret), int(time.time()) // 30), user).status == 200


def test_a_code_that_the_application_can_make_by_itself_does_not(other, phone, user):
    authenticator(other, user)
    assert not may_ask(other, user) and asked(phone) == [(str(other.id), "Other Corp")]


def check_number(server, application, length, number="5551230001"):
    where = {"country_code": 1, "phone_number": number}
    started = application.call("POST", "/protected/json/phones/verification/start", {**where, "code_length": length})
    assert started.status == 200
    query = urllib.parse.urlencode({**where, "verification_code": server.codes()[-1]})
    assert application.call("GET", f"/protected/json/phones/verification/check?{query}").status == 200


@pytest.mark.parametrize("length, lets", [(4, False), (5, False), (6, True), (7, True)])
def test_a_number_that_was_checked_lets_an_application_ask_unless_the_code_can_be_guessed(
    server, other, user, length, lets
):
    check_number(server, other, length)
    assert may_ask(other, user) is lets


def test_a_number_that_was_checked_before_it_was_added_lets_the_application_ask(server, phone, user):
    other, third = server.create_application("Other Corp"), server.create_application("Third")
    check_number(server, other, 7)
    assert other.new_user() == third.new_user() == user
    assert may_ask(other, user) and not may_ask(third, user)


# Consent on the phone


def test_a_phone_lets_an_application_ask(server, other, phone, user):
    assert asked(phone) == [(str(other.id), "Other Corp")]
    decide(phone, other, "allowed")
    assert may_ask(other, user) and asked(phone) == []
    assert server.wait_for_event("consent_decided")["decision"] == "allowed"
    assert "consented" in [entry["kind"] for entry in phone.call("GET", "history").json["entries"]]


def test_a_refusal_is_remembered_whatever_the_application_does(server, app, other, phone, user):
    decide(phone, other, "refused")
    assert asked(phone) == [] and not may_ask(other, user)
    other.new_user()
    assert other.verify(send(server, other, user), user).status == 200
    check_number(server, other, 7)
    other.call("POST", f"/protected/json/users/{user}/delete")
    assert other.new_user() == user
    assert asked(phone) == [] and not may_ask(other, user)
    # The person can think better of it.
    decide(phone, other, "allowed")
    assert may_ask(other, user)


def test_a_refused_application_has_no_codes_on_the_phone(app, other, phone, user):
    assert [token["id"] for token in phone.state()["tokens"]] == [str(app.id), str(other.id)]
    decide(phone, other, "refused")
    assert [token["id"] for token in phone.state()["tokens"]] == [str(app.id)]
    assert phone.call("GET", f"tokens/{other.id}").json["error"] == "unknown"


def test_a_refusal_takes_back_what_was_asked(app, other, phone, user):
    decide(phone, other, "allowed")
    ours, theirs = app.create(user), other.create(user)
    decide(phone, other, "refused")
    assert [one["id"] for one in phone.state()["requests"]] == [ours]
    assert (app.status(ours), other.status(theirs)) == ("pending", "expired")


def test_the_page_lists_the_applications_and_what_was_decided(app, other, phone):
    listed = phone.call("GET", "applications").json["applications"]
    assert [(one["id"], one["application"], one["decision"]) for one in listed] == [
        (str(app.id), "Example Corp", "allowed"),
        (str(other.id), "Other Corp", None),
    ]
    decide(phone, app, "refused")
    assert phone.call("GET", "applications").json["applications"][0]["decision"] == "refused"


def test_only_a_few_applications_are_asked_about_at_once(server, app, phone, user):
    strangers = [server.create_application(f"Stranger {number}") for number in range(5)]
    for stranger in strangers:
        stranger.new_user()
    assert [name for _, name in asked(phone)] == ["Stranger 0", "Stranger 1", "Stranger 2"]
    decide(phone, strangers[0], "refused")
    assert [name for _, name in asked(phone)] == ["Stranger 1", "Stranger 2", "Stranger 3"]
    server.command("app", "revoke", strangers[1].id, "--yes")
    assert [name for _, name in asked(phone)] == ["Stranger 2", "Stranger 3", "Stranger 4"]


@pytest.mark.parametrize(
    "parameters", [{}, {"decision": ""}, {"decision": "ALLOWED"}, {"decision": True}, {"decision": ["allowed"]}]
)
def test_a_decision_that_makes_no_sense_is_none(other, phone, user, parameters):
    assert phone.call("POST", f"applications/{other.id}", parameters).json["error"] == "invalid"
    assert not may_ask(other, user)


def test_nobody_decides_for_another_and_no_new_phone_decides(server, app, other, phone, user):
    stranger = handset(server, app.new_user("5551230002"))
    new = Handset(server)
    new.enrol(link(server, user))
    assert stranger.call("POST", f"applications/{other.id}", {"decision": "allowed"}).json["error"] == "unknown"
    assert new.call("POST", f"applications/{other.id}", {"decision": "allowed"}).json["error"] == "unconfirmed"
    assert new.call("GET", "applications").json["error"] == "unconfirmed" and new.state()["consents"] == []
    for nonsense in ("0", "-1", "x", "9" * 30, "99"):
        assert phone.call("POST", f"applications/{nonsense}", {"decision": "allowed"}).status in (400, 404)
    assert not may_ask(other, user)


def test_a_page_that_waits_hears_of_another_application(server, app, user, phone):
    seen = phone.state()["revision"]
    server.create_application("Other Corp").new_user()
    state = phone.state(seen, 25)
    assert [one["application"] for one in state["consents"]] == ["Other Corp"]
    assert [one["application"] for one in state["tokens"]] == ["Example Corp", "Other Corp"]


def test_a_page_that_waits_hears_of_the_decision_on_another_phone(server, other, phone, user):
    second = handset(server, user, "Second")
    seen = second.state()["revision"]
    decide(phone, other, "allowed")
    assert second.state(seen, 25)["consents"] == []


def test_a_second_phone_opens_no_question_again_and_lets_nobody_ask(server, app, other, phone, user):
    decide(phone, other, "refused")
    app.call("POST", f"/protected/json/users/{user}/delete")
    handset(server, user, "Second")
    assert not may_ask(other, user)


def test_who_was_removed_and_is_added_again_asks_as_before(server, app, other, phone, user):
    app.call("POST", f"/protected/json/users/{user}/delete")
    assert not may_ask(other, user)
    assert app.new_user() == user
    assert may_ask(app, user)


def test_a_number_that_came_back_as_another_user_lets_nobody_ask_who_could_before(server, app, phone, user):
    app.call("POST", f"/protected/json/users/{user}/delete")
    other = server.create_application("Other Corp")
    again = other.new_user()
    assert again != user and app.new_user() == again
    handset(server, again)
    assert not may_ask(app, again) and not may_ask(other, again)


def test_the_administrator_sees_who_may_ask(server, app, other, phone, user):
    shown = server.command("user", "show", user).stdout
    assert "asks since" in shown and "does not ask yet" in shown
    decide(phone, other, "refused")
    assert ", refused 20" in server.command("user", "show", user).stdout


def test_a_refusal_that_a_backup_undoes_is_named(server, app, phone, user):
    backup = server.folder / "backup.db"
    server.command("backup", backup)
    decide(phone, app, "refused")
    server.stop()
    done = server.command("restore", backup)
    assert f"warning: application {app.id} may ask user {user} again, who has refused it since\n" in done.stderr
    assert "Nothing that was removed" not in done.stdout


def test_a_link_that_an_application_sent_names_no_other_and_an_administrators_names_all(server, app, user):
    stranger = server.create_application("Other Corp")
    invitation = sent_link(server, stranger)

    def names(to):
        token = urllib.parse.urlparse(to).fragment.removeprefix("enrol=")
        body, headers = json.dumps({"token": token}), {"Content-Type": "application/json"}
        return sorted(server.call("POST", "/phone/api/invitation", body, headers).json["applications"])

    assert names(invitation) == ["Other Corp"]
    assert names(link(server, user)) == ["Example Corp", "Other Corp"]

"""Authy's public clients, unchanged, against a real server: each makes all its calls and reports the right results."""

import json
import urllib.parse

import pytest

from support import receivers
from clients import ALL, with_calls
from support.outside import Lone, Web
from support.server import handset, own_folder

LOGOS = [{"res": "default", "url": "https://cdn.example/a.png"}]


def of(*calls, but=()):
    """One run of the test for each client that has these calls."""
    return pytest.mark.parametrize(
        "name", [name for name in with_calls(*calls) if name not in but], indirect=True, scope="module"
    )


def register(client, phone="212-555-0100", email="zoe@example.com", country_code=1) -> dict:
    return client.call("register", email=email, phone=phone, country_code=country_code)


def ask(client, user) -> dict:
    return client.call(
        "ask",
        id=user,
        message="Log in to web-1?",
        details={"Host": "web-1", "User": "zoe & co"},
        hidden={"ticket": "17 a"},
        logos=LOGOS,
        seconds=120,
    )


def said(report) -> str:
    """All that a client says of an error, in one text: each says it in another place."""
    return json.dumps(report)


# Users


@of("register")
def test_a_user_is_created_once_for_a_phone(client, number):
    first, again = register(client, number), register(client, number.replace("-", "."), "zoe@example.org")
    assert first["ok"] and again["ok"], (first, again)
    assert isinstance(first["id"], int) and first["id"] == again["id"] > 0


@of("register", but=["authy-client"])
def test_a_phone_that_is_none_is_refused_with_the_field(client):
    report = register(client, phone="123")
    assert not report["ok"] and ("User was not valid" in said(report) or "Cellphone is invalid" in said(report)), report


@of("register", but=["authy-client"])
def test_an_address_that_is_none_is_refused_with_the_field(client):
    report = register(client, email="zoe@example")
    assert not report["ok"] and ("User was not valid" in said(report) or "Email is invalid" in said(report)), report


@of("register", but=["authy-client", "authy-java", "authy-rs", "authy-ssh"])
def test_no_link_is_sent_where_the_application_says_so(client, server, number):
    """The others say so by nothing, which is a yes."""
    before = server.sent.read_text() if server.sent.exists() else ""
    assert register(client, number)["ok"]
    assert server.sent.exists() is bool(before) and (not before or server.sent.read_text() == before)


@of("status")
def test_the_status_tells_what_is_known(client, user, number):
    report = client.call("status", id=user)
    assert report["ok"], report
    status = report["body"]["status"]
    assert (status["authy_id"], status["country_code"], status["phone_number"]) == (user, 1, f"XXX-XXX-{number[-4:]}")
    assert (status["confirmed"], status["registered"]) == (False, False) and not status["devices"]


@of("status")
def test_the_status_of_a_user_with_a_phone_names_it(client, user, phone):
    status = client.call("status", id=user)["body"]["status"]
    assert status["registered"] is True and status["devices"] == ["android"]


@of("delete", "status")
def test_a_user_is_deleted(client, user):
    report = client.call("delete", id=user)
    assert report["ok"] and ("message" not in report or report["message"] == "User removed from application"), report
    gone = client.call("status", id=user)
    assert not gone["ok"] and "User not found." in said(gone), gone


@of("update", "email", "status")
def test_an_address_is_changed_and_written_to(client, server, user):
    report = client.call("update", id=user, email="zoe@example.org")
    assert report["ok"] and report["message"] == "User was updated successfully"
    sent = client.call("email", id=user)
    assert sent["ok"] and sent["message"] == "Email token was sent" and sent["body"]["email_id"].startswith("EM")
    assert client.call("verify", id=user, code=server.codes()[-1])["ok"]


@of("qr")
def test_a_qr_code_brings_a_secret_into_an_app(client, user):
    report = client.call("qr", id=user, label="zoe")
    assert report["ok"] and report["body"]["qr_code"].startswith("data:image/svg+xml;base64,"), report
    assert (report["body"]["label"], report["body"]["issuer"], report["body"]["success"]) == (
        "zoe",
        "Example Corp",
        True,
    )


@of("activity")
def test_an_activity_is_taken_note_of(client, user):
    report = client.call("activity", id=user, type="cookie_login", ip="192.0.2.7", data={"page": "/admin"})
    assert report["ok"] and report["message"] == "Activity was created.", report


# Codes


@of("verify", "sms")
def test_a_code_by_sms_is_good_once(client, name, server, user):
    sent = client.call("sms", id=user, force=True)
    # The plugin refuses the login in which a code is asked for.
    assert sent["ok"] is (name != "authy-openvpn"), sent
    code = server.codes()[-1]
    report = client.call("verify", id=user, code=code)
    assert report["ok"], report
    again = client.call("verify", id=user, code=code)
    assert not again["ok"], again


@of("verify", "call", but=["authy-openvpn"])
def test_a_code_by_call_is_verified(client, server, user):
    sent = client.call("call", id=user, force=True)
    assert sent["ok"] and sent["message"] == "Call started...", sent
    assert server.messages()[-1][0] == "call"
    assert client.call("verify", id=user, code=server.codes()[-1])["ok"]


@of("verify", "call")
def test_a_code_of_a_phone_is_verified(client, app, user, phone):
    report = client.call("verify", id=user, code=phone.softtoken(app))
    assert report["ok"], report


@of("verify")
@pytest.mark.parametrize("code", ["1234567", "000000", "0000000"])
def test_a_wrong_code_is_refused(client, user, code):
    report = client.call("verify", id=user, code=code)
    assert not report["ok"], report


@of("verify")
@pytest.mark.parametrize(
    "code", ["12", "is valid", "123 456", "true", "", "1234567?force=false", "1234567%2f..", "１２３４５６７"]
)
def test_what_is_no_code_lets_nobody_in(client, user, code):
    assert not client.call("verify", id=user, code=code)["ok"]


PATHS = ["../sms", "1234567/../../status", "../users"]


@of("verify", but=["authy-rs"])
@pytest.mark.parametrize("code", PATHS)
def test_a_path_in_place_of_a_code_lets_nobody_in(client, user, code):
    assert not client.call("verify", id=user, code=code)["ok"]


@of("verify", "activity", but=["authy-client"])
def test_authy_rs_takes_a_path_in_place_of_a_code(client, name, user):
    """This client makes another call and takes its success for the code's: no server can tell
    (docs/reference/api.md)."""
    assert name == "authy-rs" and client.call("verify", id=user, code="../sms")["ok"]


@of("verify")
def test_a_code_for_a_user_who_does_not_exist_is_refused(client):
    report = client.call("verify", id=4_711, code="1234567")
    assert not report["ok"], report


@of("verify")
def test_a_right_code_does_not_help_where_too_many_were_wrong(client, server, app, user):
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    code = server.codes()[-1]
    for wrong in range(60):
        if app.verify(f"{wrong:07}", user).status == 429:
            break
    else:
        pytest.fail("wrong codes are not limited")
    report = client.call("verify", id=user, code=code)
    assert not report["ok"], report


@of("sms", "call", but=["authy-openvpn"])
def test_no_message_goes_to_who_has_a_phone(client, server, user, phone):
    before = len(server.codes())
    sms, call = client.call("sms", id=user, force=False), client.call("call", id=user, force=False)
    assert sms["ok"] and call["ok"], (sms, call)
    assert "SMS is not needed" in said(sms) or sms["ignored"] is True
    assert "Call ignored" in said(call) or call["ignored"] is True
    assert len(server.codes()) == before


@of("sms")
def test_a_message_to_a_user_who_does_not_exist_is_an_error(client, server):
    before = server.codes()
    report = client.call("sms", id=4_711, force=True)
    assert not report["ok"], report
    assert server.codes() == before


# Phones without users


@of("start", "check")
@pytest.mark.parametrize("via", ["sms", "call"])
def test_a_phone_is_verified_without_a_user(client, server, name, number, via):
    # authy-client writes a number as E.164 has it.
    written = number.replace("-", "") if name == "authy-client" else number
    number = {"phone": number, "country_code": 1}
    started = client.call("start", **number, via=via, length=6)
    assert started["ok"], started
    assert started["message"] == (
        f"Text message sent to +1 {written}." if via == "sms" else f"Call to +1 {written} initiated."
    ), started
    code = server.codes()[-1]
    wrong = client.call("check", **number, code="0000" if code != "0000" else "1111")
    assert not wrong["ok"] and "Verification code is incorrect" in said(wrong), wrong
    right = client.call("check", **number, code=code)
    assert right["ok"] and ("message" not in right or right["message"] == "Verification code is correct."), right
    spent = client.call("check", **number, code=code)
    assert not spent["ok"] and "No pending verifications for" in said(spent), spent


@of("start", but=["authy-client"])
def test_a_phone_that_is_none_is_not_verified(client):
    report = client.call("start", phone="555-9302", country_code=54, via="call", length=6)
    assert not report["ok"] and "Phone number is invalid" in said(report), report


@of("start", "pending")
def test_a_verification_that_is_pending_is_told_so(client, number):
    number = {"phone": number, "country_code": 1}
    assert client.call("start", **number, via="sms", length=6)["ok"]
    report = client.call("pending", **number)
    assert report["ok"], report


@of("info")
def test_information_on_phones_is_not_to_be_had(client):
    report = client.call("info", phone="212-555-0109", country_code=1)
    assert not report["ok"] and ("60024" in said(report) or "not available" in said(report)), report


# OneTouch


@of("ask", "look")
@pytest.mark.parametrize("decision", ["approved", "denied"])
def test_onetouch_is_asked_and_answered(client, app, user, phone, decision):
    made = ask(client, user)
    assert made["ok"] and made["uuid"], made
    assert client.call("look", uuid=made["uuid"])["status"] == "pending"
    shown = next(request for request in phone.state()["requests"] if request["id"] == made["uuid"])
    assert "Log in to web-1?" in said(shown) and "zoe & co" in said(shown) and "17 a" not in said(shown)
    assert phone.answer(made["uuid"], decision).status == 200
    report = client.call("look", uuid=made["uuid"])
    assert report["ok"] and report["status"] == decision, report
    request = app.read(made["uuid"]).json["approval_request"]
    assert request["hidden_details"] == {"ticket": "17 a"} and request["seconds_to_expire"] == 120


@of("ask")
def test_onetouch_asks_a_phone(client, app, user, phone):
    made = ask(client, user)
    assert made["ok"], made
    assert app.status(made["uuid"]) == "pending"


@of("ask")
def test_onetouch_without_a_phone_is_an_error_that_says_so(client, user):
    report = ask(client, user)
    assert not report["ok"] and ("60051" in said(report) or "OneTouch" in said(report) or "device" in said(report)), (
        report
    )


@of("look")
def test_a_request_that_does_not_exist_is_an_error(client):
    report = client.call("look", uuid="6f1d2c30-0000-4000-8000-000000000001")
    assert not report["ok"] and report.get("status") is None, report


# The application


@of("application")
def test_the_application_is_told(client, app):
    report = client.call("application")
    assert report["ok"] and report["message"] == "Application information.", report
    assert (report["body"]["app"]["app_id"], report["body"]["app"]["name"]) == (app.id, "Example Corp")
    assert report["body"]["app"]["sms_enabled"] is True and report["body"]["app"]["onetouch_enabled"] is True


@of("statistics")
def test_the_statistics_of_this_month_are_told(client, user, server, app):
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    report = client.call("statistics")
    assert report["ok"] and report["message"] == "Monthly statistics.", report
    assert report["body"]["stats"][0]["sms_count"] == 1


# What does not work

CHEAPEST = {"status": {"id": 1}, "verify": {"id": 1, "code": "1234567"}}


@of()
def test_a_wrong_key_is_told_so(start, name):
    call = "status" if "status" in ALL[name][1] else "verify"
    report = start("no-such-key-0123456789").call(call, **CHEAPEST[call])
    assert not report["ok"], report
    # authy-ssh and authy-openvpn say nothing of the cause.
    assert name in ("authy-ssh", "authy-openvpn") or "Invalid API key" in said(report), report


@of("sms", but=["authy-ssh", "authy-openvpn"])
def test_a_server_that_sends_no_messages_is_an_error(start):
    with own_folder() as folder, Lone(folder) as server:
        user = server.application.new_user()
        report = start(server.application.key, server).call("sms", id=user, force=True)
        assert not report["ok"] and "message" in said(report), report


# Callbacks, as the clients themselves check them


@pytest.fixture
def told(server):
    """An application with a callback, and its server."""
    with Web() as web:
        yield web


def callback_of(app, phone, user, web, **request) -> dict:
    """A callback as it came, for `client.call`."""
    heard = len(web.calls)
    assert phone.answer(app.create(user, **request), "approved").status == 200
    call = web.wait(heard + 1)[heard]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(call.path).query, keep_blank_values=True))
    return {
        "method": call.method,
        "url": web.url + call.path.split("?")[0],
        "headers": dict(call.headers),
        "body": call.body.decode(),
        "query": query,
        "nested": receivers.nested(call),
        "came": call,
    }


def check(client, name, callback, **changes) -> bool:
    parameters = {**{key: value for key, value in callback.items() if key != "came"}, **changes}
    if name == "authy-client" and parameters["method"] == "POST":
        # It wants a text where Authy's genuine bodies have a number; the text that was signed is the same.
        body = json.loads(parameters["body"])
        parameters["body"] = json.dumps({**body, "device_uuid": str(body["device_uuid"])})
    return client.call("callback", **parameters)["ok"]


MODELS = {
    "authy-python": receivers.python,
    "authy-java": receivers.authy_java,
    "authy-client": receivers.node_signature_only,
}
REQUESTS = [
    {},
    {"message": "Log in as zoe & root? (yes!)"},
    {"details": {"Host name": "db-1/eu", "IP": "192.0.2.7"}},
    {"hidden_details": {"session": "a b/c"}},
    {"details": {"Ort": "Köln", "Host": "Größe"}},
    {"details": {"a": "5 * 5"}},
    {"details": {"a": "~zoe"}},
    {"details": {"a": "wow! (yes) it's"}},
    {"details": {"IP": "1", "IP2": "2"}},
    {"details": {"Größe": "1", "Grad": "2"}},
    {"details": {"host": "1", "IP": "2"}},
    {"details": {"a-b": "1", "a b": "2", "a_b": "3", "ab": "4", "A": "5"}},
    {"logos": LOGOS},
    {"logos": [*LOGOS, {"res": "low", "url": "https://cdn.example/b.png"}]},
    {"details": {"x": "", "y": "ü*~"}},
    {"message": "sshd[17]: log in?"},
    {"message": "None of these"},
    {"details": {"a[1]": "x"}},
    {"details": {"_a": "1", "-b": "2", "c": "3", ".d": "4", "5": "6"}},
    {"details": {"e": "1", "é": "2", "E": "3", "f": "4", "É": "5"}},
]


@of("callback")
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_what_a_client_makes_of_a_callback_is_what_our_tests_say(start, server, told, number, name, method):
    """receivers.py describes each client's check in a few lines; here the client itself checks."""
    if (name, method) == ("authy-client", "GET"):
        pytest.skip("it checks no signature of a query")
    app = server.create_application("Told", "--callback", f"{told.url}/authy/callback", "--callback-method", method)
    user = app.new_user(number)
    phone, client = handset(server, user), start(app.key)
    differ = []
    for request in REQUESTS:
        callback = callback_of(app, phone, user, told, **{"message": "Log in?", **request})
        modelled = receivers.believes(MODELS[name], callback["came"], app.key, callback["url"])
        if check(client, name, callback) != modelled:
            differ.append((request, modelled))
    assert not differ


@of("callback")
def test_a_callback_that_was_changed_is_refused(start, server, told, number, name):
    app = server.create_application("Told", "--callback", f"{told.url}/authy/callback")
    user = app.new_user(number)
    phone, client = handset(server, user), start(app.key)
    callback = callback_of(app, phone, user, told)
    assert check(client, name, callback)
    assert not check(client, name, callback, body=callback["body"].replace('"approved"', '"denied"'))
    assert not check(client, name, callback, url=callback["url"] + "/other")
    assert not check(client, name, callback, headers={**callback["headers"], "X-Authy-Signature-Nonce": "1"})


@of("callback", but=["authy-python", "authy-java"])
def test_authy_client_checks_no_signature_of_a_query(start, server, told, number, name):
    """docs/reference/api.md says so: an application that uses it has callbacks by POST."""
    app = server.create_application("Told", "--callback", f"{told.url}/authy/callback", "--callback-method", "GET")
    user = app.new_user(number)
    phone, client = handset(server, user), start(app.key)
    callback = callback_of(app, phone, user, told)
    nested = {**callback["nested"], "status": "denied"}
    assert check(client, name, callback) and check(client, name, callback, nested=nested)

"""Callbacks about decisions, checked by the recipe of Authy's documentation and by Authy's own client."""

import base64
import collections
import hashlib
import hmac
import json
import signal
import threading
import time
import urllib.parse

import pytest
from authy.api import AuthyApiClient

from support import receivers
from support.outside import Authority, Web, until
from support.patience import PATIENCE
from support.receivers import believes
from support.server import Application, Server, handset, own_folder, unb64u


# The recipe


def canonical(value, name=None) -> str:
    """What Rails' `to_query` makes of parameters."""
    if isinstance(value, dict):
        parts = (canonical(member, f"{name}[{key}]" if name else key) for key, member in value.items())
        return "&".join(sorted(part for part in parts if part))
    if isinstance(value, list):
        return "&".join(part for part in (canonical(element, f"{name}[]") for element in value) if part)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"{urllib.parse.quote_plus(name)}={urllib.parse.quote_plus(text)}"


def signature(key, nonce, method, url, parameters) -> str:
    signed = "|".join([nonce, method, url.split("?")[0], canonical(parameters)])
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()


VECTOR = json.loads("""{"authy_id":1635,"callback_action":"approval_request_status",\
"uuid":"6f1d2c30-0000-4000-8000-000000000001","status":"approved",
"device_uuid":null,"approval_request":{"transaction":{"details":{"Host name":"db-1/eu","IP":"192.0.2.7"},\
"hidden_details":{},"encrypted":false,
"message":"Log in as zoe & root?","created_at_time":1700000000},"logos":[{"res":"default",\
"url":"https://cdn.example/a.png"},
{"res":"low","url":"https://cdn.example/b.png"}],"expiration_timestamp":0},"device":{"enabled_unlock_methods":["pin",\
"fingerprint"]}}""")
SHORT = {"authy_id": "1635", "callback_action": "approval_request_status", "status": "denied", "uuid": VECTOR["uuid"]}


@pytest.mark.parametrize(
    "method, parameters, expected",
    [
        ("POST", VECTOR, "12sh1T7NLLMPlCLSiID10MS6SeKMvbOmb85TprUsppo="),
        ("GET", SHORT, "PGs2k8r+HK9laGephe2ucICsQVUKl5ZdDrFG60RFP5M="),
    ],
)
def test_the_recipe_gives_the_known_signatures(method, parameters, expected):
    arguments = "1700000000", method, "https://pam.example.net/authy/callback", parameters
    assert signature("test-app-key-0123456789abcdef", *arguments) == expected
    assert AuthyApiClient("test-app-key-0123456789abcdef").one_touch.validate_one_touch_signature(expected, *arguments)


# What an application sees


@pytest.fixture
def web():
    """An application's server."""
    with Web() as web:
        yield web


@pytest.fixture
def told(server, web):
    """An application with a POST callback."""
    return create(server, web)


def create(server, web, method="POST", url=None) -> Application:
    return server.create_application(
        f"Told at {web.port}", "--callback", url or f"{web.url}/authy/callback", "--callback-method", method
    )


@pytest.fixture
def user(told):
    return told.new_user()


def parameters(call) -> dict:
    if call.method == "POST":
        assert call.headers["Content-Type"] == "application/json"
        return call.json
    assert call.body == b""
    return dict(
        urllib.parse.parse_qsl(urllib.parse.urlsplit(call.path).query, keep_blank_values=True, strict_parsing=True)
    )


def is_signed(call, web, key) -> bool:
    assert {"X-Authy-Signature", "X-Authy-Signature-Nonce"} <= set(call.names)
    nonce = call.headers["X-Authy-Signature-Nonce"]
    assert abs(float(nonce) - time.time()) < PATIENCE
    return call.headers["X-Authy-Signature"] == signature(
        key, nonce, call.method, web.url + call.path, parameters(call)
    )


def decide(application, phone, user, decision="approved", **request) -> str:
    uuid = application.create(user, **request)
    assert phone.answer(uuid, decision).json["status"] == decision
    return uuid


def number_of(phone) -> int:
    """Authy's devices had whole numbers of up to nine digits."""
    return int(phone.id[:8], 16) % 1_000_000_000


AWKWARD = {"Host name": "db-1/eu & more=less", "Größe": "100 % *~'\"", "brackets[x]": "[]", "": "no name", "empty": ""}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("decision", ["approved", "denied"])
def test_an_application_is_told_of_a_decision_and_can_check_who_says_it(server, web, method, decision):
    app = create(server, web, method)
    user = app.new_user()
    phone = handset(server, user)
    uuid = decide(
        app,
        phone,
        user,
        decision,
        message="Log in as zoe & root?",
        details=AWKWARD,
        hidden_details={"session": "a b/c"},
    )
    (call,) = web.wait()
    assert call.method == method and call.path.split("?")[0] == "/authy/callback"
    said = parameters(call)
    assert (said["uuid"], said["status"], str(said["authy_id"])) == (uuid, decision, str(user))
    assert said["callback_action"] == "approval_request_status" and int(said["device_uuid"]) == number_of(phone)
    assert is_signed(call, web, app.key) and not is_signed(call, web, server.application.key)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_authys_own_client_believes_it(server, web, method):
    app = create(server, web, method)
    user = app.new_user()
    decide(
        app,
        handset(server, user),
        user,
        details={"Host name": "db-1/eu", "IP": "192.0.2.7"},
        hidden_details={"session": "17"},
    )
    (call,) = web.wait()
    arguments = call.headers["X-Authy-Signature-Nonce"], method, f"{web.url}/authy/callback"
    client = AuthyApiClient(app.key).one_touch
    assert client.validate_one_touch_signature(call.headers["X-Authy-Signature"], *arguments, parameters(call))
    assert not client.validate_one_touch_signature(
        call.headers["X-Authy-Signature"], *arguments, {**parameters(call), "status": "denied"}
    )


def test_a_callback_tells_of_the_request(server, web, told, user):
    phone = handset(server, user)
    uuid = decide(
        told,
        phone,
        user,
        message="Log in?",
        details={"Host": "web-1"},
        hidden_details={"session": "17"},
        seconds_to_expire=120,
    )
    said = web.wait()[0].json
    transaction = said["approval_request"]["transaction"]
    assert transaction["details"] == {"Host": "web-1"} and transaction["hidden_details"] == {"session": "17"}
    assert (transaction["message"], transaction["status"], transaction["uuid"]) == ("Log in?", "approved", uuid)
    assert transaction["encrypted"] is False and abs(transaction["created_at_time"] - time.time()) < PATIENCE > abs(
        transaction["device_signing_time"] - time.time()
    )
    assert said["approval_request"]["expiration_timestamp"] == transaction["created_at_time"] + 120
    assert (
        said["authy_id"] == user
        and said["device"]["os_type"] == "android"
        and said["device"]["id"] == said["device_uuid"] == number_of(phone)
    )
    assert transaction["customer_uuid"] == told.id
    proof = told.read(uuid).json["approval_request"]["countersign"]
    assert base64.b64decode(said["signature"], validate=True) == unb64u(proof["signature"])


def test_a_callback_by_post_has_all_keys_of_authys(server, web, told, user):
    decide(told, handset(server, user), user)
    said = web.wait()[0].json
    assert {
        "authy_id",
        "device_uuid",
        "callback_action",
        "uuid",
        "status",
        "signature",
        "approval_request",
        "device",
    } <= set(said)
    request = said["approval_request"]
    assert {
        "details",
        "hidden_details",
        "message",
        "status",
        "uuid",
        "encrypted",
        "flagged",
        "created_at_time",
        "device_signing_time",
        "reason",
        "device_details",
        "device_geolocation",
        "requester_details",
        "customer_uuid",
    } - set(request["transaction"]) == set()
    assert {"transaction", "expiration_timestamp", "logos"} - set(request) == set()
    assert {
        "city",
        "country",
        "id",
        "ip",
        "last_sync_date",
        "os_type",
        "region",
        "registration_city",
        "registration_country",
        "registration_date",
        "registration_ip",
        "registration_method",
        "registration_region",
    } - set(said["device"]) == set()


def test_what_is_not_there_is_told_as_authy_told_it(server, web, told, user):
    decide(told, handset(server, user), user, message="Log in?")
    said = web.wait()[0].json
    request, transaction = said["approval_request"], said["approval_request"]["transaction"]
    assert request["logos"] is None and transaction["details"] is None and transaction["hidden_details"] is None
    assert (
        transaction["device_details"] == {}
        and transaction["device_geolocation"] == ""
        and transaction["reason"] is None
    )
    assert (
        transaction["requester_details"] is None
        and "enabled_unlock_methods" not in said["device"]
        and b"[]" not in web.calls[0].body
    )
    assert {
        type(number)
        for number in (said["authy_id"], said["device_uuid"], said["device"]["id"], transaction["customer_uuid"])
    } == {int}


# As receivers that others have published compute it


@pytest.fixture(scope="module")
def stage():
    """One server with two applications, with a POST and a GET callback, and a phone in both."""
    with own_folder() as folder, Web() as web, Server(folder, tables="[limits]\nrequests = 1000\n") as server:
        apps = {method: create(server, web, method) for method in ("POST", "GET")}
        user = apps["POST"].new_user()
        phone = handset(server, user)
        assert apps["GET"].new_user() == user
        phone.allow(*apps.values())
        yield web, apps, user, phone


def believers(stage, method, receivers, decision="approved", **request) -> set[str]:
    web, apps, user, phone = stage
    heard = len(web.calls)
    decide(apps[method], phone, user, decision, **request)
    call = web.wait(heard + 1)[heard]
    return {
        name
        for name, receiver in receivers.items()
        if believes(receiver, call, apps[method].key, f"{web.url}/authy/callback")
    }


ORDINARY = [
    {},
    {"message": "Log in as zoe & root?"},
    {"details": {"Host name": "db-1/eu", "IP": "192.0.2.7"}},
    {"hidden_details": {"session": "a b/c"}},
    {
        "message": "Größe 100 %",
        "details": {"Ort": "Köln"},
        "hidden_details": {"a": "", "b": "x=y;z"},
        "seconds_to_expire": 0,
    },
]


@pytest.mark.parametrize("decision", ["approved", "denied"])
@pytest.mark.parametrize("request_", ORDINARY, ids=lambda one: ",".join(one) or "plain")
def test_every_published_receiver_believes_an_ordinary_callback(stage, request_, decision):
    request_ = {"message": "Log in?", **request_}
    assert believers(stage, "POST", receivers.ALL, decision, **request_) == set(receivers.ALL)
    assert believers(stage, "GET", receivers.OF_QUERIES, decision, **request_) == set(receivers.OF_QUERIES)


@pytest.mark.parametrize(
    "request_, post, get",
    [
        ({"details": {"a": "5 * 5"}}, {"authy-java", "Java (servlets)", "C#"}, {"authy-java"}),
        ({"details": {"a*b": "1"}}, {"authy-java", "Java (servlets)", "C#"}, {"authy-java"}),
        ({"details": {"a": "~zoe"}}, {"authy-java", "Java (servlets)", "C#", "PHP"}, {"authy-java"}),
        ({"details": {"a": "wow! (yes)"}}, {"C#"}, set()),
        ({"details": {"IP": "1", "IP2": "2"}}, {"authy-java", "Java (servlets)"}, {"authy-java"}),
        ({"details": {"2026": "1"}}, {"Python", "authy-java"}, {"Python", "authy-java"}),
        # Ours signs the name as it is; a receiver that reads queries by levels reads another one.
        ({"details": {"a[b]": "1"}}, set(), {"Ruby", "JavaScript (documentation)"}),
        ({"details": {"Größe": "1", "Grad": "2"}}, {"node", "authy-java", "Java (servlets)"}, {"authy-java"}),
        ({"details": {"host": "1", "IP": "2"}}, {"node"}, set()),
        ({"message": "sshd[17]: log in?"}, {"Python"}, {"Python"}),
        ({"message": "None of these"}, {"Python"}, {"Python"}),
        ({"logos": [{"res": "default", "url": "https://cdn.example/a.png"}]}, {"Java (servlets)", "C#", "PHP"}, set()),
        (
            {
                "logos": [
                    {"res": "default", "url": "https://cdn.example/a.png"},
                    {"res": "low", "url": "https://cdn.example/b.png"},
                ]
            },
            {"Java (servlets)", "C#", "PHP", "JavaScript (documentation)"},
            {"Python", "authy-java", "JavaScript (documentation)"},
        ),
    ],
    ids=[
        "value with *",
        "name with *",
        "~",
        "! and brackets",
        "a name that begins another",
        "digits alone",
        "brackets in a name",
        "other letters",
        "small before capital",
        "digits in brackets",
        "None",
        "a logo",
        "two logos",
    ],
)
def test_where_receivers_disagree_rails_is_right(stage, request_, post, get):
    """See the table in docs/reference/api.md. A receiver that rejects a callback has computed another text than Authy
    signed."""
    request_ = {"message": "Log in?", **request_}
    assert set(receivers.ALL) - believers(stage, "POST", receivers.ALL, **request_) == post
    assert set(receivers.OF_QUERIES) - believers(stage, "GET", receivers.OF_QUERIES, **request_) == get


def test_logos_come_together_in_a_query(stage):
    web, apps, user, phone = stage
    logos = [{"res": res, "url": f"https://cdn.example/{res}.png"} for res in ("low", "default", "high")]
    heard = len(web.calls)
    decide(apps["GET"], phone, user, logos=logos)
    assert receivers.nested(web.wait(heard + 1)[heard])["approval_request"]["logos"] == logos


def test_a_receiver_disbelieves_what_was_changed(stage):
    web, apps, user, phone = stage
    heard = len(web.calls)
    decide(apps["POST"], phone, user)
    call = web.wait(heard + 1)[heard]
    call.body = call.body.replace(b'"approved"', b'"denied"')
    for name, receiver in receivers.ALL.items():
        assert not believes(receiver, call, apps["POST"].key, f"{web.url}/authy/callback"), name


def test_a_callback_by_get_has_what_authys_clients_ask_for(server, web):
    """All of the POST, flattened; authy-client takes none without a signature and an approval_request."""
    app = create(server, web, "GET")
    user = app.new_user()
    decide(app, handset(server, user), user)
    names = {name.split("[")[0] for name in parameters(web.wait()[0])}
    assert {
        "authy_id",
        "device_uuid",
        "callback_action",
        "uuid",
        "status",
        "signature",
        "approval_request",
    } - names == set()


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_query_of_the_callbacks_own_breaks_no_signature(server, web, method):
    app = create(server, web, method, f"{web.url}/authy/callback?tenant=7")
    user = app.new_user()
    decide(app, handset(server, user), user)
    (call,) = web.wait()
    assert call.path.startswith("/authy/callback?tenant=7") and is_signed(call, web, app.key)


def test_no_two_callbacks_have_the_same_nonce(server, web, told, user):
    """A receiver that keeps nonces takes the second one for a replay."""
    phone = handset(server, user)
    for _ in range(3):
        decide(told, phone, user)
    assert len({call.headers["X-Authy-Signature-Nonce"] for call in web.wait(3)}) == 3


def test_the_newest_key_signs(server, web, told, user):
    phone = handset(server, user)
    output = server.command("app", "rotate", told.id, "--overlap", "1").stdout
    key = next(word for word in output.split() if len(word) == 32)
    decide(told, phone, user)
    assert is_signed(web.wait()[0], web, key)


# Once, and for certain


def test_a_callback_that_was_taken_is_told_once(server, web, told, user):
    phone = handset(server, user)
    first, second = decide(told, phone, user), decide(told, phone, user, "denied")
    web.wait(2)
    server.restart()
    third = decide(told, phone, user)
    told = [call.json["uuid"] for call in web.wait(3)]
    assert {*told[:2]} == {first, second} and told[2:] == [third]  # the first two went out at the same time


def test_a_callback_that_was_refused_is_told_again(server, web, told, user):
    web.answers = [500]
    decide(told, handset(server, user), user)
    first, second = web.wait(2)
    assert first.json == second.json and 0.9 < second.at - first.at < 5 and is_signed(second, web, told.key)


def test_a_decision_outlives_a_server_that_was_killed(server, web, told, user):
    web.usual = 503
    uuid = decide(told, handset(server, user), user)
    web.wait()
    server.stop(signal.SIGKILL)
    web.usual, seen = 200, len(web.calls)
    server.start()
    call = web.wait(seen + 1)[seen]
    assert call.json["uuid"] == uuid and call.json["status"] == "approved" and is_signed(call, web, told.key)
    decide(told, handset(server, user, "iPad"), user)
    assert len({call.json["uuid"] for call in web.wait(seen + 2)[seen:]}) == 2


def test_a_decision_outlives_a_server_that_was_stopped_while_it_told_of_it(server, web, told, user):
    web.hold = threading.Event()
    uuid = decide(told, handset(server, user), user)
    web.wait()
    assert server.stop() == 0
    web.hold.set()
    server.start()
    assert [call.json["uuid"] for call in web.wait(2)] == [uuid, uuid]


def test_decisions_of_others_cost_no_tries(server, web, told, user):
    """Four decisions in a second are not four tries of a failed one."""
    phone = handset(server, user)
    requests = [told.create(user) for _ in range(6)]
    web.usual = lambda call: 500 if call.json["uuid"] == requests[0] else 200
    for count, uuid in enumerate(requests):
        assert phone.answer(uuid, "approved").status == 200
        until(lambda told=count: len({call.json["uuid"] for call in web.calls}) > told)
    tries = [call for call in web.calls if call.json["uuid"] == requests[0]]
    assert len(tries) <= 2 and server.events("callback_failed") == []


def test_an_application_that_is_silent_holds_no_other_up(server, web, told, user):
    with Web() as silent:
        silent.hold = threading.Event()
        other = create(server, silent)
        stranger = other.new_user("5551230002")
        phones = handset(server, stranger), handset(server, user)
        decide(other, phones[0], stranger)
        silent.wait()
        uuid = decide(told, phones[1], user)
        assert web.wait()[0].json["uuid"] == uuid


def test_a_crowd_that_cannot_be_told_holds_no_other_up(folder, web):
    with (
        Server(folder, tables="[limits]\npending_requests = 100\nrequests = 1000\n") as server,
        Web(usual=500) as broken,
    ):
        crowd, told = create(server, broken), create(server, web)
        user = told.new_user()
        assert crowd.new_user() == user
        phone = handset(server, user)
        phone.allow(crowd, told)
        for uuid in [crowd.create(user) for _ in range(70)]:
            assert phone.answer(uuid, "denied").status == 200
        begun = time.monotonic()
        last = decide(told, phone, user)
        assert [call.json["uuid"] for call in web.wait()] == [last]
        # In the first second each is told once, and a second time at its end.
        per_request = collections.Counter(call.json["uuid"] for call in list(broken.calls) if call.at < begun + 1)
        assert max(per_request.values(), default=0) <= 3, per_request.most_common(3)


# To no other application


def test_an_application_without_a_callback_is_told_nothing(server, web, told, user):
    phone = handset(server, user)
    server.command("app", "callback", told.id, "none")
    other = create(server, web)
    other.new_user()
    server.application.new_user()
    phone.allow(other, server.application)
    decide(told, phone, user)
    decide(server.application, phone, user)
    last = decide(other, phone, user)
    assert [call.json["uuid"] for call in web.wait()] == [last]


def test_only_decisions_are_told(server, web, told, user):
    phone = handset(server, user)
    uuid = told.create(user)
    assert told.call("DELETE", f"/onetouch/json/approval_requests/{uuid}").status == 200
    told.create(user, seconds_to_expire=1)
    until(lambda: phone.state()["requests"] == [])
    last = decide(told, phone, user)
    assert [call.json["uuid"] for call in web.wait()] == [last]


def test_a_revoked_application_is_told_nothing(server, web, told, user):
    phone = handset(server, user)
    web.answers, web.hold = [500], threading.Event()
    decide(told, phone, user)
    web.wait()
    # Before the first try has failed, or the second might come first.
    server.command("app", "revoke", told.id, "--yes")
    web.hold.set()
    with Web(None, 500) as second:
        other = create(server, second)
        other.new_user()
        phone.allow(other)
        decide(other, phone, user)
        # Its second try comes later than that of the revoked one would have come.
        second.wait(2)
    assert len(web.calls) == 1


def test_a_redirect_takes_no_decision_elsewhere(server, web, told, user):
    with Web() as elsewhere:
        web.answers = [(307, {"Location": elsewhere.url}, b"")]
        decide(told, handset(server, user), user)
        web.wait(2)
        assert elsewhere.connections == 0


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_callback_by_tls_goes_to_who_can_prove_its_name(folder, is_ours):
    authority = Authority(folder)
    context = (authority if is_ours else Authority(folder, "stranger")).context()
    with Web(context) as web, Server(folder, f'ca_file = "{authority.file}"') as server:
        app = create(server, web)
        user = app.new_user()
        decide(app, handset(server, user), user)
        if is_ours:
            assert is_signed(web.wait()[0], web, app.key)
        else:
            until(lambda: web.connections)
            assert web.calls == []


def test_the_letter_case_of_the_headers_outlives_tls(folder):
    """HTTP/2 has none; clients of Authy's look for the names as they are."""
    authority = Authority(folder)
    context = authority.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with Web(context) as web, Server(folder, f'ca_file = "{authority.file}"') as server:
        app = create(server, web)
        user = app.new_user()
        decide(app, handset(server, user), user)
        until(lambda: web.protocols)
        assert "h2" not in web.protocols and is_signed(web.wait()[0], web, app.key)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "http:///x",
        "https://user:password@localhost/x",
        "https://localhost:99999/x",
        "https://localhost:x/",
        "ftp://localhost/x",
        "localhost/x",
        "https://local host/x",
        "https://localhost/ü",
    ],
)
def test_an_address_that_can_never_be_called_is_refused_at_once(server, url):
    for arguments in (["app", "create", "Nowhere", "--callback", url], ["app", "callback", server.application.id, url]):
        done = server.command(*arguments, check=False)
        assert done.returncode in (1, 64) and "callback" in done.stderr and done.stdout == "", (arguments, done.stdout)

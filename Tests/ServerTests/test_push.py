"""Notifications: what a push service gets, checked by other implementations of Web Push."""

import json
import os
import re
import threading
import time

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from support.outside import Authority, Web, deliveries, until
from support.server import Handset, Server, b64u, handset, link, unb64u


class Subscription:
    """What a browser keeps of one."""

    def __init__(self, endpoint):
        self.endpoint, self.secret = endpoint, os.urandom(16)
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def parameters(self) -> dict:
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"endpoint": self.endpoint, "p256dh": b64u(point), "auth": b64u(self.secret)}

    def read(self, call) -> dict:
        return json.loads(
            http_ece.decrypt(call.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        )


@pytest.fixture
def authority(folder):
    return Authority(folder)


@pytest.fixture
def service(authority):
    """A push service."""
    with Web(authority.context(), usual=201) as web:
        yield web


def top(authority):
    return f'ca_file = "{authority.file}"'


def push(*hosts, subject="mailto:it@example.com"):
    return f"[push]\nhosts = {json.dumps(hosts)}\nsubject = {json.dumps(subject)}\n"


@pytest.fixture
def server(folder, authority, service):
    with Server(folder, top(authority), tables=push(service.host)) as running:
        yield running


@pytest.fixture
def subscription(service, phone):
    return subscribed(phone, f"{service.url}/push/one?of=many")


def subscribed(phone, endpoint) -> Subscription:
    subscription = Subscription(endpoint)
    assert phone.call("POST", "push", subscription.parameters).status == 200
    return subscription


def claims(call) -> dict:
    """The claims of the server's token, after its signature was verified."""
    authorization = call.headers["Authorization"]
    # py_vapid does not accept a blank behind the comma, although RFC 8292 has one in its example.
    assert Vapid02.verify(authorization.replace(", ", ","))
    token = authorization.removeprefix("vapid t=").split(",")[0]
    assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "ES256"}
    return jwt.decode(token, options={"verify_signature": False})


def test_a_push_service_is_called_as_it_wants_it(app, phone, user, service, subscription):
    app.create(user, seconds_to_expire=120)
    (call,) = service.wait()
    assert (call.method, call.path) == ("POST", "/push/one?of=many")
    assert call.headers["Content-Encoding"] == "aes128gcm" and call.headers["Urgency"] == "high"
    assert 110 <= int(call.headers["TTL"]) <= 120 and len(call.body) <= 4096


def test_only_the_phone_can_read_what_it_is_told(app, phone, user, service, subscription):
    uuid = app.create(user, "Zoë wants to log in to <web-1> 🗝", seconds_to_expire=120, details={"Host": "web-1"})
    (call,) = service.wait()
    message = subscription.read(call)
    ends = json.loads(phone.state()["requests"][0]["text"])["ends"]
    assert message == {"id": uuid, "title": "Example Corp", "body": "Zoë wants to log in to <web-1> 🗝", "ends": ends}
    assert b"web-1" not in call.body and uuid.encode() not in call.body
    with pytest.raises(Exception):  # noqa: B017 (whatever http_ece makes of it)
        Subscription(subscription.endpoint).read(call)


def test_a_request_without_an_end_is_told_for_a_day(app, user, service, subscription):
    app.create(user, seconds_to_expire=0)
    (call,) = service.wait()
    assert call.headers["TTL"] == "86400" and subscription.read(call)["ends"] is None


def test_the_longest_message_is_told(app, user, service, subscription):
    app.create(user, "🗝" * 1000)
    (call,) = service.wait()
    assert subscription.read(call)["body"].startswith("🗝" * 90) and len(call.body) <= 4096


def test_the_length_of_a_notification_tells_little(app, user, service, subscription):
    for message in ("no", "a little more than that"):
        app.create(user, message)
    assert len({len(call.body) for call in service.wait(2)}) == 1


def test_the_server_proves_who_it_is(app, phone, user, service, subscription):
    app.create(user)
    (call,) = service.wait()
    said = claims(call)
    assert (
        said["aud"] == service.url
        and said["sub"] == "mailto:it@example.com"
        and time.time() < said["exp"] <= time.time() + 86_400
    )
    # Browsers subscribed for this key; another one is refused by push services.
    assert call.headers["Authorization"].split("k=")[1] == phone.state()["push_key"]


def test_the_key_of_the_server_stays_over_a_restart(server, app, phone, user, service, subscription):
    key = phone.state()["push_key"]
    server.restart()
    app.create(user)
    assert (
        service.wait()[0].headers["Authorization"].endswith("k=" + key)
        and phone.state()["push_key"] == key
        and len(unb64u(key)) == 65
    )


def test_an_origin_is_named_as_browsers_name_it(app, phone, user, service):
    """In lower case (RFC 6454, section 6), however the address is written."""
    subscribed(phone, f"HTTPS://LocalHost:{service.port}/x")
    app.create(user)
    assert claims(service.wait()[0])["aud"] == service.url


def test_an_origin_has_no_path_or_query(app, phone, user, service):
    subscribed(phone, f"{service.url}?x=1")
    app.create(user)
    assert claims(service.wait()[0])["aud"] == service.url


def notified(app, uuid) -> bool:
    return app.read(uuid).json["approval_request"]["notified"]


def test_who_asks_is_told_that_the_phone_was_notified(server, app, user, service, subscription):
    uuid = app.create(user)
    service.wait()
    assert until(lambda: notified(app, uuid))
    assert deliveries(server, user, 1) == [("push", "web push", "sent", "status 201")]


def test_the_records_say_how_long_a_push_service_took(server, app, user, service, subscription):
    service.hold = threading.Event()
    app.create(user)
    service.wait()
    threading.Timer(0.3, service.hold.set).start()
    deliveries(server, user, 1)
    row = server.command("user", "deliveries", user).stdout.splitlines()[1]
    assert 200 < int(re.split(r"\s{2,}", row)[4]) < 5_000


def test_who_asks_is_not_told_so_when_the_push_service_refused(server, app, user, service, subscription):
    service.answers = [500]
    uuid = app.create(user)
    service.wait()
    assert deliveries(server, user, 1) == [("push", "web push", "failed", "status 500")] and not notified(app, uuid)


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_dropped(server, app, phone, user, service, subscription, status):
    service.answers = [status]
    app.create(user)
    until(lambda: phone.state()["push"] is False)
    app.create(user)
    deliveries(server, user, 1)
    assert len(service.calls) == 1


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_subscription_outlives_other_troubles(server, app, phone, user, service, subscription, status):
    service.answers = [status]
    app.create(user)
    deliveries(server, user, 1)
    assert phone.state()["push"] is True
    app.create(user)
    assert len(service.wait(2)) == 2


def test_a_page_that_waits_hears_of_a_dropped_subscription(app, phone, user, service, subscription):
    service.answers = [410]
    app.create(user)
    service.wait()
    state = phone.state()
    if state["push"]:
        state = phone.state(seen=state["revision"], wait=10)
    assert state["push"] is False


def test_all_phones_of_a_person_are_told(server, app, phone, user, service, subscription):
    second = handset(server, user, "iPad")
    other = subscribed(second, f"{service.url}/push/two")
    uuid = app.create(user)
    told = {call.path: call for call in service.wait(2)}
    assert subscription.read(told["/push/one?of=many"])["id"] == other.read(told["/push/two"])["id"] == uuid


def test_nobody_else_is_told(server, app, phone, user, service, subscription):
    stranger, removed = handset(server, app.new_user("5551230002")), handset(server, user, "iPad")
    subscribed(stranger, f"{service.url}/push/stranger")
    subscribed(removed, f"{service.url}/push/removed")
    phone.call("DELETE", f"devices/{removed.id}")
    for count in (1, 2):
        app.create(user)
        deliveries(server, user, count)
    assert [call.path for call in service.calls] == ["/push/one?of=many"] * 2


def test_a_phone_that_is_not_confirmed_is_told_nothing(server, app, phone, user, service, subscription):
    fresh = Handset(server, "iPad")
    fresh.enrol(link(server, user))
    fresh.call("POST", "push", Subscription(f"{service.url}/push/fresh").parameters)
    for count in (1, 2):
        app.create(user)
        deliveries(server, user, count)
    assert [call.path for call in service.calls] == ["/push/one?of=many"] * 2


def test_a_phone_that_wants_no_notifications_gets_none(server, app, phone, user, service, subscription):
    phone.call("POST", "push", {})
    second = handset(server, user, "iPad")
    subscribed(second, f"{service.url}/push/two")
    app.create(user)
    deliveries(server, user, 1)
    assert [call.path for call in service.wait()] == ["/push/two"]


# Hosts that the server calls


@pytest.mark.parametrize(
    "form",
    [
        "https://localhost:{other}/x",
        "https://localhost/x",
        "http://localhost:{port}/x",
        "https://127.0.0.1:{port}/x",
        "https://localhost.:{port}/x",
        "https://localhost:{port}@localhost:{other}/x",
        "https://localhost:{other}#@localhost:{port}/",
        "https://localhost:{other}\\@localhost:{port}/",
        "https://localhost:0{port}:{other}/x",
        "https://[::1]:{port}/x",
        "https:localhost:{port}/x",
        "https:///localhost:{port}/x",
        "https://lOCALhost%00:{port}/x",
        "//localhost:{port}/x",
        "https://localhost:{port}\r\nHost: x/",
        "https://ⅼocalhost:{port}/x",
    ],
)
def test_no_address_takes_the_server_to_another_host(authority, phone, service, form):
    with Web(authority.context("localhost", "127.0.0.1")) as other:
        endpoint = form.format(port=service.port, other=other.port)
        assert phone.call("POST", "push", Subscription(endpoint).parameters).json["error"] == "invalid"
        assert phone.state()["push"] is False and other.connections == service.connections == 0


def test_a_push_service_sends_the_server_nowhere_else(server, app, phone, user, service, subscription, authority):
    with Web(authority.context()) as other:
        service.answers = [(status, {"Location": f"{other.url}/x"}, b"") for status in (301, 307)]
        for count in (1, 2):
            app.create(user)
            deliveries(server, user, count)
        assert other.connections == 0 and len(service.calls) == 2


def test_a_host_that_left_the_list_is_called_no_more(server, app, phone, user, service, subscription, authority):
    with Web(authority.context(), usual=201) as other:
        server.stop()
        server.write_settings(top(authority), tables=push(other.host))
        server.start()
        subscribed(handset(server, user, "iPad"), f"{other.url}/x")
        app.create(user)
        other.wait()
        deliveries(server, user, 2)
        assert service.connections == 0


def test_without_hosts_there_are_no_notifications(server, app, phone, user, service, subscription, authority):
    server.stop()
    server.write_settings(top(authority), tables="[push]\nhosts = []\n")
    server.start()
    assert phone.call("POST", "push", subscription.parameters).json["error"] == "invalid"
    uuid = app.create(user)
    assert phone.answer(uuid, "approved").status == 200 and app.status(uuid) == "approved"
    assert service.connections == 0


def test_a_push_service_that_cannot_prove_its_name_is_told_nothing(folder, authority):
    with (
        Web(Authority(folder, "stranger").context()) as service,
        Server(folder, top(authority), tables=push(service.host)) as server,
    ):
        user = server.application.new_user()
        phone = handset(server, user)
        subscribed(phone, f"{service.url}/x")
        uuid = server.application.create(user)
        assert deliveries(server, user, 1)[0][2:] == ("failed", "not reached")
        assert service.connections == 1 and service.calls == [] and not notified(server.application, uuid)


def test_a_push_service_that_is_down_holds_nobody_up(app, phone, user, service, subscription):
    service.close()
    begun = time.monotonic()
    uuid = app.create(user)
    assert phone.answer(uuid, "approved").status == 200 and app.status(uuid) == "approved"
    assert time.monotonic() - begun < 30

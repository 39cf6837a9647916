"""The stand-in 2FA server: it misbehaves as told, and is harmless otherwise."""

import http.client
import json
import ssl
import threading
import urllib.parse

import pytest

from support import rudeness, totp
from support.patience import PATIENCE
from support.stand_in import StandIn


class Client:
    """A plain client with one kept connection."""

    def __init__(self, server, ca_file=None):
        host, port = urllib.parse.urlsplit(server.url).netloc.split(":")
        if ca_file:
            context = ssl.create_default_context(cafile=ca_file)
            self._connection = http.client.HTTPSConnection(host, int(port), timeout=PATIENCE, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        self._key = server.api_key

    def call(self, method, path, body=None):
        content = {"Content-Type": "application/json"} if body else {}
        self._connection.request(
            method, path, json.dumps(body) if body else None, {"X-Authy-API-Key": self._key, **content}
        )
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method, path, body=None):
        status, text = self.call(method, path, body)
        return status, json.loads(text)

    def push(self):
        wish = {"message": "Log in?", "details": {"Host": "gate"}}
        status, answer = self.ask("POST", f"/onetouch/json/users/{StandIn.authy_id}/approval_requests", wish)
        assert status == 200 and answer["success"] is True
        return answer["approval_request"]["uuid"]

    def poll(self, uuid):
        status, answer = self.ask("GET", f"/onetouch/json/approval_requests/{uuid}")
        assert status == 200 and answer["success"] is True
        return answer["approval_request"]["status"]

    def verify(self, code):
        return self.call("GET", f"/protected/json/verify/{code}/{StandIn.authy_id}?force=true")


@pytest.fixture
def plain():
    with StandIn() as stand_in:
        yield stand_in


def test_a_request_is_pending_until_the_phone_approves_all_of_them(plain):
    client = Client(plain)
    uuid = client.push()
    assert client.poll(uuid) == "pending"
    plain.phone = "approve"
    assert client.poll(uuid) == "approved"


def test_no_code_is_right_but_those_that_were_named(plain):
    plain.codes.add("0123456")
    client = Client(plain)
    status, body = client.verify("0123456")
    assert status == 200 and b'"token":"is valid"' in body
    assert client.verify("7654321")[0] == 401


def test_one_connection_serves_many_requests(plain):
    client = Client(plain)
    client.poll(client.push())
    assert [request.connection for request in plain.received] == [1, 1]


def test_a_fault_may_end_after_some_times(plain):
    plain.fault("poll", "status", 503, times=2)
    client = Client(plain)
    path = f"/onetouch/json/approval_requests/{client.push()}"
    assert [client.call("GET", path)[0] for _ in range(3)] == [503, 503, 200]


def test_a_closed_port_refuses(plain):
    plain.fault("connect", "refuse")
    with pytest.raises(ConnectionRefusedError):
        Client(plain).push()


def test_a_cut_answer_ends_early(plain):
    plain.fault("create", "cut")
    with pytest.raises(http.client.IncompleteRead):
        Client(plain).push()


def test_a_redirect_leads_to_another_server(plain):
    plain.fault("*", "redirect", "http://127.0.0.1:1")
    assert Client(plain).call("GET", "/protected/json/sms/1?force=true")[0] == 302


@pytest.mark.parametrize("kind", sorted(rudeness.MANGLED.keys() - {"cut", "header_flood"}))
def test_a_mangled_answer_is_sent_to_its_end(plain, kind):
    client = Client(plain)
    uuid = client.push()
    plain.fault("poll", kind, 0.0001)
    status, body = client.call("GET", f"/onetouch/json/approval_requests/{uuid}")
    assert status == 200 and len(body) > 300
    assert (b'"status":"approved"' in body) == (kind not in rudeness.TRUE | {"gzip_bomb"})


def test_a_header_flood_is_more_than_a_client_takes(plain):
    client = Client(plain)
    plain.fault("create", "header_flood")
    with pytest.raises(http.client.HTTPException, match="more than 100 headers"):
        client.push()


@pytest.mark.parametrize("kind", sorted(rudeness.LIES))
def test_a_lie_is_not_what_a_good_server_says_of_an_approval(plain, kind):
    client = Client(plain)
    path = f"/onetouch/json/approval_requests/{client.push()}"
    plain.fault("poll", kind, times=1)
    lie = client.ask("GET", path)[1]
    plain.phone = "approve"
    truth = client.ask("GET", path)[1]
    truth["approval_request"].pop("processed_at"), lie["approval_request"].pop("processed_at")
    assert json.dumps(lie) != json.dumps(truth)


def test_silence_lasts_until_the_server_stops():
    with StandIn() as server:
        server.fault("*", "hang")
        client = Client(server)
        failures = []
        waiting = threading.Thread(target=lambda: failures.append(pytest.raises(OSError, client.push)))
        waiting.start()
        server.wait_until(lambda: server.received)
        assert not failures
    waiting.join(20)
    assert failures


def test_tls_is_good_with_the_good_certificate(stand_in, authority):
    assert Client(stand_in, authority.ca_file).push()


@pytest.mark.parametrize(
    "name, reason",
    [
        ("self_signed", "self-signed certificate"),
        ("wrong_host", "Hostname mismatch"),
        ("expired", "certificate has expired"),
    ],
)
def test_tls_fails_with_a_bad_certificate(authority, name, reason):
    with StandIn(certificate=getattr(authority, name)) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            Client(server, authority.ca_file).push()
        assert server.received == []


def test_totp_codes_are_those_of_the_standards():
    secret = b"12345678901234567890"
    # RFC 4226, appendix D
    assert [totp.hotp(secret, counter) for counter in range(3)] == ["755224", "287082", "359152"]
    assert totp.hotp(secret, 59 // 30, digits=8) == "94287082"  # RFC 6238, appendix B
    assert totp.hotp((secret * 4)[:64], 59 // 30, digits=8, algorithm="sha512") == "90693936"


def test_a_softtoken_gives_no_code_twice():
    token = totp.SoftToken()
    codes = [token.fresh_code(), token.fresh_code()]
    assert len(set(codes)) == 2 and token.spent_code() == codes[1]
    assert token.wrong_code() not in codes

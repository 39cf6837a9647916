"""The stand-in 2FA server: good by default, rude as told."""

import http.client
import json
import socket
import ssl
import threading
import urllib.parse

import pytest

import rudeness
import totp
from stand_in import StandIn

USER = 4711


class Client:
    """A plain client with one kept connection."""

    def __init__(self, server, ca_file=None):
        host, port = urllib.parse.urlsplit(server.url).netloc.split(":")
        if ca_file:
            context = ssl.create_default_context(cafile=ca_file)
            self._connection = http.client.HTTPSConnection(host, int(port), timeout=20, context=context)
        else:
            self._connection = http.client.HTTPConnection(host, int(port), timeout=20)
        self._key = server.api_key

    def call(self, method, path, body=None, **headers):
        content = {"Content-Type": "application/json"} if body else {}
        self._connection.request(
            method, path, json.dumps(body) if body else None, {"X-Authy-API-Key": self._key, **content, **headers})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def ask(self, method, path, body=None, **headers):
        status, text = self.call(method, path, body, **headers)
        return status, json.loads(text)

    def push(self):
        wish = {"message": "Log in?", "details": {"Host": "gate"}}
        status, answer = self.ask("POST", f"/onetouch/json/users/{USER}/approval_requests", wish)
        assert status == 200 and answer["success"] is True
        return answer["approval_request"]["uuid"]

    def poll(self, uuid, wait=0):
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        status, answer = self.ask("GET", f"/onetouch/json/approval_requests/{uuid}", **headers)
        assert status == 200 and answer["success"] is True
        return answer["approval_request"]["status"]


@pytest.fixture
def plain():
    with StandIn() as stand_in:
        yield stand_in


def test_a_request_is_pending_until_the_phone_answers(plain):
    client = Client(plain)
    uuid = client.push()
    request = plain.wait_for_request()
    assert (request.uuid, request.message, request.details) == (uuid, "Log in?", {"Host": "gate"})
    assert client.poll(uuid) == "pending"
    plain.approve(uuid)
    assert client.poll(uuid) == "approved"
    plain.deny(uuid)
    assert client.poll(uuid) == "approved"


def test_a_long_poll_is_answered_at_the_moment_of_decision(plain):
    plain.phone, plain.phone_delay = "deny", threading.Event()
    client = Client(plain)
    uuid = client.push()
    answers = []
    poll = threading.Thread(target=lambda: answers.append(client.poll(uuid, wait=600)))
    poll.start()
    plain.wait_until(lambda: plain.requests("poll"))
    plain.phone_delay.set()
    poll.join(20)
    assert answers == ["denied"]


def test_a_server_without_long_polls_answers_at_once(plain):
    plain.long_poll = False
    client = Client(plain)
    assert client.poll(client.push(), wait=600) == "pending"


def test_one_connection_serves_many_requests(plain):
    client = Client(plain)
    client.poll(client.push())
    assert [request.connection for request in plain.received] == [1, 1]


def test_a_form_body_says_the_same_as_json(plain):
    connection = http.client.HTTPConnection(*plain.wire._address, timeout=20)
    body = urllib.parse.urlencode({"message": "Log in?", "details[Host]": "gate"})
    headers = {"X-Authy-API-Key": plain.api_key, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/onetouch/json/users/{USER}/approval_requests", body, headers)
    assert connection.getresponse().status == 200
    assert plain.approvals[0].parameters == {"message": "Log in?", "details": {"Host": "gate"}}


def test_a_cancelled_request_is_remembered_as_such(plain):
    client = Client(plain)
    uuid = client.push()
    assert client.call("DELETE", f"/onetouch/json/approval_requests/{uuid}")[0] == 200
    assert plain.approvals[0].cancelled
    plain.approve(uuid)
    assert client.poll(uuid) == "expired"


def test_a_code_is_good_once(plain):
    plain.codes.add("0123456")
    client = Client(plain)
    path = f"/protected/json/verify/0123456/{USER}?force=true"
    assert b'"token":"is valid"' in client.call("GET", path)[1]
    assert client.ask("GET", path)[1]["error_code"] == "60019"
    assert client.ask("GET", f"/protected/json/verify/7654321/{USER}?force=true")[1]["error_code"] == "60020"


def test_a_client_that_forgets_force_is_told_that_any_code_is_valid(plain):
    assert b'"token":"is valid"' in Client(plain).call("GET", f"/protected/json/verify/7654321/{USER}")[1]


def test_a_onecode_that_was_sent_is_good(plain):
    client = Client(plain)
    assert client.ask("GET", f"/protected/json/sms/{USER}?force=true")[1]["message"] == "SMS token was sent"
    assert client.ask("GET", f"/protected/json/call/{USER}?force=true")[1]["message"] == "Call started..."
    [(_, _, sms), (via, authy_id, _)] = plain.sent
    assert (via, authy_id) == ("call", USER)
    assert client.call("GET", f"/protected/json/verify/{sms}/{USER}?force=true")[0] == 200


def test_a_wrong_key_and_a_stranger_are_refused(plain):
    plain.strangers.add(USER)
    assert Client(plain).ask("GET", f"/protected/json/sms/{USER}?force=true")[1]["error_code"] == "60026"
    client = Client(plain)
    plain.api_key = "another"
    assert client.ask("GET", f"/protected/json/sms/{USER}?force=true")[1]["error_code"] == "60001"


def test_a_fault_may_end_after_some_times(plain):
    plain.fault("poll", "status", 503, times=2)
    client = Client(plain)
    path = f"/onetouch/json/approval_requests/{client.push()}"
    assert [client.call("GET", path)[0] for _ in range(3)] == [503, 503, 200]


def test_a_closed_port_refuses_until_the_server_is_good_again(plain):
    plain.fault("connect", "refuse")
    with pytest.raises(ConnectionRefusedError):
        Client(plain).push()
    plain.be_good()
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
    plain.approve()
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


def test_tls_is_good_with_the_good_certificate(server, authority):
    assert Client(server, authority.ca_file).push()


@pytest.mark.parametrize("name, reason", [
    ("self_signed", "self-signed certificate"), ("wrong_host", "Hostname mismatch"), ("expired", "certificate has expired"),
])
def test_tls_fails_with_a_bad_certificate(authority, name, reason):
    with StandIn(certificate=getattr(authority, name)) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            Client(server, authority.ca_file).push()
        assert server.received == []


def test_it_listens_on_a_unix_socket(host):
    with StandIn(unix=host.scratch / "api.sock") as server, socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(host.scratch / "api.sock"))
        head = ["GET /protected/json/call/7?force=true HTTP/1.1", "Host: x", f"X-Authy-API-Key: {server.api_key}", "", ""]
        connection.sendall("\r\n".join(head).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_totp_codes_are_those_of_the_standards():
    secret = b"12345678901234567890"
    assert [totp.hotp(secret, counter) for counter in range(3)] == ["755224", "287082", "359152"]  # RFC 4226, appendix D
    assert totp.hotp(secret, 59 // 30, digits=8) == "94287082"  # RFC 6238, appendix B
    assert totp.hotp((secret * 4)[:64], 59 // 30, digits=8, algorithm="sha512") == "90693936"


def test_a_softtoken_gives_no_code_twice():
    token = totp.SoftToken()
    codes = [token.fresh_code(), token.fresh_code()]
    assert len(set(codes)) == 2 and token.spent_code() == codes[1]
    assert token.wrong_code() not in codes

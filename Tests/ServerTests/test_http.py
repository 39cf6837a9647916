"""HTTP/1 as RFC 9110 and RFC 9112 want it, byte by byte."""

import contextlib
import http.client
import itertools
import json
import socket

import pytest

from support.outside import Web
from support.patience import PATIENCE, until
from support.selfsigned import certificate
from support.server import Handset, Server, link, own_folder


NUMBERS = itertools.count(1_000)


@pytest.fixture(scope="module")
def site():
    with (
        own_folder() as folder,
        Server(folder, server='behind_proxy = true\ntrusted_proxies = ["127.0.0.1", "10.0.0.0/8"]') as server,
    ):
        yield server


@pytest.fixture
def server(site):
    return site


@pytest.fixture(scope="module")
def web():
    """The server of the application `told`."""
    with Web() as web:
        yield web


@pytest.fixture(scope="module")
def told(site, web):
    """An application that is told of decisions."""
    return site.create_application("Told", "--callback", f"{web.url}/callback", "--callback-method", "POST")


@contextlib.contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        yield raw


class Answers:
    """What comes on a connection, one answer after another."""

    def __init__(self, raw):
        self.file = raw.makefile("rb")

    def next(self, method="GET"):
        """An answer with its body; None at the end of the connection."""

        class Wire:
            def makefile(_, *__):
                return self.file

        self.file.close, close = lambda: None, self.file.close
        answer = http.client.HTTPResponse(Wire(), method=method)
        try:
            answer.begin()
        except http.client.RemoteDisconnected:
            close()
            return None
        answer.content = answer.read()
        return answer


def asked(server, *sent, methods=("GET",)):
    """The answers to these requests, sent at once, then None if the server closes the connection."""
    with connected(server) as raw:
        raw.sendall(b"".join(part if isinstance(part, bytes) else part.encode() for part in sent))
        answers = Answers(raw)
        return [answers.next(method) for method in methods]


def is_closed(answer) -> bool:
    return answer.headers["Connection"] == "close"


# HEAD


@pytest.mark.parametrize(
    "path, status",
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/phone/", 200),
        ("/phone/none", 404),
        ("/phone", 308),
        ("/none", 404),
        ("/protected/json/none", 401),
        ("/protected/json/app/details?api_key={key}", 405),
        ("/onetouch/json/none?api_key={key}", 404),
        ("/phone/api/state", 401),
    ],
)
def test_an_answer_to_head_has_no_body_and_the_connection_goes_on(server, path, status):
    path = path.format(key=server.application.key)
    head, after = asked(
        server,
        f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        methods=("HEAD", "GET"),
    )
    assert (head.status, head.content, after.status, after.content) == (status, b"", 200, b"ok\n")
    if path.startswith(("/healthz", "/phone/")):
        [same] = asked(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        assert same.content and head.headers["Content-Length"] == str(len(same.content))


# Methods


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("DELETE", "/protected/json/app/details", "GET, POST"),
        ("HEAD", "/protected/json/app/details", "GET, POST"),
        ("PUT", "/protected/json/users/new", "GET, POST"),
        ("GET", "/onetouch/json/users/1/approval_requests", "POST"),
        ("POST", "/onetouch/json/approval_requests/00000000-0000-0000-0000-000000000000", "GET, DELETE"),
        ("POST", "/phone/", "GET, HEAD"),
    ],
)
def test_a_method_that_a_call_does_not_have_is_answered_with_those_that_it_has(server, method, path, allowed):
    [answer] = asked(
        server,
        f"{method} {path}?api_key={server.application.key} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        methods=(method,),
    )
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


# The end of a connection


@pytest.mark.parametrize(
    "request_",
    [
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "HEAD /healthz HTTP/1.0\r\n\r\n",
        "GET /none HTTP/1.0\r\n\r\n",
        "POST /protected/json/users/new HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nconnection: Close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: TE, close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: TE\r\nConnection: close\r\n\r\n",
        # The server has no other protocol to switch to.
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
        "AAMAAABkAAQAAP__\r\n\r\n",
    ],
)
def test_the_server_ends_the_connection_after_the_last_answer_and_says_so(server, request_):
    method = request_.split()[0]
    answer, end = asked(
        server,
        request_,
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" if "HTTP/1.1" in request_ else "",
        methods=(method, "GET"),
    )
    assert answer.status in (200, 401, 404) and is_closed(answer) and end is None


def test_a_connection_goes_on_where_nobody_ends_it(server):
    answers = asked(
        server, "GET /healthz HTTP/1.1\r\nHost: x\r\nconnection: Keep-Alive\r\n\r\n" * 3, methods=("GET",) * 3
    )
    assert [answer.status for answer in answers] == [200] * 3 and not any(map(is_closed, answers))


def test_tls_connections_end_too(folder):
    chain, key = certificate(folder, "own")
    with (
        Server(folder, server=f'certificate = "{chain}"\nprivate_key = "{key}"', ca_file=str(chain)) as server,
        server.connection() as connection,
    ):
        connection.connect()
        connection.sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        answers = Answers(connection.sock)
        assert answers.next().content == b"ok\n" and answers.next() is None


# Expect: 100-continue


def create(key, length, expect="100-continue", version="1.1", more=""):
    return (
        f"POST /onetouch/json/users/1/approval_requests HTTP/{version}\r\nHost: x\r\nX-Authy-API-Key: {key}\r\nExpect: "
        f"{expect}\r\n{more}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
    )


def line(file) -> bytes:
    return file.readline()


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
def test_a_client_that_waits_is_told_to_send_its_body(server, expect):
    body = "message=" + "x" * 2_000
    with connected(server) as raw:
        raw.sendall(create(server.application.key, len(body), expect).encode())
        answers = Answers(raw)
        assert (line(answers.file), line(answers.file)) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
        raw.sendall(body.encode())
        answer = answers.next()
        assert answer.status == 404 and json.loads(answer.content)["error_code"] == "60026"
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answers.next().content == b"ok\n"


def test_a_client_that_waits_in_its_turn_is_told_then(server):
    body = "message=x"
    with connected(server) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + create(server.application.key, len(body)).encode())
        answers = Answers(raw)
        assert answers.next().content == b"ok\n"
        assert (line(answers.file), line(answers.file)) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
        raw.sendall(body.encode())
        assert answers.next().status == 404


def test_a_chunked_body_may_be_waited_for(server):
    head = create(server.application.key, 0).replace("Content-Length: 0", "Transfer-Encoding: chunked")
    with connected(server) as raw:
        raw.sendall(head.encode())
        answers = Answers(raw)
        assert (line(answers.file), line(answers.file)) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
        raw.sendall(b"9\r\nmessage=x\r\n0\r\n\r\n")
        assert json.loads(answers.next().content)["error_code"] == "60026"


@pytest.mark.parametrize(
    "key, length, status", [("nonsense-nonsense", 20, 401), (None, 70_000, 413), (None, 10**12, 413)]
)
def test_a_client_that_waits_gets_its_refusal_at_once_and_sends_nothing(server, key, length, status):
    with connected(server) as raw:
        raw.sendall(create(key or server.application.key, length).encode())
        answers = Answers(raw)
        answer = answers.next()
        # The body may or may not follow, so the next bytes cannot be read as a request.
        assert answer.status == status and is_closed(answer)
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answers.next() is None


@pytest.mark.parametrize(
    "sent",
    [
        lambda key: create(key, 9, version="1.0") + "message=x",
        lambda key: create(key, 9, expect="something") + "message=x",
        lambda key: create(key, 0),
    ],
)
def test_who_does_not_wait_is_told_nothing(server, sent):
    [answer] = asked(server, sent(server.application.key))
    assert answer.status in (400, 404)


# Malformed requests

TOO_LONG = "x" * 40_000


@pytest.mark.parametrize(
    "sent, status",
    [
        (f"GET /{TOO_LONG} HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (f"GET /{TOO_LONG * 50} HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (f"GET /healthz?{TOO_LONG}", 414),
        (f"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {TOO_LONG}\r\n\r\n", 431),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n" + "X-Many: 1\r\n" * 200 + "\r\n", 431),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        ("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ],
)
def test_what_is_no_request_has_an_answer_in_json_and_ends_the_connection(server, sent, status):
    for before in (0, 2):
        *good, answer, end = asked(
            server,
            "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * before,
            sent.encode("latin-1"),
            methods=("GET",) * (before + 2),
        )
        assert [one.content for one in good] == [b"ok\n"] * before
        # Behind other requests it is not always known which part was too long.
        assert answer.status == status or before and {answer.status, status} == {414, 431}
        assert is_closed(answer) and answer.headers["Content-Type"] == "application/json; charset=utf-8" and end is None
        told = json.loads(answer.content)
        assert (
            told["success"] is False and told["error_code"] == "60002" and told["message"] == told["errors"]["message"]
        )


def test_a_broken_body_ends_the_connection(server):
    answer, end = asked(
        server,
        f"POST /protected/json/users/new HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {server.application.key}\r\n"
        "Transfer-Encoding: chunked\r\n\r\nZZ\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        methods=("POST", "GET"),
    )
    assert answer.status == 400 and is_closed(answer) and end is None


def test_a_broken_body_of_a_request_that_was_refused_before_ends_the_connection_at_once(server):
    with connected(server) as raw:
        raw.sendall(
            b"POST /protected/json/users/new HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: nonsense-nonsense\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        answers = Answers(raw)
        assert answers.next().status == 401
        raw.sendall(b"ZZ\r\n")
        assert answers.next() is None


# How requests may be written


@pytest.mark.parametrize(
    "sent",
    [
        "GET http://2fa.example.com/protected/json/app/details?a=b HTTP/1.1\r\nHost: x\r\n"
        "X-Authy-API-Key: {key}\r\n\r\n",
        "GET http://127.0.0.1:8555//protected/json/app/details HTTP/1.1\r\nHost: x\r\nx-authy-api-key: {key}\r\n\r\n",
        "GET http://2fa.example.com/protected/json/app/details?api_key={key} HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /protected/json/app/details HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        "transfer-encoding: chunked\r\n\r\n8\r\napi_key=\r\n20;name=value\r\n{key}\r\n0\r\nX-Trailer: x\r\n\r\n",
    ],
)
def test_targets_may_be_absolute_headers_in_lower_case_and_bodies_in_chunks(server, sent):
    answers = asked(
        server,
        sent.format(key=server.application.key),
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        methods=("GET", "GET"),
    )
    assert [answer.status for answer in answers] == [200, 200] and b"Example Corp" in answers[0].content


def test_answers_to_requests_that_came_at_once_are_in_their_order(server):
    sent = "".join(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n"
        for method, path in (
            ("GET", "/healthz"),
            ("HEAD", "/none"),
            ("GET", "/none"),
            ("HEAD", "/healthz"),
            ("GET", "/phone/"),
        )
    )
    answers = asked(server, sent, methods=("GET", "HEAD", "GET", "HEAD", "GET"))
    assert [answer.status for answer in answers] == [200, 404, 404, 200, 200]


# Where a call comes from


@pytest.mark.parametrize(
    "forwarded, address",
    [
        (["203.0.113.9:51312"], "203.0.113.9"),
        (["198.51.100.66, 203.0.113.9:51312"], "203.0.113.9"),
        (["198.51.100.66", "203.0.113.9"], "203.0.113.9"),
        (["198.51.100.66,203.0.113.9\t, 10.1.2.3:80"], "203.0.113.9"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["198.51.100.66, [2001:db8::7]:443"], "2001:db8::7"),
        (['"[2001:db8::7]:443"'], "2001:db8::7"),
        (["2001:DB8::7"], "2001:db8::7"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        # An invalid entry was written by a proxy, or is followed by entries of the client.
        (["198.51.100.66, unknown"], "127.0.0.1"),
        (["198.51.100.66, "], "127.0.0.1"),
        (["198.51.100.66, _hidden, 10.1.2.3"], "10.1.2.3"),
        (["198.51.100.66, 203.0.113.9:"], "127.0.0.1"),
        (["198.51.100.66, 203.0.113.9:port"], "127.0.0.1"),
        (["198.51.100.66, [203.0.113.9]"], "127.0.0.1"),
        (["198.51.100.66, [2001:db8::7"], "127.0.0.1"),
        (["198.51.100.66, 203.0.113.9 203.0.113.10"], "127.0.0.1"),
        (["198.51.100.66, proxy.example.com"], "127.0.0.1"),
        (["198.51.100.66", "nonsense"], "127.0.0.1"),
        (["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ([], "127.0.0.1"),
    ],
)
def test_where_a_call_comes_from_is_what_the_last_trusted_proxy_wrote(server, told, web, forwarded, address):
    """In the phone's data, in the log, and in what the application is told of a decision."""
    # One user for each, since the number of phones of a user is limited.
    user, phone = told.new_user(f"555123{next(NUMBERS)}"), Handset(server)
    token = link(server, user).partition("#enrol=")[2]
    body = json.dumps(
        {
            "token": token,
            "public_key": phone.public_key,
            "name": phone.name,
            "os_type": "android",
            "signature": phone.sign(f"countersign-enrol-1\n{token}\n{phone.public_key}"),
        }
    )
    headers = "".join(f"X-Forwarded-For: {value}\r\n" for value in forwarded)
    [answer] = asked(
        server, f"POST /phone/api/enrol HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
    )
    assert answer.status == 200, answer.content
    phone.id = json.loads(answer.content)["device"]
    [device] = json.loads(server.command("user", "devices", user, "--json").stdout)
    [enrolled] = until(
        lambda: [event for event in server.events("device_enrolled") if event["device"] == phone.id],
    )
    server.command("user", "confirm", user, phone.state()["confirmation"])
    uuid = told.create(user)
    assert phone.answer(uuid, "approved").status == 200
    [said] = until(lambda: [call.json for call in list(web.calls) if call.json["uuid"] == uuid])
    assert (device["address"], enrolled["address"], said["device"]["registration_ip"]) == (address,) * 3

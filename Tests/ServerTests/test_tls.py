"""TLS, sockets, proxies and the limits of connections."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import select
import socket
import ssl
import stat
import subprocess
import time

import pytest

from support.outside import until
from support.patience import PATIENCE
from support.selfsigned import certificate
from support.server import Handset, Reply, Server, SocketConnection, b64u, handset, link


def common_name(port, chain):
    """Of the certificate that the server shows, which must be this one."""
    context = ssl.create_default_context(cafile=str(chain))
    with (
        socket.create_connection(("127.0.0.1", port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        return dict(pair for pairs in tls.getpeercert()["subject"] for pair in pairs)["commonName"]


def test_a_certificate_is_read_again_when_it_changes(folder):
    first, second = certificate(folder, "first"), certificate(folder, "second")
    live = folder / "live.pem", folder / "live.key"
    for source, target in zip(first, live):
        os.link(source, target)
    server = Server(folder, server=f'certificate = "{live[0]}"\nprivate_key = "{live[1]}"')
    with server:
        assert common_name(server.port, first[0]) == "first"
        for source, target in zip(second, live):
            os.replace(source, target)
        server.wait_for_event("certificate_read", timeout=PATIENCE)
        assert server.wait_for_event("certificate_read")["file"] == str(live[0])
        context = ssl.create_default_context(cafile=str(folder / "live.pem"))
        connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=PATIENCE)
        connection.request("GET", "/healthz")
        reply = Reply(connection.getresponse())
        assert reply.status == 200
        connection.request("GET", "/phone/")
        page = Reply(connection.getresponse())
        assert "max-age" in page.headers["Strict-Transport-Security"]
        connection.close()


def test_plain_http_is_never_spoken_on_another_address_than_loopback(folder):
    server = Server(folder)
    server.settings.write_text(
        server.settings.read_text().replace(f"127.0.0.1:{server.port}", f"0.0.0.0:{server.port}")
    )
    done = server.command("check", check=False)
    assert done.returncode == 1 and "listen" in done.stderr


def test_the_socket_of_this_machine_speaks_the_same(folder):
    path = folder / "api.sock"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(
                f"GET /protected/json/app/details HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {server.application.key}\r\n"
                f"Connection: close\r\n\r\n".encode()
            )
            answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200") and b"Example Corp" in answer


def test_the_page_lets_nothing_of_others_in(server):
    page = server.call("GET", "/phone/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and "script-src 'self'" in policy
        and "http" not in policy
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Referrer-Policy"] == "no-referrer"
    again = server.call("GET", "/phone/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and again.body == b""


def test_metrics_are_at_an_address_of_their_own_and_nowhere_else(folder):
    path = folder / "api.sock"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        assert "countersign_requests_total" in server.metrics()
        # A proxy that sends no X-Forwarded-For is nothing special.
        assert server.call("GET", "/metrics").status == 404
        for socket_path, target, status in ((path, "/metrics", 404), (folder / "metrics.sock", "/healthz", 404)):
            connection = SocketConnection(socket_path)
            connection.request("GET", target)
            assert Reply(connection.getresponse()).status == status
            connection.close()


def test_counts_are_not_for_everybody_on_this_machine(folder):
    with Server(folder, extra_listener=f"unix:{folder}/api.sock"):
        modes = [stat.S_IMODE((folder / name).stat().st_mode) for name in ("api.sock", "metrics.sock")]
        assert modes == [0o666, 0o660]


def connect(server, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE, source_address=(source, 0))


def rest(raw) -> bytes:
    """What comes until the other end closes."""
    answer = b""
    try:
        while part := raw.recv(65_536):
            answer += part
    except ConnectionError:
        pass
    return answer


def test_some_requests_may_come_ahead_of_their_answers(server):
    with connect(server) as raw:
        last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 15 + last)
        assert rest(raw).count(b"ok\n") == 16


@pytest.mark.parametrize(
    "flood",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 50_000,
        b"POST /protected/json/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n&\r\n" * 50_000,
    ],
    ids=["requests", "parts of one"],
)
def test_a_client_that_sends_many_ahead_is_disconnected_before_they_cost_memory(server, flood):
    before = server.memory("VmHWM")
    for _ in range(10):
        with connect(server) as raw:
            try:
                raw.sendall(flood)
            except ConnectionError:
                pass
            assert rest(raw).count(b"HTTP/1.1 200") < 100
    assert server.memory("VmHWM") - before < 10_000


SLOW = {
    "nothing": b"",
    "a part of a head": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "a part of a body": b"POST /protected/json/users/new HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
    "one request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_a_client_that_sends_no_whole_request_in_time_is_disconnected(folder, sent):
    with Server(folder, tables="[limits]\nidle_timeout = 1\n") as server, connect(server) as raw:
        raw.sendall(sent)
        rest(raw)


def test_a_byte_now_and_then_is_no_request_in_time(folder):
    with Server(folder, tables="[limits]\nidle_timeout = 1\n") as server, connect(server) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        sent = 0
        while not select.select([raw], [], [], 0.1)[0]:
            raw.sendall(b"x")
            sent += 1
            assert sent < 1000
        assert rest(raw) == b""


def test_a_client_that_waits_for_a_decision_is_not_idle(folder):
    with Server(folder, tables="[limits]\nidle_timeout = 3\n") as server:
        user = server.application.new_user()
        handset(server, user)
        uuid = server.application.create(user)
        assert server.application.read(uuid, wait=6).json["approval_request"]["status"] == "pending"


def state_of(server, port) -> str | None:
    """The state of the server's end of a connection (01: open), which the other end does not see before it has read
    what came."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
    return next(
        (row[3] for row in rows if row[1].endswith(f":{server.port:04X}") and row[2].endswith(f":{port:04X}")), None
    )


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def asked(raw, request=HEALTH) -> bytes:
    raw.sendall(request)
    return raw.recv(1_000)


def test_of_one_address_the_oldest_gives_way_that_has_shown_nothing(folder):
    with Server(folder, tables="[limits]\nconnections_of_address = 2\n") as server:
        crowd = []
        for _ in range(7):
            crowd.append(connect(server, "127.0.0.2"))
            assert b"ok" in asked(crowd[-1])
            assert len(crowd) < 3 or rest(crowd.pop(0)) == b""
        assert b"ok" in asked(crowd[0]) and b"ok" in asked(connect(server, "127.0.0.3"))
        assert server.wait_for_event("connections_of_address_used_up")["address"] == "127.0.0.2"
        assert len(server.events("connections_of_address_used_up", 1)) == 1
        # A client that disconnects leaves room.
        gone = crowd.pop()
        port = gone.getsockname()[1]
        gone.close()
        until(lambda: state_of(server, port) is None)
        again = connect(server, "127.0.0.2")
        assert b"ok" in asked(again) and b"ok" in asked(crowd[0])


def details(key) -> bytes:
    """A call of a host's."""
    return f"GET /protected/json/app/details HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {key}\r\n\r\n".encode()


def state(device) -> bytes:
    """A call of the phone's."""
    moment = int(time.time())
    text = f"countersign-call-1\nGET\n/phone/api/state\n{moment}\n{b64u(hashlib.sha256(b'').digest())}"
    return (
        f"GET /phone/api/state HTTP/1.1\r\nHost: x\r\nAuthorization: Countersign "
        f"{device.id}.{moment}.{device.sign(text)}\r\n\r\n".encode()
    )


def test_a_client_that_has_shown_a_key_is_not_of_the_crowd(folder):
    with Server(folder, tables="[limits]\nconnections_of_address = 2\n") as server:
        user = server.application.new_user()
        phone, uuid = handset(server, user), server.application.create(user)

        hosts = []
        for _ in range(5):
            hosts.append(connect(server, "127.0.0.2"))
            assert b"HTTP/1.1 200" in asked(hosts[-1], details(server.application.key))
        held, waiting = connect(server, "127.0.0.2"), connect(server, "127.0.0.2")
        assert b"HTTP/1.1 200" in asked(held, state(phone))
        waiting.sendall(
            f"GET /onetouch/json/approval_requests/{uuid} HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\nX-Authy-API-Key: "
            f"{server.application.key}\r\n\r\n".encode()
        )
        server.wait_for_waiting()
        # A phone that is not confirmed, and a wrong key, are strangers.
        stranger = Handset(server)
        assert stranger.enrol(link(server, user)).status == 200
        liars = [connect(server, "127.0.0.2") for _ in range(2)]
        assert b"HTTP/1.1 200" in asked(liars[0], state(stranger)) and b"HTTP/1.1 401" in asked(
            liars[1], details("x" * 32)
        )
        crowd = [connect(server, "127.0.0.2") for _ in range(20)]
        assert [rest(raw) for raw in liars] == [b""] * 2
        until(lambda: len(select.select(crowd, [], [], 0)[0]) == 18)
        for raw in hosts:
            assert b"HTTP/1.1 200" in asked(raw, details(server.application.key))
        assert b"HTTP/1.1 200" in asked(held, state(phone))
        assert phone.answer(uuid, "approved").status == 200 and b'"approved"' in waiting.recv(10_000)


def test_one_phone_does_not_take_all_connections(folder):
    with Server(folder, tables="[limits]\nconnections = 60\nconnections_of_address = 2\n") as server:
        user = server.application.new_user()
        phone, other = handset(server, user), handset(server, user, "Tablet")
        # From two addresses, all by one signature.
        crowd, call = [], state(phone)
        for number in range(40):
            crowd.append(connect(server, f"127.0.0.{2 + number % 2}"))
            assert b"HTTP/1.1 200" in asked(crowd[-1], call)
        assert [rest(raw) for raw in crowd[:8]] == [b""] * 8
        # Those that are left are used on, and count once.
        for raw in crowd[8:]:
            assert b"HTTP/1.1 200" in asked(raw, call)
        assert server.wait_for_event("connections_of_phone_used_up")["device"] == phone.id
        assert len(server.events("connections_of_phone_used_up", 1)) == 1
        # Other phones at the same address lose nothing by that, nor do strangers.
        others = []
        for _ in range(5):
            others.append(connect(server, "127.0.0.2"))
            assert b"HTTP/1.1 200" in asked(others[-1], state(other))
        assert b"ok" in asked(connect(server, "127.0.0.2")) and b"ok" in asked(connect(server, "127.0.0.4"))
        assert all(b"HTTP/1.1 200" in asked(raw, state(other)) for raw in others)


def test_behind_a_proxy_a_phone_has_as_many_connections_as_there_are(folder):
    with Server(folder, server="behind_proxy = true") as server:
        phone = handset(server, server.application.new_user())
        crowd = [connect(server, "127.0.0.2") for _ in range(40)]
        for _ in range(2):
            assert all(b"HTTP/1.1 200" in asked(raw, state(phone)) for raw in crowd)


def test_a_proxy_that_is_trusted_and_this_machine_have_as_many_connections_as_there_are(folder):
    settings = "[limits]\nconnections_of_address = 1\n"
    with Server(folder, server='trusted_proxies = ["127.0.0.2"]', tables=settings) as server:
        for source in ("127.0.0.1", "127.0.0.2"):
            crowd = [connect(server, source) for _ in range(5)]
            for raw in crowd:
                raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert b"ok" in rest(raw)


def local(path):
    raw = socket.socket(socket.AF_UNIX)
    raw.settimeout(20)
    raw.connect(str(path))
    return raw


def test_a_full_listener_closes_the_oldest_that_has_shown_nothing_wherever_it_comes_from(folder):
    """Neither local users nor loopback nor a crowd of addresses can lock out a client that sends at once."""
    path = folder / "api.sock"
    with Server(folder, tables="[limits]\nconnections = 20\n", extra_listener=f"unix:{path}") as server:
        call = details(server.application.key)
        ways = [
            lambda _: connect(server, "127.0.0.1"),
            lambda number: connect(server, f"127.0.1.{number + 1}"),
            lambda _: local(path),
        ]
        for way in ways:
            host = way(0)
            assert b"HTTP/1.1 200" in asked(host, call)
            crowd = [way(number) for number in range(60)]
            assert b"ok" in asked(way(100))
            # The oldest are gone, but no authenticated connection is.
            assert rest(crowd[0]) == b"" and b"HTTP/1.1 200" in asked(host, call)
            for raw in [host, *crowd]:
                raw.close()
        assert len(server.events("connections_used_up", 2)) == 2  # for each listener, in a minute


def test_one_application_does_not_take_all_connections(folder):
    with Server(folder, tables="[limits]\nconnections = 20\n") as server:
        other = server.create_application("Other Corp")
        crowd, mine = [], connect(server, "127.0.0.1")
        assert b"HTTP/1.1 200" in asked(mine, details(server.application.key))
        for number in range(40):
            crowd.append(connect(server, f"127.0.0.{2 + number % 3}"))
            assert b"HTTP/1.1 200" in asked(crowd[-1], details(other.key))
        # Three quarters are its own, on which it goes on.
        assert [rest(raw) for raw in crowd[:25]] == [b""] * 25
        assert all(b"HTTP/1.1 200" in asked(raw, details(other.key)) for raw in crowd[25:])
        assert server.wait_for_event("connections_of_application_used_up")["application"] == other.id
        assert b"ok" in asked(connect(server, "127.0.0.9"))
        assert b"HTTP/1.1 200" in asked(mine, details(server.application.key))
        assert b"HTTP/1.1 200" in asked(connect(server, "127.0.0.1"), details(server.application.key))


def test_who_comes_and_goes_at_the_limit_fills_no_log(folder):
    with Server(folder, tables="[limits]\nconnections_of_address = 2\n") as server:
        held = connect(server, "127.0.0.2")
        assert b"ok" in asked(held)
        for _ in range(20):
            with contextlib.closing(connect(server, "127.0.0.2")) as raw:
                assert b"ok" in asked(raw)
                port = raw.getsockname()[1]
            until(lambda port=port: state_of(server, port) is None)
        assert len(server.events("connections_of_address_used_up", 1)) == 1


def with_files(folder, count):
    """The server's program with a limit on open files."""
    program = folder / "limited"
    program.write_text(f'#!/bin/sh\nulimit -n {count}\nexec "{server_program()}" "$@"\n')
    program.chmod(0o755)
    return program


def accepted(server, path) -> list[int]:
    """The connections for which the server has an open file: of its port, of its socket at `path`, and of metrics."""
    sockets = set()
    for file in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        # A connection may end between two looks.
        with contextlib.suppress(FileNotFoundError):
            sockets.add(os.readlink(file))
    tcp = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
    unix = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
    listening = "00010000"  # in the flags of a socket of this machine
    inodes = [
        [row[9] for row in tcp if row[1].endswith(f":{server.port:04X}") and row[3] == "01"],
        *(
            [row[6] for row in unix if row[-1] == str(place) and row[3] != listening]
            for place in (path, server.folder / "metrics.sock")
        ),
    ]
    return [sum(f"socket:[{inode}]" in sockets for inode in of_listener) for of_listener in inodes]


def test_connections_of_all_addresses_together_leave_files_for_the_rest(folder, monkeypatch):
    path, sockets = folder / "api.sock", []
    monkeypatch.setattr("support.server.PROGRAM", with_files(folder, 600))
    with Server(folder, tables="[limits]\nconnections = 40\n", extra_listener=f"unix:{path}") as server:
        # 600 without 512 for other files and 16 for metrics, for two addresses.
        assert server.wait_for_event("connections_lowered")["connections"] == 36
        for place in (path, folder / "metrics.sock"):
            for _ in range(60):
                sockets.append(socket.socket(socket.AF_UNIX))
                sockets[-1].connect(str(place))
        sockets += [connect(server) for _ in range(60)]
        # One place of each is free for the next connection, which makes the oldest give way.
        until(lambda: accepted(server, path) == [35, 35, 15])
        for raw in sockets:
            raw.close()
        assert b"ok" in asked(connect(server))


def test_with_too_few_files_for_any_connections_nothing_starts(folder, monkeypatch):
    monkeypatch.setattr("support.server.PROGRAM", with_files(folder, 500))
    done = Server(folder, tables="[limits]\nconnections = 40\n").command("serve", check=False)
    assert (
        done.returncode == 1
        and "no more than 500 open files" in done.stderr
        and "LimitNOFILE= or ulimit -n to 568" in done.stderr
    )


def test_a_client_that_reads_no_answer_is_disconnected(folder):
    with Server(folder, tables="[limits]\nidle_timeout = 8\n") as server, socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.connect(("127.0.0.1", server.port))
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(1_000)
        # Until the server gets rid of no more.
        sent, polls = 1, 0
        while polls < 300:
            assert sent < 20_000
            raw.sendall(b"GET /phone/icon-512.png HTTP/1.1\r\nHost: x\r\n\r\n" * 16)
            sent, polls = sent + 16, 0
            while polls < 300 and f'{{code="200"}} {sent}\n' not in server.metrics():
                polls += 1
        assert state_of(server, raw.getsockname()[1]) == "01"
        until(lambda: state_of(server, raw.getsockname()[1]) != "01")


@pytest.mark.parametrize("key", ["X-Authy-API-Key: nonsense-nonsense\r\n", ""], ids=["a wrong key", "no key"])
def test_a_stranger_is_refused_before_the_body_is_there(server, key):
    with connect(server) as raw:
        raw.sendall(
            f"POST /protected/json/users/new HTTP/1.1\r\nHost: x\r\n{key}Content-Length: 60000\r\n\r\n".encode()
            + b"x" * 10_000
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 401" if key else b"HTTP/1.1 413")


def test_a_phone_sends_no_long_body(server):
    with connect(server) as raw:
        raw.sendall(b"POST /phone/api/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + b"x" * 10_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "body", ["Transfer-Encoding: chunked\r\n\r\nZZ\r\n", "Content-Length: 100\r\n\r\n{"], ids=["bad chunk", "cut"]
)
@pytest.mark.parametrize(
    "path", ["/phone/api/enrol", "/protected/json/users/new", "/protected/json/users/new?api_key={key}"]
)
def test_a_body_that_does_not_come_whole_is_the_fault_of_the_client_and_no_error_in_the_log(
    server, app, user, path, body
):
    with connect(server) as raw:
        raw.sendall(f"POST {path.format(key=app.key)} HTTP/1.1\r\nHost: x\r\n{body}".encode())
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    # What was logged before this line was logged.
    assert Handset(server).enrol(link(server, user)).status == 200
    server.wait_for_event("device_enrolled")
    assert [event for event in server.log if event.get("level") == "error"] == []


def test_a_gateway_that_logs_codes_needs_a_word(folder):
    server = Server(folder, tables='[[gateway]]\ntype = "log"\n')
    done = subprocess.run(
        [server_program(), "serve", "--config", str(server.settings)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 78 and "--insecure-log-codes" in done.stderr
    with Server(folder, tables='[[gateway]]\ntype = "log"\n', arguments=["--insecure-log-codes"]) as running:
        user = running.application.new_user()
        assert running.application.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
        code = json.loads(json.dumps(running.wait_for_event("insecure_code")))["text"].split()[0]
        assert running.application.verify(code, user).status == 200


def server_program():
    from support import server

    return server.PROGRAM

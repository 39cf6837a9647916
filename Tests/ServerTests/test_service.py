"""countersignd as a service: its log, its readiness, and how it ends."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from support.outside import in_background, until
from support.patience import PATIENCE
from support.server import PROGRAM, Faults, Server

F_SETPIPE_SZ = 1031


def listens(port) -> bool:
    with socket.socket() as raw:
        return raw.connect_ex(("127.0.0.1", port)) == 0


# The log


@contextlib.contextmanager
def short_pipe():
    """A pipe of one page without a reader."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, F_SETPIPE_SZ, 4_096)
    try:
        yield reading, writing
    finally:
        for file in (reading, writing):
            with contextlib.suppress(OSError):
                os.close(file)


@contextlib.contextmanager
def process(server, *arguments, stderr, **environment):
    running = subprocess.Popen(
        [PROGRAM, "serve", "--config", server.settings, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env={**server.environment, **environment},
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait(PATIENCE)


def log_lines(server, user, count):
    """Makes the server log `count` lines."""
    request = (
        f"GET /protected/json/verify/0000000/{user} HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: "
        f"{server.application.key}\r\n\r\n".encode()
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        answers = raw.makefile("rb")
        for _ in range(count // 8):
            raw.sendall(request * 8)
            for _ in range(8):
                length = 0
                while (line := answers.readline()).strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                assert len(answers.read(length)) == length


def test_a_log_that_nobody_reads_holds_up_neither_calls_nor_the_end(folder):
    server = Server(folder)
    with short_pipe() as (_, writing), process(server, stderr=writing) as running:
        until(lambda: listens(server.port))
        log_lines(server, server.application.new_user(), 400)
        assert server.call("GET", "/readyz").status == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0


def test_lines_that_found_no_room_are_counted_in_the_log(folder):
    server = Server(folder)
    with short_pipe() as (reading, writing), process(server, stderr=writing) as running:
        os.close(writing)
        until(lambda: listens(server.port))
        log_lines(server, server.application.new_user(), 12_000)
        log = os.fdopen(reading, "rb", closefd=False)
        lines = []
        threading.Thread(target=lambda: lines.extend(map(json.loads, log)), daemon=True).start()
        until(lambda: any(line["event"] == "log_lines_dropped" for line in lines))
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE) == 0
        until(lambda: lines[-1]["event"] == "stopped")
        dropped = [line["count"] for line in lines if line["event"] == "log_lines_dropped"]
        told = [line for line in lines if line["event"] in ("code_refused", "codes_limited")]
        assert len(told) + sum(dropped) >= 12_000 > len(told) > 4_000


def test_a_start_that_fails_ends_where_nobody_reads_why(server):
    with short_pipe() as (_, writing):
        os.write(writing, b"x" * 4_096)
        with process(server, stderr=writing) as other:
            assert other.wait(PATIENCE) == 1


def test_what_a_client_has_chosen_stands_in_the_log_as_can_be_seen(server, app, phone, user):
    """A terminal treats U+009B like Escape [, and the journal shows a line with such characters as a blob."""
    phone.allow(app)
    host = "w\u009b2J\u0085\u202e\u2028\u200b\ue000\U000e0041\u001b[31m\u007f Zoë ☎"
    uuid = app.create(user, hidden_details={"host": host})
    assert server.wait_for_event("request_created")["host"] == host
    [line] = [line for line in server.lines if uuid in line]
    assert "Zoë ☎" in line and line.removesuffix("\n").isprintable()


def test_values_in_the_log_have_their_types(server, app, user):
    app.verify("0000000", user)
    refused = server.wait_for_event("code_refused")
    assert (refused["application"], refused["user"], refused["reason"]) == (app.id, user, "wrong")
    listening = server.events("listening")
    assert (
        f"127.0.0.1:{server.port}" in [event["address"] for event in listening]
        and [event["tls"] for event in listening] == [False] * 2
    )


@pytest.mark.parametrize("is_journal", [True, False])
def test_lines_have_a_priority_where_the_journal_reads_them(folder, is_journal):
    server = Server(folder)
    reading, writing = os.pipe()
    found = os.fstat(writing)
    stream = f"{found.st_dev}:{found.st_ino + (not is_journal)}"
    with os.fdopen(reading) as log, process(server, stderr=writing, JOURNAL_STREAM=stream) as running:
        os.close(writing)
        until(lambda: listens(server.port))
        server.call("GET", "/protected/json/app/details", headers={"X-Authy-API-Key": "nonsense-nonsense"})
        running.send_signal(signal.SIGTERM)
        lines = {}
        for line in log:
            prefix, brace, rest = line.partition("{")
            lines[json.loads(brace + rest)["event"]] = prefix
    assert (lines["listening"], lines["key_refused"], lines["stopped"]) == (
        ("<5>", "<4>", "<5>") if is_journal else ("", "", "")
    )


@pytest.fixture
def faults(folder):
    return Faults(folder)


@pytest.fixture
def faulty(folder, faults):
    server = Server(folder)
    server.environment.update(faults.environment)
    with server:
        yield server


def test_nothing_but_objects_is_in_the_log_where_threads_may_not_raise_their_priority(faulty):
    app, user = faulty.application, faulty.application.new_user()
    log_lines(faulty, user, 80)
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    faulty.process.send_signal(signal.SIGTERM)
    faulty.wait_for_event("ended")
    assert faulty.events("noise") == []


# Whether it is ready


def readiness(server) -> int:
    return server.call("GET", "/readyz").status


@pytest.mark.parametrize("fault", ["enospc", "erofs", "stall"])
def test_a_server_that_cannot_write_is_not_ready_until_it_can(faulty, faults, fault):
    assert readiness(faulty) == 200
    faults.set(fault)
    until(lambda: readiness(faulty) == 503)
    for _ in range(20):
        assert readiness(faulty) == 503
    assert faulty.call("GET", "/healthz").status == 200
    assert faulty.wait_for_event("not_ready")["level"] == "error"
    faults.clear()
    until(lambda: readiness(faulty) == 200)
    faulty.wait_for_event("ready_again")
    assert len(faulty.events("not_ready", 1)) == 1


def test_a_server_whose_database_another_holds_is_not_ready_until_it_is_free(server):
    import sqlite3

    with contextlib.closing(
        sqlite3.connect(server.state / "countersignd.db", timeout=PATIENCE, isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        until(lambda: readiness(server) == 503)
        other.execute("ROLLBACK")
    until(lambda: readiness(server) == 200)


def test_asking_often_costs_no_more_writes(server):
    begun, seen = time.monotonic(), set()
    for _ in range(50):
        assert readiness(server) == 200
        seen.add(server.sql("SELECT value FROM server_values WHERE name = 'write_tried'")[0][0])
    assert len(seen) <= time.monotonic() - begun + 2


def test_it_says_that_it_is_not_ready_before_it_takes_no_more_calls(server, app):
    assert readiness(server) == 200
    ended = in_background(server.stop)
    until(lambda: readiness(server) == 503)
    assert server.call("GET", "/readyz").text == "the server is ending\n"
    assert app.call("GET", "/protected/json/app/details").status == 200
    assert ended.result(PATIENCE) == 0


def test_a_second_signal_ends_the_wait_of_the_first(server):
    assert readiness(server) == 200
    running = server.process
    running.send_signal(signal.SIGTERM)
    until(lambda: readiness(server) == 503)
    assert server.stop(signal.SIGINT) == 0

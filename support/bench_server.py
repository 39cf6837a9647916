"""countersignd under load: calls per second, waiting reads, idle connections. wrk runs on the same processors.

Users are made through the API. A phone for each would take minutes, so the rest is made directly as phones would have
left it: a device for each is written to the records, and the SoftToken secrets are read there with the bench's key.
"""

import base64
import itertools
import json
import os
import pathlib
import re
import resource
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from support.server import PROGRAM, Server, totp

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
SCALE = int(os.environ.get("SCALE", 1_000_000))
RUNS, STARTS, WAKES = 3, 10, 500
CONNECTIONS = 64
GUESSES = [f"{guess:06}" for guess in range(271_820, 271_830)]
# Each user has three codes at a time, each valid once, so these last for three runs of a second. Fewer than a thousand
# users would reach their limits.
USERS = min(max(SCALE, 1_000), 30_000)
WAITERS = min(SCALE, 10_000)
IDLE = min(SCALE, 20_000)
LIMITS = """[limits]
wrong_codes = 1000
wrong_codes_of_day = 10000
wrong_codes_of_application = 1000000
requests = 1000
pending_requests = 100
"""


class Served(Server):
    """A server that logs to a file, as a busy one logs to the journal, since nothing here reads it meanwhile."""

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--config", self.settings], stdin=subprocess.DEVNULL, stderr=log, env={}
            )
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                assert self.process.poll() is None, (self.folder / "log").read_text()[-500:]
                time.sleep(0.0002)

    def stop(self, how=signal.SIGTERM, timeout=10):
        self.process.send_signal(how)
        return self.process.wait(timeout)

    def processor_time(self) -> float:
        """Microseconds so far."""
        user, system = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * 1e6 / os.sysconf("SC_CLK_TCK")

    def waiting(self) -> int:
        return int(re.search(r"^countersign_waiting (\d+)$", self.metrics(), re.MULTILINE)[1])


class Records:
    """The server's database and the master key."""

    def __init__(self, server: Server):
        path = next(path for path in server.state.iterdir() if path.suffix == ".db")
        self.database = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.application = server.application.id
        text = (server.state / "master.key").read_text().strip().rpartition(":")[2]
        # The first eight bytes name the master key.
        values = self.database.execute("SELECT value FROM server_values")
        wrapped = next(value for (value,) in values if len(value) == 8 + 1 + 12 + 32 + 16)[8:]
        data_key = unseal(derive(base64.urlsafe_b64decode(text + "="), "countersign wrap"), wrapped, "data key")
        self.key = derive(data_key, "countersign seal")

    def users(self) -> list[int]:
        return [row[0] for row in self.database.execute("SELECT user FROM members ORDER BY user")]

    def pending(self) -> list[str]:
        return [
            row[0] for row in self.database.execute("SELECT id FROM approvals WHERE status = 'pending' ORDER BY number")
        ]

    def secrets(self) -> dict[int, bytes]:
        return {
            user: unseal(self.key, sealed, f"member.secret {self.application} {user}")
            for user, sealed in self.database.execute("SELECT user, secret FROM members ORDER BY user")
        }

    def give_phones(self):
        now = int(time.time())
        self.database.execute("BEGIN IMMEDIATE")
        self.database.executemany(
            "INSERT INTO devices (id, user, public_key, name, os_type, created, address, last_seen, confirmed)"
            " VALUES (?, ?, ?, 'Phone', 'android', ?, '127.0.0.1', ?, ?)",
            ((str(uuid.uuid4()), user, bytes([4]) + os.urandom(64), now, now, now) for user in self.users()),
        )
        self.database.execute("UPDATE members SET consented = ?", (now,))
        self.database.execute("COMMIT")


def derive(key: bytes, use: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=use.encode()).derive(key)


def unseal(key: bytes, sealed: bytes, purpose: str) -> bytes:
    return AESGCM(key).decrypt(sealed[1:13], sealed[13:], sealed[:1] + purpose.encode())


# Load


class Load:
    """wrk's summary of a second or more of calls, and the processor time that the server took for each."""

    def __init__(self, server, calls, seconds=1):
        listed = server.folder / "calls"
        listed.write_text("".join(f"{method}\t{path}\t{body}\n" for method, path, body in calls))
        busy = server.processor_time()
        done = subprocess.run(
            [
                "wrk",
                "-t",
                "1",
                "-c",
                str(CONNECTIONS),
                "-d",
                str(seconds),
                "--timeout",
                "10",
                "-s",
                REPOSITORY / "support/bench.lua",
                server.url,
                "--",
                listed,
                server.application.key,
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        summary = json.loads(done.stdout.splitlines()[-1])
        assert summary["lost"] == 0, done.stdout
        self.answers, self.refused, self.p50, self.p99 = (
            summary[name] for name in ("answers", "refused", "p50", "p99")
        )
        self.rate = self.answers / summary["seconds"]
        self.each = (server.processor_time() - busy) / self.answers


def best(loads, good=lambda load: load.refused == 0):
    """The fastest of those in which every answer was the one that was meant."""
    return max(filter(good, loads), key=lambda load: load.rate, default=None)


def verify(code, user):
    return "GET", f"/protected/json/verify/{code}/{user}", ""


def fill(server, records):
    bodies = [
        f"user[email]=u{n}@example.com&user[cellphone]=555{2_000_000 + n:07}&user[country_code]=1&"
        f"send_install_link_via_sms=false"
        for n in range(USERS)
    ]
    while count := USERS - len(records.users()):
        # wrk leaves those that are on their way when its time is over.
        again = bodies[-count - 2 * CONNECTIONS :]
        Load(server, [("POST", "/protected/json/users/new", body) for body in again])
    records.give_phones()


def right_codes(server, secrets):
    """Three runs, one for each time step whose codes are accepted now, in order and without repeats."""
    if time.time() % 30 > 15 and USERS > 3000:
        time.sleep(30.5 - time.time() % 30)
    step = int(time.time()) // 30
    lists = [[verify(totp(secret, step + off), user) for user, secret in secrets.items()] for off in (-1, 0, 1)]
    return best(Load(server, calls) for calls in lists), step + 1


def wrong_codes(server, secrets):
    """Each is looked at in every way that a code can be right, and counted on the disk."""
    step = int(time.time()) // 30
    taken = {user: {totp(secret, step + off) for off in range(-2, 3)} for user, secret in secrets.items()}
    calls = [verify(next(code for code in GUESSES if code not in taken[user]), user) for user in taken]
    load = best((Load(server, calls, 2) for _ in range(RUNS)), lambda load: load.refused == load.answers)
    assert 'code="429"' not in server.metrics(), "the users were at their limits"
    return load


def create_and_read(server, records, users):
    create = [
        (
            "POST",
            f"/onetouch/json/users/{user}/approval_requests",
            "message=Log+in+to+web-1%3F&details[Host]=web-1&details[User]=zoe&seconds_to_expire=3600",
        )
        for user in users
    ]
    created = best(Load(server, create, 2) for _ in range(RUNS))
    read = [("GET", f"/onetouch/json/approval_requests/{uuid}", "") for uuid in records.pending()[:20_000]]
    return created, best(Load(server, read, 2) for _ in range(RUNS))


# Waiting


def open_sockets(server, count):
    return [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]


def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Waiters:
    """Clients that each wait for one request."""

    def __init__(self, server, requests):
        self.server, self.head = server, f"Host: localhost\r\nX-Authy-API-Key: {server.application.key}\r\n"
        before = server.memory()
        self.sockets = dict(zip(requests, open_sockets(server, len(requests))))
        for request, waiter in self.sockets.items():
            self.ask(waiter, "GET", request, "Prefer: wait=60\r\n")
        until(lambda: server.waiting() == len(requests), "not all wait")
        self.each = (server.memory() - before) / len(requests)

    def ask(self, connection, method, uuid, more=""):
        connection.sendall(
            f"{method} /onetouch/json/approval_requests/{uuid} HTTP/1.1\r\n{self.head}{more}\r\n".encode()
        )

    def wake(self, count):
        """Milliseconds from just before a request is cancelled to the first byte that its waiter gets, and to what the
        canceller gets."""
        took = []
        with socket.create_connection(("127.0.0.1", self.server.port)) as canceller:
            for uuid in list(self.sockets)[:count]:
                waiter = self.sockets.pop(uuid)
                begun = time.perf_counter()
                self.ask(canceller, "DELETE", uuid)
                assert b" 200 " in waiter.recv(65_536)
                took.append((time.perf_counter() - begun) * 1000)
                assert b" 200 " in canceller.recv(65_536)
                waiter.close()
        return took

    def go(self):
        """Seconds until the server knows that they are gone."""
        begun = time.monotonic()
        for waiter in self.sockets.values():
            waiter.close()
        until(lambda: self.server.waiting() == 0, "clients that went are waited for")
        return time.monotonic() - begun


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def waiting(server, records):
    waiters = Waiters(server, records.pending()[:WAITERS])
    batches = [waiters.wake(min(WAKES, WAITERS // (RUNS + 1))) for _ in range(RUNS)]
    p50, p99 = (min(percentile(batch, share) for batch in batches) for share in (0.5, 0.99))
    return len(waiters.sockets), waiters.each, p50, p99, waiters.go()


def idle(server, secrets, spent):
    """How many were open, kB each, and milliseconds that a right code takes, one after another, before and meanwhile.

    `spent` is the last time step that others have used.
    """
    until(lambda: time.time() // 30 >= spent, "the time stands still", 70)
    users = iter(list(secrets.items()))
    alone = latency(server, users)
    before = server.memory()
    # The server keeps some of its files for itself: one connection more than it takes would wait.
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 600
    connections = open_sockets(server, min(IDLE, room))
    among = latency(server, users)
    each = (server.memory() - before) / len(connections)
    for connection in connections:
        connection.close()
    return len(connections), each, alone, among


def latency(server, users, count=200):
    took = []
    with server.connection() as connection:
        for user, secret in itertools.islice(users, min(count, USERS // 2)):
            method, path, _ = verify(totp(secret, int(time.time()) // 30 + 1), user)
            begun = time.perf_counter()
            connection.request(method, path, headers={"X-Authy-API-Key": server.application.key})
            answer = connection.getresponse()
            body = answer.read()
            took.append((time.perf_counter() - begun) * 1000)
            assert answer.status == 200, body
    return statistics.median(took)


def starts(server):
    """Milliseconds from the start of the process to an open port, and kB when nothing has come yet."""
    took = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        server.start()
        took.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.2)
        resident = server.memory()
        server.stop()
    return statistics.median(took), resident


# The report


def table(rows, head):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
    print(flush=True)


def rate(load):
    if load is None:
        return "-", "-", "-", "-"
    return f"{load.rate:,.0f}/s", f"{load.p50:.1f} ms", f"{load.p99:.1f} ms", f"{load.each:.0f} us"


def measure(server):
    with server:
        records = Records(server)
        fill(server, records)
    started, resident = starts(server)
    with server:
        secrets = records.secrets()
        right, spent = right_codes(server, secrets)
        wrong = wrong_codes(server, secrets)
        created, read = create_and_read(server, records, list(secrets))
        peak = server.memory("VmHWM")
    with server:
        waiters = waiting(server, records)
    with server:
        return started, resident, right, wrong, created, read, peak, waiters, idle(server, secrets, spent)


def report(started, resident, right, wrong, created, read, peak, waiters, idle):
    print(
        f"countersignd with {USERS:,} users, called over {CONNECTIONS} connections by wrk on the same processors, best "
        f"of {RUNS}"
    )
    print("(no other such server is in Debian)\n")
    rows = [
        ("right codes (each is on the disk as spent)", *rate(right), "20,000/s"),
        ("wrong codes (each is counted on the disk)", *rate(wrong), ""),
        ("OneTouch requests created (on the disk)", *rate(created), ""),
        ("OneTouch requests read", *rate(read), ""),
    ]
    table(rows, ["calls", "figure", "p50", "p99", "processor time of each", "aim"])
    count, each, p50, p99, gone = waiters
    sockets, kept, alone, among = idle
    rows = [
        (f"start to listening (median of {STARTS})", f"{started:.1f} ms", ""),
        ("memory, idle", f"{resident / 1000:.1f} MB", ""),
        ("memory, most under these calls", f"{peak / 1000:.1f} MB", "100 MB"),
        (f"{WAITERS:,} waiting reads, each", f"{each:.1f} kB", "40 kB"),
        ("cancelled, by a call, to its waiter's first byte: p50", f"{p50:.2f} ms", ""),
        ("the same: p99", f"{p99:.2f} ms", "5 ms"),
        (f"{count:,} waiting clients go: all forgotten after", f"{gone:.2f} s", ""),
        (f"{sockets:,} idle connections, each", f"{kept:.1f} kB", ""),
        ("a right code meanwhile (without them)", f"{among:.2f} ms ({alone:.2f} ms)", ""),
    ]
    table(rows, ["subject", "figure", "aim"])


def main():
    # Sockets of both sides: of this process, and of the server, which does it for itself.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # On a disk, where no other user may write: the server refuses settings in /var/tmp.
    with tempfile.TemporaryDirectory(prefix="countersign-bench.", dir="/var/lib") as ground:
        report(*measure(Served(pathlib.Path(ground), tables=LIMITS)))


main()

"""A host with a real countersignd, whose messages the test reads, and with a fake server that answers as told."""

import contextlib
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import tempfile
import threading

import pytest

from support.server import Seed, Server

PHONE, MASKED = "+4915112345678", "+49-XXX-XXX-XX78"
CODE = r"Verification code \(or .*\): "


def table(
    url: str, key: str, enrolment: str = 'country_code = "49"\nemail_domain = "example.com"\n', more: str = ""
) -> str:
    return (
        f'[server]\nurl = "{url}"\napi_key = "{key}"\nconnect_timeout = 60\nrequest_timeout = 120\n[enrolment]\n'
        f"{enrolment}{more}"
    )


@contextlib.contextmanager
def server_folder():
    """Short, for the paths of sockets, and below nothing that others may write."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="cs", dir="/var/lib" if os.geteuid() == 0 else None))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@functools.cache
def seed() -> Seed:
    return Seed()


@pytest.fixture
def server():
    with server_folder() as folder, Server(folder, seed=seed()) as running:
        yield running


def codes(server: Server) -> list[str]:
    """All codes that went out, oldest first."""
    text = server.sent.read_text() if server.sent.exists() else ""
    return [
        one or other
        for one, other in re.findall(r"(\d{4,10}) is your code|your code for .*? is (\d{4,10})", text, re.IGNORECASE)
    ]


@pytest.fixture
def enrolment(desk, server):
    """The desk, with the server in its settings."""
    desk.settings(table(server.url, server.application.key))
    return desk


class Stub(http.server.ThreadingHTTPServer):
    """Answers users/new and users/ID/status by `answers`, a list of (status, headers, body) that is used up, and then
    well."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Reply)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers, self.registered, self.bodies, self.unknown, self.lock = [], [], [], set(), threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path: str, body: dict):
        with self.lock:
            if self.answers:
                return self.answers.pop(0)
            if path.endswith("/users/new"):
                self.bodies.append(body)
                phone = body["user"]["country_code"] + body["user"]["cellphone"]
                if phone not in self.registered:
                    self.registered.append(phone)
                user = {"id": 1000 + self.registered.index(phone)}
                return 200, {}, {"message": "User created successfully.", "user": user, "success": True}
            if path.split("?")[0].endswith("/status"):
                number = int(path.split("/")[-2])
                if number in self.unknown:
                    return (
                        404,
                        {},
                        {
                            "message": "User not found.",
                            "success": False,
                            "error_code": "60026",
                            "errors": {"message": "User not found."},
                        },
                    )
                status = {
                    "authy_id": number,
                    "phone_number": "XXX-XXX-5678",
                    "devices": ["android"],
                    "registered": True,
                    "country_code": 49,
                }
                return 200, {}, {"message": "User status.", "success": True, "status": status}
            return 404, {}, {"message": "Not found", "success": False, "error_code": "60000", "errors": {}}


class Reply(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(json.loads(body or b"{}"))

    def do_GET(self):
        self.reply({})

    def reply(self, body: dict):
        status, headers, answer = self.server.answer(self.path, body)
        payload = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(payload)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


@pytest.fixture
def stub():
    server = Stub()
    yield server
    server.shutdown()
    server.server_close()

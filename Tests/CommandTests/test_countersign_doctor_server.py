"""What the doctor says of the server: a small one with a certificate, and a clock that the test sets."""

import contextlib
import email.utils
import http.server
import os
import re
import shutil
import ssl
import threading
import time

import pytest
from doctoring import Patient
from support.certificates import GOOD_NAMES, Authority

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

KEY = "k" * 32


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    machine = Patient(tmp_path_factory.mktemp("machine"))
    machine.authority = Authority(machine.base / "authority")
    machine.long = machine.authority._issue("long", GOOD_NAMES, days=90)
    shutil.copyfile(machine.authority.ca_file, machine.folder / "ca.pem")
    (machine.folder / "ca.pem").chmod(0o644)
    return machine


@pytest.fixture
def host(machine):
    machine.heal()
    return machine


@contextlib.contextmanager
def serving(host: Patient, certificate, ahead: int = 0, status: int = 200):
    """A server whose clock is ahead by so many seconds, and that the settings name."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = b'{"success": true, "app": {}}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp=None):
            return email.utils.formatdate(time.time() + ahead, usegmt=True)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"https://127.0.0.1:{server.server_port}"
        host.settings(
            f'state = "/mnt/state"\n[server]\nurl = "{url}"\napi_key = "{KEY}"\nca_file = "/mnt/ca.pem"\n'
            "connect_timeout = 60\nrequest_timeout = 120\n"
        )
        try:
            yield
        finally:
            server.shutdown()


def test_a_server_that_is_well_is_not_blamed(host):
    with serving(host, host.long):
        lines = host.lines()
    assert [line for line in lines if line.status != "ok"] == []
    said = [line.message for line in lines if line.check in ("server", "clock")]
    assert any("the key is accepted" in text for text in said)
    assert any(re.fullmatch("its certificate is valid for (89|90) days", text) for text in said)
    assert any(text.startswith("this host and the server agree within ") for text in said)


@pytest.mark.parametrize(
    ("ahead", "status"), [(40, "warning"), (-40, "warning"), (3600, "problem"), (-3600, "problem")]
)
def test_clocks_that_differ_are_named(host, ahead, status):
    with serving(host, host.long, ahead=ahead):
        [line] = host.blames()
    assert (line.check, line.status) == ("clock", status) and "this host and the server differ by " in line.message


def test_a_certificate_that_ends_soon_is_named(host):
    with serving(host, host.authority.good):
        [line] = host.blames()
    assert (line.check, line.status) == ("server", "warning")
    assert re.fullmatch("its certificate, or one above it, ends in (1 day|2 days)", line.message)


@pytest.mark.parametrize("kind", ["expired", "wrong_host", "self_signed"])
def test_a_certificate_that_does_not_hold_is_named(host, kind):
    with serving(host, getattr(host.authority, kind)):
        [line] = host.blames()
    assert (line.check, line.status) == ("server", "problem") and "certificate" in line.message.lower()


def test_a_key_that_the_server_refuses_is_named(host):
    with serving(host, host.long, status=401):
        [line] = host.blames()
    assert (line.check, line.status) == ("server", "problem") and "refuses the API key" in line.message

"""countersignd doctor: one line for each check, and what it finds on servers that are broken."""

import contextlib
import http.client
import http.server
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from support.certificates import Authority
from support.joining import tls_server
from support.server import Server, free_port

QUIET = "[push]\nhosts = []\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class Report:
    def __init__(self, server: Server, *arguments):
        done = server.command("doctor", "--json", *arguments, check=False)
        assert done.stderr == "", done.stderr
        self.code, self.all = done.returncode, json.loads(done.stdout)["checks"]

    def of(self, check: str) -> list[tuple[str, str]]:
        return [(one["level"], one["message"]) for one in self.all if one["check"] == check]

    def level(self, check: str) -> str:
        order = ["ok", "warning", "problem"]
        return max((level for level, _ in self.of(check)), key=order.index)

    def hints(self) -> bool:
        """Whether everything that is not well says what to do."""
        return all(one["hint"] for one in self.all if one["level"] != "ok")


@pytest.fixture
def server(folder, seed, authority):
    with tls_server(folder, authority, seed=seed, tables=QUIET) as running:
        yield running


def everything(server: Server) -> tuple[dict, list[str]]:
    """All files, and all rows of the database, whose own files change when it is opened."""
    found = {str(path): path.read_bytes() for path in server.folder.rglob("*") if path.is_file()}
    files = {path: content for path, content in found.items() if "countersignd.db" not in path}
    with contextlib.closing(sqlite3.connect(server.state / "countersignd.db")) as database:
        return files, list(database.iterdump())


def test_a_server_that_answers_at_its_address_is_found_to_be_this_one(server):
    report = Report(server)
    assert report.of("public_url") == [("ok", f"{server.public_url} leads to this server")]
    assert report.of("proxies") == [("ok", "clients reach the server without one")]
    assert all(one["level"] != "problem" for one in report.all if one["check"] != "certificate"), report.all
    assert report.hints()


def test_it_prints_a_line_for_each_check_and_changes_nothing(server):
    server.stop()
    before = everything(server)
    done = server.command("doctor", check=False)
    assert done.returncode == 2 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert all(line.split(":")[0] in ("ok", "warning", "problem") for line in lines)
    assert any(line.startswith(f"problem: public_url: nothing answers at {server.public_url}") for line in lines)
    assert everything(server) == before


def test_wrong_settings_are_a_problem(server):
    server.settings.write_text("nonsense")
    report = Report(server)
    assert report.code == 2 and report.level("settings") == "problem" and len(report.all) == 1


def test_another_server_at_the_address_is_found(folder, seed, authority):
    other = folder / "other"
    other.mkdir()
    with tls_server(folder, authority, seed=seed, tables=QUIET) as first, tls_server(other, authority) as second:
        first.settings.write_text(first.settings.read_text().replace(first.public_url, second.public_url))
        report = Report(first)
        assert report.code == 2 and "another server answers at" in report.of("public_url")[0][1]


def test_an_answer_is_only_for_those_who_have_the_key_of_the_database(server):
    for path in ("/instance/abc/" + "A" * 43, "/instance/abc/", "/instance//", "/instance/abc", "/instance/a/b/c"):
        assert server.call("GET", path).status == 404


def test_a_certificate_that_hosts_cannot_verify_is_found(folder, seed, authority):
    tls = f'certificate = "{authority.good.certificate}"\nprivate_key = "{authority.good.key}"'
    with Server(folder, server=tls, ca_file=authority.ca_file, seed=seed, tables=QUIET) as server:
        report = Report(server)
        assert report.code == 2 and "cannot be used" in report.of("public_url")[0][1]


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (100, "ok", "days left"),
        (10, "warning", "days left"),
        (2, "problem", "left"),
        (-1, "problem", "expired"),
    ],
)
def test_a_certificate_is_judged_by_its_time(folder, seed, authority, days, level, said):
    made = authority.valid_for(days)
    tls = f'certificate = "{made.certificate}"\nprivate_key = "{made.key}"'
    report = Report(Server(folder, server=tls, seed=seed, tables=QUIET))
    assert report.level("certificate") == level and said in report.of("certificate")[0][1]
    assert report.hints()


def test_a_certificate_for_another_name_is_a_problem(folder, seed, authority):
    made = authority.wrong_host
    tls = f'certificate = "{made.certificate}"\nprivate_key = "{made.key}"'
    report = Report(Server(folder, server=tls, seed=seed, tables=QUIET))
    assert ("problem", "it is not for localhost, the name in public_url") in report.of("certificate")


def test_a_key_that_everybody_may_read_is_a_problem(server, authority, folder):
    key = folder / "open.key"
    shutil.copy(authority.good.key, key)
    key.chmod(0o644)
    server.settings.write_text(server.settings.read_text().replace(str(authority.good.key), str(key)))
    assert any("everybody on this machine may read" in text for _, text in Report(server).of("certificate"))
    key.chmod(0o600)
    assert not any("everybody" in text for _, text in Report(server).of("certificate"))


def test_a_backup_is_known_by_its_age(server):
    assert Report(server).of("backup") == [("warning", "none was made by countersignd backup")]
    server.command("backup", server.folder / "copy.db")
    assert Report(server).of("backup") == [("ok", "the last one was made just now")]
    old = str(int(time.time()) - 9 * 86_400)
    server.sql("UPDATE server_values SET value = CAST(? AS BLOB) WHERE name = 'last_backup'", old)
    assert Report(server).of("backup") == [("warning", "the last one was made 9 days ago")]


def test_a_copy_of_the_master_key_is_known_when_it_was_compared(server):
    assert Report(server).level("master key") == "warning"
    key, copy = server.state / "master.key", server.folder / "copy.key"
    itself = server.command("key", "saved", key, check=False)
    assert itself.returncode == 1 and "is the master key itself" in itself.stderr
    copy.write_text("countersign-master-key-1:" + "A" * 43 + "\n")
    other = server.command("key", "saved", copy, check=False)
    assert (
        other.returncode == 1 and "is another key" in other.stderr and Report(server).level("master key") == "warning"
    )
    copy.write_text("no key\n")
    assert "holds no master key" in server.command("key", "saved", copy, check=False).stderr
    server.command("key", "saved", "-", stdin=key.read_text())
    assert Report(server).level("master key") == "ok"
    server.command("key", "rotate")
    assert Report(server).of("master key") == [("warning", "the copy that is known is of an earlier key")]
    shutil.copy(key, copy)
    server.command("key", "saved", copy)
    assert Report(server).level("master key") == "ok"


def test_a_test_message_goes_through_each_gateway(server):
    assert Report(server).of("gateways") == [("ok", "tee is set up for sms, call, email")]
    assert not server.sent.exists()
    report = Report(server, "--send-test", "+15551230001")
    assert (
        report.of("gateways") == [("ok", "tee accepted the sms to +15551230001: exit code 0")]
        or report.level("gateways") == "ok"
    )
    assert "This is a test of countersignd" in server.sent.read_text()


def test_a_gateway_that_fails_is_named(server):
    server.settings.write_text(server.settings.read_text().replace("/usr/bin/tee", "/usr/bin/false"))
    report = Report(server, "--send-test", "+15551230001")
    assert report.code == 2 and report.of("gateways")[0][1].startswith("tee sent no sms")


@pytest.mark.parametrize("number", ["15551230001", "zoe"])
def test_a_test_goes_to_a_number_or_an_address(server, number):
    assert server.command("doctor", "--send-test", number, check=False).returncode == 64


def test_a_push_service_that_cannot_be_reached_is_a_warning(folder, seed):
    server = Server(folder, seed=seed, tables=f'[push]\nhosts = ["localhost:{free_port()}"]\n')
    assert Report(server).level("push") == "warning"


class Proxy:
    """A proxy that speaks HTTP to the server; `headers` returns the X-Forwarded-For that it sends, or None."""

    def __init__(self, target: int, headers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                given = self.headers.get("X-Forwarded-For")
                sent = headers(given)
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", target)) as connection:
                    connection.request("GET", self.path, headers={} if sent is None else {"X-Forwarded-For": sent})
                    reply = connection.getresponse()
                    body = reply.read()
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize(
    ("headers", "trusted", "level", "said"),
    [
        (lambda given: f"{given}, 127.0.0.1", True, "ok", "tells the addresses of clients"),
        (lambda _: "127.0.0.1", True, "ok", "tells the addresses of clients"),
        (lambda given: given, True, "problem", "passes on the address that a client claims"),
        (lambda _: None, True, "problem", "does not say where clients come from"),
        (lambda given: f"{given}, 127.0.0.1", False, "problem", "which is not trusted"),
    ],
)
def test_a_proxy_is_judged_by_what_it_sends(folder, seed, headers, trusted, level, said):
    lines = 'trusted_proxies = ["127.0.0.1"]' if trusted else ""
    with Server(folder, server=lines, seed=seed, tables=QUIET) as server, Proxy(server.port, headers) as port:
        text = server.settings.read_text()
        server.settings.write_text(text.replace(server.public_url, f"http://localhost:{port}"))
        report = Report(server)
        assert report.level("public_url") == "ok", report.of("public_url")
        assert report.level("proxies") == level and said in report.of("proxies")[0][1]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_disk_without_room_is_a_problem(folder, seed):
    server = Server(folder, seed=seed, tables=QUIET)
    script = 'mount -t tmpfs -o size=8m,nr_inodes=64 none "$1" && cp -a "$2"/. "$1" && shift 2 && exec "$@"'
    small, program = folder / "small", server.start_with[0]
    small.mkdir(mode=0o700)
    words = ["unshare", "--mount", "sh", "-c", script, "sh", small, server.state, program, "doctor", "--json"]
    done = subprocess.run(
        [*words, "--config", server.settings, "--state", small], capture_output=True, text=True, env=server.environment
    )
    levels = {one["check"]: one["level"] for one in json.loads(done.stdout)["checks"]}
    assert (done.returncode, levels["disk"], levels["inodes"]) == (2, "problem", "problem")

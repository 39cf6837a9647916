"""Behind a real nginx, which speaks TLS for the server: as docs/admin/server.md says."""

import contextlib
import copy
import json
import shutil
import socket
import subprocess
import time

import pytest

from support.patience import PATIENCE, until
from support.selfsigned import certificate
from support.server import Application, Handset, Server, link, reserved_port
from test_phone import in_background

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
CONFIGURATION = """\
daemon off;
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {chain}; ssl_certificate_key {key};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_read_timeout 70s;
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(server, folder):
    """The server as a client behind nginx sees it."""
    chain, key = certificate(folder, "nginx")
    through = copy.copy(server)
    place = reserved_port()
    through.port, through.ca_file = place.getsockname()[1], str(chain)
    file = folder / "nginx.conf"
    file.write_text(
        CONFIGURATION.format(
            user="user root;\n" if folder.owner() == "root" else "",
            folder=folder,
            port=through.port,
            behind=server.port,
            chain=chain,
            key=key,
        )
    )
    process = subprocess.Popen([NGINX, "-c", file, "-e", folder / "error.log"], stdin=subprocess.DEVNULL)
    try:
        until(lambda: answers(through.port) or process.poll() is not None)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield through
    finally:
        process.terminate()
        process.wait(PATIENCE)
        place.close()


def answers(port) -> bool:
    with socket.socket() as raw:
        return raw.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def server(folder):
    """Its idle timeout is three seconds, so a wait of six proves the point."""
    with Server(
        folder, server='behind_proxy = true\ntrusted_proxies = ["127.0.0.1"]', tables="[limits]\nidle_timeout = 3\n"
    ) as running:
        yield running


@pytest.fixture
def through(server, folder):
    with nginx(server, folder) as seen:
        yield seen


@pytest.fixture
def app(through):
    return Application(through, through.application.id, through.application.key)


@pytest.fixture
def phone(through, user):
    made = Handset(through)
    made.join(user)
    return made


def test_a_waiting_read_goes_through_a_proxy_and_is_answered_at_the_moment_of_the_decision(server, app, phone, user):
    uuid = app.create(user)
    read = in_background(app.read, uuid, 50)
    server.wait_for_waiting()
    decided = time.monotonic()
    assert phone.answer(uuid, "approved").json == {"status": "approved"}
    assert read.result(PATIENCE).json["approval_request"]["status"] == "approved"
    assert time.monotonic() - decided < 25


def test_a_proxy_holds_a_waiting_read_to_its_end(app, phone, user):
    uuid = app.create(user)
    begun = time.monotonic()
    assert app.read(uuid, wait=6).json["approval_request"]["status"] == "pending"
    assert time.monotonic() - begun >= 5


def test_a_page_that_waits_behind_a_proxy_hears_of_a_new_request(server, app, phone, user):
    news = in_background(phone.state, phone.state()["revision"], 50)
    server.wait_for_waiting()
    uuid = app.create(user)
    assert [request["id"] for request in news.result(PATIENCE)["requests"]] == [uuid]


def test_a_waiting_read_is_freed_when_its_client_leaves_the_proxy(server, through, app, phone, user):
    uuid = app.create(user)
    with through.connection() as connection:
        connection.request(
            "GET", f"/onetouch/json/approval_requests/{uuid}", headers={"X-Authy-API-Key": app.key, "Prefer": "wait=50"}
        )
        server.wait_for_waiting()
    server.wait_for_waiting(0)


def test_where_a_phone_is_stands_in_what_the_proxy_forwards(server, through, app, user):
    phone = Handset(through)
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
    with through.connection() as connection:
        connection.source_address = ("127.0.0.2", 0)
        # The client's own claim does not count.
        connection.request(
            "POST", "/phone/api/enrol", body, {"Content-Type": "application/json", "X-Forwarded-For": "192.0.2.66"}
        )
        assert connection.getresponse().status == 200
    [device] = json.loads(server.command("user", "devices", user, "--json").stdout)
    assert device["address"] == "127.0.0.2"

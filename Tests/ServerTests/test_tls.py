"""TLS, sockets, proxies and the limits of connections."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import time

import pytest

from server import Reply, Server


def certificate(folder, name):
    """A self-signed certificate for localhost."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def common_name(port, chain):
    """Of the certificate that the server shows, which must be this one."""
    context = ssl.create_default_context(cafile=str(chain))
    with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname="localhost") as tls:
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
        server.wait_for_event("certificate_read", timeout=30)
        assert server.wait_for_event("certificate_read")["file"] == str(live[0])
        context = ssl.create_default_context(cafile=str(folder / "live.pem"))
        connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=10)
        connection.request("GET", "/healthz")
        reply = Reply(connection.getresponse())
        assert reply.status == 200
        connection.request("GET", "/phone/")
        page = Reply(connection.getresponse())
        assert "max-age" in page.headers["Strict-Transport-Security"]
        connection.close()


def test_plain_http_is_never_spoken_on_another_address_than_loopback(folder):
    server = Server(folder)
    server.settings.write_text(server.settings.read_text().replace(f"127.0.0.1:{server.port}", f"0.0.0.0:{server.port}"))
    done = server.command("check", check=False)
    assert done.returncode == 1 and "listen" in done.stderr


def test_the_socket_of_this_machine_speaks_the_same(folder):
    path = folder / "api.sock"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(f"GET /protected/json/app/details HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {server.application.key}\r\nConnection: close\r\n\r\n".encode())
            answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200") and b"Example Corp" in answer


def test_the_page_lets_nothing_of_others_in(server):
    page = server.call("GET", "/phone/")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "script-src 'self'" in policy and "http" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Referrer-Policy"] == "no-referrer"
    again = server.call("GET", "/phone/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and again.body == b""


def test_metrics_are_for_this_machine_and_not_for_whom_a_proxy_speaks_for(server):
    assert server.call("GET", "/metrics").status == 200
    assert server.call("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status == 404


def test_a_gateway_that_logs_codes_needs_a_word(folder):
    server = Server(folder, tables='[[gateway]]\ntype = "log"\n')
    done = subprocess.run([server_program(), "serve", "--settings", str(server.settings)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "--insecure-log-codes" in done.stderr
    with Server(folder, tables='[[gateway]]\ntype = "log"\n', arguments=["--insecure-log-codes"]) as running:
        user = running.application.new_user()
        assert running.application.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
        code = json.loads(json.dumps(running.wait_for_event("insecure_code")))["text"].split()[0]
        assert running.application.verify(code, user).status == 200


def server_program():
    import server
    return server.PROGRAM

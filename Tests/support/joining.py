"""Codes of `countersignd app invite`, read and made by an independent implementation."""

import contextlib
import dataclasses
import hashlib
import http.server
import json
import pathlib
import ssl
import subprocess
import threading

from support.server import Server, b64u, unb64u

PREFIX = "csj1_"


@dataclasses.dataclass(frozen=True)
class Code:
    url: str
    secret: bytes
    pin: bytes | None = None

    @classmethod
    def read(cls, text: str) -> "Code":
        content, check = unb64u(text.removeprefix(PREFIX))[:-4], unb64u(text.removeprefix(PREFIX))[-4:]
        assert hashlib.sha256(content).digest()[:4] == check
        pin = content[17:49] if content[0] else None
        return cls(content[49 if pin else 17 :].decode(), content[1:17], pin)

    @property
    def text(self) -> str:
        content = bytes([1 if self.pin else 0]) + self.secret + (self.pin or b"") + self.url.encode()
        return PREFIX + b64u(content + hashlib.sha256(content).digest()[:4])


def pin(certificate: pathlib.Path) -> bytes:
    """SHA-256 of the public key of a certificate."""
    key = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", certificate], capture_output=True, check=True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, capture_output=True, check=True
    )
    return hashlib.sha256(der.stdout).digest()


def tls_server(folder, authority, **options) -> Server:
    """A server whose authority its hosts have to be told."""
    tls = f'certificate = "{authority.good.certificate}"\nprivate_key = "{authority.good.key}"\n'
    more = f'host_ca_file = "{authority.ca_file}"'
    return Server(folder, server=tls + more, ca_file=authority.ca_file, **options)


def invite(server: Server, *arguments) -> dict:
    return json.loads(server.command("app", "invite", *arguments, "--json").stdout)


def invitation(server: Server, number=None) -> dict:
    """What became of the last code, or of one."""
    rows = json.loads(server.command("app", "invitations", "--json").stdout)
    return next(row for row in rows if number in (None, row["invitation"]))


def exchange(server: Server, secret: bytes | str):
    """What countersign-net does."""
    text = secret if isinstance(secret, str) else b64u(secret)
    return server.call("POST", "/join", json.dumps({"secret": text}), {"Content-Type": "application/json"})


class Liar:
    """A server of somebody else that has the key of a code's certificate. It answers a code with `join` and `status`,
    and an API key with `check_status`."""

    def __init__(self, certificate, join, status=200, check_status=200):
        self.asked: list[str] = []
        liar = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                liar.asked.append(self.path)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body, code = (join, status) if self.path == "/join" else (b"{}", check_status)
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "https://localhost:1/join")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        self.code = Code(self.url, bytes(16), pin(certificate.certificate)).text

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.server.shutdown()
        self.server.server_close()

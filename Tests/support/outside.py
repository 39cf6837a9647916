"""What countersignd calls: real servers on loopback, with certificates of an authority that a test made."""

import base64
import concurrent.futures
import contextlib
import datetime
import hashlib
import http.server
import ipaddress
import json
import pathlib
import re
import socketserver
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.patience import PATIENCE, until
from support.server import Server


def in_background(call, *arguments, **more):
    return concurrent.futures.ThreadPoolExecutor(1).submit(call, *arguments, **more)


class Authority:
    """Makes certificates; `file` is for `ca_file`."""

    def __init__(self, folder: pathlib.Path, name="ca"):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        certificate = self._sign(self.subject, self.key, x509.BasicConstraints(ca=True, path_length=0))
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, *extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.subject).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(
            now + datetime.timedelta(days=2)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def context(self, *names) -> ssl.SSLContext:
        """For a server that has these names and addresses; without any, those of loopback."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = names or ("localhost", "127.0.0.1")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key, x509.SubjectAlternativeName([self._name(name) for name in names]))
        file = self.folder / f"{self.name}-{'-'.join(names)}-{certificate.serial_number}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    @staticmethod
    def _name(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)


class Call:
    """A received request."""

    def __init__(self, handler, body):
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = handler.headers
        # In the letter case of the wire.
        self.names = [name for name, _ in handler.headers.items()]
        self.at = time.monotonic()

    @property
    def json(self):
        return json.loads(self.body)


class Web:
    """An HTTP server. `answers` are statuses, or (status, headers, body), for the next requests; after them `usual`.

    With `hold`, an answer waits for that event.
    """

    def __init__(self, context: ssl.SSLContext | None = None, *answers, usual=200, address="127.0.0.1"):
        self.answers, self.usual, self.hold = list(answers), usual, None
        self.calls: list[Call] = []
        self.connections = 0
        # What was agreed upon by ALPN, of each connection by TLS.
        self.protocols: list[str | None] = []
        self._heard = threading.Condition()
        self._server = self._serve(context, address)
        self.port = self._server.server_address[1]
        self.scheme = "https" if context else "http"
        self.host = f"localhost:{self.port}"
        self.url = f"{self.scheme}://{self.host}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def _serve(self, context, address):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                if context:
                    self.connection.do_handshake()
                    outer.protocols.append(self.connection.selected_alpn_protocol())
                super().handle()

            def do_POST(self):
                outer._answer(self)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            def get_request(self):
                raw, peer = super().get_request()
                outer.connections += 1
                # The handshake is for the handler's thread.
                return (
                    context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False) if context else raw
                ), peer

            def handle_error(self, *_):
                pass

        return Listener((address, 0), Handler)

    def _answer(self, handler):
        call = Call(handler, handler.rfile.read(int(handler.headers.get("Content-Length") or 0)))
        with self._heard:
            self.calls.append(call)
            answer = self.answers.pop(0) if self.answers else self.usual
            self._heard.notify_all()
        if self.hold:
            self.hold.wait()
        answer = answer(call) if callable(answer) else answer
        status, headers, body = answer if isinstance(answer, tuple) else (answer, {}, b"")
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def wait(self, count=1, timeout=PATIENCE) -> list[Call]:
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.calls) >= count, timeout), [
                (call.method, call.path) for call in self.calls
            ]
            return list(self.calls)

    def close(self):
        if self.hold:
            self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Letter:
    """A mail that was taken, and how it came."""

    def __init__(self, session):
        self.sender, self.recipients, self.data = session.sender, session.recipients, session.data
        self.is_tls, self.login = session.is_tls, session.login


class MailServer:
    """SMTP: plain with or without STARTTLS, or TLS from the start. `replies` gives other answers to a command, such as
    {"RCPT": "550 no"}."""

    def __init__(self, context=None, starttls=False, replies=None, address="127.0.0.1"):
        self.context, self.starttls, self.replies = context, starttls, replies or {}
        self.letters: list[Letter] = []
        self.commands: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def setup(self):
                if context and not starttls:
                    self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()

            def handle(self):
                Session(outer, self).run()

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self._server = Listener((address, 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def verbs(self) -> list[str]:
        return [command.split()[0].upper() for command in self.commands]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class Session:
    """One client of a mail server (RFC 5321, 3207, 4954)."""

    def __init__(self, server: MailServer, handler):
        self.server, self.handler = server, handler
        self.reader, self.writer = handler.rfile, handler.wfile
        self.is_tls = bool(server.context) and not server.starttls
        self.sender, self.recipients, self.data, self.login = None, [], b"", None

    def say(self, text):
        self.writer.write(text.encode() + b"\r\n")

    def run(self):
        self.say("220 mail.test")
        while line := self.reader.readline().decode().strip():
            self.server.commands.append(line)
            verb, _, rest = line.partition(" ")
            if reply := self.server.replies.get(verb.upper()):
                self.say(reply)
            else:
                getattr(self, "do_" + verb.lower(), lambda _: self.say("502 no"))(rest)
            if verb.upper() == "QUIT":
                return

    def do_ehlo(self, _):
        offers = ["STARTTLS"] if self.server.starttls and not self.is_tls else []
        lines = ["mail.test", "8BITMIME", *offers, "AUTH PLAIN LOGIN"]
        for line in lines[:-1]:
            self.say("250-" + line)
        self.say("250 " + lines[-1])

    def do_starttls(self, _):
        self.say("220 go")
        tls = self.server.context.wrap_socket(self.handler.request, server_side=True)
        self.reader, self.writer, self.is_tls = tls.makefile("rb"), tls.makefile("wb", buffering=0), True

    def do_auth(self, rest):
        how, _, first = rest.partition(" ")
        if how == "PLAIN" and not first:
            self.say("334 ")
            first = self.reader.readline().decode().strip()
        self.login = tuple(base64.b64decode(first).decode().split("\0")[1:])
        self.say("235 yes")

    def do_mail(self, rest):
        self.sender = re.search(r"<(.*?)>", rest)[1]
        self.say("250 ok")

    def do_rcpt(self, rest):
        self.recipients.append(re.search(r"<(.*?)>", rest)[1])
        self.say("250 ok")

    def do_data(self, _):
        self.say("354 go")
        lines = []
        while (line := self.reader.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.data = b"".join(lines)
        self.server.letters.append(Letter(self))
        self.say("250 taken")

    def do_quit(self, _):
        self.say("221 bye")


# Settings


class Lone(Server):
    """A countersignd without the gateway of the harness."""

    def write_settings(self, top="", server="", tables=""):
        super().write_settings(top, server, tables)
        text = self.settings.read_text()
        self.settings.write_text(text[: text.rindex('[[gateway]]\nname = "tee"')])


def gateway(type, **keys) -> str:
    """A table of the settings. One try, and as much time for it as there can be, unless less is asked for."""
    keys = {"type": type, "timeout": 60, "retries": 0, **keys}
    keys = {name.rstrip("_"): value for name, value in keys.items()}
    return "[[gateway]]\n" + "".join(
        f"{name} = {json.dumps(value if isinstance(value, (int, list)) else str(value))}\n"
        for name, value in keys.items()
    )


def secret(folder: pathlib.Path, name: str, text: str) -> pathlib.Path:
    file = folder / name
    file.write_text(text + "\n")
    file.chmod(0o600)
    return file


def script(folder: pathlib.Path, text: str) -> pathlib.Path:
    file = folder / f"send-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    file.write_text(text)
    file.chmod(0o700)
    return file


def deliveries(server: Server, user: int, count: int) -> list[tuple[str, str, str, str]]:
    """Kind, gateway, result and detail of a user's deliveries, oldest first, once there are `count` of them."""

    def rows():
        lines = server.command("user", "deliveries", user).stdout.splitlines()[1:]
        return lines if len(lines) >= count else None

    cells = [re.split(r"\s{2,}", line.strip()) for line in until(rows)]
    assert len(cells) == count, cells
    return [(kind, name, result, detail) for _, kind, name, result, _, detail in reversed(cells)]


def is_alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    return False

"""A real countersignd in a temporary directory, on a free loopback port, with the clients that tests need."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from support.patience import PATIENCE, until

BUILD = pathlib.Path(os.environ.get("COUNTERSIGN_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
PROGRAM = BUILD / "countersignd"


@contextlib.contextmanager
def own_folder():
    """A folder that goes away again: short, for the paths of sockets; and no parent that others may write."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="cs", dir="/var/lib" if os.geteuid() == 0 else None))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def start_error(done) -> str:
    """What a start that failed has logged, in the form of the commands' errors."""
    event = json.loads(done.stderr.splitlines()[-1])
    assert (event["level"], event["event"]) == ("critical", "start_failed"), done.stderr
    return "".join(f"{word}: {event[key]}\n" for word, key in (("error", "reason"), ("hint", "hint")) if key in event)


class Faults:
    """What goes wrong for a server that has `environment`: see faults.c."""

    def __init__(self, folder: pathlib.Path):
        self.file = folder / "fault"
        library = folder / "faults.so"
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O1", "-o", library, pathlib.Path(__file__).with_name("faults.c")], check=True
        )
        self.environment = {"LD_PRELOAD": str(library), "FAULTS": str(self.file)}
        self.clear()

    def set(self, word: str):
        new = self.file.with_suffix(".new")
        new.write_text(word)
        new.rename(self.file)

    def clear(self):
        self.set("none")


def free_port() -> int:
    """A free port on loopback."""
    with reserved_port() as holder:
        return holder.getsockname()[1]


def reserved_port() -> socket.socket:
    """Holds a port on loopback: the kernel gives it to no one else, but a program that asks for its number may listen
    there."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


class SocketConnection(http.client.HTTPConnection):
    """HTTP by a socket of this machine."""

    def __init__(self, path, timeout=PATIENCE):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Reply:
    """Status, headers and body of an answer."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    """`top` and `server` are TOML: keys of the top level and of [server]; `tables` is TOML that begins with a table.
    `ca_file` is what a client needs of a server with a certificate."""

    def __init__(
        self,
        folder: pathlib.Path,
        top="",
        server="",
        tables="",
        arguments=(),
        extra_listener=None,
        ca_file=None,
        seed=None,
    ):
        self.folder, self.ca_file = folder, ca_file
        self.state = folder / "state"
        self.state.mkdir(mode=0o700, exist_ok=True)
        self.sent = folder / "sent"
        self._place = reserved_port()
        self.port = self._place.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.public_url = (
            f"{'https' if 'certificate' in server or 'behind_proxy' in server else 'http'}://localhost:{self.port}"
        )
        self.settings = folder / "countersignd.toml"
        self.arguments = list(arguments)
        self.start_with = [PROGRAM]
        self.environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        self.listeners = [f"127.0.0.1:{self.port}"] + ([extra_listener] if extra_listener else [])
        self.write_settings(top, server, tables)
        self.process = None
        self.asked = 0  # calls of this process that were answered
        self.log: list[dict] = []
        self.lines: list[str] = []  # the log as it was written
        self.heard = threading.Condition()
        if seed:
            self.application = seed.plant(self)
        else:
            self.command("init")
            self.application = self.create_application("Example Corp")

    def write_settings(self, top="", server="", tables=""):
        self.settings.write_text(
            f'state = "{self.state}"\nmaster_key = "{self.state}/master.key"\n{top}\n'
            f'[server]\nlisten = {json.dumps(self.listeners)}\npublic_url = "{self.public_url}"\nmetrics = '
            f'"unix:{self.folder}/metrics.sock"\n{server}\n{tables}\n'
            f'[[gateway]]\nname = "tee"\ntype = "command"\nfor = ["sms", "call", "email"]\ncommand = ["/usr/bin/tee", '
            f'"-a", "{self.sent}"]\n'
        )
        self.settings.chmod(0o600)

    # The commands

    def command(self, *arguments, check=True, stdin=None) -> subprocess.CompletedProcess:
        """A command of the administrator's, such as `command("user", "list")`."""
        place = [] if arguments[:1] in (("help",), ("--help",), ("--version",)) else ["--config", str(self.settings)]
        done = subprocess.run(
            [PROGRAM, *map(str, arguments), *place],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            input=stdin,
            env=self.environment,
        )
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def create_application(self, name, *arguments) -> "Application":
        made = json.loads(self.command("app", "create", name, "--json", *arguments).stdout)
        return Application(self, made["id"], made["api_key"])

    def sql(self, statement, *values):
        """Writes into the database what only time would, or a fault."""
        with (
            contextlib.closing(sqlite3.connect(self.state / "countersignd.db", timeout=PATIENCE)) as database,
            database,
        ):
            return database.execute(statement, values).fetchall()

    # The process

    def start(self) -> "Server":
        self.process = subprocess.Popen(
            [*self.start_with, "serve", "--config", str(self.settings), *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.wait_for_event("listening", len(self.listeners) + 1, process=self.process)
        return self

    def _listen(self, process):
        for line in process.stderr:
            with self.heard:
                self.lines.append(line)
                try:
                    self.log.append(json.loads(line))
                except ValueError:
                    self.log.append({"event": "noise", "text": line.rstrip()})
                self.heard.notify_all()
        process.wait()
        with self.heard:
            self.log.append({"event": "ended", "code": process.returncode})
            self.heard.notify_all()

    def events(self, name, count=0) -> list[dict]:
        """The events of that name, as soon as there are `count`: the log comes after the answers."""
        if count:
            self.wait_for_event(name, count)
        with self.heard:
            return [event for event in self.log if event["event"] == name]

    def wait_for_event(self, name, count=1, timeout=PATIENCE, process=None) -> dict:
        def heard():
            found = [event for event in self.log if event["event"] == name]
            ended = process and self.log and self.log[-1]["event"] == "ended"
            return len(found) >= count or ended

        with self.heard:
            assert self.heard.wait_for(heard, timeout), self.log[-5:]
        found = self.events(name)
        assert len(found) >= count, self.log[-5:]
        return found[count - 1]

    def stop(self, how=signal.SIGTERM, timeout=PATIENCE) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(how)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        self.wait_for_event("ended", len(self.events("ended")) or 1)
        with self.heard:
            self.log.clear()
        return code

    def restart(self, how=signal.SIGTERM) -> "Server":
        self.stop(how)
        return self.start()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def memory(self, key="VmRSS") -> int:
        """kB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{key}:")[1].split()[0])

    # The wire

    @contextlib.contextmanager
    def connection(self, timeout=PATIENCE):
        if self.ca_file is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        else:
            context = ssl.create_default_context(cafile=self.ca_file)
            connection = http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)
        try:
            yield connection
        finally:
            connection.close()

    def call(self, method, path, body=None, headers=None, timeout=PATIENCE) -> Reply:
        with self.connection(timeout) as connection:
            connection.request(method, path, body, headers or {})
            reply = Reply(connection.getresponse())
            self.asked += 1
            return reply

    def waiting(self) -> int:
        """How many reads wait for news."""
        return int(re.search(r"^countersign_waiting (\d+)$", self.metrics(), re.MULTILINE)[1])

    def wait_for_waiting(self, count=1):
        """Waits until `count` reads wait."""
        until(lambda: self.waiting() == count, lambda: f"{self.waiting()} reads wait, not {count}")

    def answered_to_others(self) -> int:
        """How many calls of others than this process were answered so far."""
        return (
            sum(map(int, re.findall(r"^countersign_requests_total.* (\d+)$", self.metrics(), re.MULTILINE)))
            - self.asked
        )

    def metrics(self) -> str:
        with contextlib.closing(SocketConnection(self.folder / "metrics.sock")) as connection:
            connection.request("GET", "/metrics")
            return Reply(connection.getresponse()).text

    def messages(self) -> list[tuple[str, str]]:
        """All codes that went out, oldest first: call, or sms (which an e-mail reads like), and the code. There are
        other messages."""
        text = self.sent.read_text() if self.sent.exists() else ""
        found = re.findall(r"(\d{4,10}) is your code for |Your code for [^.]* is (\d{4,10})\.", text)
        return [("sms", message) if message else ("call", call) for message, call in found]

    def codes(self) -> list[str]:
        return [code for _, code in self.messages()]


class Seed:
    """A state with one application, made once and copied for each server that does not need a state of its own."""

    def __init__(self):
        with own_folder() as folder:
            server = Server(folder)
            self._files = {path.name: path.read_bytes() for path in server.state.iterdir()}
            self._id, self._key = server.application.id, server.application.key

    def plant(self, server: Server) -> "Application":
        for name, content in self._files.items():
            path = server.state / name
            path.touch(mode=0o600)
            path.write_bytes(content)
        return Application(server, self._id, self._key)


class Application:
    """What a host would do with an API key."""

    def __init__(self, server: Server, number: int, key: str):
        self.server, self.id, self.key = server, number, key

    def call(self, method, path, parameters=None, headers=None, timeout=PATIENCE) -> Reply:
        """Parameters go into a JSON body."""
        headers = {"X-Authy-API-Key": self.key, **(headers or {})}
        body = None
        if parameters is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(parameters)
        return self.server.call(method, path, body, headers, timeout)

    def new_user(self, phone="5551230001", email="zoe@example.com", country_code=1) -> int:
        parameters = {
            "user": {"email": email, "cellphone": phone, "country_code": country_code},
            "send_install_link_via_sms": False,
        }
        reply = self.call("POST", "/protected/json/users/new", parameters)
        assert reply.status == 200, reply.text
        return reply.json["user"]["id"]

    def verify(self, code, user) -> Reply:
        return self.call("GET", f"/protected/json/verify/{code}/{user}?force=true")

    def create(self, user, message="Log in?", **parameters) -> str:
        reply = self.call("POST", f"/onetouch/json/users/{user}/approval_requests", {"message": message, **parameters})
        assert reply.status == 200, reply.text
        return reply.json["approval_request"]["uuid"]

    def read(self, uuid, wait=None) -> Reply:
        return self.call(
            "GET",
            f"/onetouch/json/approval_requests/{uuid}",
            headers={"Prefer": f"wait={wait}"} if wait else {},
            timeout=PATIENCE,
        )

    def status(self, uuid) -> str:
        return self.read(uuid).json["approval_request"]["status"]


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handset:
    """The phone's page without a browser: docs/reference/phone.md, by an independent implementation of its
    cryptography."""

    def __init__(self, server: Server, name="Pixel 9"):
        self.server, self.name, self.id, self.clock = server, name, None, 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = b64u(
            self.key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        )

    def sign(self, text: str) -> str:
        r, s = utils.decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return b64u(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def enrol(self, link: str) -> Reply:
        token = urllib.parse.urlparse(link).fragment.removeprefix("enrol=")
        reply = self.server.call(
            "POST",
            "/phone/api/enrol",
            json.dumps(
                {
                    "token": token,
                    "public_key": self.public_key,
                    "name": self.name,
                    "os_type": "android",
                    "signature": self.sign(f"countersign-enrol-1\n{token}\n{self.public_key}"),
                }
            ),
            {"Content-Type": "application/json"},
        )
        if reply.status == 200:
            self.id = reply.json["device"]
        return reply

    def join(self, user: int):
        """Enrols, and is confirmed by the administrator."""
        assert self.enrol(link(self.server, user)).status == 200
        self.server.command("user", "confirm", user, self.state()["confirmation"])

    def call(self, method, path, parameters=None, headers=None, timeout=PATIENCE) -> Reply:
        body = b"" if parameters is None else json.dumps(parameters).encode()
        moment = int(time.time()) + self.clock
        path = "/phone/api/" + path
        text = f"countersign-call-1\n{method}\n{path}\n{moment}\n{b64u(hashlib.sha256(body).digest())}"
        headers = {
            "Authorization": f"Countersign {self.id}.{moment}.{self.sign(text)}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        return self.server.call(method, path, body or None, headers, timeout)

    def state(self, seen=None, wait=None) -> dict:
        reply = self.call(
            "GET", "state" + (f"?seen={seen}" if seen else ""), headers={"Prefer": f"wait={wait}"} if wait else {}
        )
        assert reply.status == 200, reply.text
        return reply.json

    def answer(self, uuid, decision, choice=None, text=None) -> Reply:
        if text is None:
            text = next(request["text"] for request in self.state()["requests"] if request["id"] == uuid)
        parameters = {
            "id": uuid,
            "decision": decision,
            "signature": self.sign(f"countersign-answer-1\n{decision}\n{choice or ''}\n{text}"),
        }
        if choice:
            parameters["choice"] = choice
        return self.call("POST", "answer", parameters)

    def allow(self, *applications: Application):
        """Lets them know of this phone, and ask it."""
        for application in applications:
            assert self.call("POST", f"applications/{application.id}", {"decision": "allowed"}).status == 200

    def secret(self, application: Application) -> bytes:
        return unb64u(self.call("GET", f"tokens/{application.id}").json["secret"])

    def softtoken(self, application: Application, steps=0) -> str:
        return totp(self.secret(application), int(time.time()) // 30 + steps)


def totp(secret: bytes, step: int) -> str:
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def link(server: Server, user: int) -> str:
    return server.command("user", "link", user, "--plain").stdout.strip()


def handset(server: Server, user: int, name="Pixel 9") -> Handset:
    """A phone that is enrolled and confirmed."""
    phone = Handset(server, name)
    phone.join(user)
    return phone

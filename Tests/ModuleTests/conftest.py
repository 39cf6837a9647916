"""The built module under the real libpam, as an ordinary user: nothing in /etc, everything under a temporary
directory."""

import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import records
from support.patience import PATIENCE, until

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILT = Path(os.environ.get("COUNTERSIGN_BUILD", ROOT / "build"))
PARTS = ("pam_countersign.so", "countersign-login", "countersign-net", "countersign")

PAM_SUCCESS, PAM_AUTH_ERR, PAM_ABORT = 0, 7, 26
NUMBER = re.compile(r"[Ee]nter (\d\d)\b")


def ordinary_user():
    """A user without rights: the caller, or the user nobody if the caller is root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


@pytest.fixture(scope="session")
def user():
    return ordinary_user()


@pytest.fixture(scope="session")
def product(tmp_path_factory, user):
    """What was built, in a folder that only the ordinary user may change, and the login program for tests."""
    missing = [part for part in PARTS if not (BUILT / part).exists()]
    if missing:
        pytest.fail(f"{BUILT} lacks {', '.join(missing)}: run make build first", pytrace=False)
    folder = tmp_path_factory.mktemp("product")
    for part in PARTS:
        shutil.copy(BUILT / part, folder / part)
    compile_c(folder / "pam_host", "pam_host.c", "-rdynamic", "-lpam")
    compile_c(folder / "faults.so", "faults.c", "-shared", "-fPIC", "-lpam")
    open_to(folder, user)
    return folder


def compile_c(path, source, *options):
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", path, HERE / source, *options], check=True)


def open_to(folder, user):
    """Gives a directory and its contents to the user, and lets all users pass through the directories above it."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    for above in folder.parents:
        if (
            above.stat().st_uid == 0
            and str(above).startswith(str(Path(os.environ.get("TMPDIR", "/tmp"))))
            and above.name
        ):
            if above.stat().st_mode & 0o777 == 0o700:
                above.chmod(0o711)


def as_user(user):
    """Arguments for subprocess: the ordinary user's rights."""
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Host:
    """A place to log in to: a PAM service with our module alone, its settings and its accounts."""

    def __init__(self, folder, product, user):
        self.folder, self.product, self.user = folder, product, user
        self.pam, self.state, self.config = folder / "pam", folder / "state", folder / "countersign.toml"
        self.helpers, self.marker = folder / "helpers", folder / "accounts.id"
        for directory in (self.pam, self.state, self.helpers):
            directory.mkdir(mode=0o700)
        for part in PARTS:
            os.link(product / part, self.helpers / part)
        self.settings("")
        self.stack("login")
        (self.pam / "other").write_text("auth required pam_deny.so\n")
        open_to(folder, user)
        # No login makes them.
        self.countersign("init")

    def settings(self, text, mode=0o600):
        """Writes the settings; the state directory is added in front."""
        self.config.write_text(f'state = "{self.state}"\n' + text)
        self.config.chmod(mode)
        open_to(self.folder, self.user)

    def stack(self, service, arguments=None):
        if arguments is None:
            arguments = f"config={self.config} helpers={self.helpers}"
        (self.pam / service).write_text(f"auth required {self.product}/pam_countersign.so {arguments}\n")
        open_to(self.folder, self.user)

    def helper(self, name, text):
        """Puts a program of the test's own in a helper's place."""
        path = self.helpers / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        open_to(self.folder, self.user)

    def compiled_helper(self, name, source, **macros):
        """The same, from C."""
        path = self.helpers / name
        path.unlink(missing_ok=True)
        compile_c(
            path,
            source,
            "-Wno-unused-function",
            f"-I{ROOT}/Sources/Protocol/CFrames/include",
            *(f"-D{key}={value}" for key, value in macros.items()),
        )
        open_to(self.folder, self.user)

    def countersign(self, *arguments, stdin=None):
        """The admin command, by the ordinary user."""
        done = subprocess.run(
            [self.product / "countersign", arguments[0], "--config", self.config, *map(str, arguments[1:])],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            **as_user(self.user),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def database(self):
        return self.state / "accounts.db"

    def account(self, **columns):
        """Sets columns of the user's account, as no command does."""
        records.account(self.database, self.user.pw_name, self.user.pw_uid, **columns)

    def row(self, *columns):
        """Columns of the user's account, or None if there is no account."""
        statement = f"SELECT {', '.join(columns)} FROM accounts WHERE name = ? AND uid = ? AND key = ''"
        found = records.run(self.database, statement, self.user.pw_name, self.user.pw_uid)
        return found[0] if found else None

    def login(self, *settings, service="login", user=None, env=None, descriptors=()):
        """`descriptors`: more that the login program has."""
        return Login(self, service, user or self.user.pw_name, settings, env, descriptors)


def hear_signals():
    """As a login program does: nohup, and a script that starts something in the background, have their programs ignore
    some."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


class Login:
    """One transaction: texts and questions come as events, and the test gives answers when they are needed."""

    def __init__(self, host, service, user, settings, env=None, descriptors=()):
        out_read, out_write = os.pipe()
        in_read, in_write = os.pipe()

        defaults = [] if any(s.startswith("tty=") for s in settings) else ["tty=pts/1"]
        self.process = subprocess.Popen(
            [host.product / "pam_host", str(out_write), str(in_read), host.pam, service, user, *defaults, *settings],
            pass_fds=(out_write, in_read, *descriptors),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            preexec_fn=hear_signals,
            **as_user(host.user),
        )
        os.close(out_write), os.close(in_read)
        self.out, self.into, self.buffer = out_read, in_write, b""
        self.events = []

    def next(self, timeout=PATIENCE):
        """The next event, as (word, text); None at the end."""
        until = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            if not select.select([self.out], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError(f"nothing happened after {self.events}")
            more = os.read(self.out, 65536)
            if not more:
                return None
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        word, _, text = line.decode().partition(" ")
        self.events.append((word, text.replace("\\n", "\n")))
        return self.events[-1]

    def until(self, word):
        """Reads on to the next event of that kind and gives its text."""
        while (event := self.next()) is not None:
            if event[0] == word:
                return event[1]
        raise AssertionError(f"no {word} in {self.events}")

    def prompt(self):
        return self.until("ask")

    def answer(self, text):
        self.reply(f"answer {text}")

    def reply(self, line):
        os.write(self.into, line.encode() + b"\n")

    def interrupt(self, number=2):
        """While the module waits with the signal blocked: a person is slower than its step from message to wait."""
        until(lambda: self._blocked() & 1 << number - 1, lambda: f"the module does not wait: {self.events}")
        self.process.send_signal(number)

    def _blocked(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"^SigBlk:\s*([0-9a-f]+)$", status, re.M)[1], 16)

    def result(self):
        """The result of the (next) round."""
        return int(self.until("result"))

    def finish(self):
        """Reads to the end, and returns what the module left behind."""
        while self.next() is not None:
            pass
        self.process.wait(PATIENCE)
        os.close(self.out), os.close(self.into)
        return [text for word, text in self.events if word == "left"]

    def shown_number(self):
        """The check number of the request on the phone: the newest that was shown, or the first that will be."""
        shown = [match for word, text in self.events if word in ("tell", "ask") and (match := NUMBER.search(text))]
        while not shown:
            event = self.next()
            assert event, f"no number in {self.events}"
            shown = [match for match in [NUMBER.search(event[1])] if match]
        return shown[-1][1]

    def texts(self, word):
        return [text for kind, text in self.events if kind == word]

    @property
    def decisions(self):
        """The log's lines of decisions, each as a dictionary of its keys."""
        lines = [text.split("): ", 1)[1] for text in self.texts("log") if "outcome=" in text]
        return [decision(line) for line in lines]


def decision(line):
    words, detail, request = re.fullmatch(r'(.*) detail=("[^"]*") request=(\S+)', line).groups()
    return dict(part.split("=", 1) for part in words.split()) | {"detail": detail, "request": request}


@pytest.fixture
def host(tmp_path, product, user):
    return Host(tmp_path, product, user)


@pytest.fixture
def softtoken(host):
    """A SoftToken on the ordinary user's account."""
    from support.totp import SoftToken

    token = SoftToken()
    host.countersign("softtoken", host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
    return token


@pytest.fixture(scope="session")
def authority(tmp_path_factory, user):
    from support.certificates import Authority

    authority = Authority(tmp_path_factory.mktemp("ca"))
    open_to(Path(authority.ca_file).parent, user)
    return authority


class Site:
    """A host and its 2FA server, where the user is linked or not. `server` is a stand-in, or a user of the good
    server."""

    def __init__(self, host, server, login_name=None, is_linked=True):
        self.host, self.server = host, server
        self.rules()
        if is_linked:
            host.countersign("link", login_name or host.user.pw_name, server.authy_id)

    @property
    def phone(self):
        return self.server

    def rules(self, text="", server=""):
        ca = f'ca_file = "{self.server.ca_file}"\n' if self.server.ca_file else ""
        self.host.settings(
            f'[server]\nurl = "{self.server.url}"\napi_key = "{self.server.api_key}"\n{ca}{server}\n{text}'
        )

    def softtoken(self, token):
        """Puts a SoftToken on the user's account here."""
        self.host.countersign("softtoken", self.host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
        return token

    def login(self, *settings, **more):
        return self.host.login(*settings, **more)


@pytest.fixture(scope="session")
def countersignd(authority):
    """The good 2FA server, one for all tests."""
    from support import good_server

    good_server.take_from(BUILT)
    with good_server.run(authority) as server:
        yield server


@pytest.fixture
def site(host, countersignd):
    """With a phone at the good server."""
    from support.good_server import LoginPhone

    return Site(host, LoginPhone(countersignd))


@pytest.fixture
def rude(host, authority):
    """A host with a server that misbehaves as told."""
    from support.stand_in import StandIn

    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        yield Site(host, server)

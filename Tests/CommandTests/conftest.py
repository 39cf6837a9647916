"""The admin's command as an ordinary user runs it: settings, state and helpers of that user's own under a temporary
directory."""

import dataclasses
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

import pexpect
import pytest

from support import records
from support.patience import PATIENCE

TESTS = pathlib.Path(__file__).resolve().parents[1]
BUILT = pathlib.Path(os.environ.get("COUNTERSIGN_BUILD", TESTS.parent / "build"))
PROGRAMS = ["countersign", "countersign-login", "countersign-net"]
MODULE = "pam_countersign.so"
COMMANDS = [
    "link",
    "softtoken",
    "unlink",
    "prefer",
    "recovery",
    "grace",
    "pause",
    "opt-out",
    "opt-in",
    "forget",
    "unlock",
    "show",
    "list",
    "history",
    "report",
    "metrics",
    "init",
    "join",
    "backup",
    "restore",
    "check",
    "doctor",
    "try",
    "texts",
    "enroll",
    "confirm",
    "refresh",
    "import",
    "export",
]
# Those that speak to the server.
WITH_NET = ["enroll", "confirm", "join", "refresh", "import", "doctor"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC"}
SERVER = '[server]\nurl = "https://2fa.example.com"\napi_key = "not-a-real-key"\n'


def ordinary_user() -> pwd.struct_passwd:
    """The user who runs the tests, or the user nobody if that is root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def as_ordinary_user() -> list[str]:
    """The prefix of a command that must not run as root."""
    user = ordinary_user()
    return (
        ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if os.geteuid() == 0 else []
    )


def give(folder: pathlib.Path) -> None:
    """Gives a folder to the ordinary user, and lets that user through the folders of ours above it."""
    user = ordinary_user()
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    for above in folder.parents:
        if above.stat().st_uid == os.geteuid() and above.stat().st_mode & 0o777 == 0o700:
            above.chmod(0o711)


@dataclasses.dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


class Desk:
    """A place to run the command in."""

    def __init__(self, folder: pathlib.Path, built: pathlib.Path):
        """- built: a build on the same file system that the ordinary user owns."""
        self.folder, self.state, self.settings_file = folder, folder / "state", folder / "countersign.toml"
        self.helpers, self.marker = folder / "helpers", folder / "accounts.id"
        self.state.mkdir(mode=0o700)
        shutil.copytree(built, self.helpers, copy_function=os.link)
        self.program, self.module = self.helpers / "countersign", self.helpers / MODULE
        self.settings()
        give(folder)
        # No login makes them.
        self.does("init")

    def settings(self, text: str = "", mode: int = 0o600) -> None:
        """Writes the settings: `state`, and whatever follows it."""
        self.settings_file.write_text(f'state = "{self.state}"\n{text}', encoding="utf-8")
        self.settings_file.chmod(mode)
        give(self.folder)

    def own_helper(self, name: str) -> pathlib.Path:
        """A helper that a test may change: the others are shared with other tests."""
        path, copy = self.helpers / name, self.helpers / "copy"
        shutil.copy(path, copy)
        copy.replace(path)
        give(self.folder)
        return path

    def words(self, *arguments) -> list[str]:
        named = ["--config", self.settings_file] if arguments[0] in COMMANDS and "--config" not in arguments else []
        helpers = ["--helpers", self.helpers] if arguments[0] in WITH_NET and "--helpers" not in arguments else []
        return [*as_ordinary_user(), *map(str, [self.program, *arguments, *named, *helpers])]

    def run(self, *arguments, stdin: str = "", env: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            self.words(*arguments),
            input=stdin.encode(),
            capture_output=True,
            timeout=PATIENCE,
            env={**ENVIRONMENT, **(env or {})},
            cwd="/",
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def does(self, *arguments, **options) -> Done:
        """Runs it, and it works."""
        done = self.run(*arguments, **options)
        assert done.code == 0, done.err
        return done

    def refuses(self, *arguments, code: int = 1, **options) -> str:
        """Runs it, it fails, and says so on standard error alone: that text."""
        done = self.run(*arguments, **options)
        assert (done.code, done.out) == (code, ""), done
        assert done.err.startswith("error: ") and "\nhint: " in done.err, done.err
        return done.err

    def terminal(self, *arguments, env: dict[str, str] | None = None, columns: int = 200) -> pexpect.spawn:
        """Runs it in a terminal."""
        first, *rest = self.words(*arguments)
        spawned = pexpect.spawn(
            first,
            rest,
            env={**ENVIRONMENT, **(env or {})},
            cwd="/",
            timeout=PATIENCE,
            dimensions=(60, columns),
            encoding="utf-8",
            preexec_fn=hear_interrupts,
        )
        spawned.delaybeforesend = None
        return spawned

    def sql(self, statement: str, *values):
        """Writes into the accounts what only a login would, and returns the rows that come back."""
        return records.run(self.state / "accounts.db", statement, *values)

    def remember(
        self,
        user: str,
        service: str = "sshd",
        rhost: str = "",
        outcome: str = "denied",
        reason: str = "locked",
        when: int = 0,
        key: str = "",
    ):
        """A row of history."""
        self.sql(
            "INSERT INTO history (time, user, service, rhost, outcome, reason, key, factor, address) VALUES "
            "(?,?,?,?,?,?,?,NULL,'')",
            when or int(time.time()),
            user,
            service,
            rhost,
            outcome,
            reason,
            key,
        )


def hear_interrupts():
    """As a program at a terminal: background jobs of a script ignore Ctrl-C, and so do their children, such as these
    tests."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """What was built, as the ordinary user's."""
    missing = [name for name in [*PROGRAMS, MODULE] if not (BUILT / name).exists()]
    if missing:
        pytest.fail(f"{BUILT} lacks {', '.join(missing)}: run make build first", pytrace=False)
    folder = tmp_path_factory.mktemp("built")
    for name in [*PROGRAMS, MODULE]:
        shutil.copy(BUILT / name, folder)
    give(folder)
    return folder


@pytest.fixture
def desk(tmp_path, built):
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o755)
    return Desk(folder, built)


@pytest.fixture
def alice() -> pwd.struct_passwd:
    """A user that exists on every Debian."""
    return pwd.getpwnam("games")


@pytest.fixture
def bob() -> pwd.struct_passwd:
    """Another one."""
    return pwd.getpwnam("mail")

"""The commands run by root, in a mount namespace of its own where the system user is there: the machine is left as it
was."""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import sqlite3
import subprocess

import pytest

from support.patience import PATIENCE
from support.server import PROGRAM, Handset, link, own_folder

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

SERVER, STATE = 990, "/var/lib/countersignd"
ENTER = (
    'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && mount --bind "$0/lib" /var/lib && '
    'exec "$@"'
)


class Root:
    """/var/lib, as root sees it, is the folder `lib`."""

    def __init__(self, base: pathlib.Path):
        self.base, self.lib = base, base / "lib"
        self.state = self.lib / "countersignd"
        self.lib.mkdir(mode=0o755)
        shutil.copyfile(PROGRAM, self.lib / "program")
        (self.lib / "program").chmod(0o755)
        self.settings = self.lib / "settings.toml"
        self.configure("")
        self.people("_countersignd:x:990:990::/:/bin/false\n", "_countersignd:x:990:\n")

    def people(self, user: str, group: str):
        """The machine's own users, without those that have a name or number of ours, and these."""
        for name, line in (("passwd", user), ("group", group)):
            known = pathlib.Path("/etc", name).read_text().splitlines(keepends=True)
            fields = [(row, row.split(":")) for row in known]
            kept = [row for row, field in fields if field[0] != "_countersignd" and field[2] != str(SERVER)]
            (self.base / name).write_text("".join([*kept, line]))

    def configure(self, text: str):
        self.settings.write_text(text)
        self.settings.chmod(0o644)

    def command(self, *arguments, state=None):
        named = ["--config", "/var/lib/settings.toml", *(["--state", state] if state else [])]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", ENTER, self.base, "/var/lib/program", *map(str, arguments), *named],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        )
        assert "unshare:" not in done.stderr and "mount:" not in done.stderr, done.stderr
        return done

    def owners(self) -> set:
        return {(path.lstat().st_uid, path.lstat().st_gid) for path in (self.state, *self.state.iterdir())}


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path)


def test_init_makes_everything_for_the_user_of_the_unit(root):
    done = root.command("init")
    assert done.returncode == 0, done.stderr
    assert root.owners() == {(SERVER, SERVER)} and root.state.stat().st_mode & 0o7777 == 0o700
    assert {"countersignd.db", "master.key"} <= {path.name for path in root.state.iterdir()}
    assert root.command("app", "create", "Example Corp").returncode == 0
    assert "Example Corp" in root.command("app", "list").stdout
    assert "are right" in root.command("check").stdout


def test_a_second_application_of_a_name_is_told_apart_for_the_administrator(root):
    root.command("init")
    first, other = root.command("app", "create", "Example Corp"), root.command("app", "create", "Other Corp")
    assert (first.stderr, other.stderr) == ("", "")
    again = root.command("app", "create", "Example Corp")
    assert again.returncode == 0 and again.stderr.startswith("warning: application 1 has the same name")
    assert "countersignd app rotate 1" in again.stderr and "countersignd app revoke 3" in again.stderr
    root.command("app", "revoke", "1", "--yes")
    root.command("app", "revoke", "3", "--yes")
    assert root.command("app", "create", "Example Corp").stderr == ""


def test_check_warns_where_no_gateway_sends_codes(root):
    root.configure("")
    root.command("init")
    root.command("app", "create", "Example Corp")
    warning = "warning: there is no [[gateway]]: no code goes out by text message, call or e-mail\n"
    assert warning in (done := root.command("check")).stderr and done.returncode == 0
    root.configure('[[gateway]]\ntype = "command"\nfor = ["sms"]\ncommand = ["/usr/bin/tee", "{to}"]\n')
    assert "[[gateway]]" not in (done := root.command("check")).stderr and done.returncode == 0


def test_a_new_master_key_is_to_be_copied_too(root):
    root.command("init")
    said = root.command("key", "rotate").stdout
    assert f"copy {STATE}/master.key to a safe place" in said and f"{STATE}/master.key.old" in said


def test_check_makes_nothing_and_looks_as_the_user_of_the_unit(root):
    done = root.command("check")
    assert (done.returncode, done.stdout) == (1, "The settings are right.\n") and "countersignd init" in done.stderr
    assert not root.state.exists()
    root.settings.chmod(0o600)
    done = root.command("check")
    assert (
        done.returncode == 1 and "_countersignd may not read it" in done.stderr and "chgrp _countersignd" in done.stderr
    )
    root.settings.chmod(0o644)
    root.configure('[server]\ncertificate = "/var/lib/key.pem"\nprivate_key = "/var/lib/key.pem"\n')
    (root.lib / "key.pem").write_text("secret")
    (root.lib / "key.pem").chmod(0o600)
    done = root.command("check")
    assert (
        done.stderr
        == (
            "error: server.certificate: /var/lib/key.pem: _countersignd may not read it\n"
            "hint: chgrp _countersignd /var/lib/key.pem; chmod 640 /var/lib/key.pem\n"
        )
        and done.returncode == 1
    )
    assert not root.state.exists()


def test_what_root_left_in_the_state_folder_is_named(root):
    root.state.mkdir(mode=0o700)
    done = root.command("app", "list")
    assert (
        done.returncode == 1
        and f"hint: chown -R _countersignd: {STATE}\n" in done.stderr
        and list(root.state.iterdir()) == []
    )
    os.chown(root.state, SERVER, SERVER)
    (root.state / "master.key").write_text("x")
    done = root.command("check")
    assert f"error: {STATE}/master.key belongs to root, but its folder to _countersignd\n" in done.stderr
    assert done.returncode == 1 and f"hint: chown -R _countersignd: {STATE}\n" in done.stderr


def test_without_the_user_of_the_unit_nothing_is_made(root):
    root.people("", "")
    done = root.command("init")
    assert (
        done.returncode == 1 and "the system user _countersignd is missing" in done.stderr and "useradd" in done.stderr
    )
    assert not root.state.exists()


def test_a_state_folder_of_roots_own_stays_roots(root):
    (root.lib / "own").mkdir(mode=0o700)
    root.configure('master_key = "/var/lib/own/master.key"\n')
    assert root.command("init", state="/var/lib/own").returncode == 0
    assert {path.stat().st_uid for path in (root.lib / "own").iterdir()} == {0}


def test_a_folder_is_made_for_the_user_of_the_unit_only_where_nobody_else_may_write(root):
    (root.lib / "open").mkdir()
    (root.lib / "open").chmod(0o1777)
    done = root.command("init", state="/var/lib/open/state")
    assert done.returncode == 1 and "\nhint: make it first: install -d -m 700 -o _countersignd" in done.stderr
    assert list((root.lib / "open").iterdir()) == []


def test_a_backup_goes_where_root_may_write_and_comes_back_from_there(root):
    root.command("init")
    root.command("app", "create", "Example Corp")
    own = root.lib / "roots"
    own.mkdir(mode=0o700)
    assert root.command("backup", "/var/lib/roots/copy.db").returncode == 0
    copy = own / "copy.db"
    assert (copy.stat().st_uid, copy.stat().st_mode & 0o7777) == (0, 0o600)
    assert not [path.name for path in root.state.iterdir() if "backup" in path.name]
    again = root.command("backup", "/var/lib/roots/copy.db")
    assert again.returncode == 1 and "name a file that is not there yet" in again.stderr
    root.command("app", "create", "Other Corp")
    assert root.command("restore", "/var/lib/roots/copy.db").returncode == 0
    assert "Other Corp" not in root.command("app", "list").stdout
    assert root.owners() == {(SERVER, SERVER)}


def test_a_backup_that_fails_leaves_no_file_that_looks_like_one(root):
    done = root.command("backup", "/var/lib/copy.db")
    assert done.returncode == 1 and "countersignd init" in done.stderr
    assert [path.name for path in root.lib.iterdir() if path.name.startswith("copy.db")] == []
    root.command("init")
    assert root.command("backup", "/var/lib/copy.db").returncode == 0


# The user who changed something

DEVICES = ("null", "zero", "random", "urandom", "full", "tty")
WATCHED = """\
for name in {devices}; do mount --bind /dev/$name "$0/dev/$name"; done
mount --rbind "$0/dev" /dev && mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && {lib} && \
exec "$@"
"""
OWN_LIB = 'mount --bind "$0/lib" /var/lib'


class Watched(Root):
    """The same with a system log that a test reads."""

    def __init__(self, base):
        super().__init__(base)
        (base / "dev").mkdir()
        for name in DEVICES:
            (base / "dev" / name).touch()
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind(str(base / "dev/log"))
        self.log.settimeout(PATIENCE)
        (base / "dev/log").chmod(0o666)

    def told(self, *arguments, environment=None, server=None) -> str:
        """What a command writes into the system log: facility authpriv, priority notice. - server: whose state it
        changes, in place of this one's."""
        program, settings = (PROGRAM, server.settings) if server else ("/var/lib/program", "/var/lib/settings.toml")
        done = subprocess.run(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                WATCHED.format(devices=" ".join(DEVICES), lib="true" if server else OWN_LIB),
                self.base,
                program,
                *map(str, arguments),
                "--config",
                settings,
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(environment or {})},
        )
        assert done.returncode == 0, done.stderr
        line = self.log.recv(4_096).decode()
        assert line.startswith(f"<{10 * 8 + 5}>")
        return line.partition("countersignd: ")[2]


@pytest.fixture
def watched():
    with own_folder() as folder:
        folder.chmod(0o755)
        made = Watched(folder)
        yield made
        made.log.close()


def test_a_command_that_changes_something_leaves_a_line_with_who_did_it(watched):
    games = pwd.getpwnam("games")
    by = {"SUDO_UID": str(games.pw_uid), "SUDO_USER": "somebody"}
    assert watched.told("init", environment=by) == "action=init by=games"
    assert watched.told("app", "create", "Example Corp", environment=by) == "action=app_create app=1 by=games"
    assert watched.told("app", "rotate", 1, environment=by) == "action=app_rotate app=1 overlap=24 by=games"
    assert watched.told("app", "callback", 1, "none", environment=by) == "action=app_callback app=1 url=none by=games"
    assert watched.told("key", "rotate", environment=by) == "action=key_rotate by=games"
    assert watched.told("backup", f"{STATE}/copy.db", environment=by) == f"action=backup file={STATE}/copy.db by=games"
    assert (
        watched.told("restore", f"{STATE}/copy.db", environment=by) == f"action=restore file={STATE}/copy.db by=games"
    )
    assert watched.told("app", "revoke", 1, "--yes").startswith("action=app_revoke app=1 by=")
    # What reads only says nothing.
    watched.log.setblocking(False)
    watched.command("app", "list")
    with pytest.raises(BlockingIOError):
        watched.log.recv(1)


def test_a_command_on_a_user_names_the_user_and_who_did_it(watched):
    watched.told("init")
    watched.told("app", "create", "Example Corp")
    with contextlib.closing(sqlite3.connect(watched.state / "countersignd.db", timeout=PATIENCE)) as database, database:
        database.execute("INSERT INTO users VALUES (1234567, x'01', x'02', 0)")
    by = {"SUDO_UID": "0"}
    assert watched.told("user", "unlock", 1234567, environment=by) == "action=user_unlock user=1234567 by=root"
    assert watched.told("user", "remove", 1234567, "--yes", environment=by) == "action=user_remove user=1234567 by=root"


def test_a_command_on_a_phone_names_the_phone_and_masks_its_number(watched, server, user):
    games = {"SUDO_UID": str(pwd.getpwnam("games").pw_uid)}
    phone = Handset(server)
    assert phone.enrol(link(server, user)).status == 200

    def told(*arguments):
        return watched.told("user", *arguments, environment=games, server=server)

    confirmed = told("confirm", user, phone.state()["confirmation"])
    assert confirmed == f"action=user_confirm user={user} device={phone.id} by=games"
    changed = told("change-phone", user, "+49 151 12345645")
    assert changed == f"action=user_change_phone user={user} phone=+49-XXX-XXX-XX45 by=games"

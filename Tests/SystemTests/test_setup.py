"""`countersign setup` on Debian's own stacks: who gets in before and after, and the way back."""

import contextlib
import fcntl
import json
import os
import pathlib
import subprocess
import tomllib

import pytest

from support import prompts
from support.host import SETTINGS
from support.joining import invite
from support.patience import PATIENCE, until
from support.product import Product, gets_in
from support.setup_host import ASKED, DROP_IN, JOURNAL, SSHD_CONFIG, SetupHost, rollbacks, state
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

SUDO = pathlib.Path("/etc/pam.d/sudo")
LINE = "auth       required     pam_countersign.so\n"
FILES = {"/etc/pam.d/sshd", "/etc/pam.d/sudo", "/etc/pam.d/sudo-i", str(DROP_IN)}


@pytest.fixture
def product(host):
    """The installed product; no stack names it."""
    host.install()
    installed = Product(host)
    installed.configure()
    host.countersign("init")
    return installed


@pytest.fixture
def machine(host, product):
    """Alice has a password, bob a password and a key, backup-job and root a key only."""
    one = SetupHost(product)
    host.authorize_key("bob")
    host.authorize_key("root")
    one.add_key_only_user("backup-job", 42010)
    yield one
    one.put_back()


@pytest.fixture
def token(product):
    return product.softtoken("alice")


def test_who_got_in_before_and_after(machine, token):
    machine.product.softtoken("bob")
    users = ["alice", "bob", "backup-job", "root"]
    assert machine.ways(*users) == {
        "alice": (False, True),
        "bob": (True, True),
        "backup-job": (True, False),
        "root": (True, False),
    }
    said = machine.setup("--yes").stdout
    (bob,) = [line for line in said.splitlines() if line.startswith("  bob ") and " key or password " in line]
    assert bob.split("  ")[-1].strip().endswith("; the key alone no longer")
    assert machine.ways(*users) == {
        "alice": (False, ASKED),
        "bob": (False, ASKED),
        "backup-job": (True, False),
        "root": (True, False),
    }
    machine.setup("--undo", "--yes")
    assert machine.ways("alice", "bob", "backup-job") == {
        "alice": (False, True),
        "bob": (True, True),
        "backup-job": (True, False),
    }


def test_a_code_after_the_password_lets_in(machine, token):
    machine.setup("--yes")
    terminal = machine.product.knock("ssh", sshd=machine.daemon())
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")
    terminal = machine.product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


def test_where_all_have_keys_the_second_factor_comes_after_the_key(machine, product):
    product.softtoken("carol")
    machine.host.authorize_key("carol")
    everybody = pathlib.Path("/etc/shadow").read_text()
    locked = "".join(
        f"{name}:!{rest}\n" if name in ["alice", "mallory"] else f"{name}:{rest}\n"
        for name, _, rest in (line.partition(":") for line in everybody.splitlines())
    )
    try:
        pathlib.Path("/etc/shadow").write_text(locked)
        machine.setup("--yes", "--ask-keys", "--service", "sshd", "--leave", "bob")
        daemon = machine.daemon()
        assert machine.by_key("bob", daemon) and machine.by_key("root", daemon)
        assert not machine.by_key("carol", daemon) and not machine.by_password("carol", daemon)
        terminal = machine.host.ssh(
            "carol", sshd=daemon, key=machine.host.key, methods="publickey,keyboard-interactive"
        )
        terminal.reads(prompts.CODE)
    finally:
        pathlib.Path("/etc/shadow").write_text(everybody)


def test_undo_restores_every_byte(machine, token):
    SUDO.chmod(0o640)
    os.setxattr(SUDO, "trusted.note", b"mine")
    before = state()
    machine.setup("--yes")
    after = state()
    assert {path for path in after if before.get(path) != after[path]} == FILES
    assert after[str(SUDO)][1:] == before[str(SUDO)][1:], "mode, owner and attributes stay"
    assert set(json.loads(machine.setup("--undo", "--yes", "--json").stdout)["undone"]) == FILES
    assert state() == before
    os.removexattr(SUDO, "trusted.note")
    SUDO.chmod(0o644)


def test_undo_leaves_what_others_have_changed_meanwhile(machine):
    before = SUDO.read_text()
    machine.setup("--yes")
    SUDO.write_text("# theirs\n" + SUDO.read_text() + "session optional pam_umask.so\n")
    machine.setup("--undo", "--yes")
    assert SUDO.read_text() == "# theirs\n" + before + "session optional pam_umask.so\n"


def test_undo_stops_where_others_have_changed_our_line_and_names_it(machine):
    machine.setup("--yes")
    SUDO.write_text(SUDO.read_text().replace(LINE, LINE.replace("required", "requisite")))
    changed = state()
    done = machine.setup("--undo", "--yes", check=False)
    assert done.returncode == 1 and "/etc/pam.d/sudo:" in done.stderr and "requisite" in done.stderr
    assert state() == changed
    SUDO.write_text(SUDO.read_text().replace("requisite", "required"))
    machine.setup("--undo", "--yes")


def test_it_is_not_set_up_twice(machine):
    machine.setup("--yes")
    once = state()
    done = machine.setup("--yes", check=False)
    assert done.returncode == 1 and "a setup is in force" in done.stderr and state() == once


def test_two_at_once_are_refused(machine):
    before = state()
    JOURNAL.mkdir(mode=0o700)
    with open(JOURNAL / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = machine.setup("--yes", check=False)
    assert done.returncode == 75 and "another countersign setup" in done.stderr and state() == before


def test_the_rollback_fires_by_itself(machine):
    before = state()
    machine.setup("--yes", "--rollback-after", "2s")
    assert state() != before
    until(lambda: not rollbacks())
    assert state() == before


def test_a_setup_over_ssh_is_taken_back_by_default(machine):
    done = subprocess.run(
        ["countersign", "setup", "--yes"],
        env={**ENVIRONMENT, "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0 and "unless it is kept" in done.stderr
    machine.setup("--undo", "--yes")
    until(lambda: not rollbacks())


def killed(machine, call: str, number: int) -> bool:
    """Runs a setup that gets SIGKILL at the n-th such system call; False if it has fewer of them."""
    done = subprocess.run(
        [
            *["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}"],
            *["-e", f"inject={call}:signal=SIGKILL:when={number}"],
            *["countersign", "setup", "--yes", "--rollback-after", "1s"],
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode != 0


def test_a_kill_at_any_moment_is_put_back(machine):
    """At each call that makes something durable, gives a file its name, or its mode."""
    before = state()
    kills = 0
    for call in ["fsync", "rename", "fchmod"]:
        number = 1
        while killed(machine, call, number):
            until(lambda: not rollbacks())
            assert state() == before, f"killed at {call} {number}"
            if (JOURNAL / "current").exists():  # the way back was not armed yet, and so nothing changed
                machine.setup("--undo", "--yes")
            number += 1
        until(lambda: not rollbacks())
        assert state() == before
        kills += number - 1
    assert kills >= 20


@contextlib.contextmanager
def sudo_rule(rule: str):
    rules = pathlib.Path("/etc/sudoers")
    text = rules.read_text()
    try:
        rules.write_text(f"{text}{rule}\n")
        yield
    finally:
        rules.write_text(text)


@contextlib.contextmanager
def keeps(machine):
    """alice logs in by ssh and keeps the setup there."""
    with sudo_rule("alice ALL=(root) NOPASSWD: /usr/bin/countersign setup --keep"):
        yield machine.product.knock("ssh", sshd=machine.daemon(), command="sudo -n countersign setup --keep")


def test_it_is_kept_from_a_new_login_that_has_proved_a_factor(machine, token):
    machine.setup("--yes", "--rollback-after", "1h")
    changed = state()
    done = machine.setup("--keep", check=False)
    assert done.returncode == 2 and "not a login that began after the setup" in done.stderr
    with keeps(machine) as terminal:
        terminal.reads(prompts.CODE)
        terminal.answer(token.fresh_code())
        terminal.reads("kept: sshd, sudo, sudo-i ask for a second factor")
        assert terminal.ends() == 0
    until(lambda: not rollbacks())
    assert state() == changed


def test_a_login_from_before_the_setup_keeps_nothing(machine, token):
    old = machine.product.knock("ssh", sshd=machine.daemon(), command=None, methods="password")
    old.reads(prompts.SHELL)
    machine.setup("--yes", "--rollback-after", "1h")
    new = machine.product.knock("ssh", sshd=machine.daemon())
    new.reads(prompts.CODE)
    new.answer(token.fresh_code())
    assert gets_in(new, "alice")
    with sudo_rule("alice ALL=(root) NOPASSWD: /usr/bin/countersign setup --keep"):
        old.answer("sudo -n countersign setup --keep")
        old.reads("this is not a login that began after the setup")
    machine.setup("--undo", "--yes")
    until(lambda: not rollbacks())


def test_a_login_of_another_user_keeps_nothing(machine, token):
    machine.product.configure(enrolment='mode = "grace"')
    machine.setup("--yes", "--rollback-after", "1h")
    daemon = machine.daemon()
    new = machine.product.knock("ssh", sshd=daemon)
    new.reads(prompts.CODE)
    new.answer(token.fresh_code())
    assert gets_in(new, "alice")
    with sudo_rule("bob ALL=(root) NOPASSWD: /usr/bin/countersign setup --keep"):
        other = machine.product.knock("ssh", "bob", sshd=daemon, command="sudo -n countersign setup --keep")
        other.reads("no login of bob .*has proved a second factor")
    machine.setup("--undo", "--yes")
    until(lambda: not rollbacks())


def test_an_excused_login_keeps_nothing(machine):
    machine.product.configure(enrolment='mode = "grace"')
    machine.setup("--yes", "--rollback-after", "1h")
    with keeps(machine) as terminal:
        terminal.reads("no login of alice .*has proved a second factor")
        assert terminal.ends() == 2
    machine.setup("--undo", "--yes")
    until(lambda: not rollbacks())


@pytest.fixture
def model(machine) -> str:
    """The text of the settings that are installed as documentation; the host has none of its own."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "countersign.toml").read_text()
    there = pathlib.Path("/usr/share/doc/countersign/countersign.toml")
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_text(text)
    SETTINGS.unlink()
    yield text
    there.unlink()


def test_a_host_without_settings_gets_them_with_their_comments(machine, model):
    machine.setup("--yes", "--service", "sudo", "--grace", "3")
    assert SETTINGS.read_text() == model.replace("#grace_logins = 5", "grace_logins = 3")
    assert SETTINGS.stat().st_mode & 0o777 == 0o640


def test_settings_for_a_server_name_a_copy_of_its_key(machine, model):
    key = machine.host.scratch / "key"
    key.write_text("not-a-real-key\n")
    machine.setup("--yes", "--service", "su", "--server", "https://2fa.example.com", "--api-key-file", str(key))
    settings = tomllib.loads(SETTINGS.read_text())
    assert settings["server"] == {
        "url": "https://2fa.example.com",
        "api_key_file": "/etc/countersign/api-key",
    }
    assert settings["login"]["service"]["su"] == {"factor_of": "caller"}
    copy = pathlib.Path("/etc/countersign/api-key")
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("not-a-real-key\n", 0o640)


def test_a_person_is_asked_for_settings_and_whether_to_write(machine, model):
    terminal = machine.host.terminal(["countersign", "setup", "--service", "sudo"])
    terminal.reads("URL of a 2FA server")
    terminal.answer("")
    terminal.reads("Logins that each user has")
    terminal.answer("7")
    terminal.reads("Type yes to confirm: ")
    assert not SETTINGS.exists() and LINE not in SUDO.read_text()
    terminal.answer("yes")
    terminal.reads("done: sudo, sudo-i ask for a second factor")
    assert terminal.ends() == 0
    assert "\ngrace_logins = 7\n" in SETTINGS.read_text() and LINE in SUDO.read_text()


def test_a_code_of_the_server_connects_a_host_in_the_same_run(machine, model, countersignd):
    code = invite(countersignd)["code"]
    terminal = machine.host.terminal(["countersign", "setup", "--service", "sudo"])
    terminal.reads("A code of countersignd app invite")
    terminal.answer(code)
    terminal.reads("Logins that each user has")
    terminal.answer("")
    terminal.reads(f"Logins will ask the server {countersignd.public_url}, and this spends its code")
    terminal.reads("Type yes to confirm: ")
    terminal.answer("yes")
    terminal.reads("done: sudo, sudo-i ask for a second factor")
    assert terminal.ends() == 0 and LINE in SUDO.read_text()
    assert tomllib.loads(SETTINGS.read_text())["server"]["url"] == countersignd.public_url
    assert "server reached" in machine.host.countersign("refresh", "--all").stdout


def test_a_code_that_is_spent_changes_no_login(machine, model, countersignd):
    code = invite(countersignd)["code"]
    machine.setup("--yes", "--service", "sudo", "--join", code)
    machine.setup("--undo", "--yes")
    SETTINGS.unlink()
    refused = machine.setup("--yes", "--service", "sudo", "--join", code, check=False)
    assert refused.returncode != 0 and "used" in refused.stderr
    assert LINE not in SUDO.read_text() and not SETTINGS.exists()


def test_a_no_changes_nothing(machine):
    before = state()
    terminal = machine.host.terminal(["countersign", "setup"])
    terminal.reads("Type yes to confirm: ")
    terminal.answer("no")
    assert terminal.ends() == 2 and state() == before and not (JOURNAL / "current").exists()


def test_a_machine_that_is_not_understood_is_left_as_it_is(machine):
    pathlib.Path("/etc/ssh/sshd_config").write_text(
        SSHD_CONFIG + "Match Address 192.0.2.0/24\n    PasswordAuthentication no\n"
    )
    before = state()
    done = machine.setup("--yes", check=False)
    assert done.returncode == 1 and "/etc/ssh/sshd_config:5: `Match Address 192.0.2.0/24` sets" in done.stderr
    assert "docs/admin/setup.md" in done.stderr and state() == before


def test_an_sftp_only_group_with_its_own_methods_goes_on(machine):
    machine.add_key_only_user("drop", 42011)
    pathlib.Path("/etc/ssh/sshd_config").write_text(
        SSHD_CONFIG + "Match User drop\n    AuthenticationMethods publickey\n    ForceCommand echo in as drop\n"
    )
    plan = json.loads(machine.setup("--dry-run", "--json").stdout)
    assert {user["user"]: user["asked"] for user in plan["users"]}["drop"] is False
    machine.setup("--yes")
    assert machine.ways("drop") == {"drop": (True, False)}


def test_where_one_user_may_use_a_password_the_others_stay_shut_out(machine, token):
    only = "Match User alice\n    PasswordAuthentication yes\n"
    pathlib.Path("/etc/ssh/sshd_config").write_text(
        SSHD_CONFIG.replace("PasswordAuthentication yes", "PasswordAuthentication no") + only
    )
    assert machine.ways("alice", "carol") == {"alice": (False, True), "carol": (False, False)}
    machine.setup("--yes")
    assert machine.ways("alice", "bob", "carol") == {
        "alice": (False, ASKED),
        "bob": (True, False),
        "carol": (False, False),
    }


def test_a_full_disk_changes_nothing(machine):
    before = state()
    done = subprocess.run(
        [
            *[
                "strace",
                "-qq",
                "-o",
                "/dev/null",
                "-P",
                "/etc/pam.d/.sudo.countersign-setup",
                "-e",
                "trace=write,fsync",
            ],
            *["-e", "inject=write,fsync:error=ENOSPC", "countersign", "setup", "--yes"],
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
    assert "everything was put back" in done.stderr and state() == before
    assert not (JOURNAL / "current").exists()


def test_what_a_user_puts_in_place_of_keys_is_not_opened(machine):
    """A device that acts when it is opened, and a pipe that nobody writes to."""
    for name, make in [("carol", lambda path: path.symlink_to("/dev/tty")), ("mallory", os.mkfifo)]:
        folder = machine.home(name) / ".ssh"
        folder.mkdir()
        make(folder / "authorized_keys")
    opened = machine.host.scratch / "opened"
    subprocess.run(
        ["strace", "-qq", "-y", "-o", opened, "-e", "trace=openat,open", "countersign", "setup", "--dry-run"],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    calls = [line for line in opened.read_text().splitlines() if "authorized_keys" in line and "O_PATH" not in line]
    assert [line for line in calls if "carol" in line or "mallory" in line or "/dev/tty" in line] == []


def test_root_who_may_use_a_password_is_asked_too(machine, product):
    product.softtoken("root")
    config = pathlib.Path("/etc/ssh/sshd_config")
    config.write_text(config.read_text() + "PermitRootLogin yes\n")
    assert machine.ways("root") == {"root": (True, True)}
    machine.setup("--yes", "--service", "sshd")
    assert machine.ways("root") == {"root": (False, ASKED)}


def test_su_and_login_ask_where_they_are_named(machine, token):
    machine.setup("--yes", "--service", "su", "--service", "login")
    for way in ["su", "login"]:
        terminal = machine.product.knock(way)
        terminal.reads(prompts.CODE)
    assert LINE not in SUDO.read_text()


def test_an_account_that_is_made_later_is_asked_and_not_let_in_by_a_key(machine):
    machine.setup("--yes")
    machine.add_key_only_user("late", 42012)
    assert machine.ways("late") == {"late": (False, False)}

"""The way back of `countersign setup`: when it is armed, and that it puts back all that can be."""

import contextlib
import fcntl
import json
import pathlib
import shutil
import subprocess

import pytest

from support.host import REPOSITORY
from support.patience import PATIENCE, until
from support.product import Product
from support.setup_host import DROP_IN, JOURNAL, SetupHost, rollbacks, state
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

SUDO = pathlib.Path("/etc/pam.d/sudo")
SSHD = pathlib.Path("/etc/pam.d/sshd")
LINE = "auth       required     pam_countersign.so\n"
SYSTEMCTL = pathlib.Path("/usr/bin/systemctl")
UNITS = pathlib.Path("/etc/systemd/system")


@pytest.fixture
def machine(host):
    host.install()
    product = Product(host)
    product.configure()
    host.countersign("init")
    one = SetupHost(product)
    yield one
    one.put_back()


def scheduled(machine) -> subprocess.CompletedProcess:
    """What happens when nobody has kept the setup, once."""
    text = (JOURNAL / "current" / "journal").read_text()
    return machine.setup("--undo", "--scheduled", json.loads(text)["id"], check=False)


# When it is armed


@pytest.fixture
def at_a_terminal(machine):
    """Runs setup at a terminal, below a shell of this name that runs `first` before."""

    def run(shell: str, first: str = ":") -> bool:
        program = machine.host.scratch / shell
        shutil.copy("/bin/bash", program)
        setup = "countersign setup --yes --service sudo"
        terminal = machine.host.terminal([str(program), "-c", f"{first}; {setup}; true"])
        terminal.reads("done: sudo")
        terminal.ends()
        armed = bool(rollbacks())
        machine.setup("--undo", "--yes")
        until(lambda: not rollbacks())
        return armed

    return run


def test_it_is_armed_at_a_terminal_that_may_be_one_of_tmux_over_ssh(at_a_terminal):
    assert at_a_terminal("tmux")


def test_it_is_not_armed_at_the_console(at_a_terminal):
    assert not at_a_terminal("login")


def test_it_is_armed_where_logind_calls_the_session_remote(machine):
    session = pathlib.Path("/run/systemd/sessions/77")
    session.parent.mkdir(parents=True)
    number = machine.host.scratch / "number"
    number.write_text("77")
    try:
        session.write_text("UID=0\nREMOTE=1\n")
        done = subprocess.run(
            ["bash", "-c", 'mount --bind "$0" /proc/$$/sessionid; exec countersign setup --yes', number],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0 and rollbacks(), done.stderr
    finally:
        shutil.rmtree("/run/systemd")


def test_a_script_without_a_terminal_has_no_way_back_unless_it_asks_for_one(machine):
    done = subprocess.run(
        ["setsid", "countersign", "setup", "--yes"],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0 and "done: " in done.stdout + done.stderr and not rollbacks()


# What it puts back


@contextlib.contextmanager
def immutable(path: pathlib.Path):
    """A file that no rename replaces: another is mounted on it."""
    subprocess.run(["mount", "--bind", path, path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def test_a_file_that_cannot_be_written_does_not_keep_the_others(machine):
    before = state()
    machine.setup("--yes")
    with immutable(SSHD):
        done = scheduled(machine)
        assert done.returncode == 1 and "not everything was put back: /etc/pam.d/sshd cannot be written" in done.stderr
        assert not DROP_IN.exists() and SUDO.read_bytes() == before[str(SUDO)][0]
    assert scheduled(machine).returncode == 0, "the next try does the rest"
    assert state() == before and not (JOURNAL / "current").exists()


def test_a_file_that_became_a_symlink_does_not_keep_the_others(machine):
    before = state()
    machine.setup("--yes")
    elsewhere = machine.host.scratch / "sudo"
    shutil.move(SUDO, elsewhere)
    SUDO.symlink_to(elsewhere)
    try:
        done = scheduled(machine)
        assert done.returncode == 2 and "/etc/pam.d/sudo: it is not a regular file" in done.stderr, done
        assert not DROP_IN.exists() and SSHD.read_bytes() == before[str(SSHD)][0]
    finally:
        SUDO.unlink()
        shutil.move(elsewhere, SUDO)
    machine.setup("--undo", "--yes")
    assert state() == before


def changed_text() -> set[bytes]:
    return {path.read_bytes() for path in (JOURNAL / "undone").glob("changed.*")}


@pytest.mark.parametrize("path", [DROP_IN, SUDO])
@pytest.mark.parametrize("theirs", [b"# caf\xe9\n", b"# theirs\n"])
def test_what_others_wrote_in_our_lines_is_saved_and_taken_out(machine, path, theirs):
    before = state()
    machine.setup("--yes")
    text = path.read_bytes().replace(b"auth       required     pam_c", b"auth requisite pam_c") + theirs
    path.write_bytes(text)
    done = scheduled(machine)
    assert done.returncode == 0 and f"{path} was changed by others" in done.stderr
    assert state() == before and changed_text() == {text}


def test_undo_sees_a_line_that_only_the_copy_has_lost(machine):
    """Of two changes in one file the second was changed by others."""
    shared = pathlib.Path("/etc/pam.d/system-auth")
    shared.write_text("auth sufficient pam_unix.so\nauth required pam_deny.so\n")
    try:
        SUDO.write_text("auth include system-auth\naccount required pam_permit.so\n")
        machine.setup("--yes", "--service", "sudo")
        assert "auth substack system-auth" in SUDO.read_text()
        text = SUDO.read_text().replace("auth substack system-auth", "auth  requisite pam_unix.so")
        SUDO.write_text(text)
        done = machine.setup("--undo", "--yes", check=False)
        assert done.returncode == 1 and "pam_countersign.so" in done.stderr and SUDO.read_text() == text
    finally:
        shared.unlink()


def test_a_disk_that_is_full_at_the_end_is_told_as_it_is(machine):
    before = state()
    done = subprocess.run(
        [
            *["strace", "-qq", "-o", "/dev/null", "-P", JOURNAL / "current" / "pending"],
            *["-P", SUDO.with_name(".sudo.countersign-setup"), "-e", "trace=write,rename"],
            *["-e", "inject=write:error=ENOSPC:when=2+", "-e", "inject=rename:error=ENOSPC:when=2+"],
            *["countersign", "setup", "--yes"],
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1 and "not everything was put back: /etc/pam.d/sudo cannot be written" in done.stderr
    assert "it is as it was" not in done.stderr and not DROP_IN.exists() and state() != before
    machine.setup("--undo", "--yes")
    assert state() == before


def test_a_question_that_is_open_does_not_hold_it_up(machine):
    before = state()
    machine.setup("--yes")
    terminal = machine.host.terminal(["countersign", "setup", "--undo"])
    terminal.reads("Type yes to confirm: ")
    with open(JOURNAL / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert scheduled(machine).returncode == 0 and state() == before
    terminal.answer("yes")
    terminal.reads("no setup is in force")
    assert terminal.ends() == 1


# systemd


@pytest.fixture
def systemd(machine):
    """A stand-in for systemctl, which says of each unit what `states` says, and writes down what it is told."""

    class Systemd:
        states = machine.host.scratch / "states"
        told = machine.host.scratch / "told"

        def says(self, **units: str) -> None:
            for name, word in units.items():
                (self.states / name.replace("_", ".")).write_text(word)

        def calls(self) -> list[str]:
            lines = self.told.read_text().splitlines()
            return [line for line in lines if not line.startswith(("is-active", "--no-pager cat"))]

    one = Systemd()
    one.states.mkdir()
    real = SYSTEMCTL.read_bytes()
    pathlib.Path("/run/systemd/system").mkdir(parents=True)
    UNITS.mkdir(parents=True, exist_ok=True)
    SYSTEMCTL.unlink()
    SYSTEMCTL.write_text(
        f'#!/bin/sh\necho "$*" >>{one.told}\n'
        f'[ "$1" != is-active ] || {{ cat {one.states}/$2 2>/dev/null || echo inactive; exit 3; }}\n'
        f'[ ! -e {one.states}/fails ] || ! grep -qx "$*" {one.states}/fails\n'
    )
    SYSTEMCTL.chmod(0o755)
    yield one
    SYSTEMCTL.write_bytes(real)
    shutil.rmtree("/run/systemd")
    for path in UNITS.glob("countersign-rollback.*"):
        path.unlink()


def test_a_setup_whose_sshd_cannot_be_told_is_taken_back(machine, systemd):
    before = state()
    systemd.says(ssh_service="active", fails="reload ssh.service")
    done = machine.setup("--yes", check=False)
    assert done.returncode == 1 and "sshd was not told" in done.stderr and state() == before


def test_the_way_back_comes_again_until_sshd_was_told(machine, systemd):
    machine.setup("--yes")
    systemd.says(ssh_service="active", fails="reload ssh.service")
    assert scheduled(machine).returncode == 1 and (JOURNAL / "current").exists()
    systemd.says(fails="")
    assert scheduled(machine).returncode == 0 and "reload ssh.service" in systemd.calls()[-3:]


def test_an_sshd_that_is_still_starting_is_started_anew(machine, systemd):
    machine.setup("--yes")
    systemd.says(ssh_service="activating")
    assert scheduled(machine).returncode == 0 and "--no-block restart ssh.service" in systemd.calls()


@pytest.mark.parametrize(("unit", "is_said"), [("ssh.socket", False), ("other", True)])
def test_no_sshd_at_all_is_told_unless_a_socket_starts_one(machine, systemd, unit, is_said):
    systemd.says(**{unit.replace(".", "_"): "active"})
    assert ("no sshd was found running" in machine.setup("--yes").stderr) == is_said


def test_the_timer_starts_anew_and_the_service_comes_again(machine, systemd):
    machine.setup("--yes", "--rollback-after", "10m")
    assert systemd.calls()[:3] == [
        "daemon-reload",
        "enable countersign-rollback.timer",
        "restart countersign-rollback.timer",
    ]
    timer = (UNITS / "countersign-rollback.timer").read_text()
    service = (UNITS / "countersign-rollback.service").read_text()
    assert "\nOnActiveSec=" in timer and "\nOnCalendar=" in timer and "\nPersistent=true" in timer
    for line in ["Restart=on-failure", "RestartSec=30", "StartLimitIntervalSec=0", "RestartPreventExitStatus=2"]:
        assert f"\n{line}\n" in service
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", UNITS / "countersign-rollback.timer"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "countersign-rollback" not in checked.stderr, checked.stderr


def test_a_timer_without_a_setup_takes_itself_away(machine, systemd):
    machine.setup("--yes", "--rollback-after", "10m")
    text = (JOURNAL / "current" / "journal").read_text()
    units = {path: path.read_bytes() for path in UNITS.glob("countersign-rollback.*")}
    machine.setup("--undo", "--yes")
    for path, content in units.items():
        path.write_bytes(content)
    assert len(units) == 2
    machine.setup("--undo", "--scheduled", json.loads(text)["id"])
    assert not list(UNITS.glob("countersign-rollback.*"))


def test_the_unit_names_the_program_that_an_upgrade_has_put_in_place(machine, systemd):
    program = pathlib.Path("/usr/bin/countersign")
    terminal = machine.host.terminal(["countersign", "setup", "--rollback-after", "10m"])
    terminal.reads("Type yes to confirm: ")
    new = program.with_suffix(".new")
    shutil.copy2(program, new)
    new.rename(program)
    terminal.answer("yes")
    terminal.reads("done: ")
    terminal.ends()
    service = (UNITS / "countersign-rollback.service").read_text()
    assert "\nExecStart=/usr/bin/countersign setup --undo --scheduled " in service


# Removal of the package


def removal(machine) -> subprocess.CompletedProcess:
    stubs = machine.host.scratch / "stubs"
    stubs.mkdir(exist_ok=True)
    stub = stubs / "pam-auth-update"
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    return subprocess.run(
        ["sh", REPOSITORY / "debian" / "libpam-countersign.prerm", "remove"],
        env={**ENVIRONMENT, "PATH": f"{stubs}:{ENVIRONMENT['PATH']}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_package_that_was_never_set_up_is_removed(machine):
    done = removal(machine)
    assert done.returncode == 0, done.stderr


def test_a_setup_is_put_back_by_the_removal_of_the_package(machine):
    before = state()
    machine.setup("--yes")
    done = removal(machine)
    assert done.returncode == 0 and state() == before, done.stderr


def test_a_removal_that_is_refused_takes_no_setup_back(machine):
    machine.setup("--yes", "--service", "sudo")
    pathlib.Path("/etc/pam.d/su").write_text(LINE)
    once = state()
    done = removal(machine)
    assert done.returncode == 1 and "/etc/pam.d/su\n" not in done.stderr and "/etc/pam.d/su" in done.stderr
    assert "/etc/pam.d/sudo" not in done.stderr and state() == once


def test_root_is_told_to_log_in_as_somebody_who_is_asked(machine):
    machine.setup("--yes", "--rollback-after", "1h")
    # A login that began after the setup, and that nobody was asked in.
    program = machine.host.scratch / "sshd"
    shutil.copy("/bin/bash", program)
    done = subprocess.run(
        [str(program), "-c", "countersign setup --keep; exit $?"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2 and "log in as a user who is asked, and use sudo" in done.stderr, done.stderr

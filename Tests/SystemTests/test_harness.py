"""The private host itself, with Debian's own modules in our module's place."""

import pathlib
import subprocess

from support import processes

PASSWORD_ONLY = """\
auth [success=1 default=ignore] pam_unix.so nodelay
auth requisite pam_deny.so
auth required pam_warn.so
auth required pam_permit.so
account required pam_unix.so
session required pam_permit.so
"""


def test_ssh_asks_for_the_password_by_keyboard_interactive(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    terminal = host.ssh("alice")
    terminal.reads(r"\(alice@gate\) Password: ")
    terminal.answer(host.people["alice"].password)
    terminal.reads(r"alice\r\n")
    assert terminal.ends() == 0


def test_ssh_refuses_a_wrong_password(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    terminal = host.ssh("alice", options=("NumberOfPasswordPrompts=1",))
    terminal.reads("Password: ")
    terminal.answer("wrong")
    assert terminal.ends() == 255
    assert "Permission denied" in terminal.transcript


def test_ssh_asks_for_the_password_by_the_password_method(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    terminal = host.ssh("bob", methods="password", sshd=host.sshd(extra="PasswordAuthentication yes"))
    terminal.reads(r"bob@gate's password: ")
    terminal.answer(host.people["bob"].password)
    terminal.reads(r"bob\r\n")
    assert terminal.ends() == 0


def test_ssh_asks_after_the_key_where_both_are_needed(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    host.authorize_key("alice")
    daemon = host.sshd(extra="AuthenticationMethods publickey,keyboard-interactive:pam")
    terminal = host.ssh("alice", sshd=daemon, key=host.key, methods="publickey,keyboard-interactive")
    terminal.reads("Password: ")
    terminal.answer(host.people["alice"].password)
    terminal.reads(r"alice\r\n")
    assert terminal.ends() == 0


def test_an_sshd_under_its_own_name_has_the_stack_of_that_name(host):
    host.pam_stack(
        "sshd-open", "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so"
    )
    terminal = host.ssh("alice", sshd=host.sshd("sshd-open"))
    assert terminal.ends() == 0


def test_sshd_under_its_plain_name_has_debians_stack(host):
    terminal = host.ssh("alice", sshd=host.sshd("sshd"))
    terminal.reads("Password: ")
    terminal.answer(host.people["alice"].password)
    assert terminal.ends() == 0


def test_each_ssh_client_has_the_address_that_it_wants(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    terminal = host.ssh("alice", source="127.0.0.77")
    terminal.reads("Password: ")
    terminal.answer(host.people["alice"].password)
    assert terminal.ends() == 0
    host.journal.wait(r"pam_warn.*terminal=\[ssh\].*user=\[alice\].*rhost=\[127\.0\.0\.77\]", program="sshd-cs")


def test_scp_and_sftp_ask_on_the_terminal(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    file = host.scratch / "letter"
    file.write_text("hello")
    copy = host.scp("alice", file)
    copy.reads("Password: ")
    copy.answer(host.people["alice"].password)
    assert copy.ends() == 0
    assert (host.people["alice"].home / "letter").read_text() == "hello"
    session = host.sftp("alice")
    session.reads("Password: ")
    session.answer(host.people["alice"].password)
    session.reads("sftp> ")
    session.answer("ls")
    session.reads("letter")
    session.answer("bye")
    assert session.ends() == 0


def test_sudo_asks_for_the_callers_password(host):
    terminal = host.sudo("alice", "id", "-un")
    terminal.reads(r"\[sudo\] password for alice: ")
    terminal.answer(host.people["alice"].password)
    terminal.reads(r"root\r\n")
    assert terminal.ends() == 0


def test_sudo_ends_at_ctrl_c(host):
    terminal = host.sudo("alice")
    terminal.reads("password for alice: ")
    terminal.interrupt_prompt()
    assert terminal.ends() != 0


def test_sudo_lets_only_sudoers_in(host):
    terminal = host.sudo("mallory")
    terminal.reads("password for mallory: ")
    terminal.answer(host.people["mallory"].password)
    terminal.reads("mallory is not in the sudoers file")
    assert terminal.ends() == 1


def test_su_asks_for_the_targets_password(host):
    terminal = host.su("alice", "root")
    terminal.reads("Password: ")
    terminal.answer(host.people["root"].password)
    terminal.reads(r"root\r\n")
    assert terminal.ends() == 0


def test_login_asks_for_name_and_password(host):
    terminal = host.login()
    terminal.reads("gate login: ")
    terminal.answer("alice")
    terminal.reads("Password: ")
    terminal.answer(host.people["alice"].password)
    terminal.reads(r"\$ ")
    terminal.answer("id -un; tty; exit")
    terminal.reads(r"\nalice\r\n/dev/pts/\d+\r\n")
    assert terminal.ends() == 0


def test_the_log_knows_who_said_what_and_how_loud(host):
    terminal = host.sudo("alice")
    terminal.reads("password for alice: ")
    terminal.answer(host.people["alice"].password)
    assert terminal.ends() == 0
    (line,) = host.journal.lines("COMMAND=/usr/bin/id -un", program="sudo")
    assert (line.facility, line.severity) == ("authpriv", "notice")


def test_what_a_test_changed_is_gone_after_it(host):
    host.pam_stack("sshd-cs", PASSWORD_ONLY)
    host.pam_stack("sudo", "auth required pam_deny.so")
    host.settings("state = 1")
    host.authorize_key("alice")
    host.ssh("alice").reads("Password: ")
    assert host.reset() == []
    assert not pathlib.Path("/etc/pam.d/sshd-cs").exists()
    assert "common-auth" in pathlib.Path("/etc/pam.d/sudo").read_text()
    assert not pathlib.Path("/etc/countersign").exists()
    assert list(host.people["alice"].home.iterdir()) == []
    assert host.visitors() == []


def test_a_process_that_outlives_its_login_is_found(host):
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as child:
        (sleeper,) = host.visitors()
        assert (sleeper.name, sleeper.pid) == ("sleep", child.pid)
        assert processes.wait_for_end([sleeper], 0) == [sleeper]
        processes.kill(sleeper)


def test_the_repository_cannot_be_written(host):
    own_file = pathlib.Path(__file__)
    try:
        own_file.touch()
    except OSError as refusal:
        assert refusal.strerror == "Read-only file system"
    else:
        raise AssertionError("the repository is writable")

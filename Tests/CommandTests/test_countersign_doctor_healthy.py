"""The doctor blames no machine that is well."""

import os
import stat

import pytest
from doctoring import Patient
from test_countersign_check_host import SSHD

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

KEY_FIRST = SSHD.replace("keyboard-interactive:pam", "publickey,keyboard-interactive:pam")
JUMP = "PermitTTY no\n  X11Forwarding no\n  ForceCommand /usr/sbin/nologin\n  PermitOpen *:22\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return Patient(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def host(machine):
    machine.heal()
    return machine


def key_only(host: Patient) -> None:
    host.config(KEY_FIRST)
    host.edit("sshd", "@include common-auth\n", "")


def sudo_only(host: Patient) -> None:
    host.config("UsePAM yes\nKbdInteractiveAuthentication no\n")
    host.edit("sshd", "auth required pam_countersign.so\n", "")


def jump_host(host: Patient) -> None:
    host.config(KEY_FIRST + "AllowTcpForwarding yes\nMatch Group jump\n  " + JUMP)


def own_control(host: Patient) -> None:
    """As pam-auth-update would write it."""
    for service in ["sshd", "sudo", "sudo-i"]:
        host.edit(
            service,
            "auth required pam_countersign.so\n",
            "auth [success=1 default=ignore] pam_countersign.so\nauth requisite pam_deny.so\n"
            "auth required pam_permit.so\n",
        )


VARIANTS = {
    "debian12": [None, key_only, sudo_only, jump_host, own_control],
    "debian13": [None],
    "ubuntu22.04": [None],
    "ubuntu24.04": [None],
    "fedora": [None],
    "rhel9": [None],
    "rhel9-authselect": [None],
    "suse": [None],
}


@pytest.mark.parametrize(
    ("shape", "variant"), [(shape, variant) for shape, variants in VARIANTS.items() for variant in variants]
)
def test_a_healthy_machine_is_not_blamed(host, shape, variant):
    host.shape(shape)
    if variant:
        variant(host)
    lines = host.lines()
    assert [line for line in lines if line.status != "ok"] == []
    asking = {line.check for line in lines if "asks for a second factor" in line.message}
    assert {"sudo", "sudo-i"} <= asking and ("sshd" in asking) == (variant is not sudo_only)


def test_stacks_in_one_file_are_read_where_there_is_no_folder(host, tmp_path):
    ours = "auth required /mnt/pam_countersign.so\n"
    first = "auth requisite pam_unix.so\n"
    one = "".join(f"{service} {first}{service} {ours}" for service in ["sshd", "sudo", "SUDO-I"])
    (host.own_etc() / "pam.conf").write_text(f"# Services\n{one}other auth required pam_deny.so\n")
    os.mknod(tmp_path / "pam.d", stat.S_IFCHR)
    # What the machine's packages have is hidden by a whiteout of the overlay.
    del host.binds["/usr/lib/pam.d"]
    host.mounts.append(f"mount -t overlay -o lowerdir={tmp_path}:/usr/lib overlay /usr/lib")
    hidden = host.stack_folder.rename(host.base / "hidden")
    try:
        lines = host.lines()
    finally:
        hidden.rename(host.stack_folder)
        (host.own_etc() / "pam.conf").unlink()
    asking = {line.check: line.message for line in lines if "asks for a second factor" in line.message}
    assert asking["sudo"] == "asks for a second factor: /etc/pam.conf:5" and set(asking) == {"sshd", "sudo", "sudo-i"}


def test_the_logins_of_a_user_with_a_factor_are_well(host):
    lines = host.lines("alice", "--from", "198.51.100.7")
    assert [line for line in lines if line.status != "ok"] == []
    said = [f"{line.check}: {line.message}" for line in lines]
    assert "sshd: alice from 198.51.100.7 is asked: keyboard-interactive:pam" in said
    assert "user: alice is asked and has a SoftToken" in said
    assert any(line.startswith("sudo: alice is asked") for line in said)


def test_the_report_for_people_has_a_line_for_each_check_and_a_sum(host):
    done = host.doctor()
    assert done.code == 0 and done.err == ""
    *lines, last = done.out.splitlines()
    assert last == "0 problems, 0 warnings"
    assert all(line.startswith("ok       ") for line in lines)


def test_it_changes_nothing(host, tmp_path):
    host.lines("alice")
    before = host.snapshot()
    trace = tmp_path.parent / "trace"
    done = host.doctor(
        "alice", before=["strace", "-f", "-qq", "-e", "trace=openat,open,creat,rename,unlink,mkdir", "-o", str(trace)]
    )
    assert done.code == 0, done
    assert host.snapshot() == before
    opened = [line for line in trace.read_text().splitlines() if "O_WRONLY" in line or "O_RDWR" in line]
    # SQLite locks the accounts, as every reader does; sudo looks for its terminal.
    allowed = ["/mnt/state/accounts.db", "/dev/null", "/dev/tty", "/mnt/state/.lock"]
    assert [line for line in opened if not any(path in line for path in allowed)] == []


def test_it_says_the_same_of_a_machine_that_cannot_be_written(host):
    whole = host.lines()
    host.mounts.append("mount -o remount,bind,ro /etc; mount -o remount,bind,ro /run")
    assert host.lines() == whole


@pytest.mark.parametrize("words", [["--from", "nowhere"], ["alice", "--from", "1.2.3.4,user=root"], ["--from", "::1"]])
def test_a_place_that_is_no_address_is_refused(host, words):
    done = host.doctor(*words)
    assert done.code == 64 and "--from" in done.err


def test_a_user_who_is_not_there_is_refused(host):
    done = host.doctor("nobody-of-that-name")
    assert done.code == 2 and done.out == "" and "there is no user nobody-of-that-name" in done.err

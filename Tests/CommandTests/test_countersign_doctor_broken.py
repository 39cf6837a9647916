"""The doctor names what is broken, by the right check and, where there is one, by file and line."""

import os
import pathlib
import socket

import pytest
from doctoring import Patient
from test_countersign_check_host import SSHD

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

OURS = "auth required pam_countersign.so\n"
ALICE = ["alice", "--from", "198.51.100.7"]
BROKEN: dict[str, tuple] = {}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    return Patient(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def host(machine):
    machine.heal()
    yield machine
    for undo in machine.__dict__.pop("undo", []):
        undo()


def broken(check: str, text: str, words=(), status: str = "problem"):
    """A machine that the function breaks: which check names it, and how."""

    def add(function):
        BROKEN[function.__name__] = (function, check, text, list(words), status)
        return function

    return add


def stack(name: str, check: str, text: str, status: str = "problem", **edits: tuple[str, str]) -> None:
    """A machine with changed stacks."""

    def change(host):
        for service, (old, new) in edits.items():
            host.edit(service.replace("_", "-"), old, new)

    BROKEN[name] = (change, check, text, [], status)


def config(name: str, text: str, sshd: str, words=(), status: str = "problem") -> None:
    """A machine with other settings of sshd."""
    BROKEN[name] = (lambda host: host.config(sshd), "sshd", text, list(words), status)


def sudoers(name: str, text: str, *lines: str, words=(), status: str = "problem") -> None:
    """A machine with other rules of sudo."""
    BROKEN[name] = (lambda host: host.sudoers(*lines), "sudo", text, list(words), status)


def mended(host: Patient, undo) -> None:
    host.__dict__.setdefault("undo", []).append(undo)


# Stacks

stack(
    "sufficient",
    "sudo",
    "/etc/pam.d/sudo:6: `sufficient` lets in people that",
    sudo=("required pam_c", "sufficient pam_c"),
)
stack(
    "optional", "sshd", "/etc/pam.d/sshd:2: `optional` lets in people that", sshd=("required pam_c", "optional pam_c")
)
stack(
    "refusal_ignored",
    "sudo",
    "/etc/pam.d/sudo:6: `[success=ok default=ignore]` lets in",
    sudo=("required pam_c", "[success=ok default=ignore] pam_c"),
)
stack(
    "password_ends_the_stack",
    "sshd",
    "/etc/pam.d/common-auth:1: pam_unix.so with `sufficient` lets people in before",
    common_auth=("[success=1 default=ignore]", "sufficient"),
)
stack(
    "jump_past_the_line",
    "sudo",
    "/etc/pam.d/sudo:6: pam_exec.so with `[success=1 default=ignore]` lets people in before",
    sudo=(OURS, "auth [success=1 default=ignore] pam_exec.so /bin/true\n" + OURS + "auth required pam_permit.so\n"),
)
stack(
    "a_way_for_nearly_everybody",
    "sudo",
    "/etc/pam.d/sudo:6: pam_succeed_if.so with `sufficient` lets people in before",
    sudo=(OURS, "auth sufficient pam_succeed_if.so uid >= 1000\n" + OURS),
)
stack(
    "factor_alone",
    "sudo",
    "/etc/pam.d/sudo:5: `[success=done default=die]` lets people in by the second factor alone",
    sudo=(
        "@include common-auth\n" + OURS,
        "auth [success=done default=die] pam_countersign.so\n@include common-auth\n",
    ),
)
stack(
    "no_line_anywhere",
    "stacks",
    "no file in /etc/pam.d has pam_countersign",
    sudo=(OURS, ""),
    sudo_i=(OURS, ""),
    sshd=(OURS, ""),
)
stack(
    "one_sibling_only",
    "stacks",
    "/etc/pam.d/sudo has pam_countersign, but /etc/pam.d/sudo-i has not",
    sudo_i=(OURS, ""),
)
stack(
    "line_gone_from_sshd", "sshd", "AuthenticationMethods wants a second question, but /etc/pam.d/sshd", sshd=(OURS, "")
)
stack(
    "control_unreadable",
    "stacks",
    "/etc/pam.d/sudo:6: libpam cannot read `[success=okay default=die]`",
    sudo=("required pam_c", "[success=okay default=die] pam_c"),
)
stack("unknown_type", "stacks", "/etc/pam.d/sudo:6: `aut` is no type", sudo=(OURS, OURS.replace("auth", "aut") + OURS))
stack("no_module", "stacks", "/etc/pam.d/sudo:7: names no module", sudo=(OURS, OURS + "auth required\n"))
stack(
    "include_missing",
    "stacks",
    "/etc/pam.d/sshd:1: includes common-auht, which is not there",
    sshd=("common-auth", "common-auht"),
)
stack(
    "include_loop",
    "stacks",
    "/etc/pam.d/common-auth:4: includes /etc/pam.d/common-auth",
    common_auth=("pam_permit.so\n", "pam_permit.so\nauth include common-auth\n"),
)
stack(
    "backslash_at_the_end",
    "stacks",
    "/etc/pam.d/other: ends with a backslash",
    other=("@include common-password\n", "@include common-password \\"),
)
stack(
    "everybody_refused",
    "sudo",
    "/etc/pam.d/sudo:7: pam_deny.so refuses everybody",
    sudo=(OURS, OURS + "auth required pam_deny.so\n"),
)
stack(
    "other_module_missing",
    "sudo",
    "/etc/pam.d/sudo:7: pam_gone.so refuses everybody",
    sudo=(OURS, OURS + "auth required pam_gone.so\n"),
)
stack("jump_too_far", "sudo", "refuses everybody", sudo=(OURS, "auth [default=9] pam_permit.so\n" + OURS))
stack(
    "blank_in_a_continued_line",
    "stacks",
    "/etc/pam.d/sudo:6: a continued line is followed by an empty line",
    sudo=(OURS, "auth required \\\n\n pam_countersign.so\n"),
)


@broken("stacks", "/etc/pam.d/sudo: is a named pipe")
def pipe(host):
    (host.stack_folder / "sudo").unlink()
    os.mkfifo(host.stack_folder / "sudo")


@broken("stacks", "/etc/pam.d/sudo: is a directory")
def folder(host):
    (host.stack_folder / "sudo").unlink()
    (host.stack_folder / "sudo").mkdir()


@broken("stacks", "/etc/pam.d/sudo: cannot be read: No such file or directory")
def dangling_link(host):
    (host.stack_folder / "sudo").unlink()
    (host.stack_folder / "sudo").symlink_to("gone")


@broken("stacks", "/etc/pam.d/common-auth: can be changed by others than root")
def writable_stack(host):
    (host.stack_folder / "common-auth").chmod(0o666)


@broken("stacks", "/etc/pam.d/sudo: can be changed by others than root")
def stack_of_another(host):
    os.chown(host.stack_folder / "sudo", 65534, 0)


@broken("stacks", "/etc/pam.d/sudo: is longer than 262144 bytes")
def huge_stack(host):
    (host.stack_folder / "sudo").write_text(OURS + "# x\n" * 100_000)


@broken("stacks", "more than 500 files are included: not read")
def include_bomb(host):
    parts = {f"part-{n}": f"auth include part-{n + 1}\n" * 4 for n in range(14)}
    host.stacks(sudo="auth include part-0\n" + OURS, **parts, **{"part-14": "auth optional pam_permit.so\n"})


@broken("sudo", "the stack around this line has too many ways to follow them all")
def labyrinth(host):
    jump = "auth [success=ignore default=950] pam_unknown.so\n"
    host.stacks(sudo=jump * 900 + OURS + "auth optional pam_permit.so\n" * 1_000)


@broken("cockpit", "people come in over the network and are not asked", status="warning")
def cockpit(host):
    host.stacks(cockpit="auth substack common-auth\naccount required pam_unix.so\n")


@broken("xrdp-sesman", "people come in over the network and are not asked", status="warning")
def xrdp(host):
    host.stacks(**{"xrdp-sesman": "@include common-auth\n"})


# The module and the helpers


@broken("module", "pam_countersign.so is in none of libpam's directories")
def module_missing(host):
    file = host.modules / "pam_countersign.so"
    file.rename(host.base / "away")
    mended(host, lambda: (host.base / "away").rename(file))


@broken("module", "others than root may change it")
def module_writable(host):
    file = host.modules / "pam_countersign.so"
    file.chmod(0o666)
    mended(host, lambda: file.chmod(0o644))


@broken("helpers", "/mnt/helpers/countersign-login: missing")
def helper_missing(host):
    file = host.folder / "helpers" / "countersign-login"
    file.rename(host.base / "away")
    mended(host, lambda: (host.base / "away").rename(file))


@broken("helpers", "/mnt/helpers/countersign-net: not root's, or others may write it")
def helper_writable(host):
    file = host.folder / "helpers" / "countersign-net"
    file.chmod(0o777)
    mended(host, lambda: file.chmod(0o755))


@broken("helpers", "/mnt/helpers/countersign-login: not executable")
def helper_not_executable(host):
    file = host.folder / "helpers" / "countersign-login"
    file.chmod(0o644)
    mended(host, lambda: file.chmod(0o755))


@broken("log", "2 denials by AppArmor or SELinux within a day, the last: ")
def denied(host):
    line = 'audit: apparmor="DENIED" operation="open" profile="/usr/libexec/countersign/countersign-login" name="/x"'
    host.program("/usr/bin/journalctl", f"echo '{line}'; echo '{line}'")


@broken(
    "log",
    "/usr/bin/journalctl cannot be asked for denials: Compiled without pattern matching support",
    status="warning",
)
def journal_without_search(host):
    host.program("/usr/bin/journalctl", "echo Compiled without pattern matching support >&2; exit 1")


# sshd

config("no_pam", "sshd does not use PAM (UsePAM no)", SSHD.replace("UsePAM yes", "UsePAM no"))
config(
    "key_alone",
    "sshd lets in by publickey alone (AuthenticationMethods any)",
    "UsePAM yes\nKbdInteractiveAuthentication yes\n",
)
config(
    "a_second_way",
    "sshd lets in by publickey alone (AuthenticationMethods)",
    SSHD.replace("interactive:pam", "interactive:pam publickey"),
)
config(
    "gssapi",
    "sshd lets in by gssapi-with-mic alone",
    SSHD.replace("interactive:pam", "interactive:pam gssapi-with-mic"),
)
config(
    "host_based",
    "sshd lets in by hostbased alone",
    "UsePAM yes\nKbdInteractiveAuthentication yes\nPubkeyAuthentication no\nHostbasedAuthentication yes\n",
)
config(
    "no_question",
    "KbdInteractiveAuthentication is no",
    "UsePAM yes\nKbdInteractiveAuthentication no\nPubkeyAuthentication no\n",
)
config(
    "blind_password",
    "with `password` the module cannot ask anything",
    SSHD.replace("keyboard-interactive:pam", "publickey,password").replace(
        "PasswordAuthentication no", "PasswordAuthentication yes"
    ),
)
config(
    "match_all",
    "no second factor is asked for (/etc/ssh/sshd_config:5: Match all)",
    SSHD + "Match all\n  AuthenticationMethods publickey\n",
)
config("sshd_silent", "sshd does not say its settings", "NoSuchWord yes\n" + SSHD, status="warning")
config(
    "match_for_one",
    "alice from 198.51.100.7: sshd lets in by publickey alone (AuthenticationMethods): no second factor is asked for "
    "(/etc/ssh/sshd_config:5: Match User alice)",
    SSHD + "Match User alice\n  AuthenticationMethods publickey\n",
    ALICE,
    "warning",
)
config(
    "match_for_a_place",
    "alice from 198.51.100.7: sshd lets in by publickey alone",
    SSHD + "Match Address 198.51.100.0/24\n  AuthenticationMethods publickey\n",
    ALICE,
    "warning",
)
config("root_by_password", "PermitRootLogin without-password refuses root after the second factor", SSHD, ["root"])
config(
    "keys_from_nowhere",
    "AuthorizedKeysCommand /mnt/keys: it is no program",
    SSHD + "AuthorizedKeysCommand /mnt/keys\nAuthorizedKeysCommandUser nobody\n",
)
config("no_authority", "TrustedUserCAKeys /mnt/ca.pub: No such file", SSHD + "TrustedUserCAKeys /mnt/ca.pub\n")
config(
    "little_time", "LoginGraceTime is 30 s, and a login may take 90 s", SSHD + "LoginGraceTime 30\n", status="warning"
)


@broken("sshd", "sshd does not say its settings, its files were read instead: it gave no answer", status="warning")
def sshd_hangs(host):
    host.program("/usr/sbin/sshd", "exec sleep 300")


# sudo

sudoers(
    "nobody_asked",
    "`Defaults !authenticate`: sudo asks for neither password nor second factor",
    "Defaults !authenticate",
)
sudoers("no_password_for_all", "NOPASSWD: ALL`: sudo asks for neither", "ALL ALL=(ALL:ALL) NOPASSWD: ALL")
sudoers(
    "another_service",
    "`Defaults pam_service=other`: /etc/pam.d/other has no pam_countersign",
    "Defaults pam_service=other",
)
sudoers("long_memory", "people are not asked again for a long time", "Defaults timestamp_timeout=-1", status="warning")
sudoers(
    "other_password", "for another user's password, and for that user's factor", "Defaults targetpw", status="warning"
)
sudoers("unreadable_rules", "/etc/sudoers cannot be read by cvtsudoers", "this is no rule")
sudoers(
    "no_password_for_her",
    "alice is asked for neither password nor factor: NOPASSWD: ALL",
    "alice ALL=(ALL) NOPASSWD: ALL",
    words=ALICE,
)
sudoers(
    "no_password_for_one_command",
    "alice is not asked for NOPASSWD: /bin/true",
    "alice ALL=(ALL) NOPASSWD: /bin/true, PASSWD: ALL",
    words=ALICE,
    status="warning",
)
sudoers(
    "not_asked_by_name",
    "alice is asked for neither password nor factor: !authenticate",
    "Defaults:alice !authenticate",
    "alice ALL=(ALL) ALL",
    words=ALICE,
)
sudoers(
    "her_other_service",
    "`sudo` uses /etc/pam.d/su (pam_service)",
    "Defaults:alice pam_service=su",
    "alice ALL=(ALL) ALL",
    words=ALICE,
)
sudoers(
    "her_long_memory",
    "alice is not asked again for 600 minutes",
    "Defaults timestamp_timeout=600",
    "alice ALL=(ALL) ALL",
    words=ALICE,
    status="warning",
)


@broken("sudo", "sudo does not say what alice may do: it gave no answer", words=ALICE)
def sudo_hangs(host):
    host.program("/usr/bin/sudo", "exec >/dev/null 2>&1; sleep 300")


# Settings, state and people


@broken("settings", "not-a-key")
def unknown_setting(host):
    host.settings('state = "/mnt/state"\nnot-a-key = 1\n')


@broken("settings", "countersign.toml")
def open_settings(host):
    host.settings('state = "/mnt/state"\n', mode=0o666)


@broken("accounts", "the state directory /mnt/nowhere is missing")
def no_state(host):
    host.settings('state = "/mnt/nowhere"\n')


@broken("accounts", "others may enter /mnt/state: its mode is 0777")
def open_state(host):
    state = host.folder / "state"
    state.chmod(0o777)
    mended(host, lambda: state.chmod(0o700))


@broken("accounts", "/mnt/state belongs to uid 0")
def state_of_root(host):
    state = host.folder / "state"
    found = state.stat()
    os.chown(state, 0, 0)
    mended(host, lambda: os.chown(state, found.st_uid, found.st_gid))


@broken("disk", "/mnt/state is mounted read-only")
def read_only_state(host):
    host.mounts.append("mount --bind /mnt/state /mnt/state; mount -o remount,bind,ro /mnt/state")


@broken("disk", "/mnt/state: no room is left")
def full_disk(host):
    host.mounts.append(
        "mkdir -p /run/small; mount -t tmpfs -o size=2m,mode=700 small /run/small; cp -a /mnt/state/. /run/small; "
        "chown --reference=/mnt/state /run/small; "
        "head -c 1200000 /dev/zero > /run/small/filler; mount --bind /run/small /mnt/state"
    )


@broken("user", "alice has no factor and is denied", words=ALICE)
def no_factor(host):
    host.settings('state = "/mnt/state"\n[enrolment]\nmode = "required"\n')
    host.account(confirmed=0, secret=None, algorithm=None, digits=None, period=None)
    mended(host, lambda: host.does("softtoken", "alice"))


@broken("user", "alice has a SoftToken, which has never succeeded", words=ALICE, status="warning")
def never_tried(host):
    host.account(confirmed=0)


@broken("server", "127.0.0.1")
def server_away(host):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host.settings(f'state = "/mnt/state"\n[server]\nurl = "https://127.0.0.1:{port}"\napi_key = "{"k" * 32}"\n')


@broken("server", "key")
def key_missing(host):
    host.settings('state = "/mnt/state"\n[server]\nurl = "https://127.0.0.1:1"\napi_key_file = "/mnt/no-key"\n')


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_machine_is_named_by_the_right_check(host, name):
    change, check, text, words, status = BROKEN[name]
    change(host)
    lines = host.blames(*words)
    named = [line for line in lines if line.check == check and text in line.message]
    assert named and named[0].status == status and named[0].hint, lines


@pytest.mark.parametrize(
    "line",
    [
        'audit: apparmor="DENIED" operation="userns_create" profile="unconfined" comm="countersign"',
        "audit: avc: denied { read } comm=countersign scontext=u:r:user_t:s0 tcontext=u:r:shadow_t:s0",
        "countersign was denied",
    ],
)
def test_a_refusal_of_somebody_elses_program_is_not_ours_whatever_its_name(host, line):
    host.program("/usr/bin/journalctl", f"echo '{line}'")
    assert [one.status for one in host.blames() if one.check == "log"] != ["problem"]


def test_there_are_forty_of_them():
    assert len(BROKEN) >= 40


def test_names_of_files_move_no_cursor(host):
    (host.stack_folder / "evil\x1b[2Jname").write_text("auth required \x1b]0;x\x07\n" + OURS)
    done = host.doctor()
    assert "\x1b" not in done.out + done.err and done.code == 2
    assert pathlib.Path(host.stack_folder, "evil\x1b[2Jname").exists()

"""What root's check says of the stacks and of sshd: it looks at an /etc and a /run of the test's own."""

import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import BUILT, MODULE
from support.patience import PATIENCE
from test_countersign_as_root import RootDesk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

COMMON_AUTH = (
    "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth\trequisite\t\t\tpam_deny.so\n"
    "auth\trequired\t\t\tpam_permit.so\n"
)
OURS = "auth required /mnt/pam_countersign.so\n"
SSHD = (
    "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\nAuthenticationMethods "
    "keyboard-interactive:pam\n"
)


class CheckedHost(RootDesk):
    """A host on which all is well, but that no stack is as the test says."""

    def __init__(self, base: pathlib.Path):
        super().__init__(base)
        (self.folder / "helpers").mkdir(mode=0o755)
        for name in ["countersign-login", "countersign-net"]:
            shutil.copyfile(BUILT / name, self.folder / "helpers" / name)
            (self.folder / "helpers" / name).chmod(0o755)
        shutil.copyfile(BUILT / MODULE, self.folder / MODULE)
        self.stack_folder = self.own_etc() / "pam.d"
        shutil.rmtree(self.stack_folder)
        self.stack_folder.mkdir(mode=0o755)
        self.stacks(**{"common-auth": COMMON_AUTH, "other": "@include common-auth\n"})
        self.does("list")

    def stacks(self, **files: str) -> None:
        for name, text in files.items():
            (self.stack_folder / name).write_text(text)

    def check(self, *words):
        return self.run("check", "--helpers", "/mnt/helpers", *words)

    def problem(self) -> tuple[str, str]:
        """The only finding, and its meaning."""
        done = self.check()
        assert done.code == 1 and "ok\n" != done.out, done
        (error,) = [line.removeprefix("error: ") for line in done.err.splitlines() if line.startswith("error: ")]
        assert f"error: {error}\nhint: " in done.err
        return error, done.out.removeprefix("settings ok, but ").removesuffix(": 1 problem\n")

    def sudoers(self, *lines: str) -> None:
        (self.own_etc() / "sudoers").write_text("root ALL=(ALL:ALL) ALL\n" + "".join(line + "\n" for line in lines))

    def sshd_config(self, text: str) -> None:
        folder = self.own_etc() / "ssh"
        folder.mkdir(mode=0o755)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "ssh_host_ed25519_key"],
            check=True,
            timeout=PATIENCE,
        )
        (folder / "sshd_config").write_text(text)
        (self.base / "run" / "sshd").mkdir(parents=True, mode=0o755)


@pytest.fixture
def host(tmp_path):
    return CheckedHost(tmp_path)


def test_without_the_line_in_any_stack_nobody_is_asked(host):
    error, means = host.problem()
    assert error == "no file in /etc/pam.d has pam_countersign: nobody is asked for a second factor"
    assert means == "nobody is asked for a second factor"


@pytest.mark.parametrize(
    "text", ["# " + OURS, "session required pam_countersign.so\n", "auth required pam_unix.so # pam_countersign.so\n"]
)
def test_a_line_that_is_no_auth_line_asks_nobody(host, text):
    host.stacks(sudo="@include common-auth\n" + text)
    assert host.problem()[1] == "nobody is asked for a second factor"


@pytest.mark.parametrize("name", ["sudo.bak", "sudo~", "sudo.dpkg-dist", "common-old"])
def test_a_copy_of_a_stack_asks_nobody(host, name):
    host.stacks(**{"sudo": "@include common-auth\n", name: "@include common-auth\n" + OURS})
    assert host.problem()[1] == "nobody is asked for a second factor"


@pytest.mark.parametrize(
    "stacks",
    [
        {"sudo": "@include common-auth\n" + OURS},
        {"sudo": "auth include common-auth\n" + OURS},
        {"sudo": "auth substack common-auth\n" + OURS},
        {"sudo": "@include common-auth\n@include second\n", "second": OURS},
        {"sudo": "@include common-auth\n", "common-auth": COMMON_AUTH + OURS},
        {"sudo": "@include common-auth\nauth\\\n required \\\n /mnt/pam_countersign.so\n"},
        {
            "sudo": "@include common-auth\nauth [success=ok new_authtok_reqd=ok ignore=ignore default=die] "
            "/mnt/pam_countersign.so debug\n"
        },
        {
            "sudo": "auth sufficient pam_rootok.so\nauth required pam_env.so\n@include common-auth\n"
            "auth optional pam_cap.so\n" + OURS
        },
        {
            "sudo": "@include common-auth\nauth [success=1 default=ignore] pam_succeed_if.so user = emergency\n"
            + OURS
            + "auth required pam_permit.so\n"
        },
        {"sudo": "auth requisite pam_exec.so /bin/true\n" + OURS},
        {"sudo": "@include common-auth\nauth requisite /mnt/pam_countersign.so\n"},
        # Without its file this line fails like any other: the dash only keeps libpam from logging it.
        {"sudo": "@include common-auth\n-auth required /mnt/pam_countersign.so\n"},
    ],
)
def test_a_stack_that_asks_everybody_is_ok(host, stacks):
    host.stacks(**stacks)
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err
    (asked,) = [line for line in done.err.splitlines() if line.startswith("asked for a second factor: ")]
    assert "sudo" in asked.split(": ")[1].split(", ")


@pytest.mark.parametrize("name", ["sudo", "sshd", "su", "login"])
def test_the_stacks_that_are_shipped_are_ok(host, name):
    text = (
        (pathlib.Path(__file__).resolve().parents[2] / "pam.d" / name)
        .read_text()
        .replace("pam_countersign.so", "/mnt/pam_countersign.so")
    )
    host.stacks(**{name: text})
    if name == "sshd":
        host.sshd_config(SSHD)
    assert host.check().out == "ok\n"


def test_what_an_ok_is_about_is_said(host):
    host.stacks(
        **{"sudo": "@include common-auth\n" + OURS, "sudo-i": "@include sudo\n", "login": "@include common-auth\n"}
    )
    said = host.check().err
    assert "asked for a second factor: sudo, sudo-i\nnot asked: login\n" in said and "not asked by way of" not in said


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (
            "@include common-auth\nauth sufficient /mnt/pam_countersign.so\n",
            "/etc/pam.d/sudo:2: `sufficient` lets in people that",
        ),
        (
            "@include common-auth\nauth optional /mnt/pam_countersign.so\n",
            "/etc/pam.d/sudo:2: `optional` lets in people that",
        ),
        ("auth sufficient /mnt/pam_countersign.so\n", "/etc/pam.d/sudo:1: `sufficient` lets in people that"),
        (
            "@include common-auth\nauth [success=ok default=ignore] /mnt/pam_countersign.so\n",
            "/etc/pam.d/sudo:2: `[success=ok default=ignore]`",
        ),
        (
            "@include common-auth\nauth [success=ok default=1] /mnt/pam_countersign.so\nauth required pam_permit.so\n",
            "/etc/pam.d/sudo:2: `[success=ok",
        ),
        (
            "@include common-auth\nauth [success=ok authinfo_unavail=ignore default=die] /mnt/pam_countersign.so\n",
            "/etc/pam.d/sudo:2: `[success=ok auth",
        ),
        (
            "auth sufficient pam_unix.so\n" + OURS,
            "/etc/pam.d/sudo:1: pam_unix.so with `sufficient` lets people in before",
        ),
        (
            "auth sufficient pam_unix.so\nauth sufficient pam_sss.so\n" + OURS,
            "/etc/pam.d/sudo:1: pam_unix.so with `sufficient` lets people in before",
        ),
        (
            "auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
            + OURS
            + "auth required pam_permit.so\n",
            "/etc/pam.d/sudo:1: pam_unix.so with `[success=2 default=ignore]` lets people in before",
        ),
        (
            "auth [success=done default=die] /mnt/pam_countersign.so\n@include common-auth\n",
            "/etc/pam.d/sudo:1: `[success=done default=die]` lets people in by",
        ),
        # As pam_faillock(8) has it.
        (
            "auth [success=1 default=bad] pam_unix.so\nauth [default=die] pam_faillock.so authfail\nauth sufficient "
            "pam_faillock.so authsucc\n" + OURS,
            "/etc/pam.d/sudo:3: pam_faillock.so with `sufficient` lets people in before",
        ),
        (
            "auth sufficient pam_succeed_if.so uid >= 1000\n@include common-auth\n" + OURS,
            "/etc/pam.d/sudo:1: pam_succeed_if.so with `sufficient`",
        ),
        (
            "@include common-auth\nauth [success=1 default=ignore] pam_succeed_if.so user != root\n"
            + OURS
            + "auth required pam_permit.so\n",
            "/etc/pam.d/sudo:2: pam_succeed_if.so with `[success=1 default=ignore]`",
        ),
        (
            "auth sufficient pam_localuser.so\n@include common-auth\n" + OURS,
            "/etc/pam.d/sudo:1: pam_localuser.so with `sufficient`",
        ),
        (
            "auth sufficient pam_deny.so\nauth required pam_sss.so\n"
            "auth [auth_err=2 success=ignore] pam_exec.so /bin/true\n" + OURS + "auth optional pam_cap.so\n",
            "/etc/pam.d/sudo:3: pam_exec.so with `[auth_err=2 success=ignore]`",
        ),
        (
            "auth requisite pam_unix.so\nauth required pam_sss.so\nauth [authinfo_unavail=done default=1] pam_ldap.so\n"
            + OURS
            + "auth required pam_permit.so\n",
            "/etc/pam.d/sudo:3: pam_ldap.so with `[authinfo_unavail=done default=1]`",
        ),
        (
            "auth requisite pam_unix.so\nauth [default=1 success=ok default=ignore] pam_exec.so /bin/true\n"
            + OURS
            + "auth required pam_permit.so\n",
            "/etc/pam.d/sudo:2: pam_exec.so with `[default=1 success=ok default=ignore]`",
        ),
        (
            "auth required pam_sss.so\nauth sufficient pam_sss.so\n" + OURS,
            "/etc/pam.d/sudo:2: pam_sss.so with `sufficient` lets people in before",
        ),
    ],
)
def test_a_stack_that_does_not_ask_everybody_is_named_by_its_line(host, stack, said):
    host.stacks(sudo=stack)
    error, means = host.problem()
    assert error.startswith(said) and means == "not everybody is asked for a second factor"


@pytest.mark.parametrize(
    "line",
    [
        "auth [success=1 default=ignore] pam_succeed_if.so user = emergency",
        "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup robots",
        "auth [success=1 default=ignore] pam_access.so accessfile=/etc/security/robots.conf",
        "auth [success=1 default=ignore] pam_succeed_if.so uid < 1000",
    ],
)
def test_those_who_are_exempt_by_a_line_of_a_stack_are_told_beside_the_ok(host, line):
    host.stacks(sudo=f"@include common-auth\n{line}\n{OURS}auth required pam_permit.so\n")
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err
    assert f"not asked by way of /etc/pam.d/sudo:2: {line.split('] ')[1]}\n" in done.err


def test_a_way_past_the_line_in_a_file_that_is_taken_in_is_named_there(host):
    host.stacks(
        sudo="@include common-auth\n" + OURS,
        **{"common-auth": "auth sufficient pam_unix.so\nauth required pam_deny.so\n"},
    )
    assert host.problem()[0].startswith("/etc/pam.d/common-auth:1: pam_unix.so with `sufficient` lets people in before")


def test_a_substack_ends_only_itself(host):
    host.stacks(
        sudo="auth substack common-auth\n" + OURS,
        **{"common-auth": "auth sufficient pam_unix.so\nauth required pam_deny.so\n"},
    )
    assert host.check().code == 0


def test_a_stack_that_names_a_module_which_is_not_there_fails(host):
    host.stacks(sudo="@include common-auth\nauth required /mnt/elsewhere/pam_countersign.so\n")
    error, means = host.problem()
    assert (
        error.startswith("/etc/pam.d/sudo:2: /mnt/elsewhere/pam_countersign.so: No such file")
        and means == "logins will fail"
    )


def test_a_stack_with_settings_of_its_own_is_warned_of(host):
    host.stacks(sudo="@include common-auth\nauth required /mnt/pam_countersign.so config=/etc/other.toml\n")
    assert (
        "warning: /etc/pam.d/sudo:2: these logins read /etc/other.toml, not /mnt/countersign.toml\n" in host.check().err
    )
    host.stacks(sudo="@include common-auth\nauth required /mnt/pam_countersign.so config=/mnt/countersign.toml\n")
    assert "these logins read" not in host.check().err


def test_with_json_that_nobody_is_asked_is_an_error(host):
    done = host.check("--json")
    assert (done.code, done.json["ok"]) == (1, False)
    assert done.json["error"]["message"] == "settings ok, but nobody is asked for a second factor: 1 problem"


# sshd


@pytest.mark.parametrize(
    "text",
    [
        SSHD,
        SSHD.replace("Methods ", "Methods publickey,"),
        SSHD.replace(":pam", ""),
        SSHD.replace("interactive:pam", "interactive:pam password"),
    ],
)
def test_an_sshd_that_asks_is_ok(host, text):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(text)
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err


@pytest.mark.parametrize(
    ("text", "said", "means"),
    [
        (
            "",
            "sshd does not use PAM (UsePAM no): ssh asks for no second factor",
            "not everybody is asked for a second factor",
        ),
        (
            "UsePAM yes\n",
            "sshd lets in by publickey alone (AuthenticationMethods any): no second factor is asked for",
            "not everybody is asked for a second factor",
        ),
        (
            SSHD.replace("interactive:pam", "interactive:pam publickey"),
            "sshd lets in by publickey alone (AuthenticationMethods): no second factor",
            "not everybody is asked for a second factor",
        ),
        (
            SSHD.replace("Interactive:pam", "interactive:pam")
            .replace("KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no")
            .replace("Methods keyboard-interactive:pam", "Methods any")
            .replace("AuthenticationMethods", "PubkeyAuthentication no\nAuthenticationMethods"),
            "sshd cannot ask for a second factor: KbdInteractiveAuthentication is no",
            "logins will fail",
        ),
    ],
)
def test_an_sshd_that_does_not_ask_is_a_problem(host, text, said, means):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(text)
    error, what = host.problem()
    assert error.startswith(said) and what == means


@pytest.mark.parametrize(
    ("block", "way"),
    [
        ("Match all\n  AuthenticationMethods publickey\n", "publickey"),
        ("Match User *\n AuthenticationMethods=publickey\n", "publickey"),
        ('match user="*,!root"\n\tauthenticationmethods "publickey,hostbased"\n', "publickey,hostbased"),
        ("Match LocalPort 2222\nAuthenticationMethods publickey keyboard-interactive\n", "publickey"),
        ("Match Address 0.0.0.0/0 User *\nAuthenticationMethods publickey\n", "publickey"),
        ("Match all\nInclude more.conf\n", "publickey"),
        ("Include block*.conf\n", "publickey"),
    ],
)
def test_a_match_block_that_lets_everybody_in_by_a_key_alone_is_a_problem(host, block, way):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(SSHD + block)
    (host.own_etc() / "ssh" / "more.conf").write_text("AuthenticationMethods publickey\n")
    (host.own_etc() / "ssh" / "block1.conf").write_text("Match all\nAuthenticationMethods publickey\n")
    error, means = host.problem()
    # sshd itself reports which words match the host's own: `all`, ports.
    assert f"sshd lets in by {way} alone (AuthenticationMethods)" in error
    assert means == "not everybody is asked for a second factor"


@pytest.mark.parametrize(
    "criteria", ["User backup Address 192.0.2.16/28", "Group robots", "user=backup", "Host *.example.com User *"]
)
def test_a_match_block_for_some_people_is_told_beside_the_ok(host, criteria):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(SSHD + f"Match {criteria}\n  AuthenticationMethods publickey\nMatch all\n")
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err
    assert f"not asked by way of /etc/ssh/sshd_config:5: Match {criteria}\n" in done.err


def test_a_match_block_that_changes_nothing_about_it_is_not_told(host):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(
        SSHD
        + "Match Group sftp\n  ForceCommand internal-sftp\n  AuthenticationMethods publickey,keyboard-interactive\n"
    )
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n") and "not asked by way of" not in done.err, done.err


# sudo


@pytest.mark.skipif(not pathlib.Path("/usr/bin/cvtsudoers").exists(), reason="needs sudo")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Defaults !authenticate", "`Defaults !authenticate`: sudo asks for neither password nor second factor"),
        ("Defaults env_reset, !authenticate, use_pty", "`Defaults !authenticate`: sudo asks for neither"),
        ("ALL ALL=(ALL:ALL) NOPASSWD: ALL", "`ALL ALL = (ALL : ALL) NOPASSWD: ALL`: sudo asks for neither"),
        (
            "Defaults pam_service=other",
            "`Defaults pam_service=other`: /etc/pam.d/other has no pam_countersign: sudo asks for no second factor",
        ),
        (
            'Defaults pam_login_service = "gone"',
            "/etc/pam.d/gone has no pam_countersign: sudo asks for no second factor",
        ),
    ],
)
def test_sudoers_that_keep_sudo_from_asking_are_a_problem(host, line, said):
    host.stacks(**{"sudo": "@include common-auth\n" + OURS, "sudo-i": "@include sudo\n"})
    host.sudoers(line)
    error, means = host.problem()
    assert (
        error.startswith("/etc/sudoers: ") and said in error and means == "not everybody is asked for a second factor"
    )


@pytest.mark.skipif(not pathlib.Path("/usr/bin/cvtsudoers").exists(), reason="needs sudo")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Defaults:deploy !authenticate", "Defaults:deploy !authenticate"),
        ("deploy ALL=(ALL) \\\n NOPASSWD: ALL", "deploy ALL = (ALL) NOPASSWD: ALL"),
        ("ALL ALL = NOPASSWD: /bin/true", "ALL ALL = NOPASSWD: /bin/true"),
        ("Defaults exempt_group=robots", "Defaults exempt_group=robots"),
    ],
)
def test_rules_of_sudo_that_ask_some_people_nothing_are_told_beside_the_ok(host, line, said):
    host.stacks(**{"sudo": "@include common-auth\n" + OURS, "sudo-i": "@include sudo\n"})
    host.sudoers(line)
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err
    assert f"not asked by way of /etc/sudoers: {said}\n" in done.err


@pytest.mark.skipif(not pathlib.Path("/usr/bin/cvtsudoers").exists(), reason="needs sudo")
def test_rules_of_sudo_that_ask_are_ok(host):
    host.stacks(**{"sudo": "@include common-auth\n" + OURS, "sudo-i": "@include sudo\n", "sudo2": "@include sudo\n"})
    host.sudoers(
        "Defaults !authenticate", "Defaults authenticate", "Defaults pam_service=sudo2", "%sudo ALL=(ALL:ALL) ALL"
    )
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n") and "not asked by way of" not in done.err, done.err


def test_an_sshd_whose_stack_has_no_line_is_not_judged(host):
    host.stacks(sudo="@include common-auth\n" + OURS, sshd="@include common-auth\n")
    host.sshd_config("")
    assert host.check().code == 0


# As on a host where sshd is started for each connection, and has no /run/sshd between them.
SILENT = "NoSuchWord yes\n"


def test_an_sshd_that_does_not_answer_is_warned_of_and_its_files_are_read(host):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(SILENT + SSHD + "Match User backup\n AuthenticationMethods publickey\n")
    done = host.check()
    assert (done.code, done.out) == (0, "ok\n"), done.err
    assert "warning: sshd does not say its settings, its files were read instead: sshd -T: " in done.err
    assert "not asked by way of /etc/ssh/sshd_config:6: Match User backup\n" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "sshd does not use PAM (UsePAM no)"),
        ("UsePAM yes\n", "sshd lets in by publickey alone (AuthenticationMethods any)"),
        ("Include more.conf\n" + SSHD, "sshd lets in by publickey alone (AuthenticationMethods)"),
        (
            SSHD + "Match all\nAuthenticationMethods publickey\n",
            "/etc/ssh/sshd_config:6: `Match all`: sshd lets in by publickey alone",
        ),
    ],
)
def test_an_sshd_that_does_not_answer_and_whose_files_let_everybody_in_is_a_problem(host, text, said):
    host.stacks(sshd="@include common-auth\n" + OURS)
    host.sshd_config(SILENT + text)
    (host.own_etc() / "ssh" / "more.conf").write_text("AuthenticationMethods publickey\n")
    error, means = host.problem()
    assert error.startswith(said) and means == "not everybody is asked for a second factor"

"""README's installation on fresh Debian machines, and logins there: by a code, by a phone, with a key."""

import difflib
import json
import re

import pytest

from support import prompts
from machine import REPOSITORY
from phone import SOCKET, Phone
from support.product import gets_in
from support.totp import SoftToken

# A command may go on in the next line.
README = (REPOSITORY / "README.md").read_text(encoding="utf-8").replace("||\n  ", "|| ")
OUR_LINE = re.compile(r"^auth +required +pam_countersign\.so$")
STACKS = ["sshd", "sudo", "sudo-i", "su", "login"]
# The message of a PAM stack that names a missing module.
BAD_STACK = r"unable to dlopen|adding faulty module|unknown option|unrecognized option|illegal module"
SETTINGS = '[enrolment]\nmode = "required"\n[login]\nonetouch_wait = 30\n'
SERVER = f'[server]\nurl = "unix:{SOCKET}"\napi_key_file = "/etc/countersign/api-key"\n'


def as_readme_says(machine, *commands):
    """Runs commands of README's, as root in the folder of the sources."""
    for command in commands:
        assert command in README, f"README does not say this any more: {command}"
        machine.shell(command)


def configure(machine, text=SETTINGS):
    machine.write("/etc/countersign/countersign.toml", text)
    assert machine.run("countersign", "check").stdout == "ok\n"


@pytest.fixture(scope="module")
def installed(fresh):
    """README's commands up to the first login, for a host where people have passwords: alice and zoe."""
    for name in ["alice", "zoe"]:
        fresh.run("useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo", name)
        fresh.run("chpasswd", stdin=f"{name}:pass of {name}\n")
    fresh.install()
    as_readme_says(
        fresh,
        "cp -aT /etc/pam.d /root/pam.d.before",
        "install -m 640 -g _countersign docs/countersign.toml /etc/countersign/countersign.toml",
    )
    checked = fresh.run("countersign", "check", check=False)
    assert (checked.returncode, checked.stdout) == (
        1,
        "settings ok, but nobody is asked for a second factor: 1 problem\n",
    ), checked.stderr
    as_readme_says(fresh, r"sed -n 's/^#I\$ //p' pam.d/sudo | sh -eu", r"sed -n 's/^#A\$ //p' pam.d/sshd | sh -eu")
    for file in ["su", "login"]:
        fresh.shell(rf"sed -n 's/^#I\$ //p' pam.d/{file} | sh -eu")
    configure(fresh)
    return fresh


def ssh(machine, user="alice", *options, command="id -un"):
    settings = [
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
        "NumberOfPasswordPrompts=1",
        "LogLevel=ERROR",
    ]
    common = [word for setting in settings for word in ("-o", setting)]
    return machine.terminal("ssh", *common, *options, f"{user}@localhost", command)


def new_code(machine, user="alice"):
    """A right code, of a new SoftToken: no test waits for the next time step. Before the login, which has its account
    from the start."""
    token = SoftToken()
    machine.run("countersign", "softtoken", user, "--secret-stdin", "--replace", stdin=f"{token.base32}\n")
    return token.fresh_code()


def give(terminal, prompt, text):
    terminal.reads(prompt)
    terminal.answer(text)


def test_every_library_that_the_programs_load_is_there(installed):
    for name in ["/usr/bin/countersign", "/usr/sbin/countersignd", "/usr/libexec/countersign/countersign-net"]:
        assert "not found" not in installed.run("ldd", name).stdout
    for name in ["countersign", "countersignd"]:
        assert installed.run(name, "--help").stdout


def test_the_stacks_are_debians_with_our_line_and_nothing_else(installed, machine):
    for name in STACKS:
        before, after = (
            text.splitlines() for text in [machine.stock(f"/etc/pam.d/{name}"), machine.read(f"/etc/pam.d/{name}")]
        )
        changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
        assert len(changes) == 1 and changes[0].startswith("+ ") and OUR_LINE.match(changes[0][2:]), (name, changes)
        assert after[after.index(changes[0][2:]) - 1] == "@include common-auth"


def test_the_commands_of_the_stacks_can_be_given_twice(installed, machine):
    before = machine.run("sha256sum", *[f"/etc/pam.d/{name}" for name in STACKS]).stdout
    as_readme_says(machine, r"sed -n 's/^#I\$ //p' pam.d/sudo | sh -eu", r"sed -n 's/^#A\$ //p' pam.d/sshd | sh -eu")
    assert machine.run("sha256sum", *[f"/etc/pam.d/{name}" for name in STACKS]).stdout == before


def test_the_commands_of_the_stacks_change_nothing_before_there_are_settings(installed, machine):
    watched = [f"/etc/pam.d/{name}" for name in STACKS] + ["/etc/ssh/sshd_config.d/countersign.conf"]
    machine.shell("cp -a /etc/pam.d /root/stacks; cp -a /root/pam.d.before/. /etc/pam.d/")
    machine.shell("mv /etc/countersign/countersign.toml /root/")
    try:
        before = machine.run("sha256sum", *watched).stdout
        for letter, file in [("I", "sudo"), ("I", "su"), ("I", "login"), ("A", "sshd"), ("B", "sshd")]:
            done = machine.run(
                "bash", "-c", rf"cd /mnt/countersign; sed -n 's/^#{letter}\$ //p' pam.d/{file} | sh -eu", check=False
            )
            assert done.returncode != 0 and "/etc/countersign/countersign.toml" in done.stderr
        assert machine.run("sha256sum", *watched).stdout == before
    finally:
        machine.shell(
            "mv /root/countersign.toml /etc/countersign/; cp -a /root/stacks/. /etc/pam.d/; rm -r /root/stacks"
        )


def test_what_is_given_again_keeps_the_settings_and_the_way_back(installed, machine):
    before = machine.run("sha256sum", "/root/pam.d.before/sudo", "/etc/countersign/countersign.toml").stdout
    as_readme_says(
        machine,
        "test -e /root/pam.d.before || cp -aT /etc/pam.d /root/pam.d.before",
        "test -e /etc/countersign/countersign.toml || install -m 640 -g _countersign docs/countersign.toml "
        "/etc/countersign/countersign.toml",
    )
    assert machine.run("sha256sum", "/root/pam.d.before/sudo", "/etc/countersign/countersign.toml").stdout == before


def test_ssh_with_a_password_and_a_code(installed, machine):
    code = new_code(machine)
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, "alice")
    assert "outcome=approved" in machine.journal("-t", "sshd", "-t", "sshd-session", "-g", "user=alice")


def test_ssh_with_a_password_and_a_wrong_code_is_refused(installed, machine):
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    for _ in range(3):
        give(terminal, prompts.CODE, "000000")
    terminal.reads(prompts.SSH_REFUSES)
    machine.run("countersign", "unlock", "alice")


def test_journalctl_finds_the_denial_by_its_fields_once_and_as_sshds(installed, machine):
    [entry] = entries(machine, "COUNTERSIGN_OUTCOME=denied", "COUNTERSIGN_USER=alice", "_UID=0")
    assert entry["MESSAGE"].startswith("pam_countersign(sshd:auth): outcome=denied reason=wrong_code ")
    assert (entry["COUNTERSIGN_REASON"], entry["COUNTERSIGN_SERVICE"]) == ("wrong_code", "sshd")
    assert (entry["PRIORITY"], entry["SYSLOG_FACILITY"], entry["_TRANSPORT"]) == ("5", "10", "journal")
    assert entry["_COMM"] == entry["SYSLOG_IDENTIFIER"] and entry["_COMM"] in ("sshd", "sshd-session")
    assert entry["_SYSTEMD_UNIT"].startswith(("ssh", "session-"))
    # By its text it is found once too: syslog has not got it a second time.
    assert [entry["__CURSOR"]] == [each["__CURSOR"] for each in entries(machine, "-g", "reason=wrong_code")]


def entries(machine, *words) -> list[dict]:
    return [json.loads(line) for line in machine.journal("-b", "-o", "json", *words).splitlines()]


@pytest.mark.parametrize(
    "words, gets", [(["sudo", "-k", "id", "-un"], "root"), (["sudo", "-k", "-i", "id", "-un"], "root")]
)
def test_sudo_with_a_password_and_a_code(installed, machine, words, gets):
    code = new_code(machine)
    terminal = machine.terminal(*words, user="alice")
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, gets)


def test_entries_of_sudo_in_the_journal_are_of_root_although_a_user_calls_it(installed, machine):
    test_sudo_with_a_password_and_a_code(installed, machine, ["sudo", "-k", "id", "-un"], "root")
    entry = entries(machine, "COUNTERSIGN_SERVICE=sudo", "COUNTERSIGN_OUTCOME=approved", "_UID=0")[-1]
    assert (entry["_COMM"], entry["_EXE"], entry["COUNTERSIGN_USER"]) == ("sudo", "/usr/bin/sudo", "alice")


def test_su_with_a_password_and_a_code(installed, machine):
    code = new_code(machine)
    terminal = machine.terminal("su", "alice", "-c", "id -un", user="zoe")
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, "alice")


def test_login_with_a_password_and_a_code(installed, machine):
    if installed.release != "bookworm":
        pytest.skip("util-linux's login hangs its terminal up first, which only a getty's survives")
    code = new_code(machine)
    terminal = machine.terminal("login", "alice")
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    give(terminal, prompts.SHELL, "exit")
    assert terminal.ends() == 0


def test_the_groups_of_an_ordinary_host_leave_no_doubt(installed, machine):
    """systemd's own users are asked too, since libnss-systemd is there."""
    assert "systemd" in re.search(r"^group:.*$", machine.read("/etc/nsswitch.conf"), re.MULTILINE)[0]
    configure(
        machine, f'{SETTINGS}[login.group.adm]\nfactors = ["onetouch"]\n[login.group.sudo]\nfactors = ["softtoken"]\n'
    )
    code = new_code(machine)
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, "alice")
    assert "not certain" not in machine.journal("-b")
    configure(machine)


def test_debians_stacks_bring_back_nothing_that_debian_removed(installed, machine):
    assert not re.findall(f"(?i){BAD_STACK}", machine.journal("-b"))


def test_the_timer_of_the_documents_writes_the_figures_of_the_host(installed, machine):
    document = (REPOSITORY / "docs/admin/monitoring.md").read_text(encoding="utf-8")
    copying = "cp /usr/share/doc/countersign/monitoring/node_exporter/countersign-metrics.* /etc/systemd/system/"
    starting = "systemctl enable --now countersign-metrics.timer"
    assert copying in document and starting in document
    # As the package of node_exporter makes it.
    machine.shell(f"mkdir -p /var/lib/prometheus/node-exporter; {copying}; systemctl daemon-reload; {starting}")
    try:
        machine.run("systemctl", "start", "countersign-metrics.service")
        page = machine.read("/var/lib/prometheus/node-exporter/countersign.prom")
        assert 'countersign_users{state="confirmed"} 1' in page
        assert "countersign-metrics.timer" in machine.run("systemctl", "list-timers", "--no-pager").stdout
    finally:
        machine.shell(
            "systemctl disable --now countersign-metrics.timer; rm /etc/systemd/system/countersign-metrics.*;"
            "systemctl daemon-reload; rm -r /var/lib/prometheus"
        )


# A server on the same machine


@pytest.fixture(scope="module")
def phone(installed):
    """README's countersignd, by its unit, asked by its socket; zoe's phone is a device there."""
    as_readme_says(
        installed, "install -m 640 -g _countersignd docs/countersignd.toml /etc/countersign/countersignd.toml"
    )
    installed.write(
        "/etc/countersign/countersignd.toml",
        f'[server]\nlisten = ["127.0.0.1:8555", "unix:{SOCKET}"]\npublic_url = "http://localhost:8555"\n',
    )
    as_readme_says(installed, "countersignd init", "systemctl enable --now countersignd")
    wait_for_server(installed)
    key = json.loads(installed.run("countersignd", "app", "create", "Example Corp", "--json").stdout)["api_key"]
    installed.write("/etc/countersign/api-key", f"{key}\n")
    installed.shell("chgrp _countersign /etc/countersign/api-key; chmod 640 /etc/countersign/api-key")
    configure(installed, SERVER + SETTINGS)
    installed.run("countersign", "enroll", "zoe", "--phone", "+1 201 555 0123", "--email", "zoe@example.com", "--later")
    return Phone(installed, json.loads(installed.run("countersign", "show", "zoe", "--json").stdout)["authy_id"])


def wait_for_server(machine):
    machine.shell(
        f"until curl -fsS --unix-socket {SOCKET} http://localhost/healthz; do systemctl is-active -q countersignd; done"
    )


def test_ssh_with_a_password_and_the_phone(installed, machine, phone):
    owner = machine.run("stat", "-c", "%U %a", "/run/countersignd").stdout.strip()
    assert owner == "_countersignd 755"
    terminal = ssh(machine, "zoe")
    give(terminal, prompts.PASSWORD, "pass of zoe")
    phone.approve(terminal)
    assert gets_in(terminal, "zoe")
    assert "factor=onetouch" in machine.journal("-b", "-g", "outcome=approved.*user=zoe")


def test_sudo_with_a_password_and_the_phone_after_a_restart_of_the_server(installed, machine, phone):
    machine.run("systemctl", "restart", "countersignd")
    wait_for_server(machine)
    terminal = machine.terminal("sudo", "-k", "id", "-un", user="zoe")
    give(terminal, prompts.PASSWORD, "pass of zoe")
    phone.approve(terminal)
    assert gets_in(terminal, "root")


def test_a_server_that_is_stopped_leaves_the_code_of_the_host(installed, machine, phone):
    machine.run("systemctl", "stop", "countersignd")
    try:
        assert machine.run("stat", "/run/countersignd", check=False).returncode != 0
        code = new_code(machine, "zoe")
        terminal = ssh(machine, "zoe")
        give(terminal, prompts.PASSWORD, "pass of zoe")
        give(terminal, prompts.CODE, code)
        assert gets_in(terminal, "zoe")
    finally:
        machine.run("systemctl", "start", "countersignd")
        wait_for_server(machine)


UNIT = "_SYSTEMD_UNIT=countersignd.service"
# Restarts are quick here.
DROP_IN = "/run/systemd/system/countersignd.service.d/quick.conf"


def test_a_server_that_is_killed_again_and_again_comes_back_each_time(installed, machine, phone):
    machine.shell(f"mkdir -p {DROP_IN.rpartition('/')[0]}")
    machine.write(DROP_IN, "[Service]\nRestartSec=100ms\n")
    machine.shell("systemctl daemon-reload; systemctl restart countersignd")
    wait_for_server(machine)
    try:
        for count in range(1, 5):
            machine.run("systemctl", "kill", "-s", "KILL", "countersignd")
            machine.shell(
                f"until [ $(systemctl show -P NRestarts countersignd) = {count} ]"
                " && systemctl is-active -q countersignd;"
                " do [ $(systemctl show -P ActiveState countersignd) != failed ]; done"
            )
            wait_for_server(machine)
        assert machine.run("systemctl", "is-active", "countersignd").stdout == "active\n"
    finally:
        machine.shell(
            f"rm -r {DROP_IN.rpartition('/')[0]}; systemctl daemon-reload; systemctl reset-failed countersignd"
        )
        machine.run("systemctl", "restart", "countersignd")
        wait_for_server(machine)


def test_each_line_of_the_servers_journal_is_an_object_and_a_refused_key_is_a_warning(installed, machine, phone):
    machine.shell(f"curl -fsS --fail-early --unix-socket {SOCKET} 'http://localhost/healthz?[1-100]'")
    machine.run("systemctl", "restart", "countersignd")
    wait_for_server(machine)
    refused = ["-H", "X-Authy-API-Key: nonsense-nonsense", "http://localhost/protected/json/app/details"]
    machine.run("curl", "-sS", "--unix-socket", SOCKET, *refused)
    machine.shell(
        f"until journalctl -q -p warning {UNIT} | grep -q key_refused; do systemctl is-active -q countersignd; done"
    )
    events = [json.loads(line)["event"] for line in machine.journal(UNIT).splitlines()]
    assert {"listening", "stopped", "key_refused"} <= set(events)
    warnings = [json.loads(line)["event"] for line in machine.journal("-p", "warning", UNIT).splitlines()]
    assert "key_refused" in warnings and "listening" not in warnings


# Users with a key and no password


def test_variant_b_asks_those_who_have_keys_for_the_second_factor_only(installed, machine):
    machine.run("useradd", "--create-home", "--shell", "/bin/bash", "kim")
    assert re.search(r"^kim [L!]", machine.run("passwd", "-S", "kim").stdout)
    assert "kim" not in machine.shell("passwd -Sa | awk '$2 == \"P\" {print $1}'").split()
    machine.shell(
        "ssh-keygen -q -t ed25519 -N '' -f /root/key; install -d -m 700 -o kim -g kim /home/kim/.ssh;"
        "install -m 600 -o kim -g kim /root/key.pub /home/kim/.ssh/authorized_keys"
    )
    as_readme_says(machine, r"sed -n 's/^#B\$ //p' pam.d/sshd | sh -eu")
    code = new_code(machine, "kim")
    terminal = ssh(machine, "kim", "-i", "/root/key")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, "kim")
    refused = ssh(machine, "alice")
    refused.reads(prompts.SSH_REFUSES)
    as_readme_says(machine, r"sed -n 's/^#A\$ //p' pam.d/sshd | sh -eu")
    test_ssh_with_a_password_and_a_code(installed, machine)


def test_the_way_out_leaves_debians_stacks(installed, machine):
    as_readme_says(machine, "cp -a /root/pam.d.before/. /etc/pam.d/")
    for name in STACKS:
        assert machine.read(f"/etc/pam.d/{name}") == machine.stock(f"/etc/pam.d/{name}")
    machine.shell("rm -f /etc/ssh/sshd_config.d/countersign.conf; systemctl reload ssh")
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    assert gets_in(terminal, "alice")


def test_nothing_is_left_behind_the_way_out(installed, machine):
    """On a host without a compiler, as one to which the build was copied."""
    assert machine.run("sh", "-c", "command -v gcc", check=False).returncode != 0
    as_readme_says(
        machine,
        "countersignd init",
        "systemctl disable --now countersignd",
        "make uninstall; systemctl daemon-reload",
        "rm /lib/*/security/pam_countersign.so",
        "rm -r /etc/countersign /var/lib/countersign",
    )
    machine.shell("while pgrep -u _countersign,_countersign-net >&2; do :; done")
    as_readme_says(
        machine,
        "userdel _countersign; userdel _countersign-net",
        "rm -r /var/lib/countersignd; userdel _countersignd",
        "rm -r /root/pam.d.before",
    )
    left = machine.run("find", "/etc", "/root", "/usr", "/var/lib", "-xdev", "-iname", "*countersign*").stdout
    assert left == "" and machine.run("grep", "-r", "pam_countersign", "/etc/pam.d", check=False).stdout == ""

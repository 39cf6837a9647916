"""The role of ansible/ by the real ansible-playbook over ssh: it says what it would do, does it, and does it once."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from support import prompts
from support.host import HELPERS, REPOSITORY, SETTINGS, STATE
from support.patience import PATIENCE
from support.product import gets_in
from support.totp import SoftToken

pytestmark = pytest.mark.product

REQUIRED = '[enrolment]\nmode = "required"\n'
STACKS = ["sudo", "sudo-i", "sshd"]


class Playbook:
    def __init__(self, host):
        self.host, self.folder = host, host.scratch / "control"
        self.folder.mkdir()
        for service in STACKS:  # put back at the end of the test
            host.pam_stack(service, pathlib.Path("/etc/pam.d", service).read_text(encoding="utf-8"))
        host.authorize_key("root")
        self.daemon = host.sshd(extra="PermitRootLogin prohibit-password\nAuthenticationMethods publickey")
        settings = f"[defaults]\nroles_path = {REPOSITORY}/ansible/roles\nnocows = 1\n"
        common = " ".join(host.client_options(methods="publickey", key=host.key))
        self.config = self.folder / "ansible.cfg"
        self.config.write_text(f"{settings}[ssh_connection]\npipelining = True\nssh_args = {common}\n")
        self.inventory = self.folder / "hosts"
        self.inventory.write_text(
            f"gate ansible_host={self.daemon.address} ansible_port={self.daemon.port} ansible_user=root "
            f"ansible_python_interpreter=/usr/bin/python3\n"
        )

    def run(self, *options: str, **variables) -> dict:
        """What happened on the host: the recap's counts, and in `changed` the names of tasks that changed something."""
        play = [{"hosts": "all", "gather_facts": False, "roles": ["countersign"]}]
        (self.folder / "play.yml").write_text(json.dumps(play))
        given = {"countersign_reload_ssh": False, "countersign_settings": REQUIRED, **variables}
        done = subprocess.run(
            ["ansible-playbook", "-i", self.inventory, *options, "-e", json.dumps(given), self.folder / "play.yml"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={
                "ANSIBLE_CONFIG": str(self.config),
                "HOME": str(self.folder),
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
                "LC_ALL": "C.UTF-8",
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            },
            cwd="/",
        )
        recap = re.search(r"^gate +: (.*)$", done.stdout, re.MULTILINE)
        assert recap, (done.stdout, done.stderr)
        print(done.stdout)  # shown when the test has failed
        tasks = re.split(r"^TASK \[countersign : (.*)\] \*+$", done.stdout, flags=re.MULTILINE)
        return {
            **{name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", recap[1])},
            "changed": [
                name for name, said in zip(tasks[1::2], tasks[2::2]) if re.search("^changed: ", said, re.MULTILINE)
            ],
        }


@pytest.fixture
def playbook(host):
    for path in [HELPERS, pathlib.Path("/usr/bin/countersign"), host.modules / "pam_countersign.so"]:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    pathlib.Path("/etc/ssh/sshd_config.d").mkdir(exist_ok=True)
    return Playbook(host)


def test_it_installs_says_so_beforehand_and_changes_nothing_again(playbook):
    host = playbook.host
    build = {"countersign_build": str(host.build)}
    dry = playbook.run("--check", **build)
    assert dry["failed"] == 0 and "Copy the programs" in dry["changed"], dry
    assert not SETTINGS.exists() and not (host.modules / "pam_countersign.so").exists()

    first = playbook.run(**build)
    assert first["failed"] == 0 and "Put our line behind the password" in first["changed"], first
    assert host.countersign("check").stdout.startswith("ok\n")
    assert (HELPERS / "countersign-login").stat().st_mode & 0o7777 == 0o711
    assert STATE.stat().st_mode & 0o7777 == 0o700

    again = playbook.run(**build)
    assert (again["failed"], again["changed"]) == (0, []), again

    token = SoftToken()
    host.countersign("softtoken", "alice", "--secret-stdin", stdin=f"{token.base32}\n")
    terminal = host.sudo("alice")
    terminal.reads(prompts.PASSWORD)
    terminal.answer(host.people["alice"].password)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


def test_wrong_settings_never_reach_logins(playbook):
    playbook.host.install()
    assert playbook.run()["failed"] == 0
    before = SETTINGS.read_text(encoding="utf-8")
    broken = playbook.run(countersign_settings='[enrolment]\nmode = "requried"\n')
    assert broken["failed"] == 1 and SETTINGS.read_text(encoding="utf-8") == before
    assert playbook.host.countersign("check").stdout.startswith("ok\n")


def test_lines_by_which_logins_would_fail_are_taken_out_again(playbook):
    playbook.host.install()
    STATE.mkdir(mode=0o700)
    playbook.run(countersign_services=[])
    shutil.rmtree(STATE)
    failed = playbook.run()
    assert failed["failed"] == 1, failed
    assert "pam_countersign" not in pathlib.Path("/etc/pam.d/sudo").read_text(encoding="utf-8")


@pytest.mark.parametrize("variant, methods", [("password", "keyboard-interactive:pam"), ("key", "publickey,")])
def test_sshd_gets_the_lines_of_the_example(playbook, variant, methods):
    playbook.host.install()
    assert playbook.run(countersign_ssh=variant)["failed"] == 0
    drop_in = pathlib.Path("/etc/ssh/sshd_config.d/countersign.conf").read_text(encoding="utf-8")
    assert f"AuthenticationMethods {methods}" in drop_in
    stack = pathlib.Path("/etc/pam.d/sshd").read_text(encoding="utf-8")
    assert ("SSH_AUTH_INFO_0=publickey" in stack) == (variant == "key") and "pam_countersign.so" in stack
    assert playbook.run(countersign_ssh=variant)["changed"] == []

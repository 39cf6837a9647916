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
DROP_IN = pathlib.Path("/etc/ssh/sshd_config.d/countersign.conf")
BOTH_VARIANTS = pytest.mark.parametrize("variant", ["password", "key"])


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

    def run(self, *options: str, afterwards: list | None = None, **variables) -> dict:
        """What happened on the host: the recap's counts, in `changed` the names of tasks that changed something, and
        all that was printed. `afterwards` are tasks that follow the role.
        """
        play = [{"hosts": "all", "gather_facts": False, "roles": ["countersign"], "tasks": afterwards or []}]
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
            "output": done.stdout + done.stderr,
            **{name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", recap[1])},
            "changed": [
                name for name, said in zip(tasks[1::2], tasks[2::2]) if re.search("^changed: ", said, re.MULTILINE)
            ],
        }


def stacks() -> dict[str, str]:
    return {service: pathlib.Path("/etc/pam.d", service).read_text(encoding="utf-8") for service in STACKS}


class Reloads:
    """A systemctl in place of the system's: it counts how often sshd is reloaded, and ends that with a given status."""

    def __init__(self, program, folder):
        self._program, self._log = program, folder / "reloads"
        self._log.touch()
        self.answer(0)

    def answer(self, status: int) -> None:
        self._program.write_text(
            "#!/bin/sh\n"
            'case "$1 $2" in\n'
            '"show ssh") printf "LoadState=loaded\\nActiveState=active\\n" ;;\n'
            f'"reload ssh") echo reload >>{self._log}; exit {status} ;;\n'
            "esac\n"
        )
        self._program.chmod(0o755)

    @property
    def count(self) -> int:
        return len(self._log.read_text(encoding="utf-8").split())


@pytest.fixture
def reloads(host):
    program, kept = pathlib.Path("/usr/bin/systemctl"), host.scratch / "systemctl"
    shutil.copy2(program, kept)
    yield Reloads(program, host.scratch)
    shutil.copy2(kept, program)


@pytest.fixture
def playbook(host):
    for path in [HELPERS, pathlib.Path("/usr/bin/countersign"), host.modules / "pam_countersign.so"]:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    DROP_IN.parent.mkdir(exist_ok=True)
    yield Playbook(host)
    DROP_IN.unlink(missing_ok=True)


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
    assert f"AuthenticationMethods {methods}" in DROP_IN.read_text(encoding="utf-8")
    stack = pathlib.Path("/etc/pam.d/sshd").read_text(encoding="utf-8")
    assert ("SSH_AUTH_INFO_0=publickey" in stack) == (variant == "key") and "pam_countersign.so" in stack
    assert playbook.run(countersign_ssh=variant)["changed"] == []


def test_from_key_to_password_people_with_passwords_get_in(playbook):
    host = playbook.host
    host.install()
    assert playbook.run(countersign_ssh="key")["failed"] == 0
    assert playbook.run(countersign_ssh="password")["failed"] == 0
    stack = stacks()["sshd"]
    assert "SSH_AUTH_INFO_0" not in stack and stack.count("@include common-auth\n") == 1, stack
    assert stack.index("@include common-auth\n") < stack.index("pam_countersign.so")

    token = SoftToken()
    host.countersign("softtoken", "alice", "--secret-stdin", stdin=f"{token.base32}\n")
    terminal = host.ssh("alice", sshd=host.sshd("sshd", extra=f"Include {DROP_IN}"))
    terminal.reads(prompts.PASSWORD)
    terminal.answer(host.people["alice"].password)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")


@BOTH_VARIANTS
def test_what_an_earlier_run_left_is_taken_out_if_logins_would_fail(playbook, reloads, variant):
    playbook.host.install()
    before = stacks()
    assert playbook.run(countersign_ssh=variant, countersign_reload_ssh=True)["failed"] == 0
    assert stacks()["sshd"] != before["sshd"] and DROP_IN.exists() and reloads.count == 1
    shutil.rmtree(STATE)
    failed = playbook.run(countersign_ssh=variant, countersign_reload_ssh=True)
    assert failed["failed"] == 1, failed
    assert stacks() == before and not DROP_IN.exists()
    assert reloads.count == 2, "sshd has to read that its lines are gone"
    assert "our line in sudo, sudo-i, sshd" in failed["output"] and str(DROP_IN) in failed["output"]


@BOTH_VARIANTS
def test_lines_for_sshd_that_cannot_be_written_leave_its_stack_as_it_was(playbook, variant):
    playbook.host.install()
    before = stacks()
    there = shutil.move(DROP_IN.parent, playbook.host.scratch / "elsewhere")
    try:
        failed = playbook.run(countersign_ssh=variant)
    finally:
        shutil.move(there, DROP_IN.parent)
    assert failed["failed"] == 1 and "TASK [countersign : Say why" in failed["output"], failed
    assert stacks()["sshd"] == before["sshd"]


def test_sshd_is_reloaded_before_a_later_task_can_fail(playbook, reloads):
    playbook.host.install()
    wrong = [{"name": "Fail", "ansible.builtin.fail": {"msg": "no"}}]
    failed = playbook.run(afterwards=wrong, countersign_ssh="key", countersign_reload_ssh=True)
    assert failed["failed"] == 1 and DROP_IN.exists(), failed
    assert reloads.count == 1


def test_an_sshd_that_cannot_be_reloaded_keeps_its_stack(playbook, reloads):
    playbook.host.install()
    before = stacks()
    reloads.answer(1)
    failed = playbook.run(countersign_ssh="key", countersign_reload_ssh=True)
    assert failed["failed"] == 1, failed
    assert stacks()["sshd"] == before["sshd"] and not DROP_IN.exists()
    assert "keep a root shell open" in failed["output"]


def test_settings_are_not_shown_nor_left_beside(playbook):
    playbook.host.install()
    secret = f"{REQUIRED}# hunter2\n"
    left = SETTINGS.with_name(".countersign.toml.new")
    for settings, failures in [(secret, 0), (f"{secret}mode = 3\n", 1), (secret.replace("hunter2", "Hunter2"), 0)]:
        done = playbook.run("--diff", countersign_settings=settings)
        assert done["failed"] == failures and "hunter2" not in done["output"].lower(), done
        assert not left.exists()

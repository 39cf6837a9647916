"""ansible as installed: the real program does what docs/admin/logins.md describes."""

import contextlib
import pathlib

import pytest

from support.product import FACTOR_ONLY, KEY_FIRST, PATIENT

pytestmark = pytest.mark.product

FORCED_TERMINAL, PIPELINING = "False", "True"


class Control:
    """A machine from which alice's account is worked on, by ssh with a key and a second factor."""

    def __init__(self, product, phone):
        self.product, self.host, self.phone = product, product.host, phone
        self.host.pam_stack("sshd-cs", FACTOR_ONLY)
        self.host.authorize_key("alice")
        self.daemon = self.host.sshd(extra=KEY_FIRST)
        self.folder = self.host.scratch / "control"
        self.folder.mkdir()
        self.path = self.folder / "ssh-%C"
        # As in a person's ~/.ssh/config.
        self.options = [
            "HostKeyAlias=gate",
            "StrictHostKeyChecking=yes",
            f"UserKnownHostsFile={self.host._keys}/known_hosts",
            f"IdentityFile={self.host.key}",
            "IdentitiesOnly=yes",
        ]
        self.config = self.folder / "ssh_config"
        self.config.write_text("".join(f"{option.replace('=', ' ', 1)}\n" for option in self.options))

    def ssh_login(self, *options: str):
        """By hand: the first connection, which the others may share."""
        words = [word for option in options for word in ("-o", option)]
        return self.host.terminal(
            [
                "ssh",
                "-F",
                str(self.config),
                *words,
                "-p",
                str(self.daemon.port),
                f"alice@{self.daemon.address}",
                "id -un",
            ]
        )

    def ansible(self, *words: str, ssh_args: str = "", timeout: int = 60, pipelining: str = FORCED_TERMINAL):
        inventory = self.folder / "hosts"
        inventory.write_text(
            f"gate ansible_host={self.daemon.address} ansible_port={self.daemon.port} ansible_user=alice "
            f"ansible_become_password={self.host.people['alice'].password!r} "
            f"ansible_python_interpreter=/usr/bin/python3\n"
        )
        settings = self.folder / "ansible.cfg"
        common = f"-F {self.config}"
        settings.write_text(
            f"[defaults]\ninventory = {inventory}\ntimeout = {timeout}\nnocows = 1\n[ssh_connection]\npipelining = "
            f"{pipelining}\n"
            f"ssh_args = {common} {ssh_args or '-C -o ControlMaster=auto -o ControlPersist=60s'}\n"
        )
        environment = {
            "ANSIBLE_CONFIG": str(settings),
            "HOME": str(self.folder),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"),
            "LC_ALL": "C.UTF-8",
        }
        return self.host.terminal(["ansible", "gate", *words], env=environment)

    def share(self):
        """One manual login, confirmed on the phone; its connection stays open."""
        first = self.ssh_login("ControlMaster=auto", f"ControlPath={self.path}", "ControlPersist=120")
        self.phone.approve(first, self.phone.wait_for_request())
        first.reads(r"(?m)^alice\r\n")
        return f"-o ControlMaster=auto -o ControlPersist=120 -o ControlPath={self.path}"


@contextlib.contextmanager
def sudo_says(line: str):
    rules = pathlib.Path("/etc/sudoers")
    before = rules.read_text(encoding="ascii")
    rules.write_text(f"{before}{line}\n", encoding="ascii")
    try:
        yield
    finally:
        rules.write_text(before, encoding="ascii")


@pytest.fixture
def control(product, phone):
    control = Control(product, phone)
    yield control
    for socket in control.folder.glob("ssh-*"):
        control.host.terminal(
            ["ssh", "-F", str(control.config), "-o", f"ControlPath={socket}", "-O", "exit", "alice@127.0.0.1"]
        ).ends()


def test_as_installed_it_cannot_use_what_is_remembered(control):
    """Its ssh does not try keyboard-interactive."""
    control.product.configure(control.phone, PATIENT, more="[remember]\nseconds = 3600")
    first = control.ssh_login()
    control.phone.approve(first, control.phone.wait_for_request())
    first.reads(r"(?m)^alice\r\n")
    control.ansible("-m", "raw", "-a", "id -un").reads(r"(?s)UNREACHABLE.*keyboard-interactive")


def test_with_keyboard_interactive_in_its_ssh_args_it_uses_what_is_remembered(control):
    control.product.configure(control.phone, PATIENT, more="[remember]\nseconds = 3600")
    first = control.ssh_login()
    control.phone.approve(first, control.phone.wait_for_request())
    first.reads(r"(?m)^alice\r\n")
    args = "-o KbdInteractiveAuthentication=yes -o PreferredAuthentications=publickey,keyboard-interactive -C"
    control.ansible("-m", "raw", "-a", "id -un", ssh_args=args).reads(r"(?s)CHANGED.*?\balice\s")
    assert control.product.decisions()[-1]["reason"] == "remembered"
    assert len(control.phone.requests()) == 1


def test_it_uses_a_connection_that_is_shared(control):
    args = control.share()
    control.ansible("-m", "command", "-a", "id -un", ssh_args=args).reads(r"(?s)CHANGED.*?\balice\s")
    assert len(control.phone.requests()) == 1


@pytest.mark.parametrize(
    "module, pipelining", [("command", FORCED_TERMINAL), ("command", PIPELINING), ("raw", FORCED_TERMINAL)]
)
def test_become_is_approved_on_the_phone_without_a_number(control, module, pipelining):
    args = control.share()
    run = control.ansible("-m", module, "-a", "id -un", "--become", ssh_args=args, pipelining=pipelining)
    request = control.phone.wait_for_request()
    assert request.choices == []
    control.phone.approve(run, request)
    run.reads(r"(?s)CHANGED.*?\broot\s")


def test_with_a_timestamp_for_all_terminals_one_approval_serves_several_tasks(control):
    with sudo_says("Defaults:alice timestamp_type=global"):
        args = control.share()
        for _ in range(2):
            run = control.ansible("-m", "command", "-a", "id -un", "--become", ssh_args=args)
            if len(control.phone.requests()) < 2:
                control.phone.approve(run, control.phone.wait_for_request())
            run.reads(r"(?s)CHANGED.*?\broot\s")
    assert len(control.phone.requests()) == 2

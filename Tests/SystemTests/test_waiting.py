"""While the phone is asked: Enter opens the prompt, Ctrl-C ends the login but not sudo's caller, and a lost client is
noticed."""

import os
import signal

import pytest

from support import prompts
from support.host import as_user

pytestmark = pytest.mark.product

SHELL = "shell> "
CALLERS = {
    "a shell": "sudo id -un && echo lives $((40+2))",
    "sh": "sh -c 'sudo id -un; echo lives $((40+2))'",
    "bash": "bash -c 'sudo id -un; echo lives $((40+2))'",
    "make": "make -f Makefile",
    "python": 'python3 -S -c \'import subprocess; subprocess.run(["sudo", "id", "-un"]); print("lives", 40 + 2)\'',
    "a pipe behind": "sudo id -un | cat && echo lives $((40+2))",
    "no input": "sudo id -un </dev/null && echo lives $((40+2))",
    "no errors": "sudo id -un 2>/dev/null && echo lives $((40+2))",
    "a pipe in front": "echo data | sudo id -un && echo lives $((40+2))",
    "a substitution": "name=$(sudo id -un); echo $name; echo lives $((40+2))",
    "make with jobs": "make -j2 -f Makefile",
    "xargs": "echo -un | xargs sudo id; echo lives $((40+2))",
    "timeout": "timeout --foreground 60 sudo id -un; echo lives $((40+2))",
    "nohup": "nohup sudo id -un | cat; echo lives $((40+2))",
    "sudo -b": "sudo -b id -un && wait; sleep 0.3; echo lives $((40+2))",
    "a terminal in the terminal": "script -qec 'sudo id -un' /dev/null; echo lives $((40+2))",
    "python's pty": 'python3 -S -c \'import pty; pty.spawn(["sudo", "id", "-un"]); print("lives", 40 + 2)\'',
}


class Shell:
    """alice's shell in a terminal, from which sudo is called."""

    def __init__(self, product):
        host = product.host
        self.home = host.people["alice"].home
        (self.home / "Makefile").write_text("all:\n\t@sudo id -un\n\t@echo lives $$((40+2))\n")
        self.password = host.people["alice"].password
        env = {"PS1": SHELL, "HOME": str(self.home), "HISTFILE": ""}
        self.terminal = host.terminal([*as_user("alice"), "bash", "--norc", "--noprofile", "--noediting", "-i"], env)
        self.terminal.reads(SHELL)
        self.terminal.answer("cd; stty -echoctl")
        self.terminal.reads(SHELL)

    def calls(self, command):
        """Up to the wait for the phone."""
        self.terminal.answer(command)
        self.terminal.reads(prompts.PASSWORD)
        self.terminal.answer(self.password)
        self.terminal.reads(prompts.WAITING)

    def gets_no_rest(self):
        """No earlier input reaches the shell: its line is exactly what is typed now."""
        self.terminal.reads(SHELL)
        self.terminal.answer("echo [$((1+1))]")
        self.terminal.reads(r"\n\[2\]\r\n")
        assert "not found" not in self.terminal.transcript

    @property
    def transcript(self):
        return self.terminal.transcript


@pytest.fixture
def shell(product, phone):
    return Shell(product)


@pytest.mark.parametrize("caller", CALLERS)
def test_enter_opens_the_prompt_and_the_caller_of_sudo_lives_on(shell, phone, caller):
    shell.calls(CALLERS[caller])
    shell.terminal.reads(prompts.ENTER_OPENS)
    shell.terminal.answer("")
    shell.terminal.reads(prompts.CODE)
    shell.terminal.answer(phone.code())
    shell.terminal.reads("root\r\n")
    shell.terminal.reads("lives 42")
    shell.gets_no_rest()


@pytest.mark.parametrize("caller", CALLERS)
def test_ctrl_c_in_the_wait_ends_sudo_and_what_was_typed_is_nobodys(product, shell, phone, caller):
    shell.calls(CALLERS[caller])
    request = phone.wait_for_request()
    phone.wait_for_login()
    shell.terminal.begins("123456")
    shell.terminal.interrupt()
    assert phone.end_of(request) == "cancelled"
    shell.gets_no_rest()
    assert "root\n" not in shell.transcript
    product.decided(outcome="denied", reason="cancelled", user="alice")


def test_a_code_that_is_typed_in_the_wait_opens_the_prompt_and_is_dropped(product, shell, phone):
    shell.calls("sudo id -un")
    shell.terminal.answer("123456")
    shell.terminal.reads(prompts.CODE)
    shell.terminal.answer(phone.code())
    shell.terminal.reads("root\r\n")
    shell.gets_no_rest()
    assert phone.codes_tried() == ["accepted"]


def test_what_was_begun_when_the_phone_approved_is_dropped(shell, phone):
    shell.calls("sudo id -un")
    shell.terminal.begins("123456")
    phone.approve(shell.terminal)
    shell.terminal.reads("root\r\n")
    shell.gets_no_rest()


def test_what_was_begun_when_the_prompt_opened_by_itself_is_its_answer(product, shell, phone):
    product.configure(phone, "onetouch_wait = 3")
    code = phone.code()
    shell.calls("sudo id -un")
    shell.terminal.begins(code[:3])
    shell.terminal.reads(prompts.CODE)
    shell.terminal.answer(code[3:])
    shell.terminal.reads("root\r\n")
    shell.gets_no_rest()


@pytest.mark.parametrize("way, user", [("su", "alice"), ("login", "alice")])
def test_enter_opens_the_prompt_of_other_programs_too(product, phone, way, user):
    terminal = product.knock(way)
    terminal.reads(prompts.ENTER_OPENS)
    terminal.answer("")
    terminal.reads(prompts.CODE)
    terminal.answer(phone.code())
    terminal.reads("alice|" + prompts.SHELL)


@pytest.mark.parametrize(
    "words",
    [
        "printf '%s\\n' \"$PASSWORD\" | sudo -S id -un",
        'setsid -w sudo -S id -un <<<"$PASSWORD"',
        "stty -icanon; sudo id -un",
    ],
)
def test_where_a_key_cannot_be_heard_none_is_promised(shell, phone, words):
    """Input comes from a pipe, there is no terminal, or another program has it."""
    shell.terminal.answer(f"PASSWORD='{shell.password}'")
    shell.terminal.reads(SHELL)
    shell.terminal.answer(words)
    if "-S" not in words:
        shell.terminal.reads(prompts.PASSWORD)
        shell.terminal.answer(shell.password)
    request = phone.wait_for_request()
    phone.wait_for_login()
    phone.approve(shell.terminal, request)
    shell.terminal.reads("root\r\n")
    assert "Press Enter" not in shell.transcript


def test_a_sudo_in_the_background_takes_nothing_from_the_shell(product, shell, phone):
    """Stopped in the wait and sent to the background, it hears the phone, and the terminal is the shell's."""
    shell.calls("sudo id -un")
    request = phone.wait_for_request()
    phone.wait_for_login()
    shell.terminal.send("\x1a")
    shell.terminal.reads("Stopped")
    shell.terminal.reads(SHELL)
    shell.terminal.answer("bg")
    shell.gets_no_rest()
    phone.approve(shell.terminal, request)
    shell.terminal.reads("root\r\n")
    shell.terminal.answer("wait; echo [$((1+2))]")
    shell.terminal.reads(r"\n\[3\]\r\n")


# Clients that have gone


def test_a_client_that_is_killed_in_the_silent_wait_is_noticed(product, phone):
    terminal = product.knock("ssh")
    request = phone.wait_for_request()
    phone.wait_for_login()
    os.kill(terminal.pid, signal.SIGKILL)
    assert phone.end_of(request) == "cancelled"
    product.host.journal.wait("outcome=denied reason=disconnected factor=- user=alice ")
    product.decided(outcome="denied", reason="disconnected", user="alice")


def test_a_terminal_that_hangs_up_in_the_wait_ends_sudo_and_takes_the_request_back(product, phone):
    terminal = product.knock("sudo")
    request = phone.wait_for_request()
    phone.wait_for_login()
    terminal.hang_up()
    assert phone.end_of(request) == "cancelled"
    product.host.journal.wait("outcome=denied reason=disconnected factor=- user=alice ")


def test_a_terminal_that_hangs_up_is_noticed_by_a_sudo_that_ignores_the_signal(product, phone):
    host = product.host
    terminal = host.terminal([*as_user("alice"), "sh", "-c", "trap '' HUP; exec sudo id -un"])
    terminal.reads(prompts.PASSWORD)
    terminal.answer(host.people["alice"].password)
    request = phone.wait_for_request()
    phone.wait_for_login()
    terminal.hang_up()
    assert phone.end_of(request) == "cancelled"
    host.journal.wait("outcome=denied reason=disconnected factor=- user=alice ")

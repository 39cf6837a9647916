"""A command's output is unchanged: no byte of ours is ever in the standard output of sudo, su or ssh, whatever the
module has to say."""

import subprocess

import pytest

from support import prompts
from support.host import as_user
from support.patience import PATIENCE
from support.product import HASTY, PATIENT
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

WAYS = ["sudo", "sudo -S", "su", "ssh"]  # in a terminal
PIPES = ["sudo -S", "sudo -A", "su"]  # without one
GRACE = 'mode = "grace"\ngrace_services = ["sshd-cs", "su"]\ngrace_window = 0'
DATA = "what the command writes"


class Run:
    """Prints DATA as root or alice by one of the ways, with its output in a file."""

    def __init__(self, product, way, *answers):
        self.host, self.way, self.answers = product.host, way, answers
        self.out = product.host.scratch / "out"
        self.out.touch()
        self.out.chmod(0o666)
        self.password = self.host.people["alice"].password

    def words(self):
        if self.way == "ssh":
            options = self.host.client_options(options=("NumberOfPasswordPrompts=1",))
            return ["ssh", *options, "-p", str(self.host.sshd().port), "alice@127.0.0.1", f"printf %s '{DATA}'"]
        if self.way == "su":
            return [*as_user("bob"), "su", "alice", "-c", f"printf %s '{DATA}'"]
        options = {"sudo": [], "sudo -S": ["-S"], "sudo -A": ["-A"]}[self.way]
        return [*as_user("alice"), "sudo", *options, "printf", "%s", DATA]

    def in_a_terminal(self):
        """The terminal, after the password was typed."""
        terminal = self.host.terminal(["sh", "-c", 'exec "$@" >"$0"', str(self.out), *self.words()])
        terminal.reads(prompts.PASSWORD)
        terminal.answer(self.password)
        return terminal

    def without(self):
        """The process, which is given all its answers beforehand: in a session that has no terminal, as of a program or
        of cron's."""
        askpass = self.host.scratch / "askpass"
        answers = "\n".join([self.password, *self.answers]) + "\n"
        (self.host.scratch / "answers").write_text(answers)
        askpass.write_text(f"#!/bin/sh\ncd {self.host.scratch}; head -n 1 answers; sed -i 1d answers\n")
        askpass.chmod(0o755)
        for path in [self.host.scratch, self.host.scratch / "answers"]:
            subprocess.run(["chown", "alice", path], check=True)
        process = subprocess.Popen(
            self.words(),
            stdin=subprocess.PIPE,
            stdout=self.out.open("w"),
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**ENVIRONMENT, "SUDO_ASKPASS": str(askpass)},
            start_new_session=True,
        )
        if self.way != "sudo -A":
            process.stdin.write(answers)
            process.stdin.flush()
        return process

    @property
    def output(self):
        return self.out.read_text()


def ended(process):
    """Returns the exit code and the text on standard error."""
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


@pytest.mark.parametrize("way", WAYS)
def test_in_grace(product, way):
    product.configure(enrolment=GRACE)
    run = Run(product, way)
    terminal = run.in_a_terminal()
    terminal.reads("without a second factor")
    assert terminal.ends() == 0 and run.output == DATA


@pytest.mark.parametrize("way", PIPES)
def test_in_grace_without_a_terminal(product, way):
    product.configure(enrolment=GRACE)
    run = Run(product, way)
    code, errors = ended(run.without())
    assert code == 0 and run.output == DATA
    assert "without a second factor" in errors


@pytest.mark.parametrize("way", WAYS)
def test_after_a_wrong_code(product, way):
    token = product.softtoken("alice")
    run = Run(product, way)
    terminal = run.in_a_terminal()
    terminal.reads(prompts.CODE)
    terminal.answer(token.wrong_code())
    terminal.reads(prompts.NOT_ACCEPTED)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert terminal.ends() == 0 and run.output == DATA


@pytest.mark.parametrize("way", PIPES)
def test_after_a_wrong_code_without_a_terminal(product, way):
    token = product.softtoken("alice")
    run = Run(product, way, token.wrong_code(), token.fresh_code())
    code, errors = ended(run.without())
    assert code == 0 and run.output == DATA
    assert "not accepted" in errors


@pytest.mark.parametrize("way", WAYS)
def test_while_the_phone_is_asked(product, phone, way):
    run = Run(product, way)
    terminal = run.in_a_terminal()
    # If sudo gets the password from a program, no person reads its output.
    if way not in ("ssh", "sudo -S"):
        terminal.reads(prompts.WAITING)
    phone.approve(terminal, phone.wait_for_request())
    assert terminal.ends() == 0 and run.output == DATA


@pytest.mark.parametrize("way", PIPES)
def test_while_the_phone_is_asked_without_a_terminal(product, phone, way):
    product.configure(phone, PATIENT)
    run = Run(product, way)
    process = run.without()
    phone.approve(None, phone.wait_for_request())
    assert ended(process)[0] == 0 and run.output == DATA


@pytest.mark.parametrize("way", WAYS)
def test_after_a_denial(product, phone, way):
    run = Run(product, way)
    terminal = run.in_a_terminal()
    phone.deny()
    terminal.reads("denied|Denied")
    assert terminal.ends() != 0 and run.output == ""


@pytest.mark.parametrize("way", PIPES)
def test_after_a_denial_without_a_terminal(product, phone, way):
    run = Run(product, way)
    process = run.without()
    phone.deny()
    code, errors = ended(process)
    assert code != 0 and run.output == "" and "enied" in errors


@pytest.mark.parametrize("way", WAYS)
def test_when_the_prompt_has_opened_by_itself(product, phone, way):
    product.configure(phone, HASTY)
    run = Run(product, way)
    terminal = run.in_a_terminal()
    terminal.reads(prompts.CODE)
    terminal.answer(phone.code())
    assert terminal.ends() == 0 and run.output == DATA


@pytest.mark.parametrize("way", PIPES)
def test_where_the_settings_are_broken(product, way):
    product.host.settings("no settings at all")
    run = Run(product, way)
    code, errors = ended(run.without())
    assert code != 0 and run.output == "" and "administrator" in errors

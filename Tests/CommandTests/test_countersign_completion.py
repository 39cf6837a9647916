"""What the shells complete."""

import pathlib
import pwd
import shutil
import subprocess

import pexpect
import pytest
from conftest import BUILT, COMMANDS, ENVIRONMENT
from support.patience import PATIENCE

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PLACES = {
    "bash": "usr/share/bash-completion/completions/countersign",
    "zsh": "usr/share/zsh/vendor-completions/_countersign",
    "fish": "usr/share/fish/vendor_completions.d/countersign.fish",
}
MARK = "MARK> "


@pytest.mark.parametrize("shell", PLACES)
def test_the_script_for_a_shell_has_all_commands(desk, shell):
    script = desk.does("completion", shell).out
    assert all(command in script for command in [*COMMANDS, "self", "setup", "completion"])


@pytest.mark.parametrize("shell", ["", "tcsh", "BASH"])
def test_there_is_none_for_other_shells(desk, shell):
    desk.refuses("completion", shell, code=64)


def test_bash_finds_no_fault_in_its_script(desk):
    done = subprocess.run(
        ["bash", "-n"], input=desk.does("completion", "bash").out, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_find_no_fault_in_theirs(desk, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on this machine")
    done = subprocess.run(
        [shell, "-n"], input=desk.does("completion", shell).out, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, "")


class Bash:
    """A real bash in a real terminal, in which the test presses Tab."""

    def __init__(self, desk):
        script = desk.folder / "completion.bash"
        script.write_text(desk.does("completion", "bash").out, encoding="utf-8")
        # Directories with the names of the candidates: bash must not confuse them.
        self.folder = desk.folder / "where she stands"
        for name in ["check", "report", "root", "nobody", "sms", "other"]:
            (self.folder / name).mkdir(parents=True)
        (self.folder / "people.csv").touch()
        self.shell = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            env={**ENVIRONMENT, "PS1": MARK, "PATH": f"{desk.helpers}:/usr/bin:/bin"},
            timeout=PATIENCE,
            dimensions=(60, 200),
            encoding="utf-8",
            cwd=self.folder,
        )
        self.shell.delaybeforesend = None
        self.cleared = 0
        self.shell.expect_exact(MARK)
        for line in [
            "bind 'set enable-bracketed-paste off'",
            "bind 'set bell-style none'",
            "bind 'set completion-query-items 0'",
            "bind 'set page-completions off'",
            f"source {script}",
        ]:
            self.shell.sendline(line)
            self.shell.expect_exact(MARK)

    def offers(self, typed: str) -> set[str]:
        """What two Tabs show below the line."""
        self.shell.send(f"{typed}\t\t")
        self.shell.expect_exact(typed)
        self.shell.expect_exact(MARK)
        offered = set(self.shell.before.split())
        self._clear()
        return offered

    def _clear(self) -> None:
        """Takes the line back by a key, and not by Ctrl-C, which bash may miss between a completion and its next read.
        What a command writes then tells the prompt behind it from one that was drawn again: before it the terminal
        would echo what is typed, and complete nothing."""
        self.cleared += 1
        self.shell.send(f"\x15echo cleared $(({self.cleared}+1000))\r")
        self.shell.expect_exact(f"cleared {self.cleared + 1000}\r\n")
        self.shell.expect_exact(MARK)

    def completes(self, typed: str, to: str) -> bool:
        """One Tab writes the rest, and a blank behind it."""
        self.shell.send(f"{typed}\t")
        self.shell.expect_exact(f"{to} ")
        self._clear()
        return True


@pytest.fixture
def bash(desk):
    one = Bash(desk)
    yield one
    one.shell.close(force=True)


def test_bash_offers_all_commands(bash):
    assert {*COMMANDS, "self", "setup", "completion", "help"} <= bash.offers("countersign ")


def test_bash_completes_a_command(bash):
    assert bash.completes("countersign rep", "countersign report")
    assert bash.offers("countersign opt-") == {"opt-in", "opt-out"}


def test_bash_completes_a_user(bash):
    people = {user.pw_name for user in pwd.getpwall() if user.pw_uid == 0 or user.pw_uid >= 1000}
    for command in ["show", "link", "pause", "recovery", "history"]:
        assert bash.completes(f"countersign {command} nobo", f"countersign {command} nobody")
        offered = bash.offers(f"countersign {command} ")
        assert people <= offered and not {"games", "mail", "daemon"} & offered


def test_bash_completes_a_command_behind_help(bash):
    assert {*COMMANDS, "self", "completion"} <= bash.offers("countersign help ")
    assert bash.completes("countersign help rep", "countersign help report")


def test_bash_completes_a_service(bash):
    assert {"other", "common-auth"} <= bash.offers("countersign try root --service ")


def test_bash_completes_files_and_folders(bash):
    assert bash.completes("countersign import peo", "countersign import people.csv")
    assert bash.offers("countersign import ") >= {"people.csv", "check/", "sms/"}
    folders = bash.offers("countersign check --helpers ")
    assert folders >= {"check/", "sms/"} and "people.csv" not in folders


def test_bash_completes_words_of_options(bash):
    assert bash.offers("countersign list --state ") == {"none", "linked", "confirmed", "opted-out", "paused", "locked"}
    assert bash.offers("countersign prefer games ") >= {"sms", "call", "softtoken", "onetouch", "none"}
    assert "--reason" in bash.offers("countersign pause games --")
    assert bash.offers("countersign self ") >= {"show", "recovery", "opt-out"}


def make(target: str, *variables: str) -> None:
    done = subprocess.run(
        ["make", "-s", "-C", REPOSITORY, target, *variables], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr


def test_install_puts_the_scripts_where_the_shells_look_and_uninstall_takes_them_away(desk, tmp_path):
    built = tmp_path / "built"
    shutil.copytree(BUILT, built, ignore=shutil.ignore_patterns("packages", "symbols", "site"))
    for program in ["countersign-login", "countersign-net", "countersignd", "pam_countersign.so"]:
        (built / program).touch()
    root = tmp_path / "root"
    make("install", f"DESTDIR={root}", f"BUILT={built}", "SECURITY=/lib/security")
    for shell, place in PLACES.items():
        assert (root / place).read_text(encoding="utf-8") == desk.does("completion", shell).out
        assert (root / place).stat().st_mode & 0o777 == 0o644
    assert (root / "usr/share/doc/countersign/countersign.sudoers").exists()
    assert not (root / "etc/sudoers.d").exists()
    make("uninstall", f"DESTDIR={root}", f"BUILT={built}", "SECURITY=/lib/security")
    assert not any((root / place).exists() for place in PLACES.values())
    assert not (root / "usr/share/doc/countersign").exists()

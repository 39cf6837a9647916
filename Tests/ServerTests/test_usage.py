"""The command's help, and its errors for invalid arguments."""

import json
import subprocess

import pytest

from support.patience import PATIENCE
from support.server import PROGRAM

COMMANDS = [
    "serve",
    "app",
    "app create",
    "app list",
    "app rotate",
    "app revoke",
    "app callback",
    "app invite",
    "app invitations",
    "app uninvite",
    "user",
    "user list",
    "user show",
    "user link",
    "user confirm",
    "user devices",
    "user deliveries",
    "user change-phone",
    "user unlock",
    "user remove",
    "key",
    "key rotate",
    "key saved",
    "backup",
    "restore",
    "check",
    "doctor",
    "init",
]


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_of_each_command_has_an_example(command):
    done = run(*command.split(), "--help")
    assert (
        done.returncode == 0 and f"\n  countersignd {command}" in done.stdout.split("Example", 1)[1].split("USAGE:")[0]
    )


def test_the_commands_with_an_example_are_all_commands():
    found = set()
    for group in ("", "app", "user", "key"):
        lines = run(*group.split(), "--help").stdout.split("SUBCOMMANDS:")[1].split("  See ")[0].splitlines()
        found |= {f"{group} {line.split()[0]}".strip() for line in lines if line[2:3].strip()}
    assert found == set(COMMANDS)


@pytest.mark.parametrize(
    "words, error, hints",
    [
        ("user link abc", "abc is no AuthyID", ["Usage: countersignd user link"]),
        ("user link 7 --send fax", "fax", ["Usage: countersignd user link", "sms", "email"]),
        ("user show", "Missing expected argument", ["Usage: countersignd user show"]),
        ("app rotate 1 --overlap 721", "0 to 720 hours", ["Usage: countersignd app rotate"]),
        ("app rotate one", "one", ["Usage: countersignd app rotate", "app list"]),
        ("app callback 1 nonsense", "https://example.com", ["Usage: countersignd app callback"]),
        ("app create x --callback-method PUT", "PUT", ["Usage: countersignd app create", "GET", "POST"]),
        ("usr list", "there is no command usr; did you mean user?", ["Usage: countersignd"]),
        ("user lnk 7", "lnk", ["Usage: countersignd user"]),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_an_error_with_the_usage_of_its_command(words, error, hints):
    done = run(*words.split())
    assert (done.returncode, done.stdout) == (64, "")
    first, *rest = done.stderr.splitlines()
    assert (
        first.startswith("error: ") and error in first and rest and all(line.startswith("hint: ") for line in rest)
    ), done.stderr
    assert all(hint in done.stderr for hint in hints), done.stderr


def test_both_commands_are_of_one_version():
    assert run("--version").stdout == "countersignd 0.1.0\n"
    other = subprocess.run(
        [PROGRAM.parent / "countersign", "--version"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert other.stdout == "countersign 0.1.0\n"


@pytest.mark.parametrize("words", [["--settings", "/nowhere.toml"], ["--settings=/nowhere.toml"]], ids=str)
def test_the_old_name_of_an_option_is_taken_with_a_warning(words):
    done = run("check", *words)
    assert done.returncode == 1 and done.stdout == ""
    warning, error, *_ = done.stderr.splitlines()
    assert warning == "warning: --settings is called --config now; the next release does not take the old name"
    assert error.startswith("error: ") and "/nowhere.toml" in error


def test_the_old_name_is_a_value_after_two_hyphens():
    assert "--settings is called" not in run("backup", "--config", "/nowhere.toml", "--", "--settings").stderr


def test_a_server_that_is_started_with_the_old_name_logs_it():
    done = run("serve", "--settings", "/nowhere.toml")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 78 and [event["event"] for event in events] == ["old_option", "start_failed"]
    assert "--config" in events[0]["reason"]


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in ("app", "user", "key", "serve")])
def test_each_command_that_prints_something_prints_json(command):
    assert "\n  --json " in run(*command.split(), "--help").stdout

"""The programs accept every command in the documents, as their own parsers describe it."""

import functools
import json
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import BUILT, ENVIRONMENT

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ["countersign", "countersignd"]
DOCUMENTS = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*/*.md")),
]
# Words before a command, or between two.
PREFIXES = {"sudo", "then", "do", "if", "!", "exec", "else"}
DIVIDERS = {"|", "||", "&&", ";", "&", "(", ")", "\n"}
EVERYWHERE = {"help", "version"}
# Options of all commands of countersignd, which its man page has in its text.
SETTINGS_OF_SERVER = {"config", "state"}


@functools.cache
def described(program: str) -> dict:
    """The commands of a program with their arguments."""
    # Accepted by every command of the argument parser, and kept out of --help.
    done = subprocess.run(
        [BUILT / program, "--experimental-dump-help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=ENVIRONMENT,
    )
    return json.loads(done.stdout)["command"]


def spans(text: str) -> tuple[list[str], list[str]]:
    """The code of a Markdown text: whole lines of shell, and code spans."""
    blocks, inline, fence = [], [], None
    for line in text.splitlines():
        if opened := re.match(r"\s*```(\w*)", line):
            fence = None if fence is not None else opened[1]
        elif fence is not None:
            blocks.append(line.strip().removeprefix("$ ").removeprefix("# ") if fence in ("sh", "") else "")
        elif line.startswith("    ") and not line.lstrip().startswith(("-", "*")):
            blocks.append(line.strip())
        else:
            inline += re.findall(r"`([^`]+)`", line)
    return blocks, inline


def commands(line: str) -> list[list[str]]:
    """The commands of a line of a shell that call a program of ours: their words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        words = list(lexer)
    except ValueError:  # no line of a shell
        return []
    found, command = [], []
    for word in [*words, ";"]:
        if word in DIVIDERS:
            while command and command[0] in PREFIXES:
                command.pop(0)
            if command and command[0] in PROGRAMS:
                found.append(command)
            command = []
        else:
            command.append(word)
    return found


def named(arguments: list[dict], word: str) -> dict | None:
    kinds = {"long": "--", "short": "-"}
    return next(
        (
            each
            for each in arguments
            for name in each.get("names", [])
            if kinds.get(name["kind"], "-") + name["name"] == word
        ),
        None,
    )


def is_placeholder(word: str) -> bool:
    return word.isupper() or "..." in word or word.startswith("<")


def fault(words: list[str], whole: bool) -> str | None:
    """The reason why the program would reject these words; `whole` if nothing is left out."""
    command, rest = described(words[0]), words[1:]
    while command.get("subcommands"):
        if not rest:
            return "a command is missing" if whole and command.get("arguments") is None else None
        if rest[0].startswith("-") or is_placeholder(rest[0]):
            break
        chosen = next((each for each in command["subcommands"] if each["commandName"] == rest[0]), None)
        if chosen is None:
            return f"there is no command {rest[0]}"
        command, rest = chosen, rest[1:]
    arguments = command.get("arguments", [])
    places = [each for each in arguments if each["kind"] == "positional"]
    given = []
    while rest:
        word, value = rest.pop(0), None
        if word in ("<", ">", ">>"):
            rest = rest[1:]
            continue
        if word.startswith("-") and word != "-":
            name, _, value = word.partition("=")
            option = named(arguments, name)
            if option is None:
                return f"there is no option {name}"
            if option["kind"] == "option":
                value = value or (rest.pop(0) if rest else None)
                if value is None and whole:
                    return f"{name} needs a value"
                if value is not None and not takes(option, value):
                    return f"{name} does not take {value}"
        else:
            given.append(word)
    if any("..." in word for word in given):
        return None
    if len(given) > len(places) and not any(each["isRepeating"] for each in places):
        return f"{given[len(places)]} is one word too many"
    for place, word in zip(places, given):
        if not takes(place, word):
            return f"{word} is none of {place['allValues']}"
    missing = [each["valueName"] for each in places[len(given) :] if not each["isOptional"]]
    return f"{missing[0]} is missing" if whole and missing and not {"--help", "--version"} & set(words) else None


def takes(argument: dict, word: str) -> bool:
    return "allValues" not in argument or is_placeholder(word) or word in argument["allValues"]


@pytest.mark.parametrize("page", sorted((ROOT / "docs/reference/man").glob("*.[58]")), ids=lambda page: page.name)
def test_the_examples_of_a_man_page_are_commands_of_the_programs(page):
    lines = re.findall(r"^\.Dl (?:[#$] )?(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    told = [words for line in lines for words in commands(line.replace("\\(dq", '"'))]
    assert [f"{shlex.join(words)}: {why}" for words in told if (why := fault(words, True))] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_a_document_are_those_of_the_programs(document):
    blocks, inline = spans((ROOT / document).read_text(encoding="utf-8"))
    told = [(words, True) for line in blocks for words in commands(line)] + [
        (words, False) for text in inline for words in commands(text)
    ]
    faults = [f"{shlex.join(words)}: {why}" for words, whole in told if (why := fault(words, whole))]
    assert faults == []


def test_the_documents_do_name_commands():
    readme, _ = spans((ROOT / "README.md").read_text(encoding="utf-8"))
    assert ["countersign", "check"] in [words for line in readme for words in commands(line)]
    assert sum(len(commands(line)) for line in readme) > 10


@pytest.mark.parametrize(
    "line, why",
    [
        ("countersign check", None),
        ("sudo countersignd check && sudo systemctl restart countersignd", None),
        ("countersign pause USER --hours 8 --reason 'phone at home'", None),
        ("countersign chekc", "there is no command chekc"),
        ("countersign pause alice --hour 8", "there is no option --hour"),
        ("countersign link alice", "authyid is missing"),
        ("countersign link alice 1 2", "2 is one word too many"),
        ("countersign prefer alice push", "push is none of"),
        ("countersign history --outcome fine", "--outcome does not take fine"),
        ("countersign try alice --service", "--service needs a value"),
    ],
)
def test_a_command_that_is_gone_is_found(line, why):
    (words, *_) = commands(line)
    found = fault(words, True)
    assert found is None if why is None else found.startswith(why)


# Man pages


def synopsis(page: pathlib.Path) -> dict[tuple[str, ...], set[str]]:
    """The commands of a man page with the names of their options."""
    text = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh ", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[1]
    listed = {}
    for block in re.split(r"^\.Nm.*\n", text, flags=re.MULTILINE)[1:]:
        lines = block.splitlines()
        if not lines[0].startswith(".Cm "):
            continue
        options = set(re.findall(r"Fl -([a-z-]+)|\| -([a-z-]+)", block))
        for name in lines[0].removeprefix(".Cm ").split(" | "):
            listed[tuple(name.split())] = {first or second for first, second in options}
    return listed


def leaves(command: dict, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """The commands of a program that do something, with the names of the options that people see."""
    found = {}
    for each in command.get("subcommands", []):
        name = (*path, each["commandName"])
        if not each.get("shouldDisplay", True) or each["commandName"] == "help":
            continue
        if each.get("subcommands"):
            found |= leaves(each, name)
        else:
            options = [
                option
                for option in each.get("arguments", [])
                if option["kind"] != "positional" and option["shouldDisplay"]
            ]
            found[name] = {
                entry["name"] for option in options for entry in option["names"] if entry["kind"] == "long"
            } - EVERYWHERE
    return found


@pytest.mark.parametrize("program, elsewhere", [("countersign", set()), ("countersignd", SETTINGS_OF_SERVER)])
def test_the_man_page_has_the_commands_and_options_of_the_program(program, elsewhere):
    listed = synopsis(ROOT / f"docs/reference/man/{program}.8")
    actual = {name: options - elsewhere for name, options in leaves(described(program)).items() if name[0] != "self"}
    listed.pop(("self",), None)
    assert {name: listed.get(name) for name in actual} == actual
    assert set(listed) == set(actual)


def test_readme_asks_for_keys_or_passwords_before_anything_changes():
    install = (ROOT / "README.md").read_text().partition("\n## Install on Debian")[2]
    question, _, rest = install.partition("do people log in by ssh with a key, or with a password?")
    assert rest and "```" not in question
    first = next(line for line in rest.splitlines() if line.startswith("make "))
    assert rest.index("is locked out of ssh; with B,") < rest.index(first)


@pytest.mark.parametrize("stack", ["sshd", "sudo", "su", "login"])
def test_the_example_stacks_bring_back_nothing_that_debian_13_removed(stack):
    lines = [line for line in (ROOT / "pam.d" / stack).read_text().splitlines() if not line.startswith("#")]
    assert any("pam_countersign.so" in line for line in lines)
    assert not [line for line in lines if "pam_lastlog" in line or "user_readenv" in line]

"""The filter for fail2ban in docs/admin/logins.md, against the log lines of real logins."""

import itertools
import pathlib
import re

import pytest

PORTS = itertools.count(1024)
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/admin/logins.md"


@pytest.fixture(scope="module")
def pattern() -> re.Pattern:
    """As fail2ban makes it of the filter: its tags, and the prefix that common.conf puts before a line of syslog."""
    [text] = re.findall(r"^failregex = (.*)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    for tag, meaning in {
        "%(__prefix_line)s": r"(?:\S+ )?\S+(?:\[\d+\])?: ",
        "<F-USER>": "(?P<user>",
        "</F-USER>": ")",
        "<ADDR>": r"(?P<address>[\d.:a-f]+)",
    }.items():
        text = text.replace(tag, meaning)
    assert not re.search(r"<[A-Z]", text)
    return re.compile(text)


def lines(login) -> list[str]:
    """The decisions of a login as syslog has them."""
    return [f"gate sshd[42]: {text.split(' ', 1)[1]}" for text in login.texts("log") if "outcome=" in text]


def comes(host, **options):
    """A login through an ssh connection of its own."""
    return host.login("tty=ssh", f"env=SSH_CONNECTION=192.0.2.7 {next(PORTS)} 192.0.2.9 22", **options)


def matched(pattern, login, reason: str) -> bool:
    login.result()
    login.finish()
    found = [line for line in lines(login) if f"reason={reason} " in line]
    assert len(found) == 1, lines(login)
    match = pattern.match(found[0])
    assert match is None or match["address"] == "192.0.2.7"
    return match is not None


def test_wrong_codes_match_and_so_do_those_that_come_when_codes_are_locked(host, softtoken, pattern):
    host.settings('[enrolment]\nmode = "required"\n')
    for reason in ["wrong_code", "locked"]:
        login = comes(host)
        for _ in range(3):
            login.prompt()
            login.answer(softtoken.wrong_code())
        assert matched(pattern, login, reason)


def test_a_spent_code_matches(host, softtoken, pattern):
    code = softtoken.fresh_code()
    login = comes(host)
    login.prompt()
    login.answer(code)
    assert not matched(pattern, login, "proven")
    login = comes(host)
    for _ in range(3):
        login.prompt()
        login.answer(code)
    assert matched(pattern, login, "spent_code")


def test_an_unknown_user_matches(host, softtoken, pattern):
    login = comes(host, user='nosuch user=root rhost=192.0.2.99 detail="')
    for _ in range(3):
        login.prompt()
        login.answer("123456")
    assert matched(pattern, login, "unknown_user")


def test_who_gives_up_does_not_match(host, softtoken, pattern):
    login = comes(host)
    login.prompt()
    login.reply("eof")
    assert not matched(pattern, login, "cancelled")

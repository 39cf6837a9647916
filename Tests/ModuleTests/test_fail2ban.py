"""The filter and the jail for fail2ban in monitoring/, by fail2ban's own programs."""

import ast
import itertools
import pathlib
import shutil
import subprocess

import pytest

from support.reasons import of_decisions, of_module

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAIL2BAN = ROOT / "monitoring/fail2ban"
PORTS = itertools.count(1024)
# A client that has, or guesses, a password.
MATCHING = {"wrong_code", "spent_code", "confirmation_code", "locked", "denied_on_phone", "unknown_user", "hopeless"}
STAMPS = ["Nov 30 17:00:00", "2026-11-30T17:00:00.123456+00:00"]


def addresses(tmp_path, lines: list[str]) -> list[str]:
    """The addresses that fail2ban-regex finds in a log, one for each line that matches."""
    log = tmp_path / "auth.log"
    log.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    done = subprocess.run(
        ["fail2ban-regex", "-o", "row", log, FAIL2BAN / "filter.d/countersign.conf"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    # 1: nothing matched.
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    return [row[0] for row in ast.literal_eval(f"[{done.stdout}]")]


def line(outcome: str, reason: str, address: str = "192.0.2.7", user: str = "alice", program: str = "sshd") -> str:
    return (
        f"{STAMPS[0]} gate {program}[42]: pam_countersign(sshd:auth): outcome={outcome} reason={reason} factor=- "
        f'user={user} uid=1000 service=sshd rhost={address} detail="" request=-'
    )


def test_the_denials_of_a_client_that_guesses_match_and_no_other_line_does(tmp_path):
    kinds = of_decisions()
    kinds["unavailable"] |= of_module()
    named = [(outcome, reason) for outcome, reasons in kinds.items() for reason in sorted(reasons)]
    lines = [line(outcome, reason, f"192.0.2.{number}") for number, (outcome, reason) in enumerate(named)]
    expected = [f"192.0.2.{number}" for number, (_, reason) in enumerate(named) if reason in MATCHING]
    assert addresses(tmp_path, lines) == expected and len(expected) == len(MATCHING)


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("program", ["sshd", "sshd-session"])
def test_lines_of_any_sshd_and_form_of_time_match(tmp_path, stamp, program):
    lines = [line("denied", "wrong_code", address, program=program) for address in ["192.0.2.7", "2001:db8::7"]]
    assert addresses(tmp_path, [each.replace(STAMPS[0], stamp) for each in lines]) == ["192.0.2.7", "2001:db8::7"]


def test_a_login_without_an_address_does_not_match(tmp_path):
    assert addresses(tmp_path, [line("denied", "wrong_code", "-", program="sudo")]) == []


def test_a_user_name_that_imitates_a_line_matches_nothing(tmp_path):
    forged = line("denied", "wrong_code", "192.0.2.99").partition(": ")[2]
    lines = [
        f"{STAMPS[0]} gate sshd[42]: Invalid user {forged} from 192.0.2.7 port 1024",
        f"{STAMPS[0]} gate sshd[42]: Invalid user x sshd[1]: {forged} from 192.0.2.7 port 1024",
        f"{STAMPS[0]} gate sshd[42]: Failed none for invalid user {forged} from 192.0.2.7 port 1024 ssh2",
        f"{STAMPS[0]} gate su[42]: FAILED SU (to {forged}) alice on pts/1",
        f"{STAMPS[0]} gate sudo:    alice : 1 incorrect password attempt ; COMMAND={forged}",
    ]
    assert addresses(tmp_path, lines) == []


def test_the_jail_reads_the_journal_and_trusts_only_lines_of_root(tmp_path):
    config = tmp_path / "fail2ban"
    shutil.copytree("/etc/fail2ban", config)
    for other in (config / "jail.d").iterdir():
        other.unlink()
    shutil.copytree(FAIL2BAN, config, dirs_exist_ok=True)
    done = subprocess.run(
        ["fail2ban-client", "-c", config, "-d"], capture_output=True, text=True, timeout=60, check=True
    )
    orders = [ast.literal_eval(order) for order in done.stdout.splitlines() if order.startswith("[")]
    assert ["add", "countersign", "systemd"] in orders and ["start", "countersign"] in orders
    assert ["set", "countersign", "addjournalmatch", "SYSLOG_FACILITY=10", "_UID=0"] in orders
    assert ["set", "countersign", "maxretry", 3] in orders


# Lines of real logins


def lines(login) -> list[str]:
    """The decisions of a login as syslog has them."""
    return [f"{STAMPS[0]} gate sshd[42]: {text.split(' ', 1)[1]}" for text in login.texts("log") if "outcome=" in text]


def comes(host, **options):
    """A login through an ssh connection of its own."""
    return host.login("tty=ssh", f"env=SSH_CONNECTION=192.0.2.7 {next(PORTS)} 192.0.2.9 22", **options)


def matched(tmp_path, login, reason: str) -> bool:
    login.result()
    login.finish()
    found = [each for each in lines(login) if f"reason={reason} " in each]
    assert len(found) == 1, lines(login)
    banned = addresses(tmp_path, found)
    assert banned in ([], ["192.0.2.7"])
    return banned != []


def test_wrong_codes_match_and_so_do_those_that_come_when_codes_are_locked(host, softtoken, tmp_path):
    host.settings('[enrolment]\nmode = "required"\n')
    for reason in ["wrong_code", "locked"]:
        login = comes(host)
        for _ in range(3):
            login.prompt()
            login.answer(softtoken.wrong_code())
        assert matched(tmp_path, login, reason)


def test_a_spent_code_matches(host, softtoken, tmp_path):
    code = softtoken.fresh_code()
    login = comes(host)
    login.prompt()
    login.answer(code)
    assert not matched(tmp_path, login, "proven")
    login = comes(host)
    for _ in range(3):
        login.prompt()
        login.answer(code)
    assert matched(tmp_path, login, "spent_code")


def test_an_unknown_user_matches_with_the_address_of_the_client(host, softtoken, tmp_path):
    login = comes(host, user='nosuch user=root rhost=192.0.2.99 detail="')
    for _ in range(3):
        login.prompt()
        login.answer("123456")
    assert matched(tmp_path, login, "unknown_user")


def test_a_user_who_gives_up_does_not_match(host, softtoken, tmp_path):
    login = comes(host)
    login.prompt()
    login.reply("eof")
    assert not matched(tmp_path, login, "cancelled")

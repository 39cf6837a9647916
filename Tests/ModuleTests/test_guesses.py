"""Guesses at a host's codes: how many are checked, who is informed, and who can still log in."""

import calendar
import json
import time

import pytest
from conftest import PAM_SUCCESS

REQUIRED = '[enrolment]\nmode = "required"\n'
TOLD = "typed for your account since your last login"


def guess(host, token, count, place="192.0.2.66"):
    """Wrong codes, three in a login: the reasons of the logins."""
    reasons = []
    while count > 0:
        login = host.login(f"rhost={place}")
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                count -= 1
                login.answer(token.wrong_code()) if count >= 0 else login.reply("eof")
        login.finish()
        reasons.append(login.decisions[-1]["reason"])
        if reasons[-1] == "locked":
            break
    return reasons


def log_in(host, token, *wrong):
    login = host.login()
    for code in (*wrong, token.fresh_code()):
        login.prompt()
        login.answer(code)
    assert login.result() == PAM_SUCCESS
    login.finish()
    return [text for text in login.texts("tell") if TOLD in text]


def show(host):
    return json.loads(host.countersign("show", host.user.pw_name, "--json"))


def report(host):
    return json.loads(host.countersign("report", "--json"))["wrong_codes"]


def lock_is_over(host):
    """As if its time had passed, on both clocks."""
    until, clock = host.row("locked_until", "locked_clock")
    wall, seconds, boot = clock.split()
    length = until - int(wall)
    host.account(locked_until=until - length, locked_clock=f"{int(wall) - length} {int(seconds) - length} {boot}")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 wrong code was typed for your account since your last login."),
        (3, "3 wrong codes were typed for your account since your last login."),
    ],
)
def test_who_gets_in_is_told_of_wrong_codes_before_once(host, softtoken, count, said):
    host.settings(REQUIRED)
    guess(host, softtoken, count)
    [told] = log_in(host, softtoken)
    assert told == said + " If that was not you, tell your administrator."
    assert log_in(host, softtoken) == []
    assert show(host)["wrong_codes_since_login"] == 0


def test_the_wrong_codes_of_the_same_login_are_no_news(host, softtoken):
    host.settings(REQUIRED)
    assert log_in(host, softtoken, softtoken.wrong_code(), softtoken.wrong_code()) == []
    assert log_in(host, softtoken) == []


def test_who_is_denied_is_told_nothing(host, softtoken):
    host.settings(REQUIRED)
    guess(host, softtoken, 2)
    login = host.login()
    login.prompt()
    login.reply("eof")
    login.result()
    login.finish()
    assert not any(TOLD in text for text in login.texts("tell"))
    [told] = log_in(host, softtoken)
    assert told.startswith("2 wrong codes")


def test_each_lock_is_longer_than_the_one_before(host, softtoken):
    host.settings(REQUIRED)
    lengths = []
    for _ in range(3):
        guess(host, softtoken, 5)
        until, clock = host.row("locked_until", "locked_clock")
        lengths.append(until - int(clock.split()[0]))
        lock_is_over(host)
    assert lengths == [300, 600, 1200]


def test_fifty_wrong_codes_lock_for_the_day_and_unlock_lifts_it(host, softtoken):
    host.settings(REQUIRED + "[lockout]\nfailures = 100\n")
    reasons = guess(host, softtoken, 60)
    assert reasons[-1] == "locked" and len(reasons) == 17
    shown = show(host)
    assert shown["wrong_codes_of_day"] == 50 and shown["locked_until"] is not None
    assert "locked:       until " in host.countersign("show", host.user.pw_name)
    assert [row["user"] for row in report(host)] == [host.user.pw_name]
    text = host.countersign("report")
    assert "Many wrong codes within a day" in text and host.user.pw_name in text.split("WRONG CODES")[1]
    assert "50 wrong codes of a day" in host.countersign("unlock", host.user.pw_name)
    [told] = log_in(host, softtoken)
    assert told.startswith("50 wrong codes") and report(host) == []


def test_the_day_can_be_set(host, softtoken):
    host.settings(REQUIRED + "[lockout]\nfailures_of_day = 2\n")
    guess(host, softtoken, 3)
    assert show(host)["locked_until"] is not None


def at_the_limit(rude, status):
    """A host whose codes are checked only by a server, which answers each check with this status."""
    rude.server.fault("verify", "status", status)
    rude.rules('[login]\nfactors = ["softtoken"]\ntries = 2\n[lockout]\nfailures = 3\n[enrolment]\nmode = "required"\n')
    for _ in range(2):
        login = rude.login()
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                login.answer("7654321")
        login.finish()
    return rude.host


def test_who_guesses_gets_no_try_back_from_a_server_at_its_limit(rude):
    """The server may have checked each code: beyond an application's limit it answers a wrong one with 429."""
    host = at_the_limit(rude, 429)
    assert show(host)["locked_until"] is not None
    assert host.row("failures", "day_failures") == [3, 3]


def test_a_server_that_fails_locks_nobody(rude):
    host = at_the_limit(rude, 500)
    assert show(host)["locked_until"] is None
    assert host.row("failures", "day_failures") == [0, 0]


def test_a_right_code_after_a_limit_gets_in_and_ends_the_count(rude):
    rude.server.codes.add("1234567")
    rude.server.fault("verify", "status", 429, times=2)
    rude.rules('[login]\nfactors = ["softtoken"]\n[lockout]\nfailures = 3\n')
    login = rude.login()
    for code in ("7654321", "7654322", "1234567"):
        login.prompt()
        login.answer(code)
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert rude.host.row("failures", "locked_until") == [0, None]


def test_an_approval_on_the_phone_gets_in_past_a_full_day_and_is_told(site):
    from support.totp import SoftToken

    token = site.softtoken(SoftToken())
    site.rules("[lockout]\nfailures_of_day = 3\n[login]\nonetouch_wait = 0\n")
    login = site.login()
    for _ in range(3):
        login.prompt()
        login.answer(token.wrong_code())
    login.result()
    login.finish()
    assert show(site.host)["locked_until"] is not None
    site.rules("[lockout]\nfailures_of_day = 3\n[login]\nonetouch_wait = 60\n")
    login = site.login()
    site.phone.approve(login, site.phone.wait_for_request())
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert any(text.startswith("3 wrong codes were") for text in login.texts("tell"))
    assert show(site.host)["locked_until"] is not None


@pytest.mark.parametrize("jump", [-86_400 * 400, -3_600, 3_600, 86_400 * 400])
def test_a_clock_that_jumps_opens_no_lock_and_makes_none_longer(host, softtoken, jump):
    """The wall clock of then and of now differ, the one that does not jump says what has passed."""
    host.settings(REQUIRED)
    guess(host, softtoken, 5)
    until, clock = host.row("locked_until", "locked_clock")
    wall, seconds, boot = clock.split()
    host.account(locked_until=until - jump, locked_clock=f"{int(wall) - jump} {seconds} {boot}")
    assert guess(host, softtoken, 1) == ["locked"]
    left = calendar.timegm(time.strptime(show(host)["locked_until"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
    assert 0 < left <= 300

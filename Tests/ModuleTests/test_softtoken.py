"""Codes of this host's SoftToken."""

import json

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS
from support.totp import SoftToken


def state(host):
    return json.loads(host.countersign("show", host.user.pw_name, "--json"))


def test_a_right_code_lets_in_and_confirms_the_account(host, softtoken):
    assert state(host)["state"] == "linked"
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []
    assert state(host)["state"] == "confirmed"
    [decision] = login.decisions
    assert list(decision) == ["outcome", "reason", "factor", "user", "uid", "service", "rhost", "detail", "request"]
    assert (decision["outcome"], decision["factor"]) == ("approved", "softtoken")


@pytest.mark.parametrize("algorithm, digits, period", [("sha1", 6, 30), ("sha256", 7, 15), ("sha512", 8, 60)])
def test_the_parameters_of_a_secret_are_kept(host, algorithm, digits, period):
    token = SoftToken(digits, period, algorithm)
    host.countersign(
        "softtoken",
        host.user.pw_name,
        "--secret-stdin",
        "--algorithm",
        algorithm,
        "--digits",
        digits,
        "--period",
        period,
        stdin=token.base32 + "\n",
    )
    login = host.login()
    login.prompt()
    login.answer(token.fresh_code())
    assert login.result() == PAM_SUCCESS


def test_a_code_is_good_once_ever(host, softtoken):
    code = softtoken.fresh_code()
    for expected in (PAM_SUCCESS, PAM_AUTH_ERR):
        login = host.login()
        login.prompt()
        login.answer(code)
        if expected == PAM_AUTH_ERR:
            login.prompt()
            login.reply("eof")
        assert login.result() == expected
        assert login.finish() == []


def test_after_three_wrong_codes_the_login_is_denied(host, softtoken):
    login = host.login()
    for _ in range(3):
        login.prompt()
        login.answer(softtoken.wrong_code())
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert len(login.texts("ask")) == 3
    assert login.decisions[0]["reason"] == "wrong_code"


@pytest.mark.parametrize("form", ["  {} {} \r", "{}-{}", "{}\u00a0{}", "{}\u2011{}", " {} - {} "])
def test_a_code_may_be_typed_in_groups_with_hyphens_and_between_blanks(host, softtoken, form):
    code = softtoken.fresh_code()
    login = host.login()
    login.prompt()
    login.answer(form.format(code[:3], code[3:]))
    assert login.result() == PAM_SUCCESS


@pytest.mark.parametrize(
    "answer",
    [
        "answer ../sms",
        "answer 12345",
        "answer ١٢٣٤٥٦",
        "answer 123456#1",
        "answer 0x1234",
        "long 10000",
        "answer 12345678901",
        "answer %00",
    ],
)
def test_what_is_no_code_costs_neither_a_try_nor_a_failure(host, softtoken, answer):
    login = host.login()
    for _ in range(4):
        login.prompt()
        login.reply(answer)
    login.prompt()
    login.answer(softtoken.wrong_code())
    assert "not accepted" in login.until("tell")
    login.prompt()
    login.reply(answer)
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    assert login.decisions[0]["reason"] == "no_answer" and state(host)["locked_until"] is None
    for _ in range(2):
        login = host.login()
        login.prompt()
        login.answer(softtoken.fresh_code())
        assert login.result() == PAM_SUCCESS


@pytest.mark.parametrize("reply", ["eof", "null", "fail"])
def test_no_answer_ends_the_login_and_is_no_failure(host, softtoken, reply):
    for _ in range(6):
        login = host.login()
        login.prompt()
        login.reply(reply)
        assert login.result() == PAM_AUTH_ERR
        assert login.finish() == []
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS


def test_sshds_stand_in_answer_looks_like_a_wrong_code_and_is_no_failure(host, softtoken):
    for _ in range(3):
        login = host.login("tty=ssh")
        for _ in range(3):
            login.prompt()
            login.answer("\b")
        assert login.result() == PAM_AUTH_ERR
        login.finish()
        assert login.decisions[0]["reason"] == "hopeless"
    assert state(host)["locked_until"] is None


def test_five_wrong_codes_lock_codes_and_unlock_opens_them(host, softtoken):
    host.settings('[enrolment]\nmode = "required"\n')
    for tries in (3, 2):
        login = host.login()
        for _ in range(tries):
            login.prompt()
            login.answer(softtoken.wrong_code())
        login.reply("eof")
        assert login.result() == PAM_AUTH_ERR
        login.finish()
    assert state(host)["locked_until"] is not None
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    assert login.texts("ask") == []
    login.finish()
    assert login.decisions[0]["reason"] == "locked"
    host.countersign("unlock", host.user.pw_name)
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS


def test_empty_lines_are_asked_again_but_not_for_ever(host, softtoken):
    login = host.login()
    asked = 0
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            asked += 1
            login.answer("")
    assert 2 <= asked <= 10
    assert event[1] == str(PAM_AUTH_ERR)
    assert state(host)["locked_until"] is None


def test_a_right_code_after_the_deadline_is_denied_and_spent(host, softtoken):
    """The one test that waits: a conversation cannot be cut, so the deadline is looked at when the answer comes."""
    host.settings("[login]\ndeadline = 10\nonetouch_wait = 1\n")
    code = softtoken.fresh_code()
    late = host.login()
    late.prompt()
    with pytest.raises(TimeoutError):
        late.next(timeout=10.5)
    late.answer(code)
    assert late.result() == PAM_AUTH_ERR
    late.finish()
    assert late.decisions[0]["reason"] == "timeout"
    again = host.login()
    again.prompt()
    again.answer(code)
    assert "not accepted" in again.until("tell")
    again.reply("eof")
    assert again.result() == PAM_AUTH_ERR


def test_a_secret_never_reaches_log_terminal_or_process_list(host, softtoken):
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    login.finish()
    assert softtoken.base32 not in str(login.events)

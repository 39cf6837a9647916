"""Recovery codes: for users who have lost their phone, each valid once."""

from support import records
import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS

CODES = ("0123456789ab", "cdefghjkmnpq", "rstvwxyz0123", "k00000000001")


@pytest.fixture
def codes(host, softtoken):
    """A user who has proven a factor once, and has recovery codes."""
    host.settings('[enrolment]\nmode = "required"\n')
    host.account(confirmed=1)
    records.recovery(host.database, host.user.pw_name, host.user.pw_uid, *CODES)
    return CODES


def recover(login, typed):
    assert "recovery" in login.prompt()
    login.answer("recovery")
    assert login.prompt() == "Recovery code: "
    login.answer(typed)
    return login


def gives_up(login):
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    return login


def unused(host):
    return records.run(host.database, "SELECT count(*) FROM recovery WHERE used IS NULL")[0][0]


@pytest.mark.parametrize("typed", ["0123456789ab", "0123-4567-89AB", " ol23 4567-89ab ", "OI23456789AB"])
def test_a_recovery_code_lets_in_and_tells_how_many_are_left(host, codes, typed):
    login = recover(host.login(), typed)
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []
    assert login.texts("tell") == ["You have 3 recovery codes left. Ask your administrator for new ones."]
    decision = login.decisions[-1]
    assert (decision["outcome"], decision["reason"], decision["factor"]) == ("approved", "proven", "recovery")
    assert "3 recovery codes left" in decision["detail"]
    assert not any(code in text for code in (*CODES, typed.strip()) for text in login.texts("log"))


@pytest.mark.parametrize("typed", ["0123456789ab", "0123-4567-89AB", " ol23 4567-89ab "])
def test_a_recovery_code_is_taken_at_the_prompt_for_a_code_too(host, codes, typed):
    login = host.login()
    assert "recovery" in login.prompt()
    login.answer(typed)
    assert login.result() == PAM_SUCCESS
    assert login.finish() == [] and len(login.texts("ask")) == 1
    assert (login.decisions[-1]["reason"], login.decisions[-1]["factor"]) == ("proven", "recovery")
    assert unused(host) == 3
    assert not any(code in text for code in (*CODES, typed.strip()) for text in login.texts("log"))


def test_each_is_good_once(host, codes):
    assert recover(host.login(), codes[1]).result() == PAM_SUCCESS
    login = recover(host.login(), codes[1])
    assert "not accepted" in login.until("tell")
    gives_up(login)
    assert recover(host.login(), codes[2]).result() == PAM_SUCCESS
    assert unused(host) == 2


def test_of_two_logins_with_one_code_at_once_one_gets_in(host, codes):
    logins = [host.login(), host.login()]
    for login in logins:
        login.prompt()
        login.answer("recovery")
        login.prompt()
    for login in logins:
        login.answer(codes[0])
    results = []
    for login in logins:
        event = login.next()
        while event[0] not in ("ask", "result"):
            event = login.next()
        if event[0] == "ask":
            login.reply("eof")
            event = ("result", str(login.result()))
        results.append(int(event[1]))
        login.finish()
    assert sorted(results) == [PAM_SUCCESS, PAM_AUTH_ERR]
    assert unused(host) == 3


def test_a_wrong_one_is_a_failure_and_locks_like_any_code(host, codes):
    host.settings('[enrolment]\nmode = "required"\n[lockout]\nfailures = 2\n')
    login = recover(host.login(), "zzzzzzzzzzzz")
    login.until("tell")
    recover(login, "zzzzzzzzzzzz").until("tell")
    gives_up(login)
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "locked"
    assert unused(host) == 4


def test_a_right_one_ends_the_count_of_failures(host, codes):
    login = host.login()
    login.prompt()
    login.answer("000000")
    recover(login, codes[0])
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert host.row("failures", "locked_until") == [0, None]


def test_the_word_is_not_there_without_codes_or_where_they_are_no_factor_or_nothing_was_ever_proven(host, codes):
    host.settings('[enrolment]\nmode = "required"\n[login]\nfactors = ["softtoken"]\n')
    assert "recovery" not in gives_up(host.login()).texts("ask")[0]
    host.settings('[enrolment]\nmode = "required"\n')
    host.account(confirmed=0)
    assert "recovery" not in gives_up(host.login()).texts("ask")[0]
    host.account(confirmed=1)
    records.recovery(host.database, host.user.pw_name, host.user.pw_uid)
    login = host.login()
    assert "recovery" not in login.prompt()
    login.answer("recovery")
    assert "Not recognized" in login.until("tell")
    gives_up(login)


def test_codes_of_somebody_elses_are_not_taken(host, codes):
    records.account(host.database, "somebody", 4711)
    records.run(
        host.database,
        "UPDATE recovery SET account = (SELECT id FROM accounts WHERE name = 'somebody') "
        "WHERE id = (SELECT min(id) FROM recovery)",
    )
    login = recover(host.login(), codes[0])
    assert "not accepted" in login.until("tell")
    gives_up(login)


def test_a_code_that_the_phone_denies_is_used_up(site):
    host = site.host
    site.rules('[login]\nprompt = "now"\n[enrolment]\nmode = "required"\n')
    host.account(confirmed=1)
    records.recovery(host.database, host.user.pw_name, host.user.pw_uid, *CODES)
    login = site.login("tty=ssh")
    login.prompt()
    login.answer("recovery")
    login.prompt()
    site.phone.deny()
    login.answer(CODES[0])
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "denied_on_phone"
    assert unused(host) == 3


def test_a_hash_that_crypt_does_not_know_matches_nothing(host, codes):
    records.run(host.database, "UPDATE recovery SET hash = '*0'")
    login = recover(host.login(), codes[0])
    assert "not accepted" in login.until("tell")
    gives_up(login)

"""The parts of an account beside its factors: pause, opt-out, and remembered logins."""

import base64
import time

import pytest
from support import records
from conftest import PAM_AUTH_ERR, PAM_SUCCESS

REQUIRED = '[enrolment]\nmode = "required"\n'
GRACE = '[enrolment]\nmode = "grace"\ngrace_logins = 2\ngrace_window = 0\n'
HOUR = 3600


def excused(login):
    """The reason why a user was let in without a factor."""
    assert login.result() == PAM_SUCCESS
    assert login.finish() == [] and login.texts("ask") == []
    assert login.decisions[-1]["outcome"] == "excused"
    return login.decisions[-1]["reason"]


def asked(login):
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    return login


def proven(login, token):
    login.prompt()
    login.answer(token.fresh_code())
    assert login.result() == PAM_SUCCESS
    login.finish()
    return login


# Pauses


def test_a_pause_excuses_until_its_end_and_is_logged_loudly_with_its_reason(host, softtoken):
    host.settings(REQUIRED)
    host.account(
        confirmed=1,
        paused_at=int(time.time()),
        paused_until=int(time.time()) + HOUR,
        pause_reason='phone lost "=\n outcome=approved',
    )
    login = host.login()
    assert excused(login) == "paused"
    line = next(text for text in login.texts("log") if "outcome=" in text)
    assert line.startswith("4 ") and "phone lost" in line and line.count("outcome=excused") == 1 and "\n" not in line
    assert login.decisions[-1]["outcome"] == "excused"


@pytest.mark.parametrize(
    "ends_in, max_hours", [(-1, 72), (73 * HOUR, 72), (2 * HOUR, 1), (400 * 24 * HOUR, 8760), (2**62, 8760)]
)
def test_a_pause_that_is_over_or_longer_than_allowed_is_none(host, softtoken, ends_in, max_hours):
    """The latter was made by a clock that was ahead, or under other settings."""
    host.settings(REQUIRED + f"[pause]\nmax_hours = {max_hours}\n")
    host.account(confirmed=1, paused_at=int(time.time()), paused_until=int(time.time()) + ends_in, pause_reason="x")
    asked(host.login())


def test_a_pause_excuses_users_without_a_factor_where_one_is_required(host):
    host.settings(REQUIRED)
    host.account(paused_at=int(time.time()), paused_until=int(time.time()) + HOUR, pause_reason="x")
    assert excused(host.login()) == "paused"


# Opting out


def test_opting_out_for_good_excuses_in_every_mode_with_or_without_a_factor(host, softtoken):
    for mode in ("optional", "grace", "required"):
        host.settings(f'[enrolment]\nmode = "{mode}"\nopt_out = "yes"\n')
        host.account(opted_out=1, confirmed=1)
        assert excused(host.login()) == "opted_out"
    host.countersign("unlink", host.user.pw_name, "--yes")
    host.account(opted_out=1)
    assert excused(host.login()) == "opted_out"


def test_opting_out_while_grace_lasts_spends_grace_logins_and_ends_with_them(host):
    host.settings(GRACE + 'opt_out = "grace"\n')
    host.account(opted_out=1)
    for left in ("log in 1 more time", "your last login"):
        login = host.login()
        assert excused(login) == "opted_out" and left in login.texts("tell")[0]
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[0]["reason"] == "grace_over"


def test_opting_out_while_grace_lasts_does_nothing_for_who_has_proven_a_factor_or_where_there_is_no_grace(
    host, softtoken
):
    host.account(opted_out=1, confirmed=1)
    host.settings(GRACE + 'opt_out = "grace"\n')
    asked(host.login())
    assert host.row("grace_used") == [0]
    host.account(confirmed=0)
    host.settings(REQUIRED + 'opt_out = "grace"\n')
    asked(host.login())


def test_an_opt_out_that_the_settings_do_not_allow_is_none(host, softtoken):
    host.settings(REQUIRED + 'opt_out = "no"\n')
    host.account(opted_out=1, confirmed=1)
    asked(host.login())


# Remembered logins

REMEMBER = REQUIRED + "[remember]\nseconds = 3600\n"
HERE, THERE = "192.0.2.1", "192.0.2.2"
KEYS = {
    name: "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + name.encode() * 32).decode()
    for name in "ab"
}


def from_ssh(host, address=HERE, key=None, service="login", port=1, **more):
    info = [f"env=SSH_AUTH_INFO_0=publickey {KEYS[key]}\n"] if key else ["env=SSH_AUTH_INFO_0=password\n"]
    return host.login("tty=ssh", f"env=SSH_CONNECTION={address} {port} 192.0.2.9 22", *info, service=service, **more)


def test_after_a_proven_factor_the_same_login_is_not_asked_again(host, softtoken):
    host.settings(REMEMBER)
    proven(from_ssh(host, key="a", port=1), softtoken)
    login = from_ssh(host, key="a", port=2)
    assert excused(login) == "remembered"
    assert login.texts("tell") == []


@pytest.mark.parametrize(
    "other",
    [{"address": THERE}, {"key": "b"}, {"key": None}, {"service": "sshd"}],
    ids=["address", "key", "no key", "service"],
)
def test_a_login_that_differs_is_asked(host, softtoken, other):
    host.settings(REMEMBER)
    host.stack("sshd")
    proven(from_ssh(host, key="a"), softtoken)
    asked(from_ssh(host, **{"key": "a", "port": 2, **other}))


def test_an_ipv6_neighbour_is_another_address(host, softtoken):
    host.settings(REMEMBER)
    proven(from_ssh(host, "2001:db8::1"), softtoken)
    assert excused(from_ssh(host, "2001:db8:0::1", port=2)) == "remembered"
    asked(from_ssh(host, "2001:db8::2", port=3))


def test_nothing_is_remembered_without_a_numeric_address_or_where_it_is_off(host, softtoken):
    for setting, text in (("rhost=", REMEMBER), ("rhost=host.example", REMEMBER), ("rhost=192.0.2.1", REQUIRED)):
        host.settings(text)
        host.account(last_spent=None)
        proven(host.login(setting), softtoken)
        asked(host.login(setting))
        softtoken._spent = 0


@pytest.mark.parametrize(
    "info",
    ["publickey", "publickey ssh-ed25519 !!!!\n", "publickey ssh-ed25519\n", "publickey ssh-rsa " + "A" * 5000 + "\n"],
)
def test_a_list_of_keys_that_is_not_whole_is_not_remembered(host, softtoken, info):
    host.settings(REMEMBER)
    settings = ("tty=ssh", f"env=SSH_CONNECTION={HERE} 1 192.0.2.9 22", f"env=SSH_AUTH_INFO_0={info}")
    proven(host.login(*settings), softtoken)
    asked(host.login(settings[0], settings[1].replace(" 1 ", " 2 "), settings[2]))


def test_a_grace_login_is_not_remembered(host):
    host.settings(GRACE + "[remember]\nseconds = 3600\n")
    for _ in range(2):
        assert excused(from_ssh(host)) == "grace"
    assert from_ssh(host, port=3).result() == PAM_AUTH_ERR


def test_a_denial_forgets_all_that_is_remembered_of_the_user(host, softtoken):
    host.settings(REMEMBER)
    proven(from_ssh(host), softtoken)
    asked(from_ssh(host, THERE, port=2))
    asked(from_ssh(host, port=3))


@pytest.mark.parametrize("change", [("grace", "--reset"), ("link", 4242)], ids=["grace", "link"])
def test_a_change_of_the_account_forgets_all_that_is_remembered_of_the_user(host, softtoken, change):
    host.settings(REMEMBER)
    proven(from_ssh(host), softtoken)
    host.countersign(change[0], host.user.pw_name, *change[1:])
    asked(from_ssh(host, port=2))


@pytest.mark.parametrize("seconds", [-3601, 3600], ids=["too long ago", "in the future"])
def test_what_was_proven_too_long_ago_or_by_a_clock_that_was_ahead_does_not_count(host, softtoken, seconds):
    host.settings(REMEMBER)
    proven(from_ssh(host), softtoken)
    records.run(host.database, "UPDATE remembered SET time = ?", int(time.time()) + seconds)
    asked(from_ssh(host, port=2))


def test_a_shorter_setting_applies_at_once(host, softtoken):
    host.settings(REMEMBER)
    proven(from_ssh(host), softtoken)
    records.run(host.database, "UPDATE remembered SET time = time - 10")
    host.settings(REMEMBER.replace("3600", "5"))
    asked(from_ssh(host, port=2))


def test_a_remembered_login_does_not_make_it_last_longer(host, softtoken):
    host.settings(REMEMBER)
    proven(from_ssh(host), softtoken)
    records.run(host.database, "UPDATE remembered SET time = time - 100")
    before = records.run(host.database, "SELECT time FROM remembered")
    assert excused(from_ssh(host, port=2)) == "remembered"
    assert records.run(host.database, "SELECT time FROM remembered") == before

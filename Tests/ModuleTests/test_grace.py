"""Logins without a second factor: how many, until when, and which logins count."""

import datetime
import json

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS

RULES = '[enrolment]\nmode = "grace"\ngrace_logins = 3\ngrace_services = ["login"]\n'


def log_in(host, address="192.0.2.1", service="login"):
    login = host.login(f"rhost={address}", service=service)
    result = login.result()
    assert login.finish() == []
    return result, login


def used(host):
    return json.loads(host.countersign("show", host.user.pw_name, "--json"))["grace_logins_used"]


def test_grace_logins_are_counted_down_and_end(host):
    host.settings(RULES)
    for number, left in enumerate(["log in 2 more times", "log in 1 more time", "your last login"]):
        result, login = log_in(host, f"192.0.2.{number}")
        assert result == PAM_SUCCESS and left in login.texts("tell")[0]
        assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("excused", "grace")
    result, login = log_in(host, "192.0.2.9")
    assert result == PAM_AUTH_ERR
    assert "administrator" in login.texts("tell")[0]
    assert login.decisions[0]["reason"] == "grace_over"


def test_logins_from_one_address_within_the_window_spend_once(host):
    host.settings(RULES)
    for _ in range(5):
        assert log_in(host)[0] == PAM_SUCCESS
    assert used(host) == 1


def test_an_ipv6_address_counts_by_its_64(host):
    host.settings(RULES)
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"):
        assert log_in(host, address)[0] == PAM_SUCCESS
    assert used(host) == 1
    log_in(host, "2001:db8:0:1::1")
    assert used(host) == 2


def test_without_a_window_every_login_spends(host):
    host.settings(RULES + "grace_window = 0\n")
    assert [log_in(host)[0] for _ in range(4)] == [PAM_SUCCESS] * 3 + [PAM_AUTH_ERR]


def test_other_services_are_excused_while_any_is_left_and_spend_nothing(host):
    host.settings(RULES)
    host.stack("sudo")
    for _ in range(4):
        assert log_in(host, service="sudo")[0] == PAM_SUCCESS
    assert used(host) == 0
    host.countersign("grace", host.user.pw_name, "--used", 3)
    assert log_in(host, service="sudo")[0] != PAM_SUCCESS


def test_a_changed_setting_applies_at_once(host):
    host.settings(RULES)
    host.countersign("grace", host.user.pw_name, "--used", 3)
    assert log_in(host)[0] == PAM_AUTH_ERR
    host.settings(RULES.replace("3", "4"))
    assert log_in(host, "192.0.2.2")[0] == PAM_SUCCESS


def test_grace_lasts_to_the_end_of_the_day(host):
    today = datetime.date.today()
    host.settings(RULES + f"grace_until = {today}\n")
    assert log_in(host)[0] == PAM_SUCCESS
    host.settings(RULES + f"grace_until = {today - datetime.timedelta(days=1)}\n")
    assert log_in(host)[0] == PAM_AUTH_ERR


@pytest.mark.parametrize(
    "mode, result, reason", [("optional", PAM_SUCCESS, "optional"), ("required", PAM_AUTH_ERR, "not_enrolled")]
)
def test_somebody_without_a_factor(host, mode, result, reason):
    host.settings(f'[enrolment]\nmode = "{mode}"\n')
    got, login = log_in(host)
    assert (got, login.decisions[0]["reason"]) == (result, reason)
    assert login.texts("ask") == []


def test_skip_is_free_where_enrolment_is_optional(host, softtoken):
    host.settings('[enrolment]\nmode = "optional"\n')
    login = host.login()
    assert "skip" in login.prompt()
    login.answer("Skip")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("excused", "skipped")
    assert used(host) == 0


def test_skip_spends_a_grace_login_until_none_is_left(host, softtoken):
    host.settings(RULES + "grace_window = 0\n")
    for _ in range(3):
        login = host.login()
        assert "skip" in login.prompt()
        login.answer("skip")
        assert login.result() == PAM_SUCCESS
        login.finish()
    login = host.login()
    login.prompt()
    login.answer("skip")
    assert "left" in login.until("tell")
    assert "skip" not in login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS


@pytest.mark.parametrize("mode", ["required"])
def test_there_is_no_skip_where_a_factor_is_required(host, softtoken, mode):
    host.settings(f'[enrolment]\nmode = "{mode}"\n')
    login = host.login()
    assert "skip" not in login.prompt()
    login.answer("skip")
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR


@pytest.mark.parametrize("mode", ["optional", "grace", "required"])
def test_a_confirmed_account_is_asked_in_every_mode(host, softtoken, mode):
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS
    login.finish()
    host.settings(f'[enrolment]\nmode = "{mode}"\n')
    login = host.login()
    assert "skip" not in login.prompt()
    login.answer("skip")
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR


EXEMPT = [
    ('users = ["{user}"]', "", True),
    ('users = ["other"]', "", False),
    ('groups = ["{group}"]', "", True),
    ('groups = ["nosuchgroup"]', "", False),
    ('services = ["login"]', "", True),
    ('services = ["sshd"]', "", False),
    ('networks = ["192.0.2.0/24"]', "rhost=192.0.2.9", True),
    ('networks = ["192.0.2.0/24"]', "rhost=198.51.100.9", False),
    ('networks = ["192.0.2.0/24"]', "rhost=::ffff:192.0.2.9", True),
    ('networks = ["192.0.2.0/24"]', "rhost=host.example", False),
    ('networks = ["192.0.2.0/24"]', "rhost=", False),
    ('networks = ["2001:db8::/32"]', "rhost=2001:db8:1::9", True),
    ("everyone = true", "", True),
    ('users = ["{user}"]\nnetworks = ["192.0.2.0/24"]', "rhost=198.51.100.9", False),
]


@pytest.mark.parametrize("rule, setting, passes", EXEMPT)
def test_an_exemption_passes_who_matches_all_of_it(host, softtoken, rule, setting, passes):
    import grp

    group = grp.getgrgid(host.user.pw_gid).gr_name
    host.settings(
        '[enrolment]\nmode = "required"\n[[exempt]]\n' + rule.format(user=host.user.pw_name, group=group) + "\n"
    )
    login = host.login(*([setting] if setting else []))
    if passes:
        assert login.result() == PAM_SUCCESS
        login.finish()
        assert login.decisions[0]["reason"] == "exempt" and login.texts("ask") == []
    else:
        login.prompt()
        login.reply("eof")
        assert login.result() == PAM_AUTH_ERR


def test_an_address_that_the_client_chose_is_not_believed_outside_of_sshd(host, softtoken):
    host.settings('[enrolment]\nmode = "required"\n[[exempt]]\nnetworks = ["192.0.2.0/24"]\n')
    login = host.login("tty=pts/3", "rhost=198.51.100.9", "env=SSH_CONNECTION=192.0.2.9 5 192.0.2.1 22")
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR


def test_under_sshd_its_own_word_counts_and_not_a_name_of_the_clients(host, softtoken):
    host.settings('[enrolment]\nmode = "required"\n[[exempt]]\nnetworks = ["192.0.2.0/24"]\n')
    login = host.login("tty=ssh", "rhost=trusted.example", "env=SSH_CONNECTION=192.0.2.9 5 192.0.2.1 22")
    assert login.result() == PAM_SUCCESS

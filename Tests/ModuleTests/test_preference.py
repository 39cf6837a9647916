"""Which factor is tried first, and which factors a service, group or user may use."""

import grp

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS
from support.totp import SoftToken

REQUIRED = '[enrolment]\nmode = "required"\n'


def gives_up(login):
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()


@pytest.mark.parametrize("way", ["sms", "call"])
def test_who_prefers_a_onecode_is_sent_one_in_place_of_a_request(site, way):
    site.rules(REQUIRED)
    site.host.account(prefers=way)
    login = site.login()
    assert "(or sms, call, push)" in login.prompt()
    [(via, code)] = site.phone.sent()
    assert via == way and site.phone.requests() == []
    login.answer(code)
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[-1]["factor"] == way


def test_push_asks_the_phone_all_the_same(site):
    site.rules(REQUIRED + '[login]\nprefer = "sms"\n')
    login = site.login()
    login.prompt()
    login.answer("push")
    login.prompt()
    site.phone.approve(login, site.phone.wait_for_request())
    login.answer("")
    assert login.result() == PAM_SUCCESS
    login.finish()


def test_the_users_preference_comes_before_that_of_the_settings(site):
    site.rules(REQUIRED + '[login]\nprefer = "sms"\n')
    site.host.account(prefers="onetouch")
    login = site.login()
    site.phone.approve(login)
    assert login.result() == PAM_SUCCESS
    assert site.phone.sent() == []


def test_a_preference_that_is_no_factor_any_more_does_not_count(site):
    site.rules(REQUIRED + '[login]\nfactors = ["onetouch", "call"]\n')
    site.host.account(prefers="sms")
    login = site.login()
    site.phone.approve(login)
    assert login.result() == PAM_SUCCESS
    assert site.phone.sent() == []


def test_who_prefers_an_app_is_asked_for_its_code_at_once(site):
    token = SoftToken()
    site.host.countersign("softtoken", site.host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
    site.rules(REQUIRED)
    site.host.account(prefers="softtoken")
    login = site.login()
    assert login.prompt().startswith("Verification code (or ")
    assert site.phone.requests() == [] and site.phone.sent() == []
    login.answer(token.fresh_code())
    assert login.result() == PAM_SUCCESS
    login.finish()


def test_onecodes_that_are_sent_unasked_are_limited_like_any_others(site):
    site.rules(REQUIRED + '[login]\nprefer = "sms"\n')
    for number in range(5):
        login = site.login(f"rhost=192.0.2.{number}")
        login.prompt()
        gives_up(login)
    assert len(site.phone.sent()) == 3


def factors(login):
    prompt = login.prompt()
    gives_up(login)
    return prompt


def test_a_user_has_the_factors_of_the_users_own_table(site):
    site.rules(REQUIRED + f'[login.user.{site.host.user.pw_name}]\nfactors = ["sms"]\n')
    assert factors(site.login()) == "Type sms: "
    site.rules(REQUIRED + '[login.user.other]\nfactors = ["sms"]\n[login]\nfactors = ["call"]\n')
    assert factors(site.login()) == "Type call: "


def test_a_member_has_the_factors_that_all_groups_with_a_table_share(site):
    group = grp.getgrgid(site.host.user.pw_gid).gr_name
    site.rules(
        REQUIRED
        + f'[login.group."{group}"]\nfactors = ["call", "sms"]\n[login.group.nosuchgroup]\nfactors = ["onetouch"]\n'
    )
    assert factors(site.login()) == "Type sms or call: "


def test_a_group_that_cannot_be_looked_up_restricts(site):
    """If membership is unknown, factors allowed to all and to members are allowed."""
    site.rules(REQUIRED + '[login]\nfactors = ["sms", "call"]\n[login.group.unsure]\nfactors = ["call", "onetouch"]\n')
    assert factors(site.login("fail-groups")) == "Type call: "
    assert factors(site.login()) == "Type sms or call: "


def test_a_group_that_cannot_be_looked_up_exempts_nobody(site):
    site.rules(REQUIRED + '[login]\nfactors = ["sms"]\n[[exempt]]\ngroups = ["unsure"]\n')
    assert factors(site.login("fail-groups")) == "Type sms: "


# The maximum number of groups, with the maximum total length of names.
MOST = [f"{'g' * 23}{number:04}" for number in range(255)]


@pytest.mark.parametrize("more", ["", '[login.service.login]\nfactor_of = "caller"\n'])
def test_the_last_of_as_many_groups_as_can_be_named_restricts(site, more):
    group = grp.getgrgid(site.host.user.pw_gid).gr_name
    names = [*MOST[:-1], MOST[-1] + "g" * (7_000 - sum(map(len, [*MOST, group])))]
    assert sum(map(len, [*names, group])) == 7_000
    exempt = ", ".join(f'"{name}"' for name in names)
    site.rules(REQUIRED + f'[[exempt]]\ngroups = [{exempt}]\n[login.group."{group}"]\nfactors = ["sms"]\n' + more)
    assert factors(site.login()) == "Type sms: "


def test_with_more_groups_than_can_be_looked_up_nobody_gets_in(site):
    group = grp.getgrgid(site.host.user.pw_gid).gr_name
    exempt = ", ".join(f'"{number:04}"' for number in range(256))
    site.rules(f'[[exempt]]\ngroups = [{exempt}]\n[login.group."{group}"]\nfactors = ["sms"]\n')
    login = site.login()
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("unavailable", "settings")

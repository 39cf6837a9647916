"""The confirmation code of a new phone, typed at a login: it works only for a user who has never proven a factor."""

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from support.good_server import LoginPhone
from support.server import Handset, link
from support.totp import SoftToken

CONFIRMS = "That code confirms a new phone and is not a login."
CONFIRMED = "That code has confirmed a new phone and is not a login."


@pytest.fixture
def site(host, countersignd):
    """The user is linked; no phone is confirmed, and nothing was ever proven to the server."""
    return Site(host, LoginPhone(countersignd, has_device=False))


@pytest.fixture
def thief(site):
    """A phone that has opened the user's link."""
    phone = Handset(site.phone.server, "Burner")
    assert phone.enrol(link(site.phone.server, site.phone.authy_id)).status == 200
    return phone


def shown(phone):
    return phone.state()["confirmation"]


def is_confirmed(phone):
    return phone.state()["device"]["confirmed"]


def type_at_prompt(login, text):
    login.prompt()
    login.answer(text)


def type_sent_code(site, login):
    """Has a code sent, and types it."""
    type_at_prompt(login, "sms")
    login.prompt()
    login.answer(site.phone.sent_code())


def prove_by_message(site):
    """A login with a code that is sent to the user's number."""
    login = site.login()
    type_sent_code(site, login)
    assert login.result() == PAM_SUCCESS and login.finish() == []


def refused(site, thief):
    """A thief with the password and the link types the code that the link's page shows."""
    login = site.login()
    for _ in range(3):
        type_at_prompt(login, shown(thief))
    assert login.result() == PAM_AUTH_ERR and login.finish() == []
    assert sum(text.startswith(CONFIRMS) for text in login.texts("tell")) == 2
    decision = login.decisions[-1]
    assert (decision["outcome"], decision["reason"]) == ("denied", "confirmation_code")
    assert "confirmation code of a new phone" in decision["detail"]
    assert not is_confirmed(thief)


def test_the_first_phone_of_somebody_who_never_proved_anything_lets_in_and_confirms_the_account(site, thief):
    login = site.login()
    type_at_prompt(login, shown(thief))
    assert login.result() == PAM_SUCCESS and login.finish() == []
    assert (login.decisions[-1]["outcome"], login.decisions[-1]["reason"]) == ("approved", "proven")
    assert site.host.row("confirmed") == [1] and is_confirmed(thief)


def test_a_link_and_the_password_are_no_way_past_a_sent_code_that_was_proven(site, thief):
    prove_by_message(site)
    refused(site, thief)


def test_nor_past_a_softtoken_of_this_host_of_which_the_server_knows_nothing(site, thief):
    site.softtoken(SoftToken())
    site.host.account(confirmed=1)
    refused(site, thief)


def test_nor_past_what_was_proven_on_another_host(site, thief):
    site.phone.application.call("GET", f"/protected/json/sms/{site.phone.authy_id}?force=true")
    assert site.phone.application.verify(site.phone.sent_code(), site.phone.authy_id).status == 200
    assert site.host.row("confirmed") == [0]
    refused(site, thief)


def test_nor_past_a_phone_that_was_lost(site, thief):
    server, user = site.phone.server, site.phone.authy_id
    server.command("user", "confirm", user, shown(thief))
    server.command("user", "devices", user, "--remove", thief.id, "--yes")
    second = Handset(server, "Second")
    assert second.enrol(link(server, user)).status == 200
    refused(site, second)


def test_an_account_that_was_confirmed_while_the_prompt_was_open_is_not_let_in_by_it(site, thief):
    login = site.login()
    login.prompt()
    code = shown(thief)
    site.host.account(confirmed=1)
    login.answer(code)
    login.prompt()
    assert not is_confirmed(thief)
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["outcome"] == "denied"


def test_after_the_code_of_a_new_phone_a_code_of_the_factor_that_was_proven_lets_in_and_confirms_the_phone(site, thief):
    prove_by_message(site)
    login = site.login()
    type_at_prompt(login, shown(thief))
    login.prompt()
    assert not is_confirmed(thief)
    login.answer("sms")
    login.prompt()
    login.answer(site.phone.sent_code())
    assert login.result() == PAM_SUCCESS and login.finish() == []
    assert is_confirmed(thief)


def test_a_wrong_code_after_the_code_of_a_new_phone_confirms_nothing(site, thief):
    prove_by_message(site)
    login = site.login()
    type_at_prompt(login, shown(thief))
    type_at_prompt(login, "0000000")
    type_at_prompt(login, "0000000")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert not is_confirmed(thief)


def test_a_server_that_says_it_has_confirmed_a_phone_lets_nobody_in_who_has_proven_a_factor(rude):
    rude.server.fault("verify", "confirmation")
    rude.rules('[login]\nprompt = "now"\n')
    rude.host.account(confirmed=1)
    login = rude.login("tty=ssh")
    type_at_prompt(login, "1234567")
    assert login.result() == PAM_AUTH_ERR and login.finish() == []
    assert any(text.startswith(CONFIRMED) for text in login.texts("tell"))
    assert login.decisions[-1]["reason"] == "confirmation_code"
    [asked] = rude.server.requests("verify")
    assert asked.query["countersign[proven]"] == "true"

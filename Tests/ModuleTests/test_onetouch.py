"""Approve or deny on the phone, and the code prompt beside it."""

import threading

import pytest
from conftest import AUTHY_ID, PAM_AUTH_ERR, PAM_SUCCESS
from totp import SoftToken


def ended(login):
    result = login.result()
    assert login.finish() == []
    return result, (login.decisions[-1]["outcome"], login.decisions[-1]["reason"], login.decisions[-1]["factor"])


APPROVED = (PAM_SUCCESS, ("approved", "proven", "onetouch"))
DENIED = (PAM_AUTH_ERR, ("denied", "denied_on_phone", "onetouch"))


def test_approved_on_the_phone_is_in_without_a_prompt(site):
    site.server.phone = "approve"
    login = site.login()
    assert ended(login) == APPROVED
    assert login.texts("ask") == []


def test_an_approval_later_on_is_heard_at_once_by_a_server_that_can_wait(site):
    login = site.login()
    request = site.server.wait_for_request()
    site.server.wait_until(lambda: site.server.received[-1].method == "GET")
    site.server.approve(request.uuid)
    assert ended(login) == APPROVED
    assert len(site.server.requests("poll")) == 1


def test_a_server_that_cannot_wait_is_asked_every_second(site):
    site.server.long_poll = False
    login = site.login()
    site.server.wait_until(lambda: sum(r.method == "GET" for r in site.server.received) == 3)
    site.server.approve()
    assert ended(login) == APPROVED
    times = [r.time for r in site.server.requests("poll")]
    assert all(0.9 < later - earlier < 2 for earlier, later in zip(times, times[1:]))


def test_denied_on_the_phone_is_out_at_once_and_told(site):
    site.server.phone = "deny"
    login = site.login()
    assert ended(login) == DENIED
    assert "denied" in login.texts("tell")[-1]
    assert login.texts("ask") == []


def test_after_a_denial_no_request_goes_out_for_that_address_but_for_others(site):
    site.server.phone = "deny"
    site.login("rhost=192.0.2.1").finish()
    login = site.login("rhost=192.0.2.1")
    prompt = login.prompt()
    assert "press Enter" not in prompt and "push" not in prompt
    login.answer("push")
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert len(site.server.approvals) == 1
    site.server.phone = "approve"
    assert ended(site.login("rhost=192.0.2.2")) == APPROVED


def test_unlock_ends_the_pause_after_a_denial(site):
    site.server.phone = "deny"
    site.login().finish()
    site.host.countersign("unlock", site.host.user.pw_name)
    site.server.phone = "approve"
    assert ended(site.login()) == APPROVED


def test_the_request_tells_who_logs_in_from_where_to_what(site):
    site.server.phone = "approve"
    site.host.stack("sudo")
    site.login("rhost=192.0.2.7", "tty=ssh", "env=SSH_CONNECTION=192.0.2.7 1 192.0.2.1 22").finish()
    [request] = site.server.approvals
    name = site.host.user.pw_name
    import socket
    assert request.authy_id == AUTHY_ID
    for part in (socket.gethostname(), name, "192.0.2.7", "login"):
        assert part in request.message
    assert request.details["User"] == name and request.details["Address"] == "192.0.2.7" and request.details["Service"] == "login"
    assert 1 <= int(request.parameters["seconds_to_expire"]) <= 90


def test_ctrl_c_in_the_wait_goes_to_the_prompt_and_a_code_lets_in(site):
    site.server.codes.add("1234567")
    login = site.login()
    assert "Ctrl-C" in login.until("tell")
    site.server.wait_until(lambda: site.server.requests("poll"))
    login.interrupt()
    assert "press Enter, or type a code" in login.prompt()
    login.answer("1234567")
    assert ended(login) == (PAM_SUCCESS, ("approved", "proven", "softtoken"))
    assert all(r.query["force"] == "true" for r in site.server.requests("verify"))
    assert site.server.approvals[0].cancelled


def test_at_the_prompt_enter_looks_again_and_nothing_else(site):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    assert "press Enter" in login.prompt()
    login.answer("")
    assert "Not approved yet" in login.until("tell")
    login.prompt()
    site.server.approve()
    login.answer("")
    assert ended(login) == APPROVED
    assert len(site.server.approvals) == 1 and not site.server.requests("verify")


def test_no_poll_hangs_while_a_prompt_is_open(site):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    login.prompt()
    assert not site.server.requests("poll")
    login.reply("eof")
    login.finish()


def test_the_prompt_comes_after_onetouch_wait_and_the_request_stays_open(site):
    site.rules("[login]\nonetouch_wait = 1\n")
    login = site.login("tty=ssh")
    assert "press Enter, or type a code" in login.prompt()
    assert login.texts("tell") == []
    site.server.approve()
    login.answer("")
    assert ended(login) == APPROVED


def test_one_connection_serves_a_whole_login(site):
    site.server.codes.add("1234567")
    site.rules("[login]\nprompt = \"now\"\n")
    login = site.login("tty=ssh")
    login.prompt()
    login.answer("")
    login.prompt()
    login.answer("1234567")
    assert ended(login)[0] == PAM_SUCCESS
    assert len({r.connection for r in site.server.received}) == 1


def test_a_denial_on_the_phone_overrules_a_right_code(site):
    site.server.codes.add("1234567")
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    login.prompt()
    site.server.deny()
    login.answer("1234567")
    assert ended(login) == DENIED


def test_a_check_number_is_shown_where_it_is_seen_in_time_and_sent_along(site):
    for setting, shown in (("tty=pts/1", "tell"), ("tty=ssh", "ask")):
        site.rules("[login]\nnumber_matching = true\n")
        login = site.login(setting, f"rhost=192.0.2.{len(site.server.approvals)}")
        text = login.until(shown)
        number = site.server.wait_for_request().parameters
        assert number["details"]["Number"] in text and number["countersign"]["number"] == number["details"]["Number"]
        assert len(number["details"]["Number"]) == 2
        if shown == "tell":
            login.interrupt()
            login.prompt()
        login.reply("eof")
        login.finish()


def test_where_the_person_sees_no_number_in_time_none_is_sent(site):
    site.rules("[login]\nonetouch_wait = 5\n")
    login = site.login("tty=ssh")
    request = site.server.wait_for_request()
    assert "Number" not in request.details and "countersign" not in request.parameters
    site.server.approve()
    assert ended(login) == APPROVED


def test_at_most_three_requests_that_were_not_approved_in_ten_minutes_then_codes_only(site):
    site.rules('[login]\nprompt = "now"\n')
    for number in range(5):
        login = site.login("tty=ssh", f"rhost=192.0.2.{number}")
        prompt = login.prompt()
        assert ("press Enter" in prompt) == (number < 3)
        login.reply("eof")
        login.finish()
    assert len(site.server.approvals) == 3


def test_one_automatic_request_for_one_attempt(site):
    site.rules('[login]\nprompt = "now"\n')
    connection = "env=SSH_CONNECTION=192.0.2.9 5 192.0.2.1 22"
    login = site.login("tty=ssh", connection, "rounds=3")
    login.prompt()
    login.reply("eof")
    assert [login.result() for _ in range(3)] == [PAM_AUTH_ERR] * 3
    login.finish()
    assert len(site.server.approvals) == 1
    assert len(login.texts("ask")) == 1
    assert [d["reason"] for d in login.decisions] == ["cancelled", "decided_before", "decided_before"]


def test_push_sends_another_request_after_one_has_expired(site):
    login = site.login()
    request = site.server.wait_for_request()
    site.server.expire(request.uuid)
    assert "Approve the request" in login.until("tell")
    assert "expired" in login.until("tell")
    assert "push" in login.prompt()
    login.answer("push")
    assert "press Enter" in login.prompt()
    site.server.approve(site.server.wait_for_request().uuid)
    login.answer("")
    assert ended(login) == APPROVED


@pytest.mark.parametrize("word, factor", [("sms", "sms"), ("call", "call"), ("SMS ", "sms")])
def test_a_word_has_a_onecode_sent(site, word, factor):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    prompt = login.prompt()
    assert "sms" in prompt and "call" in prompt
    login.answer(word)
    login.prompt()
    [(via, to, code)] = site.server.sent
    assert (via, to) == (factor, AUTHY_ID)
    login.answer(code)
    assert ended(login) == (PAM_SUCCESS, ("approved", "proven", factor))


def test_at_most_three_onecodes_in_ten_minutes(site):
    site.rules('[login]\nfactors = ["sms"]\n')
    sent = 0
    for number in range(2):
        login = site.login(f"rhost=192.0.2.{number}")
        for _ in range(2):
            login.prompt()
            login.answer("sms")
            sent += "sent to your phone" in login.until("tell")
        login.prompt()
        login.reply("eof")
        login.finish()
    assert sent == len(site.server.sent) == 3


def test_the_prompt_names_only_the_words_that_apply(site):
    site.rules('[login]\nfactors = ["sms"]\n')
    login = site.login()
    prompt = login.prompt()
    assert "sms" in prompt and "call" not in prompt and "push" not in prompt and "Enter" not in prompt
    login.reply("eof")
    login.finish()
    assert not site.server.approvals


def test_without_softtokens_only_a_code_that_was_sent_is_verified(site):
    site.server.codes.add("1234567")
    site.rules('[login]\nfactors = ["sms"]\n')
    login = site.login()
    login.prompt()
    login.answer("1234567")
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert not site.server.requests("verify")


def test_a_code_that_is_spent_here_is_never_sent_to_the_server(site):
    token = SoftToken()
    site.host.countersign("softtoken", site.host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
    site.rules('[login]\nfactors = ["softtoken"]\n')
    code = token.fresh_code()
    login = site.login()
    login.prompt()
    login.answer(code)
    assert ended(login)[0] == PAM_SUCCESS
    site.server.codes.add(code)
    login = site.login()
    login.prompt()
    login.answer(code)
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert not site.server.requests("verify")


def test_locked_codes_do_not_block_an_approval(site):
    site.rules('[login]\nprompt = "now"\ntries = 5\n')
    login = site.login("tty=ssh")
    for _ in range(5):
        login.prompt()
        login.answer("7654321")
    assert ended(login)[0] == PAM_AUTH_ERR
    login = site.login("tty=ssh", "rhost=192.0.2.2")
    prompt = login.prompt()
    assert "press Enter" in prompt and "code" not in prompt and "sms" not in prompt
    site.server.approve()
    login.answer("")
    assert ended(login) == APPROVED


def test_root_under_sshd_is_asked_by_word_only(host, authority):
    """sshd may refuse root whatever we say; only what is typed shows it."""
    from conftest import Site
    from stand_in import StandIn
    import os

    if os.geteuid() != 0:
        pytest.skip("only root has root's account here")
    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        site = Site(host, server)
        host.countersign("link", "root", 77)
        login = site.login("tty=ssh", user="root")
        assert "push" in login.prompt()
        assert not server.approvals
        for _ in range(3):
            login.answer("\b")
        assert ended(login)[1][1] == "hopeless"
        login = site.login("tty=ssh", user="root")
        login.prompt()
        login.answer("push")
        login.prompt()
        server.approve(server.wait_for_request().uuid)
        login.answer("")
        assert ended(login) == APPROVED


def test_a_request_is_taken_back_when_the_login_program_dies(site):
    login = site.login()
    request = site.server.wait_for_request()
    site.server.wait_until(lambda: site.server.requests("poll"))
    login.process.kill()
    site.server.wait_until(lambda: request.cancelled)
    login.finish()


def test_an_approval_for_another_login_counts_for_nothing(site):
    first, second = site.login("rhost=192.0.2.1"), site.login("rhost=192.0.2.2")
    one, two = site.server.wait_for_request(), site.server.wait_for_request()
    site.server.deny(two.uuid)
    site.server.approve(one.uuid)
    results = {ended(first), ended(second)}
    assert results == {APPROVED, DENIED}


def test_guesses_at_this_hosts_softtoken_are_counted_whatever_the_server_fails_to_say(site):
    import json

    token = SoftToken()
    site.host.countersign("softtoken", site.host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
    site.server.fault("verify", "status", 404)
    site.rules('[login]\nfactors = ["softtoken"]\n[lockout]\nfailures = 3\n[enrolment]\nmode = "required"\n')
    login = site.login()
    for _ in range(3):
        login.prompt()
        login.answer(token.wrong_code())
    assert ended(login)[1][:2] == ("denied", "wrong_code")
    assert json.loads(site.host.countersign("show", site.host.user.pw_name, "--json"))["locked_until"] is not None


def test_a_server_that_makes_requests_and_then_fails_rings_the_phone_no_more_than_three_times(site):
    """As behind a proxy that gives up too early: what may have reached the phone is neither sent again nor forgotten."""
    site.server.fault("create", "status", 502)
    site.rules("[login]\nonetouch_wait = 1\n")
    for number in range(5):
        login = site.login("tty=ssh", f"rhost=192.0.2.{number}")
        login.prompt()
        login.reply("eof")
        login.finish()
    assert len(site.server.requests("create")) == 3


def test_a_server_that_hangs_does_not_keep_out_whoever_has_a_right_code(site):
    token = SoftToken()
    site.host.countersign("softtoken", site.host.user.pw_name, "--secret-stdin", stdin=token.base32 + "\n")
    site.rules('[login]\nprompt = "now"\ndeadline = 20\n', server="request_timeout = 120\n")
    login = site.login("tty=ssh")
    login.prompt()
    site.server.fault("poll", "hang")
    login.answer(token.fresh_code())
    assert ended(login)[0] == PAM_SUCCESS


def test_an_approval_that_came_just_before_the_prompt_is_found_by_enter(site):
    site.rules("[login]\nonetouch_wait = 2\n")
    login = site.login("tty=ssh")
    login.prompt()
    site.server.approve()
    login.answer("")
    assert ended(login) == APPROVED

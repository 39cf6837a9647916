"""Approve or deny on the phone, and the code prompt beside it, against countersignd."""

import grp
import os
import socket

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from support.good_server import LoginPhone


def ended(login):
    result = login.result()
    assert login.finish() == []
    return result, (login.decisions[-1]["outcome"], login.decisions[-1]["reason"], login.decisions[-1]["factor"])


APPROVED = (PAM_SUCCESS, ("approved", "proven", "onetouch"))
DENIED = (PAM_AUTH_ERR, ("denied", "denied_on_phone", "onetouch"))


def test_approved_on_the_phone_is_in_without_a_prompt(site):
    login = site.login()
    site.phone.approve(login)
    assert ended(login) == APPROVED
    assert login.texts("ask") == []


def test_an_approval_later_on_is_heard_at_once_by_one_read(site, countersignd):
    login = site.login()
    request = site.phone.wait_for_request()
    site.phone.wait_for_login()
    before = countersignd.answered_to_others()
    site.phone.approve(login, request)
    assert ended(login) == APPROVED
    assert countersignd.answered_to_others() - before == 1


def test_denied_on_the_phone_is_out_at_once_and_told(site):
    login = site.login()
    site.phone.deny()
    assert ended(login) == DENIED
    assert login.texts("tell")[-1].startswith("Denied on your phone.")
    assert login.texts("ask") == []


def test_after_a_denial_no_request_goes_out_for_that_address_but_for_others(site):
    login = site.login("rhost=192.0.2.1")
    site.phone.deny()
    login.finish()
    login = site.login("rhost=192.0.2.1")
    prompt = login.prompt()
    assert "press Enter" not in prompt and "push" not in prompt
    login.answer("push")
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert len(site.phone.requests()) == 1
    login = site.login("rhost=192.0.2.2")
    site.phone.approve(login)
    assert ended(login) == APPROVED


def test_unlock_ends_the_pause_after_a_denial(site):
    login = site.login()
    site.phone.deny()
    login.finish()
    site.host.countersign("unlock", site.host.user.pw_name)
    login = site.login()
    site.phone.approve(login)
    assert ended(login) == APPROVED


def test_the_request_tells_who_logs_in_from_where_to_what(site):
    login = site.login("rhost=192.0.2.7", "tty=ssh", "env=SSH_CONNECTION=192.0.2.7 1 192.0.2.1 22")
    request = site.phone.wait_for_request()
    site.phone.approve(login, request)
    login.finish()
    name = site.host.user.pw_name
    # Nothing is repeated: the question names the host, and the details the rest.
    assert request.message == f"Are you logging in to {socket.gethostname()}?"
    assert request.details == {"User": name, "Service": "SSH login", "Address": "192.0.2.7"}
    assert 1 <= request.seconds <= 90


def test_at_the_prompt_enter_looks_again_and_nothing_else(site):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    assert "press Enter" in login.prompt()
    login.answer("")
    assert "Not approved yet" in login.until("tell")
    login.prompt()
    site.phone.approve(login)
    login.answer("")
    assert ended(login) == APPROVED
    assert len(site.phone.requests()) == 1 and site.phone.codes_tried() == []


def test_no_poll_hangs_while_a_prompt_is_open(site, countersignd):
    site.rules('[login]\nprompt = "now"\n')
    before = countersignd.answered_to_others()
    login = site.login("tty=ssh")
    login.prompt()
    site.phone.wait_for_request()
    # The request was made, perhaps after a look at the user's status; nothing was read.
    assert countersignd.waiting() == 0 and countersignd.answered_to_others() - before <= 2
    login.reply("eof")
    login.finish()


def test_the_prompt_comes_after_onetouch_wait_and_the_request_stays_open(site):
    site.rules("[login]\nonetouch_wait = 1\n")
    login = site.login("tty=ssh")
    assert "press Enter. Or type a code" in login.prompt()
    assert login.texts("tell") == []
    site.phone.approve(login)
    login.answer("")
    assert ended(login) == APPROVED


def test_a_denial_on_the_phone_overrules_a_right_code(site):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    login.prompt()
    site.phone.deny()
    login.answer(site.phone.code())
    assert ended(login) == DENIED


@pytest.mark.parametrize("tty, shown", [("pts/1", "tell"), ("ssh", "ask")])
def test_a_check_number_is_shown_where_it_is_seen_in_time_and_asked_for_on_the_phone(site, tty, shown):
    site.rules("[login]\nnumber_matching = true\n")
    login = site.login(f"tty={tty}")
    text = login.until(shown)
    request = site.phone.wait_for_request()
    number = login.shown_number()
    assert number in text and number in request.choices and number not in request.details.values()
    site.phone.approve(login, request)
    if shown == "ask":
        login.answer("")
    assert ended(login) == APPROVED


def test_a_wrong_number_on_the_phone_is_out(site):
    login = site.login()
    request = site.phone.wait_for_request()
    number = login.shown_number()
    wrong = next(choice for choice in request.choices if choice != number)
    assert site.phone.answer(request.id, "approved", wrong).json == {"status": "denied", "reason": "wrong_number"}
    assert ended(login) == DENIED


def test_where_the_person_sees_no_number_in_time_none_is_sent(site):
    site.rules("[login]\nonetouch_wait = 60\n")
    login = site.login("tty=ssh")
    request = site.phone.wait_for_request()
    assert "Number" not in request.details and request.choices == []
    site.phone.approve(login, request)
    assert ended(login) == APPROVED


def test_at_most_three_requests_that_were_not_approved_in_ten_minutes_then_codes_only(site):
    site.rules('[login]\nprompt = "now"\n')
    for number in range(5):
        login = site.login("tty=ssh", f"rhost=192.0.2.{number}")
        prompt = login.prompt()
        assert ("press Enter" in prompt) == (number < 3)
        login.reply("eof")
        login.finish()
    assert len(site.phone.requests()) == 3


def test_one_automatic_request_for_one_attempt(site):
    site.rules('[login]\nprompt = "now"\n')
    connection = "env=SSH_CONNECTION=192.0.2.9 5 192.0.2.1 22"
    login = site.login("tty=ssh", connection, "rounds=3")
    login.prompt()
    login.reply("eof")
    assert [login.result() for _ in range(3)] == [PAM_AUTH_ERR] * 3
    login.finish()
    assert len(site.phone.requests()) == 1
    assert len(login.texts("ask")) == 1
    assert [d["reason"] for d in login.decisions] == ["cancelled", "decided_before", "decided_before"]


def test_push_sends_another_request_after_one_has_expired(site):
    login = site.login()
    site.phone.let_expire(site.phone.wait_for_request())
    assert "Check your phone" in login.until("tell")
    assert "expired" in login.until("tell")
    assert "push" in login.prompt()
    login.answer("push")
    assert "press Enter" in login.prompt()
    site.phone.approve(login, site.phone.wait_for_request())
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
    [(via, code)] = site.phone.sent()
    assert via == factor
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
    assert sent == len(site.phone.sent()) == 3


def test_the_prompt_names_only_the_words_that_apply(site):
    site.rules('[login]\nfactors = ["sms"]\n')
    login = site.login()
    prompt = login.prompt()
    assert "sms" in prompt and "call" not in prompt and "push" not in prompt and "Enter" not in prompt
    login.reply("eof")
    login.finish()
    assert site.phone.requests() == []


def test_without_softtokens_only_a_code_that_was_sent_is_verified(site):
    site.rules('[login]\nfactors = ["sms"]\n')
    login = site.login()
    login.prompt()
    login.answer(site.phone.code())
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert site.phone.codes_tried() == []


def test_a_code_of_the_phone_is_good_once_and_a_wrong_one_never(site):
    site.rules('[login]\nfactors = ["softtoken"]\n')
    code = site.phone.code()
    for answers, result in [([site.phone.token.wrong_code(), code], PAM_SUCCESS), ([code], PAM_AUTH_ERR)]:
        login = site.login()
        for answer in answers:
            login.prompt()
            login.answer(answer)
        if result != PAM_SUCCESS:
            login.prompt()
            login.reply("eof")
        assert ended(login)[0] == result
    assert site.phone.codes_tried() == ["wrong", "accepted", "spent"]


def test_a_code_that_is_spent_here_is_never_sent_to_the_server(site):
    """The code would be right there too: the host and the server have the same SoftToken."""
    site.softtoken(site.phone.token)
    site.rules('[login]\nfactors = ["softtoken"]\n')
    code = site.phone.code()
    login = site.login()
    login.prompt()
    login.answer(code)
    assert ended(login)[0] == PAM_SUCCESS
    login = site.login()
    login.prompt()
    login.answer(code)
    login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR
    assert site.phone.codes_tried() == []


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
    site.phone.approve(login)
    login.answer("")
    assert ended(login) == APPROVED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has root's account here")
def test_root_under_sshd_is_asked_by_word_only(host, countersignd):
    """sshd may refuse root whatever the module says; only the typed answer shows it."""
    site = Site(host, LoginPhone(countersignd), "root")
    login = site.login("tty=ssh", user="root")
    assert "push" in login.prompt()
    assert site.phone.requests() == []
    for _ in range(3):
        login.answer("\b")
    assert ended(login)[1][1] == "hopeless"
    login = site.login("tty=ssh", user="root")
    login.prompt()
    login.answer("push")
    login.prompt()
    site.phone.approve(login, site.phone.wait_for_request())
    login.answer("")
    assert ended(login) == APPROVED


def test_a_request_is_taken_back_when_the_login_program_dies(site):
    login = site.login()
    request = site.phone.wait_for_request()
    site.phone.wait_for_login()
    login.process.kill()
    assert site.phone.end_of(request) == "cancelled"
    login.finish()


def test_an_approval_for_another_login_counts_for_nothing(site):
    first = site.login("rhost=192.0.2.1")
    one = site.phone.wait_for_request()
    second = site.login("rhost=192.0.2.2")
    two = site.phone.wait_for_request()
    site.phone.deny(two)
    site.phone.approve(first, one)
    assert ended(first) == APPROVED and ended(second) == DENIED


def test_an_approval_that_came_just_before_the_prompt_is_found_by_enter(site):
    site.rules("[login]\nonetouch_wait = 2\n")
    login = site.login("tty=ssh")
    login.prompt()
    site.phone.approve(login)
    login.answer("")
    assert ended(login) == APPROVED


def test_one_login_can_be_followed_through_the_logs_of_host_and_server(site, countersignd):
    before = len(countersignd.log)
    login = site.login()
    request = site.phone.wait_for_request()
    site.phone.approve(login, request)
    assert ended(login) == APPROVED
    assert login.decisions[-1]["request"] == request.id
    countersignd.wait_for_event("request_decided")
    events = [event for event in countersignd.log[before:] if event.get("request") == request.id]
    assert [event["event"] for event in events] == ["request_created", "request_decided"]
    for event in events:
        assert event["host"] == socket.gethostname() and event["attempt"].startswith(f"process {login.process.pid} ")


def test_a_login_without_a_request_says_so_in_the_log(host, softtoken):
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    login.result()
    login.finish()
    assert login.decisions[-1]["request"] == "-"


@pytest.mark.parametrize(
    "rules",
    [
        "[login]\ncheck_number = false\n",
        "[login.service.login]\ncheck_number = false\n",
        "[login.user.{user}]\ncheck_number = false\n",
        "[login]\nnumber_matching = true\n[login.group.{group}]\ncheck_number = false\n",
    ],
)
def test_the_number_can_be_turned_off_for_a_service_a_user_or_a_group(site, rules):
    site.rules(rules.format(user=site.host.user.pw_name, group=grp.getgrgid(site.host.user.pw_gid).gr_name))
    login = site.login()
    request = site.phone.wait_for_request()
    assert request.choices == []
    assert "number" not in login.until("tell")
    site.phone.approve(login, request)
    assert ended(login) == APPROVED


def test_a_group_that_cannot_be_looked_up_turns_no_number_off(site):
    site.rules("[login.group.unsure]\ncheck_number = false\n")
    login = site.login("fail-groups")
    request = site.phone.wait_for_request()
    assert request.choices
    site.phone.approve(login, request)
    assert ended(login) == APPROVED

"""OneTouch and OneCodes: approve, deny or ignore on the phone, through real sshd and sudo, over TLS."""

import re
import threading

import pytest

import prompts
from product import FACTOR_ONLY, gets_in

pytestmark = pytest.mark.product

AUTHY_ID = 4711
GETS = {"ssh": "alice", "sudo": "root"}
PATIENT = "onetouch_wait = 60"  # no prompt before the phone has answered
HASTY = "onetouch_wait = 1"


@pytest.fixture
def phone(product, server):
    """The 2FA server that alice's phone belongs to."""
    product.configure(server, PATIENT)
    product.link("alice", AUTHY_ID)
    return server


@pytest.mark.parametrize("way", GETS)
def test_approved_on_the_phone_is_in_without_typing(product, phone, way):
    terminal = product.knock(way)
    request = phone.wait_for_request()
    assert request.authy_id == AUTHY_ID
    phone.approve()
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="onetouch", user="alice")
    assert len(phone.approvals) == 1


@pytest.mark.parametrize("way", GETS)
def test_the_request_tells_who_logs_in_where(product, phone, way):
    product.knock(way)
    request = phone.wait_for_request()
    told = {"ssh": ["gate", "alice", "sshd-cs", "127.0.0.1"], "sudo": ["gate", "alice", "sudo", "/usr/bin/id -un"]}[way]
    text = " ".join([request.message, *map(str, request.details.values())])
    assert all(word in text for word in told), text
    assert 0 < int(request.parameters["seconds_to_expire"]) <= 90


@pytest.mark.parametrize("way", ["sudo", "su"])
def test_the_waiting_is_told_where_text_is_shown_at_once(product, phone, way):
    terminal = product.knock(way)
    phone.wait_for_request()
    terminal.reads(prompts.WAITING)


def test_denied_on_the_phone_is_out_of_sudo_at_once(product, phone):
    phone.phone = "deny"
    terminal = product.knock("sudo")
    assert terminal.ends() != 0
    assert len(phone.approvals) == 1
    assert terminal.transcript.count("assword for") == 1
    product.decided(outcome="denied", factor="onetouch", user="alice")


def test_denied_on_the_phone_refuses_the_later_rounds_of_ssh_without_prompt_or_request(product, phone):
    phone.phone = "deny"
    terminal = product.knock_with_key()
    assert terminal.ends() == 255
    assert "code" not in terminal.transcript
    assert len(phone.approvals) == 1
    assert [decision["outcome"] for decision in product.decisions()] == ["denied"]


def test_a_denial_reaches_the_password_method_too(product, phone):
    phone.phone = "deny"
    daemon = product.host.sshd(extra="PasswordAuthentication yes")
    terminal = product.knock("ssh", sshd=daemon, methods="keyboard-interactive,password")
    while terminal.reads_one_of(prompts.PASSWORD, r"Permission denied \(|Too many authentication failures") == 0:
        terminal.answer(product.host.people["alice"].password)
    assert terminal.ends() == 255
    assert len(phone.approvals) == 1
    product.decided(outcome="denied", reason="denied_on_phone", user="alice")


def test_after_a_denial_no_automatic_request_goes_out_for_a_while(product, phone):
    phone.phone = "deny"
    assert product.knock("sudo").ends() != 0
    product.knock("sudo").reads(prompts.CODE)
    assert len(phone.approvals) == 1
    product.host.countersign("unlock", "alice")
    assert product.knock("sudo").ends() != 0
    assert len(phone.approvals) == 2


@pytest.mark.parametrize("way", GETS)
def test_ignored_on_the_phone_a_code_does_as_well(product, phone, way):
    product.configure(phone, HASTY)
    token = product.softtoken("alice")
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="softtoken", user="alice")
    phone.wait_until(lambda: phone.approvals[0].cancelled)


@pytest.mark.parametrize("way", GETS)
def test_approved_while_the_prompt_is_open_needs_only_enter(product, phone, way):
    product.configure(phone, HASTY)
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    phone.approve()
    terminal.answer("")
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_enter_before_the_phone_has_answered_only_asks_again(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("ssh")
    for _ in range(3):
        terminal.reads(prompts.CODE)
        terminal.answer("")
    terminal.reads(prompts.CODE)
    phone.approve()
    terminal.answer("")
    assert gets_in(terminal, "alice")
    assert len(phone.approvals) == 1


def test_denied_while_the_prompt_is_open_is_out_at_enter(product, phone):
    product.configure(phone, HASTY)
    token = product.softtoken("alice")
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    phone.deny()
    terminal.answer("")
    assert terminal.ends() != 0
    assert token and product.decisions()[-1]["outcome"] == "denied"


def test_the_prompt_may_come_at_once(product, phone):
    product.configure(phone, PATIENT + '\nprompt = "now"')
    terminal = product.knock("ssh")
    terminal.reads(prompts.PRESS_ENTER)
    phone.wait_for_request()
    phone.approve()
    terminal.answer("")
    assert gets_in(terminal, "alice")


def test_ctrl_c_in_the_wait_of_sudo_goes_to_the_prompt(product, phone):
    token = product.softtoken("alice")
    terminal = product.knock("sudo")
    phone.wait_for_request()
    terminal.interrupt()
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


def test_ctrl_c_at_the_prompt_ends_sudo_and_takes_the_request_back(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    phone.wait_until(lambda: phone.approvals[0].cancelled)
    product.decided(outcome="denied", user="alice")


@pytest.mark.parametrize("word", ["sms", "call"])
def test_the_words_sms_and_call_send_a_onecode(product, phone, word):
    product.configure(phone, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.WORD_SMS)
    terminal.answer(word)
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    [(via, authy_id, code)] = phone.sent
    assert (via, authy_id) == (word, AUTHY_ID)
    terminal.answer(code)
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor=word, user="alice")


def test_a_code_that_the_server_knows_is_good_and_good_once(product, phone):
    product.configure(phone, HASTY)
    phone.codes.add("0123456")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer("0123456")
    assert gets_in(terminal, "alice")
    again = product.knock("sudo")
    again.reads(prompts.CODE)
    again.answer("0123456")
    again.reads(prompts.CODE)


def test_a_code_that_is_spent_here_is_not_shown_to_the_server(product, phone):
    product.configure(phone, HASTY)
    token = product.softtoken("alice")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")
    phone.codes.add(token.spent_code())
    again = product.knock("sudo")
    again.reads(prompts.CODE)
    again.answer(token.spent_code())
    again.reads(prompts.CODE)
    assert phone.requests("verify") == []


def test_the_word_push_asks_again_after_a_request_has_expired(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    phone.expire()
    terminal.answer("")
    terminal.reads(prompts.WORD_PUSH)
    phone.phone = "approve"
    terminal.answer("push")
    if terminal.reads_one_of(prompts.CODE, r"alice\r\n") == 0:
        terminal.answer("")
    assert terminal.ends() == 0
    assert len(phone.approvals) == 2


def test_three_requests_in_ten_minutes_are_the_most(product, phone):
    product.configure(phone, HASTY)
    for _ in range(4):
        terminal = product.knock("sudo")
        terminal.reads(prompts.CODE)
        terminal.interrupt_prompt()
        assert terminal.ends() != 0
    assert len(phone.approvals) == 3


HOPELESS = ["root", "nobody-knows-me"]


@pytest.mark.parametrize("user", HOPELESS)
def test_root_whom_sshd_will_refuse_and_unknown_users_ring_no_phone(product, phone, user):
    product.link("root", 815)
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.configure(phone, HASTY)
    terminal = product.host.ssh(user, options=("NumberOfPasswordPrompts=1",))
    terminal.reads(prompts.CODE)
    terminal.answer("123456")
    terminal.reads(f"{prompts.CODE}|{prompts.SSH_REFUSES}")
    assert phone.approvals == [] and phone.requests("verify") == []


@pytest.mark.parametrize("prompt", ["wait", "now"])
def test_unknown_users_see_the_prompt_of_those_who_have_a_phone(product, phone, prompt):
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.configure(phone, f'{HASTY}\nprompt = "{prompt}"')
    shown = [product.host.ssh(user).reads(prompts.CODE)[0] for user in ["nobody-knows-me", "alice"]]
    assert re.sub(r"\d\d", "NN", shown[0]) == re.sub(r"\d\d", "NN", shown[1])


@pytest.mark.parametrize("permission", ["", "PermitRootLogin yes"])
def test_root_sees_the_same_prompt_whether_sshd_will_refuse_or_not(product, phone, permission):
    product.link("root", 815)
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.configure(phone, HASTY)
    terminal = product.host.ssh("root", sshd=product.host.sshd(extra=permission), options=("NumberOfPasswordPrompts=1",))
    for _ in range(3):
        assert terminal.reads(prompts.CODE)[0].strip() == "Code [sms, call, push]:"
        terminal.answer("123456")
    terminal.reads(prompts.SSH_REFUSES)
    assert phone.approvals == []
    assert bool(phone.requests("verify")) == bool(permission)


def test_root_whom_sshd_allows_is_let_in_by_the_phone_after_asking_for_it(product, phone):
    product.link("root", 815)
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.configure(phone, HASTY)
    terminal = product.host.ssh("root", sshd=product.host.sshd(extra="PermitRootLogin yes"))
    terminal.reads(prompts.WORD_PUSH)
    terminal.answer("push")
    terminal.reads(prompts.PRESS_ENTER)
    phone.approve(phone.wait_for_request().uuid)
    terminal.answer("")
    assert gets_in(terminal, "root")


def test_a_login_is_in_at_the_moment_of_approval_over_one_connection(product, phone):
    phone.phone, phone.phone_delay = "approve", threading.Event()
    terminal = product.knock("ssh")
    phone.wait_until(lambda: phone.requests("poll"))
    phone.phone_delay.set()
    assert gets_in(terminal, "alice")
    assert {request.connection for request in phone.received} == {1}


def test_a_server_without_long_polls_is_asked_again(product, phone):
    phone.long_poll = False
    terminal = product.knock("ssh")
    phone.wait_until(lambda: len(phone.requests("poll")) >= 2)
    phone.approve()
    assert gets_in(terminal, "alice")


def test_the_check_number_in_the_prompt_is_the_one_on_the_phone(product, phone):
    product.configure(phone, PATIENT + '\nprompt = "now"\nnumber_matching = true')
    terminal = product.knock("ssh")
    shown = terminal.reads(prompts.NUMBER)[1]
    assert str(phone.wait_for_request().details["Number"]) == shown

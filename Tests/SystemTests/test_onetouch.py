"""OneTouch and OneCodes: approve, deny or ignore on the phone, through real sshd and sudo, over TLS to countersignd."""

import re

import pytest

from support import prompts
from support.good_server import LoginPhone
from support.people import called
from support.product import FACTOR_ONLY, HASTY, PATIENT, gets_in, give_password

pytestmark = pytest.mark.product

GETS = {"ssh": "alice", "sudo": "root"}


@pytest.mark.parametrize("way", GETS)
def test_approved_on_the_phone_is_in_without_typing(product, phone, way):
    terminal = product.knock(way)
    phone.approve(terminal, phone.wait_for_request())
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="onetouch", user="alice")
    assert len(phone.requests()) == 1


@pytest.mark.parametrize("way", GETS)
def test_the_request_tells_who_logs_in_where(product, phone, way):
    product.knock(way)
    request = phone.wait_for_request()
    told = {"ssh": ["gate", "alice", "SSH login", "127.0.0.1"], "sudo": ["gate", "alice", "sudo", "/usr/bin/id -un"]}[
        way
    ]
    text = " ".join([request.message, *request.details.values()])
    assert all(word in text for word in told), text
    assert 0 < request.seconds <= 90


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CORP\\M\u00fcller", "CORP\\M\u00fcller"),
        ("\u6771\u4eac", "\u6771\u4eac"),
        ("al\u202eecila", "al\\u{202E}ecila"),
        ("dora smith", "dora smith"),
    ],
)
def test_the_phone_shows_names_as_they_are(product, phone, name, shown):
    with called(product.host, name):
        product.link(name, phone.authy_id)
        product.knock("ssh", name, options=("NumberOfPasswordPrompts=1",))
        request = phone.wait_for_request()
        assert request.details["User"] == shown


@pytest.mark.parametrize("way", ["sudo", "su"])
def test_the_waiting_is_told_where_text_is_shown_at_once(product, phone, way):
    terminal = product.knock(way)
    phone.wait_for_request()
    terminal.reads(prompts.WAITING)


def test_denied_on_the_phone_is_out_of_sudo_at_once(product, phone):
    terminal = product.knock("sudo")
    phone.deny()
    assert terminal.ends() != 0
    assert len(phone.requests()) == 1
    assert terminal.transcript.count("assword for") == 1
    product.decided(outcome="denied", factor="onetouch", user="alice")


def test_denied_on_the_phone_refuses_the_later_rounds_of_ssh_without_prompt_or_request(product, phone):
    terminal = product.knock_with_key()
    phone.deny()
    assert terminal.ends() == 255
    assert "code" not in terminal.transcript
    assert len(phone.requests()) == 1
    assert [decision["outcome"] for decision in product.decisions()] == ["denied"]


def test_a_denial_reaches_the_password_method_too(product, phone):
    daemon = product.host.sshd(extra="PasswordAuthentication yes")
    terminal = product.knock("ssh", sshd=daemon, methods="keyboard-interactive,password")
    phone.deny()
    while terminal.reads_one_of(prompts.PASSWORD, r"Permission denied \(|Too many authentication failures") == 0:
        terminal.answer(product.host.people["alice"].password)
    assert terminal.ends() == 255
    assert len(phone.requests()) == 1
    product.decided(outcome="denied", reason="denied_on_phone", user="alice")


def test_after_a_denial_no_automatic_request_goes_out_for_a_while(product, phone):
    terminal = product.knock("sudo")
    phone.deny()
    assert terminal.ends() != 0
    product.knock("sudo").reads(prompts.CODE)
    assert len(phone.requests()) == 1
    product.host.countersign("unlock", "alice")
    terminal = product.knock("sudo")
    phone.deny()
    assert terminal.ends() != 0
    assert len(phone.requests()) == 2


@pytest.mark.parametrize("way", GETS)
def test_ignored_on_the_phone_a_code_does_as_well(product, phone, way):
    product.configure(phone, HASTY)
    token = product.softtoken("alice")
    terminal = product.knock(way)
    request = phone.wait_for_request()
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="softtoken", user="alice")
    assert phone.end_of(request) == "cancelled"


@pytest.mark.parametrize("way", GETS)
def test_approved_while_the_prompt_is_open_needs_only_enter(product, phone, way):
    product.configure(phone, HASTY)
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    phone.approve(terminal)
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
    phone.approve(terminal)
    terminal.answer("")
    assert gets_in(terminal, "alice")
    assert len(phone.requests()) == 1


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
    phone.approve(terminal, phone.wait_for_request())
    terminal.answer("")
    assert gets_in(terminal, "alice")


def test_ctrl_c_at_the_prompt_ends_sudo_and_takes_the_request_back(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("sudo")
    request = phone.wait_for_request()
    terminal.reads(prompts.CODE)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert phone.end_of(request) == "cancelled"
    product.decided(outcome="denied", user="alice")


@pytest.mark.parametrize("word", ["sms", "call"])
def test_the_words_sms_and_call_send_a_onecode(product, phone, word):
    product.configure(phone, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.WORD_SMS)
    terminal.answer(word)
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    [(via, code)] = phone.sent()
    assert via == word
    terminal.answer(code)
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor=word, user="alice")


def test_a_code_of_the_phone_is_good_and_good_once(product, phone):
    product.configure(phone, HASTY)
    code = phone.code()
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(code)
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor="softtoken", user="alice")
    again = product.knock("sudo")
    again.reads(prompts.CODE)
    again.answer(code)
    again.reads(prompts.CODE)
    assert phone.codes_tried() == ["accepted", "spent"]


def test_a_wrong_code_is_refused_and_may_be_corrected(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(phone.token.wrong_code())
    terminal.reads(prompts.NOT_ACCEPTED)
    terminal.reads(prompts.CODE)
    terminal.answer(phone.code())
    assert gets_in(terminal, "root")
    assert phone.codes_tried() == ["wrong", "accepted"]


def test_a_code_that_is_spent_here_is_not_shown_to_the_server(product, phone):
    """The code would be right there too: the host and the server have the same SoftToken."""
    product.configure(phone, HASTY)
    token = product.softtoken("alice", phone.token)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")
    again = product.knock("sudo")
    again.reads(prompts.CODE)
    again.answer(token.spent_code())
    again.reads(prompts.CODE)
    assert phone.codes_tried() == []


def test_the_word_push_asks_again_after_a_request_has_expired(product, phone):
    product.configure(phone, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    phone.let_expire(phone.wait_for_request())
    terminal.answer("")
    terminal.reads(prompts.WORD_PUSH)
    terminal.answer("push")
    phone.approve(terminal, phone.wait_for_request())
    if terminal.reads_one_of(prompts.CODE, r"alice\r\n") == 0:
        terminal.answer("")
    assert terminal.ends() == 0
    assert [request.status for request in phone.requests()] == ["cancelled", "approved"]


def test_three_requests_in_ten_minutes_are_the_most(product, phone):
    product.configure(phone, HASTY)
    for _ in range(4):
        terminal = product.knock("sudo")
        terminal.reads(prompts.CODE)
        terminal.interrupt_prompt()
        assert terminal.ends() != 0
    assert len(phone.requests()) == 3


@pytest.fixture
def roots_phone(product, countersignd):
    """root's, beside alice's."""
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    phone = LoginPhone(countersignd)
    product.configure(phone, HASTY)
    product.link("root", phone.authy_id)
    return phone


@pytest.mark.parametrize("user", ["root", "nobody-knows-me"])
def test_root_refused_by_sshd_and_unknown_users_ring_no_phone(product, phone, roots_phone, user):
    terminal = product.host.ssh(user, options=("NumberOfPasswordPrompts=1",))
    terminal.reads(prompts.CODE)
    terminal.answer("123456")
    terminal.reads(f"{prompts.CODE}|{prompts.SSH_REFUSES}")
    for somebodys in [phone, roots_phone]:
        assert somebodys.requests() == [] and somebodys.codes_tried() == []


@pytest.mark.parametrize("prompt", ["wait", "now"])
def test_unknown_users_see_the_prompt_of_those_who_have_a_phone(product, phone, prompt):
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.configure(phone, f'{HASTY}\nprompt = "{prompt}"')
    shown = [product.host.ssh(user).reads(prompts.CODE)[0] for user in ["nobody-knows-me", "alice"]]
    assert re.sub(r"\d\d", "NN", shown[0]) == re.sub(r"\d\d", "NN", shown[1])


@pytest.mark.parametrize("permission", ["", "PermitRootLogin yes"])
def test_root_sees_the_same_prompt_whether_sshd_will_refuse_or_not(product, roots_phone, permission):
    terminal = product.host.ssh(
        "root", sshd=product.host.sshd(extra=permission), options=("NumberOfPasswordPrompts=1",)
    )
    for _ in range(3):
        assert terminal.reads(prompts.CODE)[0].strip() == "Verification code (or sms, call, push):"
        terminal.answer(roots_phone.token.wrong_code())
    terminal.reads(prompts.SSH_REFUSES)
    assert roots_phone.requests() == []
    assert roots_phone.codes_tried() == (["wrong"] * 3 if permission else [])


def test_root_allowed_by_sshd_is_let_in_by_the_phone_after_asking_for_it(product, roots_phone):
    terminal = product.host.ssh("root", sshd=product.host.sshd(extra="PermitRootLogin yes"))
    terminal.reads(prompts.WORD_PUSH)
    terminal.answer("push")
    terminal.reads(prompts.PRESS_ENTER)
    roots_phone.approve(terminal, roots_phone.wait_for_request())
    terminal.answer("")
    assert gets_in(terminal, "root")


def test_a_login_is_in_at_the_moment_of_approval_after_one_read(product, phone, countersignd):
    terminal = product.knock("ssh")
    request = phone.wait_for_request()
    phone.wait_for_login()
    before = countersignd.answered_to_others()
    phone.approve(terminal, request)
    assert gets_in(terminal, "alice")
    assert countersignd.answered_to_others() - before == 1


@pytest.mark.parametrize("way, rule", [("ssh", "number_matching = true"), ("sudo", "")])
def test_the_number_that_the_login_shows_is_among_those_of_the_phone_and_approves(product, phone, way, rule):
    product.configure(phone, f"{PATIENT}\n{rule}")
    terminal = product.knock(way)
    request = phone.wait_for_request()
    assert terminal.shown_number() in request.choices and len(request.choices) == 3
    phone.approve(terminal, request)
    if way == "ssh":
        terminal.answer("")
    assert gets_in(terminal, GETS[way])


@pytest.mark.parametrize(
    "options",
    [["-S"], ["-HSk"], ["-u", "root", "--stdin"], ["-p", "Password: ", "-S"], ["--prompt", "Password: ", "-S", "--"]],
)
def test_a_sudo_that_a_program_feeds_shows_no_number_and_asks_for_none(product, phone, options):
    """No person reads its terminal: ansible's become has one too."""
    terminal = product.host.sudo("alice", *options, "id", "-un")
    give_password(terminal, product.host.people["alice"].password)
    request = phone.wait_for_request()
    assert request.choices == []
    phone.approve(terminal, request)
    assert gets_in(terminal, "root")


@pytest.mark.parametrize(
    "options",
    [["-p", "Password -S: "], ["-p", "-S assword: "], ["-uroot"], ["--prompt=assword -S: "], ["--", "env", "-S"]],
)
def test_what_only_looks_like_a_sudo_that_a_program_feeds_shows_the_number(product, phone, options):
    words = [] if "env" in options else ["id"]
    terminal = product.host.sudo("alice", *options, *words, *([] if not words else ["-un"]))
    terminal.reads(r"assword[^:]*: ")
    terminal.answer(product.host.people["alice"].password)
    request = phone.wait_for_request()
    assert terminal.shown_number() in request.choices
    phone.deny(request)
    assert terminal.ends() != 0


def test_a_number_that_is_asked_for_is_shown_by_a_sudo_that_a_program_feeds_too(product, phone):
    product.configure(phone, f"{PATIENT}\nnumber_matching = true")
    terminal = product.host.sudo("alice", "-S", "id", "-un")
    give_password(terminal, product.host.people["alice"].password)
    request = phone.wait_for_request()
    assert terminal.shown_number() in request.choices
    phone.approve(terminal, request)
    terminal.answer("")
    assert gets_in(terminal, "root")


def test_a_wrong_number_is_out(product, phone):
    terminal = product.knock("sudo")
    request = phone.wait_for_request()
    number = terminal.shown_number()
    wrong = next(choice for choice in request.choices if choice != number)
    assert phone.answer(request.id, "approved", wrong).json == {"status": "denied", "reason": "wrong_number"}
    assert terminal.ends() != 0
    product.decided(outcome="denied", factor="onetouch", user="alice")


def test_a_server_without_long_polls_is_asked_again(product, stand_in):
    product.configure(stand_in, PATIENT)
    product.link("alice", stand_in.authy_id)
    terminal = product.knock("ssh")
    stand_in.wait_until(lambda: len(stand_in.requests("poll")) >= 2)
    stand_in.phone = "approve"
    assert gets_in(terminal, "alice")

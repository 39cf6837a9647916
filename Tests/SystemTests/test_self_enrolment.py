"""From the first login to enforcement, by the users' own hands: real ssh and sudo, the real countersignd, and a gateway
that delivers to this test."""

import pathlib
import re
import shutil
import signal

import pytest

from support import prompts
from support.patience import until
from support.product import gets_in
from support.server import Handset, Server

pytestmark = pytest.mark.product

FOLDER = pathlib.Path("/run/countersignd")
GRACE = 'mode = "grace"\ngrace_logins = 3\ngrace_window = 0\ngrace_services = ["sshd-cs"]\n'
OFFER = GRACE + 'at_login = true\ncountry_code = "49"\nemail_domain = "example.com"\n'
NUMBER = "0151 12345618"
ASKS_NUMBER = r"Mobile number \(or skip[a-z, ]*\): "
ASKS_CODE = r"Verification code \(or sms, call, skip\): "
GETS = [("ssh", "alice"), ("sudo", "root")]
ONCE = {"options": ("NumberOfPasswordPrompts=1",)}


class Socket:
    """The host's settings for a server on a socket."""

    url = f"unix:{FOLDER}/api.sock"
    ca_file = None

    def __init__(self, key):
        self.api_key = key


class Gateway:
    """The messages that the server sent."""

    def __init__(self, server):
        self.server = server

    @property
    def sent(self) -> str:
        return self.server.sent.read_text(encoding="utf-8") if self.server.sent.exists() else ""

    def wait(self, text: str) -> None:
        """Waits for a mail, which no login waits for."""
        until(lambda: text in self.sent, lambda: f"{text!r} is not in what was sent:\n{self.sent}")

    def codes(self) -> list[str]:
        """The codes of text messages, oldest first: the server has handed a message on when it answers."""
        return re.findall(r"(\d{4,10}) is your code for", self.sent)


@pytest.fixture
def countersignd(host):
    FOLDER.mkdir(mode=0o755)
    running = Server(FOLDER, extra_listener=Socket.url)
    try:
        yield running.start()
    finally:
        running.stop(signal.SIGKILL)
        shutil.rmtree(FOLDER)


@pytest.fixture
def gateway(product, countersignd):
    """All users have three grace logins and get the offer to enroll."""
    configure(product, countersignd, OFFER)
    return Gateway(countersignd)


def configure(product, countersignd, enrolment, more=""):
    product.configure(Socket(countersignd.application.key), enrolment=enrolment, more=more)


def decisions(product) -> list[tuple]:
    return [(decision["outcome"], decision["reason"]) for decision in product.decisions()]


def enrol(terminal, gateway, number=NUMBER):
    terminal.reads(ASKS_NUMBER)
    terminal.answer(number)
    terminal.reads(r"A code was sent to \+49-XXX-XXX-XX18")
    terminal.reads(ASKS_CODE)
    terminal.answer(gateway.codes()[-1])


@pytest.mark.parametrize("way, gets", GETS)
def test_the_initial_login_may_be_skipped(product, gateway, way, gets):
    terminal = product.knock(way)
    terminal.reads("log in 3 more times without a second factor. Enter your mobile number to enroll now, or type skip")
    terminal.reads(ASKS_NUMBER)
    terminal.answer("skip")
    assert gets_in(terminal, gets)
    product.decided(outcome="excused", reason="grace", user="alice")
    assert gateway.sent == ""


@pytest.mark.parametrize("way, gets", GETS)
def test_enrolment_in_the_conversation(product, gateway, way, gets):
    terminal = product.knock(way)
    enrol(terminal, gateway)
    assert gets_in(terminal, gets)
    assert "Phone +49-XXX-XXX-XX18" in terminal.transcript
    product.decided(outcome="approved", reason="enrolled", factor="sms", user="alice")
    shown = product.show("alice")
    # The first number costs a grace login, in services that spend none otherwise too.
    assert shown["state"] == "confirmed" and shown["grace_logins_used"] == 1
    assert "15112345618" not in str(shown) + str(product.history("alice")) + str(product.host.journal)


def test_who_enrolled_is_told_by_mail_and_asked_from_then_on(product, gateway, countersignd):
    enrol(terminal := product.knock("ssh"), gateway)
    assert gets_in(terminal, "alice")
    gateway.wait("A phone was enrolled for the two-factor login of alice on gate, from 127.0.0.1")
    terminal = product.knock("sudo")
    assert "skip" not in terminal.reads(r"(?:[Cc]ode|Type)[^\r\n]*\bsms\b[^\r\n]*: ")[0]
    terminal.answer("sms")
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    terminal.answer(gateway.codes()[-1])
    assert gets_in(terminal, "root")
    assert decisions(product) == [("approved", "enrolled"), ("approved", "proven")]


def test_who_enrolled_has_the_phone_of_the_link_confirmed_by_both_codes(product, gateway, countersignd):
    """The number was proven in the login: the link that came after it proves nothing by itself."""
    enrol(terminal := product.knock("ssh"), gateway)
    assert gets_in(terminal, "alice")
    gateway.wait("/phone/#enrol=")
    phone = Handset(countersignd)
    assert phone.enrol(re.search(r"http\S+/phone/#enrol=\S+", gateway.sent)[0]).status == 200
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(phone.state()["confirmation"])
    terminal.reads(prompts.CONFIRMS_ONLY)
    terminal.reads(prompts.CODE)
    assert phone.state()["device"]["confirmed"] is False
    terminal.answer("sms")
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    terminal.answer(gateway.codes()[-1])
    assert gets_in(terminal, "alice") and phone.state()["device"]["confirmed"] is True
    # From now on it is asked.
    terminal = product.knock("ssh")
    state = phone.state()
    while not state["requests"]:
        state = phone.state(state["revision"], 20)
    [request] = state["requests"]
    assert phone.answer(request["id"], "approved", text=request["text"]).status == 200
    assert gets_in(terminal, "alice")


def test_a_wrong_number_and_a_wrong_code_cost_nothing_but_the_try(product, gateway):
    terminal = product.knock("ssh")
    terminal.reads(ASKS_NUMBER)
    terminal.answer("my phone")
    terminal.reads("does not look like a phone number")
    terminal.reads(ASKS_NUMBER)
    terminal.answer(NUMBER)
    terminal.reads(ASKS_CODE)
    terminal.answer("0000000" if gateway.codes()[-1] != "0000000" else "1111111")
    terminal.reads(prompts.NOT_ACCEPTED)
    terminal.reads(ASKS_CODE)
    terminal.answer(gateway.codes()[-1])
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", reason="enrolled", user="alice")


def test_a_code_is_sent_again_and_by_call(product, gateway):
    terminal = product.knock("sudo")
    terminal.reads(ASKS_NUMBER)
    terminal.answer(NUMBER)
    for word, notice in (("sms", "A code was sent"), ("call", "You are being called")):
        terminal.reads(ASKS_CODE)
        terminal.answer(word)
        terminal.reads(notice)
    terminal.reads(ASKS_CODE)
    terminal.answer(re.findall(r"Your code for [^\r\n]* is (\d+)", gateway.sent)[-1])
    assert gets_in(terminal, "root")
    product.decided(outcome="approved", reason="enrolled", factor="call", user="alice")


def test_the_last_grace_login_and_the_lockout_after_it(product, gateway):
    for left in ("log in 3 more times", "log in 2 more times", "log in 1 more time"):
        terminal = product.knock("ssh")
        terminal.reads(left)
        terminal.reads(ASKS_NUMBER)
        terminal.answer("skip")
        assert gets_in(terminal, "alice")
    terminal = product.knock("ssh", **ONCE)
    terminal.reads(prompts.ASK_ADMINISTRATOR)
    assert terminal.ends() == 255
    assert product.knock("sudo").ends() != 0
    assert decisions(product) == [("excused", "grace")] * 3 + [("denied", "grace_over")] * 2


def test_the_last_grace_login_may_still_enrol(product, gateway):
    product.host.countersign("grace", "alice", "--used", "2")
    enrol(terminal := product.knock("ssh"), gateway)
    assert gets_in(terminal, "alice")
    assert product.show("alice")["state"] == "confirmed"


def test_ctrl_c_at_the_offer_ends_sudo_and_spends_nothing(product, gateway):
    terminal = product.knock("sudo")
    terminal.reads(ASKS_NUMBER)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    product.decided(outcome="denied", reason="cancelled", user="alice")
    assert product.show("alice")["grace_logins_used"] == 0


def test_a_server_that_is_killed_in_the_middle_enrols_nobody_and_locks_nobody_out(product, gateway, countersignd):
    terminal = product.knock("ssh")
    terminal.reads(ASKS_NUMBER)
    terminal.answer(NUMBER)
    terminal.reads(ASKS_CODE)
    countersignd.stop(signal.SIGKILL)
    terminal.answer(gateway.codes()[-1])
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(ASKS_CODE)
    terminal.answer("skip")
    assert gets_in(terminal, "alice")
    assert product.show("alice")["state"] == "none"
    product.decided(outcome="excused", reason="grace", user="alice")


# Opting out


def test_never_argues_and_takes_the_name_for_a_yes(product, gateway, countersignd):
    configure(
        product,
        countersignd,
        OFFER + 'opt_out = "yes"\nopt_out_text = "A stolen password is enough to become you here."\n',
    )
    terminal = product.knock("ssh")
    terminal.reads(ASKS_NUMBER)
    terminal.answer("never")
    terminal.reads("A stolen password is enough to become you here.")
    terminal.reads("type your user name")
    terminal.answer("alice")
    assert gets_in(terminal, "alice")
    assert gets_in(product.knock("sudo"), "root")
    assert decisions(product) == [("excused", "opted_out")] * 2
    configure(product, countersignd, 'mode = "required"')
    assert product.knock("sudo").ends() != 0


def test_opting_in_again_ends_an_opt_out(product):
    product.configure(enrolment='mode = "required"\nopt_out = "yes"')
    product.host.countersign("opt-out", "alice", "--yes")
    assert gets_in(product.knock("sudo"), "root")
    product.host.countersign("opt-in", "alice")
    assert product.knock("sudo").ends() != 0
    assert decisions(product) == [("excused", "opted_out"), ("denied", "not_enrolled")]


# Pauses


def test_a_pause_excuses_until_it_ends(product):
    product.softtoken("alice")
    product.host.countersign("pause", "alice", "--hours", "1", "--reason", "phone lost")
    for way, gets in GETS:
        assert gets_in(product.knock(way), gets)
    assert decisions(product) == [("excused", "paused")] * 2
    product.host.journal.wait(r"reason=paused .*phone lost")
    product.host.countersign("pause", "alice", "--end")
    product.knock("sudo").reads(prompts.CODE)

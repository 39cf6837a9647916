"""Whole logins against countersignd by its socket, and against one that is killed."""

import pathlib
import signal

import pytest

import prompts
from good_server import LoginPhone
from product import HASTY, PATIENT, gets_in
from server import Handset, Server, link

pytestmark = pytest.mark.product


@pytest.fixture
def by_socket(product, countersignd):
    """alice's phone, of a server that the host asks by its socket."""
    return enrolled(product, LoginPhone(countersignd, countersignd.socket))


def enrolled(product, phone):
    product.configure(phone, PATIENT)
    product.link("alice", phone.authy_id)
    return phone


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_approved_on_the_phone_is_in_by_a_socket_as_well(product, by_socket, way, gets):
    terminal = product.knock(way)
    by_socket.approve(terminal, by_socket.wait_for_request())
    assert gets_in(terminal, gets)
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_a_code_of_the_phone_is_in_by_a_socket_as_well(product, by_socket):
    product.configure(by_socket, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(by_socket.code())
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor="softtoken", user="alice")


def test_a_server_that_is_killed_lets_nobody_in(product):
    folder = pathlib.Path("/run/countersignd")  # one of its own, since it ends
    folder.mkdir(mode=0o755)
    with Server(folder, extra_listener=f"unix:{folder}/api.sock") as server:
        phone = enrolled(product, LoginPhone(server, f"unix:{folder}/api.sock"))
        product.configure(phone, HASTY)
        terminal = product.knock("sudo")
        phone.wait_for_request()
        server.stop(signal.SIGKILL)
    terminal.reads(prompts.CODE)
    terminal.answer(phone.code())
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert all(decision["outcome"] != "approved" for decision in product.decisions())


def new_phone(phone):
    """One that has opened a link of the user's, with the confirmation code that it shows."""
    new = Handset(phone.server, "Burner")
    assert new.enrol(link(phone.server, phone.authy_id)).status == 200
    return new, new.state()["confirmation"]


def is_confirmed(handset):
    return handset.state()["device"]["confirmed"]


def type_sent_code(phone, terminal):
    """Has a code sent, and types it."""
    terminal.reads(prompts.WORD_SMS)
    terminal.answer("sms")
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    terminal.answer(phone.sent()[-1][1])


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_a_link_and_the_password_are_no_way_past_a_factor_that_was_proven(product, countersignd, way, gets):
    """Whoever has both types the link's code and is not in; who has the factor too is, and the phone is confirmed by that."""
    phone = enrolled(product, LoginPhone(countersignd, countersignd.socket, has_device=False))
    first = product.knock("ssh")
    type_sent_code(phone, first)
    assert gets_in(first, "alice")
    new, confirmation = new_phone(phone)
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    terminal.answer(confirmation)
    terminal.reads(prompts.CONFIRMS_ONLY)
    assert not is_confirmed(new)
    type_sent_code(phone, terminal)
    assert gets_in(terminal, gets) and is_confirmed(new)


def test_the_code_of_a_first_phone_is_a_first_login(product, countersignd):
    phone = enrolled(product, LoginPhone(countersignd, countersignd.socket, has_device=False))
    new, confirmation = new_phone(phone)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(confirmation)
    assert gets_in(terminal, "alice") and is_confirmed(new)
    assert product.show("alice")["state"] == "confirmed"

"""Whole logins through real sshd and sudo against the real server of this project, by its socket; the person's phone is a key in this process."""

import json
import pathlib
import shutil
import signal
import sys

import pytest

import prompts
from host import REPOSITORY
from product import gets_in

sys.path.append(str(REPOSITORY / "Tests/ServerTests"))

from server import Server, handset  # noqa: E402

pytestmark = pytest.mark.product

FOLDER = pathlib.Path("/run/countersignd")
PATIENT = "onetouch_wait = 60"
HASTY = "onetouch_wait = 1"


class Socket:
    """What the host's settings need to know of a server on a socket."""

    url = f"unix:{FOLDER}/api.sock"
    ca_file = None

    def __init__(self, key):
        self.api_key = key


@pytest.fixture
def countersignd(host):
    """countersignd on a socket for the host, and on loopback for the phone."""
    FOLDER.mkdir(mode=0o755)
    running = Server(FOLDER, extra_listener=Socket.url)
    try:
        yield running.start()
    finally:
        running.stop(signal.SIGKILL)
        shutil.rmtree(FOLDER)


@pytest.fixture
def phone(product, countersignd):
    """alice's phone."""
    user = countersignd.application.new_user()
    product.configure(Socket(countersignd.application.key), PATIENT)
    product.link("alice", user)
    return handset(countersignd, user)


def request(phone) -> dict:
    """What the phone shows, as soon as there is a request."""
    state = phone.state()
    while not state["requests"]:
        state = phone.state(state["revision"], 20)
    return json.loads(state["requests"][-1]["text"])


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_approved_on_the_phone_is_in(product, phone, way, gets):
    terminal = product.knock(way)
    shown = request(phone)
    details = dict(shown["details"])
    assert "alice" in details.values() and "gate" in details.values()
    assert phone.answer(shown["id"], "approved", shown_number(terminal, shown)).json["status"] == "approved"
    assert gets_in(terminal, gets)
    product.decided(outcome="approved", factor="onetouch", user="alice")


def shown_number(terminal, shown):
    """The number that the login shows, where the phone asks for one."""
    if "choices" not in shown:
        return None
    return terminal.reads(r"the number is (\d\d)\)").group(1)


def test_denied_on_the_phone_is_out(product, phone):
    terminal = product.knock("ssh", options=("NumberOfPasswordPrompts=1",))
    phone.answer(request(phone)["id"], "denied")
    assert terminal.ends() != 0
    product.decided(outcome="denied", user="alice")


def test_a_wrong_number_is_out(product, phone, countersignd):
    product.configure(Socket(countersignd.application.key), PATIENT + "\nnumber_matching = true")
    terminal = product.knock("sudo")
    shown = request(phone)
    number = shown_number(terminal, shown)
    wrong = next(choice for choice in shown["choices"] if choice != number)
    assert phone.answer(shown["id"], "approved", wrong).json == {"status": "denied", "reason": "wrong_number"}
    assert terminal.ends() != 0


def test_the_softtoken_of_the_phone_is_in_once(product, phone, countersignd):
    product.configure(Socket(countersignd.application.key), HASTY)
    code = phone.softtoken(countersignd.application)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(code)
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor="softtoken", user="alice")
    assert countersignd.application.verify(code, int(product.show("alice")["authy_id"])).json["error_code"] == "60019"


def test_a_login_that_is_over_takes_its_request_back(product, phone, countersignd):
    product.configure(Socket(countersignd.application.key), HASTY)
    terminal = product.knock("sudo")
    request(phone)
    seen = phone.state()
    terminal.reads(prompts.CODE)
    terminal.answer(phone.softtoken(countersignd.application))
    assert gets_in(terminal, "root")
    while seen["requests"]:
        seen = phone.state(seen["revision"], 20)


def test_a_server_that_is_killed_lets_nobody_in(product, phone, countersignd):
    product.configure(Socket(countersignd.application.key), HASTY)
    code = phone.softtoken(countersignd.application)
    terminal = product.knock("sudo")
    request(phone)
    countersignd.stop(signal.SIGKILL)
    terminal.reads(prompts.CODE)
    terminal.answer(code)
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)
    terminal.interrupt()
    assert terminal.ends() != 0
    assert all(decision["outcome"] != "approved" for decision in product.decisions())

"""Whether the user is still there while the phone is asked: sshd's client, and the login program's end."""

import contextlib
import signal
import socket

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS

PATIENT = "[login]\nonetouch_wait = 60\n"
GONE = ("denied", "disconnected")


class Connection:
    """A client of an sshd that listens at this address: its own end, and sshd's."""

    def __init__(self, family=socket.AF_INET, address="127.0.0.1", to="127.0.0.1"):
        with socket.socket(family) as listener:
            listener.bind((address, 0))
            listener.listen()
            self.client = socket.create_connection((to, listener.getsockname()[1]))
            self.server = listener.accept()[0]
        (here, port), (there, its_port) = self.client.getsockname()[:2], self.client.getpeername()[:2]
        self.settings = ("tty=ssh", f"env=SSH_CONNECTION={here} {port} {there} {its_port}")

    def login(self, site, *settings, others=()):
        descriptors = [connection.server.fileno() for connection in [self, *others]]
        login = site.login(*(settings or self.settings), descriptors=descriptors)
        return login


@pytest.fixture
def connect():
    with contextlib.ExitStack() as stack:

        def make(*arguments):
            connection = Connection(*arguments)
            stack.enter_context(connection.client), stack.enter_context(connection.server)
            return connection

        yield make


def ended(login):
    result = login.result()
    assert login.finish() == []
    return result, (login.decisions[-1]["outcome"], login.decisions[-1]["reason"])


@pytest.mark.parametrize(
    "addresses",
    [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "::1"), (socket.AF_INET6, "::", "127.0.0.1")],
)
def test_a_client_that_goes_during_the_wait_ends_it_and_the_request_is_taken_back(site, connect, addresses):
    site.rules(PATIENT)
    connection = connect(*addresses)
    login = connection.login(site)
    request = site.phone.wait_for_request()
    site.phone.wait_for_login()
    connection.client.close()
    assert ended(login) == (PAM_AUTH_ERR, GONE)
    assert login.texts("ask") == [] and login.texts("tell") == []
    assert site.phone.end_of(request) == "cancelled"


def test_a_client_that_was_gone_before_is_noticed_at_once(site, connect):
    site.rules(PATIENT)
    connection = connect()
    connection.client.close()
    assert ended(connection.login(site)) == (PAM_AUTH_ERR, GONE)


def test_what_the_client_sends_is_left_to_sshd(site, connect):
    site.rules(PATIENT)
    connection = connect()
    login = connection.login(site)
    site.phone.wait_for_login()
    connection.client.sendall(b"SSH_MSG_IGNORE")
    site.phone.approve(login)
    assert ended(login)[0] == PAM_SUCCESS
    assert connection.server.recv(100) == b"SSH_MSG_IGNORE"
    assert connection.server.gettimeout() is None


def test_the_end_of_another_connection_is_nobodys(site, connect):
    site.rules(PATIENT)
    connection, other = connect(), connect()
    login = connection.login(site, others=[other])
    site.phone.wait_for_login()
    other.client.close()
    site.phone.approve(login)
    assert ended(login)[0] == PAM_SUCCESS


@pytest.mark.parametrize(
    "settings",
    [
        ("tty=pts/1", "env=SSH_CONNECTION={}"),
        ("tty=ssh", "env=SSH_CONNECTION=127.0.0.1 1 127.0.0.1 22"),
        ("tty=ssh", "env=SSH_CONNECTION=UNKNOWN 65535 UNKNOWN 65535"),
        ("tty=ssh", "env=SSH_CONNECTION="),
        ("tty=ssh", "env=SSH_CONNECTION=" + "1" * 300),
        ("tty=ssh", "env=SSH_CONNECTION=127.0.0.1 99999999999999999999 x 1"),
    ],
)
def test_a_connection_that_nobody_named_is_not_watched(site, connect, settings):
    site.rules(PATIENT)
    connection = connect()
    real = connection.settings[1].removeprefix("env=SSH_CONNECTION=")
    login = connection.login(site, *(setting.format(real) for setting in settings))
    site.phone.wait_for_login()
    connection.client.close()
    site.phone.approve(login)
    assert ended(login)[0] == PAM_SUCCESS


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_what_ends_the_login_program_takes_the_request_back_and_is_in_the_log(site, number):
    site.rules(PATIENT)
    login = site.login()
    request = site.phone.wait_for_request()
    site.phone.wait_for_login()
    login.interrupt(number)
    login.finish()
    assert login.process.returncode == -number
    assert (login.decisions[-1]["outcome"], login.decisions[-1]["reason"]) == GONE
    assert site.phone.end_of(request) == "cancelled"


def test_a_hang_up_that_the_login_program_ignores_ends_nothing(site):
    site.rules(PATIENT)
    login = site.login("ignore-sighup")
    site.phone.wait_for_login()
    login.process.send_signal(signal.SIGHUP)
    site.phone.approve(login)
    assert ended(login)[0] == PAM_SUCCESS


@pytest.mark.parametrize("state", ["setcred", "block-sigint"])
def test_ctrl_c_in_the_wait_ends_the_login_and_is_not_left_over(site, state):
    site.rules(PATIENT)
    login = site.login(state)
    request = site.phone.wait_for_request()
    site.phone.wait_for_login()
    login.interrupt()
    assert ended(login) == (PAM_AUTH_ERR, ("denied", "cancelled"))
    assert login.texts("ask") == []
    assert site.phone.end_of(request) == "cancelled"


def test_ctrl_c_that_waits_when_a_prompt_is_due_is_its_answer(host, softtoken):
    """Pressed before anything was asked: the prompt must not wait for a user who has left."""
    login = host.login("block-sigint", "pending-sigint")
    assert ended(login) == (PAM_AUTH_ERR, ("denied", "cancelled"))
    assert login.texts("ask") == []

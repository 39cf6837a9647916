"""The server's name has to be looked up, and name servers are slow, silent or gone: within the time limits all the
same."""

import socket
import time
import types

import pytest

import name_server
from support import prompts
from name_server import NameServer
from support.product import gets_in
from support.stand_in import StandIn

pytestmark = pytest.mark.product

LIMITS = "connect_timeout = 3\nrequest_timeout = 3"
PATIENT = "onetouch_wait = 60"


@pytest.fixture
def names():
    with NameServer() as names, name_server.asked("127.0.0.1"):
        yield names


@pytest.fixture
def approving(product, authority, names):
    """A server by name, where every phone approves at once."""
    with StandIn(certificate=authority.named) as server:
        server.phone = "approve"
        configure(product, server, authority)
        yield server


def configure(product, server, authority, more=""):
    port = server.wire._address[1]
    place = types.SimpleNamespace(
        url=f"https://{name_server.NAME}:{port}", api_key=server.api_key, ca_file=authority.ca_file
    )
    product.configure(place, PATIENT, server_lines=LIMITS, more=more)
    product.link("alice", server.authy_id)


@pytest.mark.parametrize("silent", [None, "AAAA"])
def test_an_ipv4_address_is_enough_whatever_is_said_about_ipv6(product, approving, names, silent):
    if silent:
        names.says[silent] = "nothing"
    assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="approved", factor="onetouch", user="alice")


@pytest.mark.parametrize("says", ["no_data", "nothing", "failure", "address"])
def test_an_ipv6_address_is_enough_whatever_is_said_about_ipv4(product, authority, names, says):
    names.says = {"A": says, "AAAA": "address"}
    server = StandIn(certificate=authority.named)
    server.wire._family, server.wire._address = socket.AF_INET6, ("::1", 0)
    with server:
        server.phone = "approve"
        configure(product, server, authority)
        assert gets_in(product.knock("sudo"), "root")


def test_an_ipv6_address_where_nobody_listens_does_no_harm(product, approving, names):
    names.says["AAAA"] = "address"
    assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_a_first_name_server_that_is_gone_costs_no_request(product, approving, names):
    with NameServer("127.0.0.2") as gone, name_server.asked("127.0.0.2", "127.0.0.1"):
        gone.says = {"A": "nothing", "AAAA": "nothing"}
        assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_a_name_server_that_is_silent_costs_no_more_than_the_time_limit(product, approving, names):
    names.says = {"A": "nothing", "AAAA": "nothing"}
    terminal = product.knock("sudo")
    began = time.monotonic()
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)
    # Without the limit it is the resolver's timeout: five seconds, twice.
    assert time.monotonic() - began < 9.5
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert approving.received == []


def test_a_name_server_that_fails_for_a_moment_excuses_nobody(product, approving, authority, names):
    configure(product, approving, authority, more='[outage]\nmode = "allow"')
    names.failures = 6
    assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_a_name_that_does_not_exist_is_an_outage_as_the_settings_have_it(product, approving, authority, names):
    configure(product, approving, authority, more='[outage]\nmode = "allow"')
    names.says["A"] = "no_data"
    assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="excused", reason="outage", user="alice")

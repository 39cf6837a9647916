"""The 2FA server is down, slow, strange or false: no user gets in by accident, and users with a code still do."""

import pytest

from support import prompts, rudeness
from support.product import gets_in
from support.stand_in import StandIn

pytestmark = pytest.mark.product

HASTY = "onetouch_wait = 2"
IMPATIENT = "connect_timeout = 1\nrequest_timeout = 1"
ALLOW = '[outage]\nmode = "allow"'
NOWHERE = "http://127.0.0.1:9"
# That a code confirmed a new phone is bad only for an account that has proven a factor:
# ModuleTests/test_confirmation.py.
BAD_ANSWERS = [
    *[
        (kind, None)
        for kind in sorted({*rudeness.LIES, *rudeness.MANGLED} - rudeness.TRUE - {"success_text", "confirmation"})
    ],
    ("html", None),
    ("hang_up", None),
    ("redirect", NOWHERE),
    *[("status", number) for number in [401, 404, 429, 500, 503]],
]
ONLY_OF_POLLS = {"wrong_uuid", "malformed_uuid", "other_user", "string_id", "no_id"}


@pytest.fixture
def rude(product, stand_in):
    """The server of alice's phone, which misbehaves as told."""
    product.configure(stand_in, HASTY)
    product.link("alice", stand_in.authy_id)
    return stand_in


def falls_back_to_a_code(product, token):
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    return gets_in(terminal, "root")


@pytest.mark.parametrize("kind, argument", BAD_ANSWERS)
def test_a_bad_answer_to_a_poll_lets_nobody_in(product, rude, kind, argument):
    rude.fault("poll", kind, argument)
    assert falls_back_to_a_code(product, product.softtoken("alice"))
    assert rude.requests("poll")
    product.decided(outcome="approved", factor="softtoken", user="alice")


@pytest.mark.parametrize(
    "kind, argument", [(kind, argument) for kind, argument in BAD_ANSWERS if kind not in ONLY_OF_POLLS]
)
def test_a_bad_answer_about_a_code_lets_nobody_in(product, rude, kind, argument):
    product.configure(rude, 'prompt = "now"')
    rude.fault("verify", kind, argument)
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer("7654321")
    if terminal.reads_one_of(prompts.CODE, "sudo: ") == 0:
        terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert rude.requests("verify")
    assert product.decisions()[-1]["outcome"] in {"denied", "unavailable"}


@pytest.mark.parametrize(
    "kind, argument", [("html", None), ("status", 401), ("status", 429), ("cut", None), ("huge", None)]
)
def test_a_bad_answer_to_a_request_goes_to_the_prompt_with_a_word(product, rude, kind, argument):
    # The answer comes before the prompt, however long it takes.
    product.configure(rude, "onetouch_wait = 60")
    rude.fault("create", kind, argument)
    terminal = product.knock("sudo")
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)


@pytest.mark.parametrize("how", ["refuse", "hang"])
def test_a_server_that_is_down_goes_to_the_prompt_with_a_word(product, rude, how):
    product.configure(rude, "onetouch_wait = 60", server_lines=IMPATIENT)
    rude.fault("connect", how)
    terminal = product.knock("sudo")
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)


@pytest.mark.parametrize("name", ["self_signed", "wrong_host", "expired"])
def test_a_bad_certificate_goes_to_the_prompt_and_is_never_spoken_to(product, authority, name):
    with StandIn(certificate=getattr(authority, name)) as server:
        server.ca_file, server.phone = authority.ca_file, "approve"
        product.configure(server, HASTY, more=ALLOW)
        product.link("alice", server.authy_id)
        product.knock("sudo").reads(prompts.CODE)
        assert server.received == [] and server.wire.connections > 0


def test_a_short_trouble_is_tried_again(product, rude):
    product.configure(rude, "onetouch_wait = 30")
    rude.phone = "approve"
    rude.fault("create", "status", 503, times=2)
    assert gets_in(product.knock("sudo"), "root")


def test_an_outage_excuses_where_the_settings_say_so(product, rude):
    product.configure(rude, HASTY, more=ALLOW)
    rude.fault("connect", "refuse")
    assert gets_in(product.knock("sudo"), "root")
    product.decided(outcome="excused", user="alice", service="sudo")


def test_an_outage_denies_where_the_settings_do_not_say_otherwise(product, rude):
    rude.fault("connect", "refuse")
    terminal = product.knock("sudo")
    if terminal.reads_one_of(prompts.CODE, "sudo: ") == 0:
        terminal.answer("1234567")
        terminal.reads(prompts.CODE)
        terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert product.decisions()[-1]["outcome"] in {"denied", "unavailable"}


NO_OUTAGE = [("status", 401), ("status", 429), ("html", None), ("cut", None), ("redirect", NOWHERE)]


@pytest.mark.parametrize("kind, argument", NO_OUTAGE)
def test_what_is_no_outage_is_never_excused(product, rude, kind, argument):
    product.configure(rude, HASTY, more=ALLOW)
    rude.fault("*", kind, argument)
    terminal = product.knock("sudo")
    if terminal.reads_one_of(prompts.CODE, "sudo: ", r"root\r\n") == 0:
        terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert product.decisions()[-1]["outcome"] in {"denied", "unavailable"}


def test_a_redirect_is_not_followed(product, rude):
    with StandIn() as other:
        other.phone = "approve"
        rude.fault("*", "redirect", other.url)
        product.knock("sudo").reads(prompts.CODE)
        assert other.received == []


def test_plain_http_is_not_spoken_by_root(product):
    with StandIn() as server:
        server.phone = "approve"
        product.configure(server)
        terminal = product.knock("sudo")
        if terminal.reads_one_of(prompts.CODE, "sudo: ") == 0:
            terminal.interrupt_prompt()
        assert terminal.ends() != 0
        assert server.received == []


@pytest.mark.parametrize("name", ["countersign-login", "countersign-net"])
@pytest.mark.parametrize("fault", ["missing", "not executable", "dies", "writable by others"])
def test_a_broken_helper_never_lets_anybody_in(product, phone, name, fault):
    break_helper(product.host, name, fault)
    terminal = product.knock("sudo")
    if terminal.reads_one_of(prompts.CODE, "sudo: ", r"root\r\n") == 0:
        terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert phone.requests() == []


def break_helper(host, name, fault):
    path = host.helpers / name
    if fault == "missing":
        path.unlink()
    elif fault == "dies":
        path.write_text("#!/bin/false\n")
    else:
        path.chmod({"not executable": 0o644, "writable by others": 0o757}[fault])


def test_ports_that_a_local_user_has_used_up_are_no_outage(product, phone):
    """Or alice would excuse herself from the factor of her own sudo."""
    import pathlib
    import socket

    setting = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")  # of the private network
    before = setting.read_text(encoding="ascii")
    product.configure(phone, more='[outage]\nmode = "allow"')
    terminal = product.host.sudo("alice")
    terminal.reads(prompts.PASSWORD)
    holders = []
    try:
        setting.write_text("50000 50001", encoding="ascii")
        for port in (50000, 50001):
            holders.append(socket.socket())
            holders[-1].bind(("0.0.0.0", port))
        terminal.answer(product.host.people["alice"].password)
        terminal.reads(prompts.SERVER_TROUBLE)
        terminal.reads(prompts.CODE)
    finally:
        setting.write_text(before, encoding="ascii")
        for holder in holders:
            holder.close()
    assert phone.requests() == []
    terminal.interrupt_prompt()
    assert terminal.ends() != 0

"""Registering one user's phone, and each way in which it is confirmed."""

import base64
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time
import urllib.parse

import pytest
from conftest import ENVIRONMENT
from enrolling import CODE, MASKED, PHONE, codes, enrolment, server, stub, table  # noqa: F401
from support.patience import PATIENCE
from support.server import Handset, handset, link, totp

REGISTERED = rf"games: registered \{MASKED} as AuthyID \d+; the account is now linked"


def enroll(desk, *arguments, **options):
    return desk.terminal("enroll", "games", "--phone", PHONE, *arguments, **options)


def ends(terminal, code: int) -> str:
    rest = terminal.read()
    terminal.wait()
    assert terminal.exitstatus == code, (terminal.before, rest)
    return rest


def account(desk) -> dict:
    return desk.does("show", "games", "--json").json


@pytest.mark.parametrize("way", ["sms", "call"])
def test_a_code_that_was_sent_confirms(enrolment, server, way):
    terminal = enroll(enrolment, "--confirm", way)
    terminal.expect(REGISTERED)
    terminal.expect(f"A code is on its way by {'call' if way == 'call' else 'text message'} to \\{MASKED}")
    terminal.expect(CODE)
    terminal.sendline(codes(server)[-1])
    assert f"games: confirmed by {way}" in ends(terminal, 0)
    assert account(enrolment)["state"] == "confirmed"


def test_a_text_message_is_sent_where_the_server_knows_no_device(enrolment, server):
    terminal = enroll(enrolment)
    terminal.expect("by text message")
    terminal.expect(CODE)
    terminal.sendline("later")
    ends(terminal, 0)


def phone_of(server):
    """The phone of the number that is enrolled, known to the server already."""
    return handset(server, server.application.new_user("15112345678", country_code=49))


@pytest.mark.parametrize(("decision", "code", "state"), [("approved", 0, "confirmed"), ("denied", 2, "linked")])
def test_a_user_with_a_device_is_asked_on_it(enrolment, server, decision, code, state):
    phone = phone_of(server)
    terminal = enroll(enrolment)
    terminal.expect(r"Check your phone to approve: .* s left \(a code, sms, call, softtoken, later\): ")
    request = phone.state(wait=10)["requests"][0]
    assert "Are you setting up this phone for games on " in request["text"]
    assert phone.answer(request["id"], decision).status == 200
    said = ends(terminal, code)
    assert ("games: confirmed by onetouch" in said) == (decision == "approved")
    assert account(enrolment)["state"] == state


def test_the_seconds_that_are_left_are_kept_up_to_date(enrolment, server):
    phone_of(server)
    terminal = enroll(enrolment, env={"TERM": "xterm"})
    terminal.expect("120 s left")
    terminal.expect("\x1b7\rCheck your phone to approve: 119 s left")
    terminal.sendline("later")
    ends(terminal, 0)


def test_a_code_of_the_phone_confirms_while_it_is_asked(enrolment, server):
    phone = phone_of(server)
    terminal = enroll(enrolment)
    terminal.expect("later\\): ")
    terminal.sendline(phone.softtoken(server.application))
    assert "games: confirmed by onetouch" in ends(terminal, 0)


def test_a_softtoken_is_shown_and_stored_once_a_code_of_it_was_right(enrolment):
    terminal = enroll(enrolment, "--confirm", "softtoken")
    terminal.expect(r"(otpauth://totp/\S+)")
    secret = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(terminal.match[1]).query))["secret"]
    terminal.expect(CODE)
    assert account(enrolment)["softtoken"] is False
    terminal.sendline(totp(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(time.time()) // 30))
    assert "games: confirmed by softtoken" in ends(terminal, 0)
    assert (account(enrolment)["softtoken"], account(enrolment)["state"]) == (True, "confirmed")


def test_a_code_that_does_not_arrive_is_sent_again(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    for sent in [1, 2]:
        terminal.expect(CODE)
        assert len(codes(server)) == sent
        terminal.sendline("resend" if sent == 1 else codes(server)[-1])
    assert "confirmed by sms" in ends(terminal, 0)


def test_another_way_is_taken_where_the_first_one_does_not_work(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "onetouch")
    terminal.expect("That is not possible: the user has no device")
    # It is not offered again.
    terminal.expect(r"How to confirm \(sms, call, softtoken, later\): ")
    terminal.sendline("smoke")
    terminal.expect("That is none of the words.")
    terminal.expect("How to confirm")
    terminal.sendline("sms")
    terminal.expect(CODE)
    terminal.sendline("call")
    terminal.expect("by call")
    terminal.expect(CODE)
    terminal.sendline(codes(server)[-1])
    assert "confirmed by call" in ends(terminal, 0)


def test_wrong_codes_cost_the_tries_and_leave_the_account_linked(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    for _ in range(3):
        terminal.expect(CODE)
        terminal.sendline("000000" if codes(server)[-1] != "000000" else "111111")
    said = ends(terminal, 2)
    assert "error: games is not confirmed: no code was right" in said and "hint: the account stays linked" in said
    assert "hint: wrong number? countersign unlink games, then enroll again" in said
    assert (account(enrolment)["state"], account(enrolment)["failures"]) == ("linked", 3)


def test_codes_that_are_locked_are_not_tried(enrolment, server):
    enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    enrolment.sql("UPDATE accounts SET locked_until = ?", 2**40)
    done = enrolment.run("confirm", "games", "--by", "sms", "--code-stdin", stdin="000000\n")
    assert done.code == 2 and "games is not confirmed: no codes are taken until " in done.err


def fail_to_check(stub, status=503, error="60000"):
    """A server that sends codes, but fails to check them."""
    answer = stub.answer

    def some(path: str, body: dict):
        if "/sms/" in path:
            return 200, {}, {"success": True, "message": "SMS token was sent", "cellphone": MASKED}
        if "/verify/" in path:
            return status, {}, {"success": False, "message": "Down", "error_code": error, "errors": {}}
        return answer(path, body)

    stub.answer = some


def test_a_code_that_could_not_be_checked_is_no_failure(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key"))
    desk.does("link", "games", 1000)
    fail_to_check(stub)
    done = desk.run("confirm", "games", "--by", "sms", "--code-stdin", stdin="1234567\n")
    assert done.code == 2 and "answers again" in done.err and account(desk)["failures"] == 0


def test_a_code_that_the_server_may_have_looked_at_is_a_failure(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key"))
    desk.does("link", "games", 1000)
    fail_to_check(stub, 429, "60003")
    done = desk.run("confirm", "games", "--by", "sms", "--code-stdin", stdin="1234567\n")
    assert done.code == 75 and "takes no more requests for now" in done.err and account(desk)["failures"] == 1


def test_a_request_that_did_not_reach_the_phone_does_not_count(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key"))
    desk.does("link", "games", 1000)
    for _ in range(5):
        done = desk.run("confirm", "games", "--by", "onetouch", "--code-stdin")
        assert done.code == 2 and "games is not confirmed: that is not possible" in done.err


def test_a_line_that_does_not_end_is_not_read_to_its_end(enrolment):
    done = enrolment.run("enroll", "games", "--phone", PHONE, "--confirm", "sms", "--code-stdin", stdin="1" * 5_000)
    assert done.code == 1 and "error: standard input has a line that is too long" in done.err


def test_what_is_no_code_and_no_word_costs_nothing(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    for _ in range(4):
        terminal.expect(CODE)
        terminal.sendline("what?")
        terminal.expect("neither a code nor one of the words")
    terminal.expect(CODE)
    terminal.sendline(codes(server)[-1])
    ends(terminal, 0)


def test_no_more_than_three_codes_are_sent_within_ten_minutes_and_the_last_one_is_taken(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    for _ in range(3):
        terminal.expect(CODE)
        terminal.sendline("resend")
    terminal.expect("Three codes were sent within ten minutes: no more for now. A code that arrives late is taken.")
    terminal.expect("hint: countersign unlock games allows more")
    terminal.expect(CODE)
    assert len(codes(server)) == 3
    terminal.sendline(codes(server)[-1])
    assert "games: confirmed by sms" in ends(terminal, 0)


def test_another_number_takes_the_place_of_a_wrong_one(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(REGISTERED)
    terminal.expect("Type it, or another number beginning with \\+\\.")
    terminal.expect(CODE)
    first = account(enrolment)["authy_id"]
    terminal.sendline("+49 151 x")
    terminal.expect("The number is not taken: letters cannot stand in it")
    terminal.expect(CODE)
    terminal.sendline("+49 151")
    terminal.expect(
        "The number is not taken: it is too short for a number of \\+49|The number is not taken: it lacks the area code"
    )
    terminal.expect(CODE)
    terminal.sendline("\u202a+49 (0)151\u00a0123456-99")
    terminal.expect(r"games: registered \+49-XXX-XXX-XX99 as AuthyID \d+; the account stays linked")
    terminal.expect(r"by text message to \+49-XXX-XXX-XX99\.")
    terminal.expect(CODE)
    terminal.sendline(codes(server)[-1])
    assert "games: confirmed by sms" in ends(terminal, 0)
    assert account(enrolment)["authy_id"] != first and account(enrolment)["state"] == "confirmed"


def test_what_was_proven_meanwhile_is_not_given_to_another_number(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(CODE)
    enrolment.sql("UPDATE accounts SET confirmed = 1")
    first = account(enrolment)["authy_id"]
    terminal.sendline("+4915112345699")
    terminal.expect("The account of games has changed meanwhile")
    terminal.sendline("later")
    ends(terminal, 0)
    assert account(enrolment)["authy_id"] == first


def with_softtoken(desk):
    """A user who has logged in with a SoftToken of this host, and gets a phone as well."""
    desk.does("softtoken", "games")
    desk.sql("UPDATE accounts SET confirmed = 1")


@pytest.mark.parametrize("way", ["sms", "onetouch"])
def test_who_has_proven_a_softtoken_gets_a_phone_besides_once_it_is_proven(enrolment, server, way):
    with_softtoken(enrolment)
    phone = phone_of(server) if way == "onetouch" else None
    terminal = enroll(enrolment, "--confirm", way)
    terminal.expect(rf"games: registered \{MASKED} as AuthyID \d+; it is linked once the phone is proven")
    if phone:
        terminal.expect("Check your phone")
        assert (account(enrolment)["authy_id"], account(enrolment)["had_authy_id"]) == (None, False)
        assert phone.answer(phone.state(wait=10)["requests"][0]["id"], "approved").status == 200
    else:
        terminal.expect(CODE)
        assert (account(enrolment)["authy_id"], account(enrolment)["had_authy_id"]) == (None, False)
        terminal.sendline(codes(server)[-1])
    assert f"games: confirmed by {way}" in ends(terminal, 0)
    shown = account(enrolment)
    assert (shown["state"], shown["softtoken"], shown["authy_id"] is None) == ("confirmed", True, False)


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("later", 0, "games: the phone is not linked: it was not proven"),
        ("000000", 2, "error: games: the phone is not linked: no code was right"),
    ],
)
def test_a_phone_that_was_not_proven_is_not_put_beside_what_was(enrolment, server, typed, code, said):
    with_softtoken(enrolment)
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(CODE)
    terminal.sendline("softtoken")
    terminal.expect("Softtoken is not possible: it is the phone that is to be proven")
    terminal.expect("How to confirm")
    terminal.sendline("sms")
    for _ in range(3 if code else 1):
        terminal.expect(CODE)
        terminal.sendline(typed)
    assert said in ends(terminal, code)
    shown = account(enrolment)
    assert (shown["state"], shown["softtoken"], shown["authy_id"]) == ("confirmed", True, None)


def new_phone(server):
    """Of the number that is enrolled: it has opened a link, and shows its confirmation code."""
    phone = Handset(server)
    assert phone.enrol(link(server, server.application.new_user("15112345678", country_code=49))).status == 200
    return phone


def test_the_confirmation_code_of_a_new_phone_does_not_put_it_beside_what_was_proven(enrolment, server):
    with_softtoken(enrolment)
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(CODE)
    phone = new_phone(server)
    terminal.sendline(phone.state()["confirmation"])
    terminal.expect(r"That code confirms a new phone at the server: countersignd user confirm \d+ CODE")
    terminal.expect(CODE)
    terminal.sendline("later")
    ends(terminal, 0)
    assert account(enrolment)["authy_id"] is None and not phone.state()["device"]["confirmed"]


def test_the_confirmation_code_of_a_first_phone_confirms_an_account_without_a_factor(enrolment, server):
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(CODE)
    phone = new_phone(server)
    terminal.sendline(phone.state()["confirmation"])
    assert "games: confirmed by sms" in ends(terminal, 0)
    assert account(enrolment)["state"] == "confirmed" and phone.state()["device"]["confirmed"]


def test_a_phone_besides_is_not_left_for_later(enrolment):
    with_softtoken(enrolment)
    said = enrolment.refuses("enroll", "games", "--phone", PHONE, "--later")
    assert "games has proven a factor: another one counts once it is proven too\nhint: leave --later out" in said


def test_what_was_linked_meanwhile_is_not_replaced_by_a_phone_besides(enrolment, server):
    with_softtoken(enrolment)
    terminal = enroll(enrolment, "--confirm", "sms")
    terminal.expect(CODE)
    enrolment.does("link", "games", "99")
    terminal.sendline(codes(server)[-1])
    assert "the phone is not linked: the account was changed meanwhile" in ends(terminal, 2)
    assert account(enrolment)["authy_id"] == 99


def test_an_account_that_was_given_takes_no_other_number(enrolment, server):
    enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    terminal = enrolment.terminal("confirm", "games")
    terminal.expect(CODE)
    terminal.sendline("+4915112345699")
    terminal.expect("neither a code nor one of the words")
    terminal.sendline("softtoken")
    terminal.expect("games has no SoftToken: countersign softtoken games makes one")
    terminal.sendline("later")
    ends(terminal, 0)


def test_later_leaves_it_to_the_first_login(enrolment, server):
    done = enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    assert re.fullmatch(
        rf"{REGISTERED}\ngames: not confirmed yet; the first login with the factor confirms\n", done.out
    )
    assert account(enrolment)["state"] == "linked" and codes(server) == []


def test_what_is_proven_at_a_terminal_can_be_left_to_the_first_login_too(enrolment):
    terminal = enroll(enrolment)
    terminal.expect(CODE)
    terminal.sendline("later")
    assert "games: not confirmed yet" in ends(terminal, 0)


def test_json_says_all_of_it(enrolment):
    done = enrolment.does("enroll", "games", "--phone", "0151 1234-5678", "--later", "--json").json
    assert done.pop("authy_id") > 0 and done.pop("uid") > 0
    assert done == {"user": "games", "phone": MASKED, "state": "linked", "confirmed_by": None}


def test_a_program_gives_the_code_on_standard_input(enrolment, server):
    words = enrolment.words("enroll", "games", "--phone", PHONE, "--confirm", "sms", "--code-stdin", "--json")
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd="/",
    )
    for line in process.stderr:
        if "on its way" in line:
            break
    out, _ = process.communicate("000000\n" + codes(server)[-1] + "\n", timeout=PATIENCE)
    assert process.returncode == 0 and json.loads(out)["confirmed_by"] == "sms"


def test_standard_input_without_a_right_code_confirms_nothing(enrolment):
    done = enrolment.run("enroll", "games", "--phone", PHONE, "--confirm", "sms", "--code-stdin", stdin="")
    assert done.code == 2 and "games is not confirmed: standard input ended without a right code" in done.err
    assert account(enrolment)["state"] == "linked"


@pytest.mark.parametrize("arguments", [[], ["--confirm", "sms"], ["--code-stdin"], ["--later", "--confirm", "sms"]])
def test_without_a_terminal_it_must_be_said_how_to_confirm(desk, arguments):
    done = desk.run("enroll", "games", "--phone", PHONE, *arguments)
    assert done.code == 64 and done.err.startswith("error: ")


def test_a_server_out_of_reach_stores_nothing(enrolment, server):
    server.stop()
    done = enrolment.run("enroll", "games", "--phone", PHONE, "--later")
    assert (
        done.code == 75
        and f"the server is out of reach: {server.url}: " in done.err
        and "nothing was stored" in done.err
    )
    assert account(enrolment)["state"] == "none"


def test_without_a_server_the_settings_are_named(desk):
    desk.settings('[enrolment]\ncountry_code = "49"\n')
    assert "the settings have no [server]" in desk.refuses(
        "enroll", "games", "--phone", PHONE, "--email", "a@example.com", "--later"
    )


def test_each_field_that_the_server_refuses_is_named(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key"))
    body = {
        "message": "User was not valid",
        "success": False,
        "error_code": "60027",
        "cellphone": "is invalid",
        "email": "is invalid",
        "errors": {"message": "User was not valid", "cellphone": "is invalid", "email": "is invalid"},
    }
    stub.answers = [(400, {}, body)]
    said = desk.refuses("enroll", "games", "--phone", PHONE, "--later")
    assert "the server does not take the phone number and the e-mail address of games; nothing was stored" in said
    assert account(desk)["state"] == "none"


def test_a_server_that_takes_no_more_says_when_to_come_again(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key"))
    stub.answers = [
        (
            429,
            {"Retry-After": "17"},
            {"message": "Too many requests", "success": False, "error_code": "60003", "errors": {}},
        )
    ] * 4
    done = desk.run("enroll", "games", "--phone", PHONE, "--later")
    assert done.code == 75 and "hint: try again in 17 seconds" in done.err


def test_an_account_with_an_authyid_is_left_alone(enrolment, server):
    enrolment.does("link", "games", "12")
    said = enrolment.refuses("enroll", "games", "--phone", PHONE, "--later")
    assert "games is linked to AuthyID 12 already" in said and "countersign refresh games" in said
    assert "\nhint: wrong number? countersign unlink games, then enroll again\n" in said
    assert account(enrolment)["authy_id"] == 12


@pytest.mark.parametrize(
    "phone", ["12", "+0123456789", "+491234567890123456", "0151 12345678 x5", "+49 151 x", "+49151123456789012"]
)
def test_a_phone_number_is_one_of_e164(enrolment, phone):
    said = enrolment.refuses("enroll", "games", f"--phone={phone}", "--later")
    assert said.startswith("error: --phone: not a phone number")


@pytest.mark.parametrize("email", ["alice", "a@b@c", "a b@example.com", "@example.com"])
def test_an_email_address_is_one(enrolment, email):
    assert enrolment.refuses("enroll", "games", "--phone", PHONE, f"--email={email}", "--later").startswith(
        "error: --email: not an e-mail address"
    )


def test_without_a_domain_in_the_settings_the_email_address_must_be_given(desk, server):
    desk.settings(table(server.url, server.application.key, enrolment=""))
    said = desk.refuses("enroll", "games", "--phone", PHONE, "--later")
    assert said == (
        "error: --email: missing, and the settings have no enrolment.email_domain\n"
        "hint: add --email ADDRESS, or set email_domain under [enrolment]\n"
    )
    desk.does("enroll", "games", "--phone", PHONE, "--email", "alice@example.com", "--later")


def test_nobody_is_asked_for_a_number_that_could_not_be_taken(enrolment):
    enrolment.does("link", "games", "12")
    said = ends(enrolment.terminal("enroll", "games", "--later"), 1)
    assert "games is linked to AuthyID 12 already" in said and "Mobile number" not in said


@pytest.mark.parametrize("typed", ["12", "+49 151 x"])
def test_what_is_typed_for_a_number_is_one(enrolment, typed):
    terminal = enrolment.terminal("enroll", "games", "--later")
    terminal.expect("Mobile number: ")
    terminal.sendline(typed)
    said = ends(terminal, 1)
    assert "error: not a phone number" in said and "--phone" not in said


def test_the_number_is_asked_for_at_a_terminal(enrolment):
    terminal = enrolment.terminal("enroll", "games", "--later")
    terminal.expect("Mobile number: ")
    terminal.sendline("0151 12345678")
    terminal.expect(REGISTERED)
    ends(terminal, 0)


def test_the_number_is_kept_nowhere_on_the_host(enrolment):
    enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    kept = b"".join(path.read_bytes() for path in enrolment.state.iterdir())
    assert b"5112345678" not in kept and b"games@example.com" not in kept and b"5678" in kept


def test_ctrl_c_ends_it_and_the_account_stays_linked(enrolment):
    terminal = enroll(enrolment)
    terminal.expect(CODE)
    terminal.sendintr()
    ends(terminal, 130)
    assert account(enrolment)["state"] == "linked"


def net_processes(parent: int) -> list[int]:
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "countersign-net"
    ]


def test_no_process_stays_behind_and_none_was_told_the_number_in_its_arguments(enrolment):
    terminal = enroll(enrolment)
    terminal.expect(CODE)
    (net,) = net_processes(terminal.pid)
    assert pathlib.Path(f"/proc/{net}/cmdline").read_bytes() == b"countersign-net\0"
    descriptor = os.pidfd_open(net)
    os.kill(terminal.pid, signal.SIGKILL)
    ended, _, _ = select.select([descriptor], [], [], PATIENCE)
    os.close(descriptor)
    assert ended


def test_a_way_that_the_settings_forbid_is_not_taken(desk, server):
    desk.settings(table(server.url, server.application.key, more='[login]\nfactors = ["softtoken", "call"]\n'))
    terminal = enroll(desk, "--confirm", "sms")
    terminal.expect("Sms is not possible: login.factors does not have it")
    terminal.expect(r"How to confirm \(call, softtoken, later\): ")
    terminal.sendline("call")
    terminal.expect(r"Verification code \(or resend, softtoken, later\): ")
    terminal.sendline(codes(server)[-1])
    ends(terminal, 0)


# An account that is linked already


def test_a_linked_account_is_confirmed_later(enrolment, server):
    enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    terminal = enrolment.terminal("confirm", "games")
    terminal.expect("A code is on its way by text message to XXX-XXX-5678")
    terminal.expect(CODE)
    terminal.sendline(codes(server)[-1])
    assert "games: confirmed by sms" in ends(terminal, 0)
    assert account(enrolment)["state"] == "confirmed"
    assert "games is confirmed already" in enrolment.refuses("confirm", "games", "--by", "sms", "--code-stdin")


def test_a_softtoken_of_this_host_is_confirmed_without_a_server(desk):
    desk.does("softtoken", "games", "--secret-stdin", stdin="JBSWY3DPEHPK3PXP")
    code = totp(base64.b32decode("JBSWY3DPEHPK3PXP"), int(time.time()) // 30)
    done = desk.does("confirm", "games", "--by", "softtoken", "--code-stdin", "--json", stdin=f"{code}\n")
    assert done.json["confirmed_by"] == "softtoken" and account(desk)["state"] == "confirmed"
    desk.sql("UPDATE accounts SET confirmed = 0")
    done = desk.run("confirm", "games", "--by", "softtoken", "--code-stdin", stdin=f"{code}\n")
    assert done.code == 2 and account(desk)["state"] == "linked"


def test_nobody_is_confirmed_by_a_softtoken_that_is_brought_along(enrolment):
    enrolment.does("enroll", "games", "--phone", PHONE, "--later")
    done = enrolment.run("confirm", "games", "--by", "softtoken", "--code-stdin", stdin="123456\n")
    assert (
        done.code == 2
        and "games has no SoftToken: countersign softtoken games makes one" in done.err
        and "otpauth" not in done.out
    )
    assert account(enrolment)["softtoken"] is False


def test_who_has_no_factor_is_enrolled_first(enrolment):
    said = enrolment.refuses("confirm", "games", "--by", "sms", "--code-stdin")
    assert "games has no factor to confirm" in said and "countersign enroll games" in said

"""The offer to enroll a phone in the login itself, against countersignd, or against a server that lies or fails."""

import json
import os
import pathlib
import signal
import socket

from support import good_server
import pytest
from support import records
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from support.good_server import LoginPhone, Newcomer
from support.patience import until
from support.stand_in import StandIn, refusal

OFFER = (
    '[enrolment]\nmode = "grace"\ngrace_logins = 3\ngrace_window = 0\ngrace_services = ["login"]\n'
    'at_login = true\ncountry_code = "49"\nemail_domain = "example.com"\n'
)
TERMINAL, SSH = ("tty=pts/1",), ("tty=ssh", "env=SSH_CONNECTION=192.0.2.1 1 192.0.2.9 22")


@pytest.fixture
def place(host, countersignd):
    """A host whose user has only three grace logins, and is new to the server."""
    return offering(host, Newcomer(countersignd))


@pytest.fixture
def rude_place(host, authority):
    """A host with a server that misbehaves as told. All registrations there are the same user."""
    with StandIn(certificate=authority.good) as server:
        server.ca_file, server.number = authority.ca_file, "0151 12345618"
        server.codes.add(RUDE_CODE)
        yield offering(host, server)


RUDE_CODE = "1234567"


def offering(host, server):
    site = Site(host, server, is_linked=False)
    site.rules(OFFER)
    return site


def offered(login):
    assert login.prompt().startswith("Mobile number (or skip")
    return login


def numbered(place, *settings, number=None):
    """A login that asks for the code, after the newcomer's number or another one."""
    login = offered(place.login(*settings))
    login.answer(number or place.server.number)
    assert login.prompt().startswith("Verification code (or ")
    return login


def ended(login):
    result = login.result()
    assert login.finish() == []
    return result, (login.decisions[-1]["outcome"], login.decisions[-1]["reason"], login.decisions[-1]["factor"])


ENROLLED = (PAM_SUCCESS, ("approved", "enrolled", "sms"))
GRACE = (PAM_SUCCESS, ("excused", "grace", "-"))
CANCELLED = (PAM_AUTH_ERR, ("denied", "cancelled", "-"))


def is_untouched(host, used=0):
    """The account is as if nothing had been offered, except that `used` grace logins are spent."""
    row = host.row("authy_id", "had_authy_id", "confirmed", "opted_out", "grace_used")
    return row in ([None, 0, 0, None, used], *([None] if used == 0 else []))


@pytest.mark.parametrize("settings", [TERMINAL, SSH], ids=["terminal", "ssh"])
def test_number_code_done(place, settings):
    login = numbered(place, *settings)
    told = login.texts("tell")
    offered = "Enter your mobile number to enroll now, or type skip."
    assert told[0] == f"You can log in 3 more times without a second factor. {offered}"
    newcomer = place.server
    assert told[1].startswith(f"A code was sent to {newcomer.masked}.")
    [(via, code)] = newcomer.sent()
    login.answer(code)
    assert ended(login) == ENROLLED
    [user] = newcomer.users()
    assert newcomer.become_a_user() == user and via == "sms"
    assert place.host.row("authy_id", "had_authy_id", "confirmed", "grace_used") == [user, 1, 1, 1]
    assert login.texts("tell")[-1].startswith(f"Phone {newcomer.masked} is set up.")
    [line] = [text for text in login.texts("log") if "outcome=" in text]
    assert line.startswith("4 ") and f"AuthyID {user}, phone {newcomer.masked}" in line
    assert not any(newcomer.national[3:] in text for word in ("tell", "ask", "log") for text in login.texts(word))


def test_the_server_is_told_so_that_it_can_tell_the_user(place):
    login = numbered(place, "tty=ssh", "env=SSH_CONNECTION=192.0.2.77 1 192.0.2.9 22")
    login.answer(place.server.sent_code(1))
    assert ended(login) == ENROLLED
    place.server.wait_for_mail(
        f"A phone was enrolled for the two-factor login of {place.host.user.pw_name} on {socket.gethostname()}, from "
        f"192.0.2.77, "
    )


def test_what_the_server_is_told_is_an_activity_of_authys(rude_place):
    login = numbered(rude_place, *SSH)
    login.answer(RUDE_CODE)
    assert ended(login) == ENROLLED
    [request] = [request for request in rude_place.server.received if request.path.endswith("register_activity")]
    told, name = request.parameters, rude_place.host.user.pw_name
    assert request.path == f"/protected/json/users/{rude_place.server.authy_id}/register_activity"
    assert told["type"] == "countersign_enrolled" and told["user_ip"] == "192.0.2.1"
    assert told["data"]["email"] == f"{name}@example.com" and told["data"]["user"] == name and told["data"]["host"]


def test_a_server_that_hears_nothing_of_it_is_in_the_log_and_changes_nothing(rude_place):
    """Which it does not: it knows no activities."""
    login = numbered(rude_place)
    login.answer(RUDE_CODE)
    assert ended(login) == ENROLLED
    assert "could not tell the user" in login.decisions[-1]["detail"]


def test_the_user_is_registered_by_name_and_domain_and_the_next_login_asks(place, countersignd):
    login = numbered(place)
    assert place.server.users() == []
    login.answer(place.server.sent_code(1))
    assert ended(login) == ENROLLED
    [user] = place.server.users()
    status = countersignd.application.call("GET", f"/protected/json/users/{user}/status").json["status"]
    assert status["email"] == f"{place.host.user.pw_name}@example.com"
    phone = LoginPhone(countersignd, authy_id=user)
    login = place.login()
    phone.approve(login)
    assert ended(login) == (PAM_SUCCESS, ("approved", "proven", "onetouch"))


def test_an_enrolment_is_not_remembered_as_a_login(place, countersignd):
    place.rules(OFFER + "[remember]\nseconds = 3600\n")
    login = numbered(place, *SSH)
    login.answer(place.server.sent_code(1))
    assert ended(login) == ENROLLED
    LoginPhone(countersignd, authy_id=place.server.users()[0])
    login = place.login("tty=ssh", SSH[1].replace(" 1 ", " 2 "))
    assert "then press Enter" in login.prompt()
    login.reply("eof")
    assert ended(login)[0] == PAM_AUTH_ERR


@pytest.mark.parametrize("text", ["skip", "SKIP"])
def test_skip_spends_a_grace_login(place, text):
    login = offered(place.login())
    login.answer(text)
    assert ended(login) == GRACE
    assert "log in 2 more times" in login.texts("tell")[-1]
    assert is_untouched(place.host, 1) and place.server.is_unheard_of()


def test_enter_twice_is_a_skip_and_skip_works_at_the_code_too(place):
    login = offered(place.login())
    login.answer("")
    login.prompt()
    login.answer("")
    assert ended(login) == GRACE
    login = numbered(place)
    login.answer("skip")
    assert ended(login) == GRACE
    assert is_untouched(place.host, 2)


def test_the_last_grace_login_offers_and_the_one_after_it_is_denied(place):
    place.host.account(grace_used=2)
    login = offered(place.login())
    assert "log in 1 more time" in login.texts("tell")[0]
    login.answer("skip")
    assert ended(login) == GRACE
    login = place.login()
    assert ended(login) == (PAM_AUTH_ERR, ("denied", "grace_over", "-"))
    assert login.texts("ask") == []


def test_wrong_numbers_and_codes_cost_nothing_but_the_tries(place):
    login = offered(place.login())
    login.answer("12")
    assert "does not look like a phone number" in login.until("tell")
    login.prompt()
    login.answer("+49 151 12345 6x")
    assert "does not look like a phone number" in login.until("tell")
    login.prompt()
    login.answer(place.server.number)
    login.prompt()
    login.answer("7654321")
    assert ended(login) == GRACE
    assert is_untouched(place.host, 1)


@pytest.mark.parametrize(
    "form",
    ["{}", "0{}", "(0){}", "+49 (0){}", "+49 0{}", "0049 {}", "+49\u00a0{}", "\u202a+49\u2011{}\u202c", "\uff0b49 {}"],
)
def test_a_number_is_the_same_however_it_is_typed(place, form):
    """The login hands on what was typed: the server knows the numbering plans."""
    newcomer = place.server
    login = numbered(place, number=form.format(newcomer.national))
    login.answer(newcomer.sent_code(1))
    assert ended(login) == ENROLLED
    assert newcomer.users() == [newcomer.become_a_user()]


@pytest.mark.parametrize("number", ["+1 555 010 012", "+1 555 010 01234", "+39 6 1234 5678", "+352 (0)621 123 456"])
def test_a_number_of_no_plan_is_refused_by_the_server_and_makes_no_user(place, number):
    login = offered(place.login())
    login.answer(number)
    assert "cannot be used" in login.until("tell")
    login.prompt()
    login.answer("skip")
    assert ended(login) == GRACE
    assert place.server.is_unheard_of()


def test_a_number_that_the_server_refuses_may_be_corrected(rude_place):
    rude_place.server.taken = (400, refusal("Phone number is invalid", "60033"))
    login = offered(rude_place.login())
    login.answer("+49 0151 123456")
    assert "cannot be used" in login.until("tell")
    rude_place.server.taken = None
    offered(login).answer(rude_place.server.number)
    login.prompt()
    login.answer(RUDE_CODE)
    assert ended(login) == ENROLLED


def test_a_number_that_was_proven_and_may_not_be_registered_is_not_enrolled(rude_place):
    rude_place.server.registered = (400, refusal("User was not valid", "60027"))
    login = numbered(rude_place)
    login.answer(RUDE_CODE)
    assert "cannot be used" in login.until("tell")
    offered(login).answer("skip")
    assert ended(login) == GRACE
    assert is_untouched(rude_place.host, 1)


def test_a_code_that_is_wrong_may_be_corrected(place):
    login = numbered(place)
    login.answer("7654321")
    assert "not accepted" in login.until("tell")
    login.prompt()
    login.answer(place.server.sent_code(1))
    assert ended(login) == ENROLLED
    assert place.host.row("failures") == [0]


def test_a_code_may_be_sent_again_and_by_call(place):
    login = numbered(place)
    for word in ("sms", "call"):
        login.answer(word)
        login.prompt()
    assert [via for via, _ in place.server.sent()] == ["sms", "sms", "call"]
    login.answer("call")
    assert "too many" in login.until("tell")
    login.prompt()
    login.answer(place.server.sent_code(3))
    assert ended(login) == (PAM_SUCCESS, ("approved", "enrolled", "call"))


def test_the_first_number_costs_the_grace_login_whatever_becomes_of_it(place):
    """Otherwise a user who breaks off and comes again could ring strangers' phones for nothing."""
    for used in (1, 2, 3):
        login = numbered(place, number=place.server.another_number())
        login.reply("eof")
        assert ended(login) == CANCELLED
        assert is_untouched(place.host, used)
    assert ended(place.login()) == (PAM_AUTH_ERR, ("denied", "grace_over", "-"))


def test_the_first_number_costs_it_in_a_service_that_spends_none_too(place):
    place.host.stack("sudo")
    for left in ("log in 2 more times", "log in 1 more time", "your last login"):
        login = offered(place.login(service="sudo"))
        login.answer("skip")
        assert ended(login) == GRACE
        login = offered(place.login(service="sudo"))
        login.answer(place.server.another_number())
        login.prompt()
        login.answer("skip")
        assert ended(login) == GRACE
        assert left in login.texts("tell")[-1]
    assert is_untouched(place.host, 3)
    login = place.login(service="sudo")
    assert ended(login)[1] == ("denied", "grace_over", "-") and login.texts("ask") == []


def test_the_same_number_again_is_a_code_again(place):
    login = numbered(place)
    login.answer(f"+49 {place.server.national}")
    login.prompt()
    assert [way for way, _ in place.server.sent()] == ["sms", "sms"]
    login.answer(place.server.sent_code())
    assert ended(login) == ENROLLED
    assert len(place.server.users()) == 1


def test_another_number_may_be_given_and_is_the_one_that_counts(place):
    login = numbered(place)
    login.answer(other := place.server.another_number())
    assert login.prompt().startswith("Verification code (or ")
    login.answer(place.server.sent_code(2))
    assert ended(login) == ENROLLED
    assert place.host.row("authy_id") == [place.server.user_of(other)] and len(place.server.users()) == 1


def test_at_most_three_codes_are_sent_in_ten_minutes_whatever_the_numbers(place):
    for _ in range(2):
        login = offered(place.login())
        for _ in range(2):
            login.answer(place.server.another_number())
            login.prompt()
        login.reply("eof")
        assert ended(login)[0] == PAM_AUTH_ERR
    assert len(place.server.sent()) == 3 and place.server.users() == []
    assert is_untouched(place.host, 2)


def test_guesses_are_counted_and_lock(place):
    place.rules(OFFER + "[lockout]\nfailures = 2\n[login]\ntries = 5\n")
    login = numbered(place)
    for _ in range(2):
        login.answer("7654321")
        login.prompt()
    login.answer(place.server.sent_code(1))
    assert ended(login) == GRACE
    assert place.server.users() == []
    login = place.login()
    assert ended(login) == GRACE
    assert login.texts("ask") == []


@pytest.mark.parametrize(("status", "counted"), [(429, 1), (500, 0)])
def test_a_check_of_the_number_counts_where_the_server_may_have_looked_at_the_code(rude_place, status, counted):
    login = numbered(rude_place)
    rude_place.server.fault("check", "status", status)
    login.answer("7654321")
    login.prompt()
    login.reply("eof")
    ended(login)
    assert rude_place.host.row("failures") == [counted]


# Users who get no offer


@pytest.mark.parametrize(
    "change",
    [
        {"had_authy_id": 1},
        {"had_authy_id": 1, "grace_used": 1},
        {"locked_until": 2**40, "failures": 5},
    ],
)
def test_no_offer_to_who_ever_had_an_authyid_or_is_locked(place, change):
    place.host.account(**change)
    login = place.login()
    assert ended(login) == GRACE and login.texts("ask") == []
    assert place.server.is_unheard_of()


def test_no_offer_after_unlink(place):
    place.host.countersign("link", place.host.user.pw_name, 4242)
    place.host.countersign("unlink", place.host.user.pw_name, "--yes")
    login = place.login()
    assert ended(login) == GRACE and login.texts("ask") == []


@pytest.mark.parametrize(
    "rule, settings, is_made",
    [
        ("192.0.2.0/24", SSH, True),
        ("198.51.100.0/24", SSH, False),
        ("192.0.2.0/24", ("tty=pts/1",), False),
        ("192.0.2.0/24", ("tty=ssh", "rhost=trusted.example"), False),
    ],
)
def test_with_networks_the_offer_is_made_in_them_only(place, rule, settings, is_made):
    place.rules(OFFER + f'at_login_networks = ["{rule}"]\n')
    login = place.login(*settings)
    if is_made:
        offered(login).answer("skip")
    assert ended(login) == GRACE
    assert bool(login.texts("ask")) == is_made


@pytest.mark.parametrize("settings", [("tty=",), ("tty=cron",), ("tty=:0",)])
def test_no_offer_where_there_is_no_terminal_to_ask_at(place, settings):
    login = place.login(*settings)
    assert ended(login) == GRACE and login.texts("ask") == []


def test_no_offer_by_default_or_where_no_code_may_be_sent_or_in_other_modes(place):
    for rules, expected in (
        (OFFER.replace("at_login = true", ""), "grace"),
        (OFFER + '[login]\nfactors = ["onetouch", "softtoken"]\n', "grace"),
        (OFFER.replace('"grace"\n', '"optional"\n', 1), "optional"),
        (OFFER.replace('"grace"\n', '"required"\n', 1), "not_enrolled"),
        (OFFER + "grace_until = 2020-01-01\n", "grace_over"),
    ):
        place.rules(rules)
        login = place.login()
        assert ended(login)[1][1] == expected and login.texts("ask") == []


def test_no_offer_on_an_account_that_several_people_use(place):
    place.host.account(grace_used=0)
    user, key = place.host.user, f"SHA256:{'A' * 43}"
    records.account(place.host.database, user.pw_name, user.pw_uid, key, authy_id=666, had_authy_id=1)
    login = place.login()
    assert ended(login) == GRACE and login.texts("ask") == []


def test_no_offer_to_the_caller_of_su_who_has_proven_anothers_password(place):
    place.rules(OFFER + '[login.service.login]\nfactor_of = "caller"\n')
    login = place.login(user="root")
    assert ended(login) == GRACE and login.texts("ask") == []


def test_no_offer_to_a_name_that_the_system_does_not_know(place):
    login = place.login(user="nobody-knows-me")
    assert not login.prompt().startswith("Mobile")
    login.reply("eof")
    assert ended(login) == (PAM_AUTH_ERR, ("denied", "unknown_user", "-"))


# No answer


def test_a_client_of_sshds_that_answers_nothing_gets_in_as_before(place):
    login = offered(place.login(*SSH))
    login.reply("eof")
    assert ended(login) == GRACE
    assert is_untouched(place.host, 1)


def test_no_answer_at_a_terminal_or_after_the_first_answer_is_a_refusal(place):
    login = offered(place.login(*TERMINAL))
    login.reply("eof")
    assert ended(login) == CANCELLED
    assert is_untouched(place.host)
    login = numbered(place, *SSH)
    login.reply("eof")
    assert ended(login) == CANCELLED
    assert is_untouched(place.host, 1)


def test_where_sshd_will_refuse_nothing_is_sent_and_no_grace_is_spent(place):
    login = offered(place.login(*SSH))
    for _ in range(2):
        login.answer("\b")
        login.prompt()
    login.answer("\b")
    assert ended(login) == (PAM_AUTH_ERR, ("denied", "hopeless", "-"))
    assert is_untouched(place.host) and place.server.is_unheard_of()


# Trouble


def test_wrong_codes_in_an_offer_are_nobodys_whose_number_was_typed(place, countersignd):
    """Otherwise a user who may enroll here could use up the codes of people elsewhere."""
    somebody = place.server.become_a_user()
    application = countersignd.application
    assert application.call("GET", f"/protected/json/sms/{somebody}?force=true").status == 200
    theirs = place.server.sent_code()
    login = numbered(place)
    for code in ("7654321", "7654322", theirs):
        login.answer(code)
    assert ended(login) == GRACE
    counts = countersignd.sql("SELECT wrong, day_wrong, sends FROM members WHERE user = ?", somebody)
    assert counts == [(0, 0, 1)] and application.verify(theirs, somebody).status == 200


@pytest.mark.parametrize("endpoint", ["start", "check", "register"])
@pytest.mark.parametrize("fault", [("status", 503), ("status", 401), ("hang", None), ("hang_up", None)])
def test_a_server_that_fails_in_the_middle_leads_to_the_grace_login(rude_place, endpoint, fault):
    rude_place.rules(OFFER, server=f"request_timeout = {3 if fault[0] == 'hang' else 120}\n")
    rude_place.server.fault(endpoint, *fault)
    login = offered(rude_place.login())
    login.answer(rude_place.server.number)
    asked = []
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            asked.append(event[1].partition(" (")[0])
            login.answer(RUDE_CODE if asked == ["Verification code"] else "skip")
    login.finish()
    # After a refusal the user may choose another way; an unreachable server ends the offer.
    later = ["Type sms or call or skip: "] if fault in [("status", 401), ("hang_up", None)] else []
    assert asked == {"start": later, "check": ["Verification code"] * 2, "register": ["Verification code"]}[endpoint]
    assert (login.decisions[-1]["outcome"], login.decisions[-1]["reason"]) == ("excused", "grace")
    assert is_untouched(rude_place.host, 1)


def test_a_server_that_is_gone_when_the_code_is_typed_enrols_nobody(host, authority):
    with good_server.run(authority) as server:  # one of its own, since it ends
        place = offering(host, Newcomer(server))
        place.rules(OFFER + "[login]\ntries = 2\n")
        login = numbered(place)
        server.stop(signal.SIGKILL)
        login.answer(place.server.sent_code(1))
        assert "2FA server" in login.until("tell")
        login.prompt()
        login.answer(place.server.sent_code(1))
        assert ended(login) == GRACE
        assert is_untouched(place.host, 1) and place.host.row("failures") == [0]


@pytest.mark.parametrize(
    "lie",
    [
        {"success": True},
        {"success": True, "user": {"id": 0}},
        {"success": True, "user": {"id": "7 "}},
        {"success": False, "user": {"id": 7}},
        [],
    ],
)
def test_an_answer_without_an_authyid_registers_nobody(rude_place, lie):
    rude_place.server.registered = (200, lie)
    login = numbered(rude_place)
    login.answer(RUDE_CODE)
    assert ended(login) == GRACE
    assert is_untouched(rude_place.host, 1)


def test_an_authyid_of_somebody_elses_is_not_linked_without_a_code_that_was_sent_to_it(place):
    """The number is another's, or the server lies: nothing is written down before the code."""
    somebody = place.server.become_a_user()
    login = numbered(place)
    assert place.server.users() == [somebody] and len(place.server.sent()) == 1 and is_untouched(place.host, 1)
    login.answer("7654321")
    login.prompt()
    login.reply("eof")
    assert ended(login) == CANCELLED
    assert is_untouched(place.host, 1)


def child(login, helper):
    """The process id of a helper, as soon as it runs."""

    def found():
        children = pathlib.Path(f"/proc/{login.process.pid}/task/{login.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == helper]

    return until(found, lambda: f"{helper} is not running")[0]


def test_a_phone_that_another_user_here_has_is_not_enrolled(place):
    records.account(place.host.database, "somebody", 4711, authy_id=place.server.become_a_user(), had_authy_id=1)
    login = numbered(place)
    login.answer(place.server.sent_code(1))
    assert "cannot be used" in login.until("tell")
    offered(login).answer("skip")
    assert ended(login) == GRACE
    assert is_untouched(place.host, 1)


@pytest.mark.parametrize("helper", ["countersign-login", "countersign-net"])
@pytest.mark.parametrize("when", ["at the number", "at the code"])
def test_a_helper_that_dies_in_the_middle_leaves_nothing_half_done(place, helper, when):
    login = offered(place.login()) if when == "at the number" else numbered(place)
    os.kill(child(login, helper), signal.SIGKILL)
    login.answer(place.server.number if when == "at the number" else place.server.sent_code(1))
    event = login.next()
    while event[0] not in ("ask", "result"):
        event = login.next()
    if event[0] == "ask":
        login.reply("eof")
    login.finish()
    assert not any(decision["outcome"] == "approved" for decision in login.decisions)
    row = place.host.row("authy_id", "had_authy_id", "confirmed", "opted_out")
    assert row in (None, [None, 0, 0, None])


def test_a_login_program_that_dies_in_the_middle_leaves_nothing_half_done(place):
    login = numbered(place)
    login.process.kill()
    login.finish()
    assert is_untouched(place.host, 1)


def test_of_two_who_enrol_at_once_one_is_enrolled_and_the_other_is_asked_to_log_in_again(place):
    one, two = numbered(place), numbered(place, number=place.server.another_number())
    one.answer(place.server.sent_code(1))
    assert ended(one) == ENROLLED
    two.answer(place.server.sent_code(2))
    assert ended(two) == (PAM_AUTH_ERR, ("denied", "not_enrolled", "-"))
    assert two.texts("tell")[-1] == "Please log in again."
    assert place.host.row("authy_id") == [place.server.become_a_user()]


def test_a_user_linked_by_the_administrator_meanwhile_is_not_enrolled_over_it(place):
    login = numbered(place)
    place.host.countersign("link", place.host.user.pw_name, 4242)
    login.answer(place.server.sent_code(1))
    assert ended(login)[0] == PAM_AUTH_ERR
    assert place.host.row("authy_id", "confirmed") == [4242, 0]


# never


def test_never_argues_against_it_and_takes_the_users_name_for_a_yes(place):
    place.rules(OFFER + 'opt_out = "yes"\n')
    login = offered(place.login())
    assert "never" in login.texts("ask")[0]
    login.answer("never")
    assert "anyone who learns your password" in login.until("tell")
    assert "user name" in login.prompt()
    login.answer(place.host.user.pw_name)
    assert ended(login) == (PAM_SUCCESS, ("excused", "opted_out", "-"))
    assert any(text.startswith("4 ") and "opted_out" in text for text in login.texts("log"))
    assert place.host.row("opted_out", "grace_used")[0] is not None
    assert ended(place.login()) == (PAM_SUCCESS, ("excused", "opted_out", "-"))


def test_never_without_the_name_changes_nothing_and_is_not_there_where_it_is_not_allowed(place):
    place.rules(OFFER + 'opt_out = "yes"\nopt_out_text = "Please think."\n')
    login = offered(place.login())
    login.answer("never")
    assert login.until("tell") == "Please think."
    login.prompt()
    login.answer("yes")
    offered(login).answer("skip")
    assert ended(login) == GRACE
    place.rules(OFFER)
    login = offered(place.login())
    login.answer("never")
    assert "Not recognized" in login.until("tell")
    offered(login).answer("skip")
    assert ended(login) == GRACE
    assert place.host.row("opted_out") == [None]


def test_never_while_grace_lasts_spends_one(place):
    place.rules(OFFER + 'opt_out = "grace"\n')
    login = offered(place.login())
    login.answer("never")
    login.prompt()
    login.answer(place.host.user.pw_name)
    assert ended(login) == (PAM_SUCCESS, ("excused", "opted_out", "-"))
    assert place.host.row("grace_used") == [1] and place.host.row("opted_out")[0] is not None


def test_the_settings_own_text_is_shown(place):
    place.rules(OFFER + 'at_login_text = "Enrol today, or type skip."\n')
    login = offered(place.login())
    assert login.texts("tell") == ["Enrol today, or type skip."]
    login.answer("skip")
    assert ended(login) == GRACE
    assert json.loads(place.host.countersign("history", place.host.user.pw_name, "--json"))[0]["reason"] == "grace"
    assert records.run(place.host.database, "SELECT count(*) FROM onecodes") == [[0]]

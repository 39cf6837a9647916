"""A rollout as an administrator and the users live it: imported from a file, proven at the first login, another phone,
a phone that is lost."""

import itertools
import json

import pytest

from support import prompts
from support.good_server import LoginPhone
from support.product import gets_in

pytestmark = pytest.mark.product

GRACE = 'mode = "grace"\ngrace_logins = 2\ngrace_window = 0\ngrace_services = ["sshd-cs"]\nemail_domain = "example.com"'
NATIONAL = itertools.count(5_553_000_000)


@pytest.fixture
def office(product, countersignd):
    """A host whose server has no users yet; `numbers` are the users' phone numbers."""
    product.configure(LoginPhone(countersignd, has_device=False), enrolment=GRACE)
    product.numbers = {user: next(NATIONAL) for user in ("alice", "bob", "carol")}
    file = product.host.scratch / "users.csv"
    file.write_text(
        "user,country_code,phone,email\n" + "".join(f"{user},1,{number},\n" for user, number in product.numbers.items())
    )
    product.file = str(file)
    return product


def states(product) -> dict[str, str]:
    return {row["user"]: row["state"] for row in json.loads(product.host.countersign("list", "--json").stdout)}


def with_sms(product, server, user="alice", way="ssh", gets=None):
    """A login with a code that is sent during it."""
    terminal = product.knock(way, user)
    terminal.reads(prompts.WORD_SMS)
    terminal.answer("sms")
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    terminal.answer(server.codes()[-1])
    return gets_in(terminal, gets or user)


def test_who_was_imported_is_asked_at_the_first_login_and_confirmed_by_it(office, countersignd):
    assert "3 registered" in office.host.countersign("import", office.file, "--no-install-link").stdout
    assert states(office) == {"alice": "linked", "bob": "linked", "carol": "linked"}
    assert with_sms(office, countersignd)
    assert with_sms(office, countersignd, "carol", "sudo", "root")
    terminal = office.knock("ssh", "bob")
    terminal.reads(prompts.WORD_SKIP)
    terminal.answer("skip")
    terminal.reads(prompts.grace_left(1))
    assert gets_in(terminal, "bob")
    assert states(office) == {"alice": "confirmed", "bob": "linked", "carol": "confirmed"}
    report = json.loads(office.host.countersign("report", "--within", "1", "--json").stdout)
    assert (report["confirmed"], report["linked"]) == (2, 1)
    assert [(row["user"], row["grace_logins_left"]) for row in report["grace_ends"]] == [("bob", 1)]


def test_an_import_before_which_enforcement_came_lets_nobody_skip(office, countersignd):
    office.host.countersign("import", office.file, "--no-install-link")
    office.configure(LoginPhone(countersignd, has_device=False))
    terminal = office.knock("ssh", "bob")
    terminal.reads(prompts.WORD_SMS)
    terminal.answer("skip")
    terminal.reads("Not recognized")
    assert "skip]" not in terminal.transcript


def test_a_changed_number_keeps_the_authyid_and_is_seen_after_a_refresh(office, countersignd):
    office.host.countersign("import", office.file, "--no-install-link")
    assert with_sms(office, countersignd)
    before = office.show("alice")["authy_id"]
    countersignd.command("user", "change-phone", before, "+4915155512399")
    shown = office.host.countersign("refresh", "alice").stdout
    assert "XXX-XXX-2399" in shown and "12399" not in shown.replace("XXX-XXX-2399", "")
    assert with_sms(office, countersignd)
    assert office.show("alice")["authy_id"] == before
    assert "+49" in countersignd.command("user", "show", before).stdout


def test_who_lost_the_phone_is_unlinked_and_enrolled_anew_without_grace_given_back(office, countersignd):
    office.host.countersign("import", office.file, "--no-install-link")
    assert with_sms(office, countersignd)
    first = office.show("alice")["authy_id"]
    office.host.countersign("unlink", "alice", "--yes")
    assert office.show("alice")["state"] == "none"
    office.host.countersign("enroll", "alice", "--phone", f"+1{next(NATIONAL)}", "--no-install-link", "--later")
    assert office.show("alice")["state"] == "linked" and office.show("alice")["authy_id"] != first
    assert with_sms(office, countersignd)
    assert office.show("alice")["state"] == "confirmed"


def test_a_user_who_is_paused_is_let_in_loudly_and_asked_again_after_the_pause(office, countersignd):
    office.host.countersign("import", office.file, "--no-install-link")
    assert with_sms(office, countersignd)
    office.host.countersign("pause", "alice", "--hours", "8", "--reason", "phone at home")
    assert gets_in(office.knock("ssh"), "alice")
    assert gets_in(office.knock("sudo"), "root")
    assert [row["reason"] for row in office.history("alice")][:2] == ["paused", "paused"]
    office.host.countersign("pause", "alice", "--end")
    assert with_sms(office, countersignd)

"""Grace logins and enrollment: who is let in without a factor, how often, and what they are told."""

import pytest

from support import prompts
from support.product import gets_in

pytestmark = pytest.mark.product

GRACE = 'mode = "grace"\ngrace_services = ["sshd-cs", "login", "su"]\ngrace_window = 0\n'


def test_grace_logins_are_counted_down_until_they_end(product):
    product.configure(enrolment=GRACE + "grace_logins = 3")
    for left in [2, 1, 0]:
        terminal = product.knock("ssh")
        terminal.reads(prompts.grace_left(left))
        assert gets_in(terminal, "alice")
        assert product.show("alice")["grace_logins_left"] == left
    terminal = product.knock("ssh", options=("NumberOfPasswordPrompts=1",))
    terminal.reads(prompts.ASK_ADMINISTRATOR)
    assert terminal.ends() == 255
    assert [decision["outcome"] for decision in product.decisions()] == ["excused"] * 3 + ["denied"]


def test_sudo_is_excused_while_grace_lasts_and_spends_none(product):
    product.configure(enrolment=GRACE + "grace_logins = 1")
    for _ in range(2):
        assert gets_in(product.knock("sudo"), "root")
    assert product.show("alice")["grace_logins_used"] == 0
    assert gets_in(product.knock("ssh"), "alice")
    terminal = product.knock("sudo")
    terminal.reads(prompts.ASK_ADMINISTRATOR)
    assert terminal.ends() != 0


def test_scp_of_several_files_within_the_window_spends_one(product):
    product.configure(enrolment=GRACE.replace("grace_window = 0", "grace_window = 600") + "grace_logins = 2")
    for name in ["one", "two", "three"]:
        (product.host.scratch / name).write_text(name)
        terminal = product.host.scp("alice", product.host.scratch / name)
        terminal.reads(prompts.PASSWORD)
        terminal.answer(product.host.people["alice"].password)
        assert terminal.ends() == 0
    assert sorted(path.name for path in product.host.people["alice"].home.iterdir()) == ["one", "three", "two"]
    assert product.show("alice")["grace_logins_used"] == 1


def test_another_address_spends_another_one(product):
    product.configure(enrolment=GRACE.replace("grace_window = 0", "grace_window = 600") + "grace_logins = 2")
    for source in ["127.0.0.2", "127.0.0.3"]:
        assert gets_in(product.knock("ssh", source=source), "alice")
    assert product.show("alice")["grace_logins_used"] == 2


def test_grace_ends_with_its_last_day(product):
    product.configure(enrolment=GRACE + "grace_logins = 5\ngrace_until = 2020-01-01")
    terminal = product.knock("ssh", options=("NumberOfPasswordPrompts=1",))
    terminal.reads(prompts.ASK_ADMINISTRATOR)
    assert terminal.ends() == 255


def test_the_admin_gives_grace_back(product):
    product.configure(enrolment=GRACE + "grace_logins = 1")
    assert gets_in(product.knock("ssh"), "alice")
    product.host.countersign("grace", "alice", "--reset")
    assert gets_in(product.knock("ssh"), "alice")


def test_who_is_linked_and_not_yet_proven_may_spend_a_grace_login_by_word(product):
    product.configure(enrolment=GRACE + "grace_logins = 2")
    product.softtoken("alice")
    terminal = product.knock("ssh")
    terminal.reads(prompts.WORD_SKIP)
    terminal.answer("skip")
    assert gets_in(terminal, "alice")
    assert product.show("alice")["grace_logins_used"] == 1
    product.decided(outcome="excused", user="alice")


def test_who_has_once_proven_a_factor_has_no_grace_any_more(product):
    product.configure(enrolment=GRACE + "grace_logins = 5")
    token = product.softtoken("alice")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")
    assert product.show("alice")["state"] == "confirmed"
    terminal = product.knock("ssh")
    asked = terminal.reads(prompts.CODE)[0]
    assert "skip" not in asked
    terminal.answer("skip")
    terminal.reads(prompts.CODE)


def test_without_a_factor_optional_excuses_for_ever(product):
    product.configure(enrolment='mode = "optional"')
    for _ in range(7):
        assert gets_in(product.knock("ssh"), "alice")
    assert {decision["outcome"] for decision in product.decisions()} == {"excused"}


def test_who_is_denied_by_required_was_not_spent_a_grace_login(product):
    product.configure(enrolment='mode = "required"\ngrace_logins = 5')
    assert product.knock("sudo").ends() != 0
    assert product.show("alice")["grace_logins_used"] == 0

"""`countersign self`, run by users through the real sudo and the rules that are shipped."""

import json
import pathlib
import re
import subprocess

import pytest

from host import REPOSITORY
from prompts import CODE, PASSWORD
from terminal import ENVIRONMENT

pytestmark = pytest.mark.product

RULES = REPOSITORY / "docs/countersign.sudoers"
SELF = ["/usr/bin/countersign", "self"]
LISTED = [["show"], ["show", "--json"], ["recovery"], ["recovery", "--count"], ["opt-out"]]
CODES = r"(?:[0-9a-z]{4}-){2}[0-9a-z]{4}"


@pytest.fixture
def own(product):
    """The product, with the shipped rules of sudo in force."""
    active = pathlib.Path("/etc/sudoers.d/countersign")
    active.parent.mkdir(exist_ok=True)
    rules = pathlib.Path("/etc/sudoers")
    before = rules.read_text(encoding="ascii")
    rules.chmod(0o640)
    # Nobody may do anything else, so that what is let through is let through by the shipped rules.
    rules.write_text(re.sub(r"(?m)^(alice|bob|carol) .*\n", "", before) + "@includedir /etc/sudoers.d\n", encoding="ascii")
    rules.chmod(0o440)
    active.write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
    active.chmod(0o440)
    yield product
    active.unlink()
    rules.chmod(0o640)
    rules.write_text(before, encoding="ascii")
    rules.chmod(0o440)


def confirmed(own, user: str = "alice"):
    """A SoftToken that was proven once."""
    token = own.softtoken(user)
    own.host.countersign("show", user)
    sql(own, "UPDATE accounts SET confirmed = 1 WHERE name = ?", user)
    return token


def sql(own, statement: str, *values):
    """As the keeper of the accounts."""
    script = "import json, sqlite3, sys; c = sqlite3.connect('/var/lib/countersign/accounts.db'); " \
        "print(json.dumps(c.execute(sys.argv[1], json.loads(sys.argv[2])).fetchall())); c.commit()"
    done = subprocess.run(
        ["setpriv", "--reuid=_countersign", "--regid=_countersign", "--clear-groups", "/usr/bin/python3", "-c", script, statement, json.dumps(values)],
        capture_output=True, text=True, timeout=60, check=True, cwd="/")
    return json.loads(done.stdout)


def audit(own) -> list[str]:
    return [line.text for line in own.host.journal.lines("action=", program="countersign")]


# Who may run what


def test_the_rules_of_sudo_are_in_order():
    done = subprocess.run(["visudo", "-cf", RULES], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_user_sees_the_account_of_that_user_and_no_other(own):
    for user in ["alice", "bob"]:
        terminal = own.host.sudo(user, *SELF, "show")
        terminal.reads(rf"user: +{user} \(uid {own.host.people[user].uid}\)")
        assert terminal.ends() == 0


@pytest.mark.parametrize("words", [
    ["show", "alice"], ["show", "--config", "/tmp/x"], ["recovery", "--count", "--json"], ["opt-out", "--yes"], ["nonsense"], [],
    ["show", "--json", "--json"]])
def test_sudo_lets_nothing_through_that_is_not_listed(own, words):
    terminal = own.host.sudo("bob", "-n", *SELF, *words)
    terminal.reads("not allowed|password is required")
    assert terminal.ends() != 0


@pytest.mark.parametrize("words", [["show", "alice"], ["unlink", "bob"], ["opt-out", "bob", "--yes"]])
def test_sudo_lets_no_other_command_through(own, words):
    terminal = own.host.sudo("bob", "-n", "/usr/bin/countersign", *words)
    terminal.reads("not allowed|password is required")
    assert terminal.ends() != 0


def test_no_command_takes_a_user_settings_a_module_or_a_yes():
    for command in [[], ["show"], ["recovery"], ["opt-out"]]:
        shown = subprocess.run(["countersign", "self", *command, "--help"], capture_output=True, text=True, env=ENVIRONMENT, timeout=60).stdout
        assert "countersign self" in shown
        assert not set(re.findall(r"--[a-z-]+", shown)) - {"--help", "--version", "--json", "--count"}


def test_test_lists_what_the_rules_list():
    ruled = re.findall(r"/usr/bin/countersign self ([a-z -]+?)(?=, \\\n|\n)", RULES.read_text(encoding="utf-8"))
    assert [words for words in map(str.split, ruled) if words[0] not in ("enroll", "confirm")] == LISTED


def run_as(uid: int, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "countersign", "self", *words], capture_output=True, text=True,
        timeout=60, env={**ENVIRONMENT, **environment}, cwd="/")


@pytest.mark.parametrize(("uid", "environment", "said"), [
    (0, {}, "nobody called sudo"), (0, {"SUDO_UID": "42001"}, "nobody called sudo"), (0, {"SUDO_UID": "0", "SUDO_USER": "root"}, "not for root"),
    (0, {"SUDO_UID": "42001", "SUDO_USER": "bob"}, "name no user"), (0, {"SUDO_UID": "42001", "SUDO_USER": "nobody-of-this-name"}, "name no user"),
    (0, {"SUDO_UID": "-1", "SUDO_USER": "alice"}, "nobody called sudo"), (0, {"SUDO_UID": "42001 ", "SUDO_USER": "alice"}, "nobody called sudo"),
    (0, {"SUDO_UID": "4294967296", "SUDO_USER": "alice"}, "nobody called sudo"), (0, {"SUDO_UID": "", "SUDO_USER": "alice"}, "nobody called sudo"),
    (42001, {"SUDO_UID": "42001", "SUDO_USER": "alice"}, "run through sudo"), (42002, {"SUDO_UID": "42001", "SUDO_USER": "alice"}, "run through sudo")])
@pytest.mark.parametrize("words", [["show"], ["recovery"], ["recovery", "--count"], ["opt-out"]])
def test_without_a_caller_of_sudo_nothing_is_done(product, uid, environment, said, words):
    product.configure(enrolment='opt_out = "yes"')
    product.softtoken("alice")
    done = run_as(uid, environment, *words)
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""
    assert product.show("alice")["opted_out"] is None and product.show("alice")["recovery_codes_left"] == 0


def test_what_the_caller_puts_into_the_environment_counts_for_nothing(own):
    environment = {"SUDO_UID": str(own.host.people["alice"].uid), "SUDO_USER": "alice", "SUDO_GID": "0"}
    terminal = own.host.terminal(
        ["setpriv", "--reuid=bob", "--regid=bob", "--init-groups", "--", "sudo", *SELF, "show"], environment)
    terminal.reads(r"user: +bob \(uid ")
    assert terminal.ends() == 0


def test_of_an_account_that_people_share_nobody_is_taken_for_one_of_them(own):
    key = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    own.host.countersign("link", "alice", "1", "--key", key)
    terminal = own.host.sudo("alice", *SELF, "show")
    terminal.reads("several people share the account alice")
    assert terminal.ends() == 1


# Recovery codes


def test_new_recovery_codes_need_a_factor_that_is_proven_there_and_then(own):
    token = confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads(CODE)
    terminal.answer(token.fresh_code())
    terminal.reads(CODES)
    terminal.reads("alice: 10 recovery codes, shown this once")
    assert terminal.ends() == 0
    assert len(re.findall(CODES, terminal.transcript)) == 10 and not re.search(PASSWORD, terminal.transcript)
    own.decided(outcome="approved", reason="proven", factor="softtoken", user="alice", service="countersign")
    assert own.show("alice")["recovery_codes_left"] == 10
    (line,) = [line for line in audit(own) if "action=recovery" in line]
    assert line == f'action=recovery user=alice uid={own.host.people["alice"].uid} by=alice detail="10 codes made, 0 void"'
    assert not re.search(CODES, "\n".join(str(line) for line in own.host.journal.lines("")))


def test_wrong_codes_make_no_recovery_codes(own):
    token = confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    for _ in range(3):
        terminal.reads(CODE)
        terminal.answer(token.wrong_code())
    terminal.reads("nothing was changed: no factor of alice was proven")
    assert terminal.ends() == 2
    assert own.show("alice")["recovery_codes_left"] == 0 and not re.search(CODES, terminal.transcript)


def test_ctrl_c_makes_no_recovery_codes(own):
    confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads(CODE)
    terminal.interrupt()
    assert terminal.ends() != 0
    assert own.show("alice")["recovery_codes_left"] == 0


def test_a_code_that_was_spent_elsewhere_makes_none(own):
    token = confirmed(own)
    code = token.fresh_code()
    sql(own, "UPDATE accounts SET last_spent = 99999999999 WHERE name = 'alice'")
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads(CODE)
    terminal.answer(code)
    terminal.reads(CODE)
    terminal.end_of_file()
    assert terminal.ends() == 2 and own.show("alice")["recovery_codes_left"] == 0


@pytest.mark.parametrize("settings", ['[[exempt]]\nusers = ["alice"]', '[login.service.countersign]\nfactor_of = "caller"'])
def test_to_be_let_in_without_a_factor_is_not_enough(own, settings):
    confirmed(own)
    own.configure(more=settings)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    assert terminal.ends() in (1, 2)
    assert not re.search(CODES, terminal.transcript) and own.show("alice")["recovery_codes_left"] == 0
    assert not any("action=recovery" in line for line in audit(own))


def test_an_approval_of_another_run_does_not_count_for_an_excused_one(own):
    token = confirmed(own)
    other = own.host.sudo("alice", *SELF, "recovery")
    other.reads(CODE)
    other.answer(token.fresh_code())
    assert other.ends() == 0
    own.configure(more='[[exempt]]\nusers = ["alice"]')
    sql(own, "DELETE FROM recovery")
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads("let in without a factor, which is not enough here")
    assert terminal.ends() == 2 and own.show("alice")["recovery_codes_left"] == 0


@pytest.mark.parametrize("linked", [False, True])
def test_who_has_proven_no_factor_gets_no_recovery_codes(own, linked):
    if linked:
        own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads("you have not proven a second factor yet")
    assert terminal.ends() == 1 and own.decisions() == []


def test_how_many_codes_are_left_is_told_without_a_factor(own):
    confirmed(own)
    own.host.countersign("recovery", "alice")
    terminal = own.host.sudo("alice", *SELF, "recovery", "--count")
    terminal.reads("alice: 10 recovery codes left")
    assert terminal.ends() == 0 and own.decisions() == []


def test_without_the_module_nothing_is_changed(own):
    confirmed(own)
    (own.host.modules / "pam_countersign.so").unlink()
    terminal = own.host.sudo("alice", *SELF, "recovery")
    assert terminal.ends() != 0 and own.show("alice")["recovery_codes_left"] == 0


def test_a_module_that_says_yes_without_a_login_changes_nothing(own):
    confirmed(own)
    own.host.put_in_place_of_the_module("pam_permit.so")
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads("let in without a factor")
    assert terminal.ends() == 2 and own.show("alice")["recovery_codes_left"] == 0


# Opting out


def give_password(own, terminal, user: str = "alice") -> None:
    terminal.reads(PASSWORD)
    terminal.answer(own.host.people[user].password)


def test_opting_out_needs_the_password_a_proven_factor_and_the_name(own):
    own.configure(enrolment='opt_out = "yes"')
    own.host.pam_stack("sudo", "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n")
    token = confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.answer(token.fresh_code())
    terminal.reads("Type alice to confirm: ")
    assert own.show("alice")["opted_out"] is None
    terminal.answer("alice")
    terminal.reads("alice: opted out; the account stays confirmed")
    assert terminal.ends() == 0
    assert own.show("alice")["opted_out_counts"] is True
    (line,) = own.host.journal.lines("action=opt-out", program="countersign")
    assert (line.facility, line.severity) == ("authpriv", "warning")
    assert "by=alice" in line.text


def test_without_the_factor_nobody_opts_out(own):
    own.configure(enrolment='opt_out = "yes"')
    own.host.pam_stack("sudo", "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n")
    confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.end_of_file()
    assert terminal.ends() == 2 and own.show("alice")["opted_out"] is None


def test_who_has_no_factor_opts_out_with_the_password_and_spends_no_grace(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\ngrace_services = ["countersign"]\n')
    terminal = own.host.sudo("bob", *SELF, "opt-out")
    give_password(own, terminal, "bob")
    terminal.reads("Type bob to confirm: ")
    terminal.answer("bob")
    terminal.reads("bob: opted out")
    assert terminal.ends() == 0
    assert own.show("bob")["opted_out_counts"] is True and own.show("bob")["grace_logins_used"] == 0


def test_where_nobody_may_opt_out_nothing_is_asked(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "no"\n')
    confirmed(own, "bob")
    own.host.pam_stack("sudo", "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n")
    terminal = own.host.sudo("bob", *SELF, "opt-out")
    give_password(own, terminal, "bob")
    terminal.reads("nobody may opt out here")
    assert terminal.ends() == 2 and own.decisions() == []


def test_opting_out_is_not_for_pipes(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    done = subprocess.run(
        ["countersign", "self", "opt-out"], input="bob\n", capture_output=True, text=True, timeout=60,
        env={**ENVIRONMENT, "SUDO_UID": str(own.host.people["bob"].uid), "SUDO_USER": "bob"}, cwd="/")
    assert done.returncode == 1 and "nobody is at a terminal" in done.stderr and own.show("bob")["opted_out"] is None

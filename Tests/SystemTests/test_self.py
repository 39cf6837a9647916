"""`countersign self`, run by users through the real sudo and the rules that are shipped."""

import contextlib
import os
import pathlib
import re
import subprocess
import time

import pytest

from support import processes, records
from support.good_server import LoginPhone, Newcomer
from support.host import REPOSITORY, as_user
from support.patience import PATIENCE, until
from support.prompts import CODE, PASSWORD
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

RULES = REPOSITORY / "docs/countersign.sudoers"
DATABASE = "/var/lib/countersign/accounts.db"
SELF = ["/usr/bin/countersign", "self"]
LISTED = [
    ["show"],
    ["show", "--json"],
    ["confirm"],
    ["recovery"],
    ["recovery", "--count"],
    ["enroll"],
    ["opt-out"],
    ["opt-in"],
]
CODES = r"(?:[0-9a-z]{4}-){2}[0-9a-z]{4}"


@pytest.fixture
def own(product):
    """The product, with the shipped rules of sudo in force."""
    active = pathlib.Path("/etc/sudoers.d/countersign")
    active.parent.mkdir(exist_ok=True)
    rules = pathlib.Path("/etc/sudoers")
    before = rules.read_text(encoding="ascii")
    rules.chmod(0o640)
    # Nothing else is allowed, so only the shipped rules let anything through.
    rules.write_text(
        re.sub(r"(?m)^(alice|bob|carol) .*\n", "", before) + "@includedir /etc/sudoers.d\n", encoding="ascii"
    )
    rules.chmod(0o440)
    active.write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
    active.chmod(0o440)
    yield product
    active.unlink()
    rules.chmod(0o640)
    rules.write_text(before, encoding="ascii")
    rules.chmod(0o440)


@pytest.fixture
def password_only(own):
    """sudo asks for the password and nothing else."""
    own.host.pam_stack(
        "sudo", "auth required pam_unix.so nodelay\naccount required pam_unix.so\nsession required pam_permit.so\n"
    )


@contextlib.contextmanager
def sudo_rules(text: str):
    """More rules of sudo, in a file of their own."""
    path = pathlib.Path("/etc/sudoers.d/more")
    path.write_text(f"{text}\n", encoding="ascii")
    path.chmod(0o440)
    try:
        yield
    finally:
        path.unlink()


def confirmed(own, user: str = "alice"):
    """A SoftToken that was proven once."""
    token = own.softtoken(user)
    own.host.countersign("show", user)
    sql(own, "UPDATE accounts SET confirmed = 1 WHERE name = ?", user)
    return token


def sql(own, statement: str, *values):
    return records.run(DATABASE, statement, *values)


def audit(own) -> list[str]:
    return [line.text for line in own.host.journal.lines("action=", program="countersign")]


def give_password(own, terminal, user: str = "alice") -> None:
    terminal.reads(PASSWORD)
    terminal.answer(own.host.people[user].password)


def begin(own, words):
    """As alice, with the password where sudo asks for it."""
    terminal = own.host.sudo("alice", *SELF, *words)
    if words[0] in ("enroll", "opt-out", "opt-in"):
        give_password(own, terminal)
    return terminal


# Who may run what


def test_the_rules_of_sudo_are_in_order():
    done = subprocess.run(["visudo", "-cf", RULES], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_user_sees_the_account_of_that_user_and_no_other(own):
    for user in ["alice", "bob"]:
        terminal = own.host.sudo(user, *SELF, "show")
        terminal.reads(rf"user: +{user} \(uid {own.host.people[user].uid}\)")
        assert terminal.ends() == 0


@pytest.mark.parametrize(
    "words",
    [
        ["show", "alice"],
        ["show", "--config", "/tmp/x"],
        ["recovery", "--count", "--json"],
        ["opt-out", "--yes"],
        ["nonsense"],
        [],
        ["show", "--json", "--json"],
    ],
)
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
    for command in [[], ["show"], ["enroll"], ["confirm"], ["recovery"], ["opt-out"], ["opt-in"]]:
        shown = subprocess.run(
            ["countersign", "self", *command, "--help"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            timeout=PATIENCE,
        ).stdout
        assert "countersign self" in shown
        assert not set(re.findall(r"--[a-z-]+", shown)) - {"--help", "--version", "--json", "--count"}


def test_test_lists_what_the_rules_list():
    ruled = re.findall(r"/usr/bin/countersign self ([a-z -]+?)(?=, \\\n|\n)", RULES.read_text(encoding="utf-8"))
    assert list(map(str.split, ruled)) == LISTED


def run_as(uid: int, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "countersign", "self", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**ENVIRONMENT, **environment},
        cwd="/",
    )


@pytest.mark.parametrize(
    ("uid", "environment", "said"),
    [
        (0, {}, "nobody called sudo"),
        (0, {"SUDO_UID": "42001"}, "nobody called sudo"),
        (0, {"SUDO_UID": "0", "SUDO_USER": "root"}, "not for root"),
        (0, {"SUDO_UID": "42001", "SUDO_USER": "bob"}, "name no user"),
        (0, {"SUDO_UID": "42001", "SUDO_USER": "nobody-of-this-name"}, "name no user"),
        (0, {"SUDO_UID": "-1", "SUDO_USER": "alice"}, "nobody called sudo"),
        (0, {"SUDO_UID": "42001 ", "SUDO_USER": "alice"}, "nobody called sudo"),
        (0, {"SUDO_UID": "4294967296", "SUDO_USER": "alice"}, "nobody called sudo"),
        (0, {"SUDO_UID": "", "SUDO_USER": "alice"}, "nobody called sudo"),
        (42001, {"SUDO_UID": "42001", "SUDO_USER": "alice"}, "run through sudo"),
        (42002, {"SUDO_UID": "42001", "SUDO_USER": "alice"}, "run through sudo"),
    ],
)
@pytest.mark.parametrize(
    "words", [["show"], ["enroll"], ["confirm"], ["recovery"], ["recovery", "--count"], ["opt-out"], ["opt-in"]]
)
def test_without_a_caller_of_sudo_nothing_is_done(product, uid, environment, said, words):
    product.configure(enrolment='opt_out = "yes"')
    product.softtoken("alice")
    done = run_as(uid, environment, *words)
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""
    assert product.show("alice")["opted_out"] is None and product.show("alice")["recovery_codes_left"] == 0


def test_what_the_caller_puts_into_the_environment_counts_for_nothing(own):
    environment = {"SUDO_UID": str(own.host.people["alice"].uid), "SUDO_USER": "alice", "SUDO_GID": "0"}
    terminal = own.host.terminal(
        ["setpriv", "--reuid=bob", "--regid=bob", "--init-groups", "--", "sudo", *SELF, "show"], environment
    )
    terminal.reads(r"user: +bob \(uid ")
    assert terminal.ends() == 0


def test_of_an_account_that_people_share_nobody_is_taken_for_one_of_them(own):
    key = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    own.host.countersign("link", "alice", "1", "--key", key)
    terminal = own.host.sudo("alice", *SELF, "show")
    terminal.reads("several people share the account alice")
    assert terminal.ends() == 1


def test_nobody_opts_out_for_those_who_share_an_account(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    own.host.countersign("link", "alice", "1", "--key", "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads("Type alice to confirm: ")
    terminal.answer("alice")
    terminal.reads("several people share the account alice")
    assert terminal.ends() == 1 and own.show("alice")["opted_out"] is None


@pytest.mark.parametrize("words", [["show"], ["recovery"], ["confirm"], ["opt-in"]])
def test_with_wrong_settings_nothing_is_done(own, password_only, words):
    confirmed(own)
    own.configure(login="tries = 0")
    terminal = begin(own, words)
    terminal.reads("login.tries: ")
    assert terminal.ends() == 1 and own.decisions() == []


@pytest.mark.parametrize("words", [["show"], ["recovery"], ["confirm"], ["opt-in"]])
def test_without_accounts_nothing_is_done(own, password_only, words):
    confirmed(own)
    pathlib.Path("/var/lib/countersign/accounts.db").write_bytes(b"")
    terminal = begin(own, words)
    terminal.reads("accounts damaged")
    assert terminal.ends() == 1 and own.decisions() == []


def test_root_opens_no_file_of_the_accounts(own):
    """The root process reads the account through another process, so the accounts' owner cannot lead root to another
    file."""
    confirmed(own)
    secret = own.host.scratch / "secret"
    secret.write_text("of root", encoding="ascii")
    secret.chmod(0o600)
    accounts = pathlib.Path("/var/lib/countersign/accounts.db")
    accounts.unlink()
    accounts.symlink_to(secret)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads("error: ")
    assert terminal.ends() == 1 and secret.read_text(encoding="ascii") == "of root"


@pytest.mark.parametrize("words", [["-g", "root"], ["-u", "alice"], ["-u", "alice", "-g", "root"]])
def test_nobody_runs_it_with_a_group_of_roots_or_as_anybody_else(own, words):
    terminal = own.host.sudo("alice", "-n", *words, *SELF, "show")
    terminal.reads("not allowed|password is required")
    assert terminal.ends() != 0 and "user:" not in terminal.transcript


# How it runs: no user can delay the logins of others


# The slowest that a user can make what sudo starts, and unable to write a file.
REINED = [
    "nice",
    "-n",
    "19",
    "chrt",
    "--idle",
    "0",
    "ionice",
    "-c",
    "3",
    "taskset",
    "1",
    "prlimit",
    "--fsize=0:",
    "--cpu=1000:",
    "--",
]


def ours() -> list[processes.Process]:
    return [
        process
        for process in processes.everybody()
        if process.name.startswith("countersign") and process.name != "countersignd"
    ]


def test_how_the_caller_runs_is_left_behind(own):
    token = confirmed(own)
    terminal = own.host.terminal([*as_user("alice"), *REINED, "sudo", *SELF, "recovery"])
    terminal.reads(CODE)
    assert [process.name for process in ours()] == ["countersign", "countersign-log"]  # cut by the kernel
    for process in ours():
        assert os.sched_getscheduler(process.pid) == os.SCHED_OTHER, process
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 0, process
        assert os.sched_getaffinity(process.pid) == os.sched_getaffinity(0), process
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
        for limit in ["cpu time", "file size"]:
            # Root cannot go beyond a hard limit everywhere.
            soft, hard = re.search(rf"Max {limit} +(\S+) +(\S+)", limits).groups()
            assert soft == hard, process
    terminal.answer(token.fresh_code())
    terminal.reads("alice: 10 recovery codes, shown this once")
    assert terminal.ends() == 0


HOLD = """
import sqlite3, sys
accounts = sqlite3.connect("/var/lib/countersign/accounts.db", isolation_level=None)
accounts.execute("PRAGMA locking_mode = EXCLUSIVE")
accounts.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def accounts_held():
    """Readers and writers of the accounts wait meanwhile."""
    keeper = [
        "setpriv",
        "--reuid=_countersign",
        "--regid=_countersign",
        "--clear-groups",
        "/usr/bin/python3",
        "-c",
        HOLD,
    ]
    with subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/") as holder:
        assert holder.stdout.readline() == "held\n"
        yield


def at_the_accounts() -> processes.Process:
    """Waits until a process of ours is the accounts' user."""

    def found():
        for process in processes.everybody():
            with contextlib.suppress(OSError):
                if (
                    process.uid != 0
                    and os.readlink(f"/proc/{process.pid}/exe") == SELF[0]
                    and DATABASE in process.descriptors().values()
                ):
                    return process
        return None

    return until(found, lambda: "nobody opens the accounts")


@pytest.mark.parametrize("words", [["show"], ["opt-in"], ["recovery", "--count"], ["recovery"], ["confirm"]])
def test_who_has_the_accounts_open_is_in_no_session_of_the_callers(own, password_only, words):
    confirmed(own)
    with accounts_held():
        terminal = begin(own, words)  # noqa: F841 (open until the end)
        process = at_the_accounts()
        assert os.getsid(process.pid) == process.pid


@pytest.mark.parametrize("key", ["\x1a", "\x03", "\x1c"], ids=["ctrl-z", "ctrl-c", "ctrl-backslash"])
def test_no_key_stops_or_ends_who_has_the_accounts_open(own, password_only, key):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    confirmed(own)
    own.host.countersign("opt-out", "alice", "--yes")
    with accounts_held():
        # As a shell starts it: a job of its own, which a key can stop. What is written just before the shell ends may
        # be lost.
        terminal = own.host.terminal(
            [*as_user("alice"), "bash", "-mc", f"sudo {' '.join(SELF)} opt-in; echo code=$?; read"]
        )
        give_password(own, terminal)
        at_the_accounts()
        terminal.send(key)
        # With its echo it has thrown away what was written before.
        terminal.reads(r"\^[ZC\\]")
    terminal.reads("alice: opted in; the account is confirmed")
    terminal.reads("code=0")
    assert own.show("alice")["opted_out"] is None


def test_ctrl_backslash_at_a_prompt_of_roots_leads_into_no_debugger(own):
    confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "recovery")
    terminal.reads(CODE)
    terminal.send("\x1c")
    assert terminal.ends() != 0 and "crashed" not in terminal.transcript and "debug" not in terminal.transcript


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
    assert (
        line == f'action=recovery user=alice uid={own.host.people["alice"].uid} by=alice detail="10 codes made, 0 void"'
    )
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


@pytest.mark.parametrize(
    ("settings", "standing"),
    [
        ('[[exempt]]\nusers = ["alice"]', []),
        ('[login.service.countersign]\nfactor_of = "caller"', []),
        ("", ["pause", "alice", "--hours", "1", "--reason", "x"]),
        ("", ["opt-out", "alice", "--yes"]),
    ],
)
def test_to_be_let_in_without_a_factor_is_not_enough(own, settings, standing):
    confirmed(own)
    own.configure(enrolment='opt_out = "yes"', more=settings)
    if standing:
        own.host.countersign(*standing)
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


# Enrolling

AT_LOGIN = 'mode = "grace"\nat_login = true\nemail_domain = "example.com"\ncountry_code = "49"\n'


@pytest.fixture
def newcomer(countersignd):
    """bob, who is unknown to the server."""
    return Newcomer(countersignd)


def test_who_never_had_a_factor_enrols_with_the_password_a_number_and_a_code(own, password_only, newcomer):
    own.configure(newcomer, enrolment=AT_LOGIN)
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    terminal.reads(r"Mobile number \(or skip\): ")
    terminal.answer(newcomer.number)
    terminal.reads(r"Verification code \(or [a-z, ]+\): ")
    terminal.answer(newcomer.sent_code(1))
    enrolled = terminal.reads(r"bob: enrolled \(AuthyID (\d+)\)")
    assert terminal.ends() == 0 and newcomer.users() == [int(enrolled[1])]
    own.decided(outcome="approved", reason="enrolled", factor="sms", user="bob", service="countersign")
    # The first number costs one, whatever service it is typed in.
    assert own.show("bob")["state"] == "confirmed" and own.show("bob")["grace_logins_used"] == 1


def test_who_breaks_off_after_the_number_has_spent_a_grace_login(own, password_only, newcomer):
    own.configure(newcomer, enrolment=AT_LOGIN)
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    terminal.reads(r"log in 5 more times without a second factor")
    terminal.reads(r"Mobile number \(or skip\): ")
    terminal.answer(newcomer.number)
    terminal.reads(r"Verification code \(or [a-z, ]+\): ")
    terminal.answer("skip")
    terminal.reads(r"log in 4 more times without a second factor")
    assert terminal.ends() == 2
    assert own.show("bob")["state"] == "none" and own.show("bob")["grace_logins_used"] == 1


@pytest.mark.parametrize("answer", ["skip", ""])
def test_who_skips_is_not_enrolled_and_no_grace_is_spent(own, password_only, newcomer, answer):
    own.configure(newcomer, enrolment=AT_LOGIN)
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    for _ in range(1 if answer else 2):
        terminal.reads(r"Mobile number \(or skip\): ")
        terminal.answer(answer)
    terminal.reads("let in without a factor")
    assert terminal.ends() == 2
    shown = own.show("bob")
    assert (shown["state"], shown["had_authy_id"], shown["grace_logins_used"]) == (
        "none",
        False,
        0,
    ) and newcomer.is_unheard_of()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("at_login = true", "at_login = false"), "nobody enrolls themselves here"),
        (("at_login = true", 'at_login = true\nat_login_networks = ["0.0.0.0/0"]'), "nobody enrolls themselves here"),
        (('mode = "grace"', 'mode = "optional"'), "nobody enrolls themselves here"),
    ],
)
def test_where_no_login_offers_it_nobody_enrols_themselves(own, password_only, newcomer, more, said):
    own.configure(newcomer, enrolment=AT_LOGIN.replace(*more))
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    terminal.reads(said)
    assert terminal.ends() == 2 and own.decisions() == [] and newcomer.is_unheard_of()


def test_without_grace_nobody_enrols_themselves(own, password_only, newcomer):
    own.configure(newcomer, enrolment=AT_LOGIN)
    own.host.countersign("grace", "bob", "--used", "5")
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    terminal.reads("no factor of bob was proven")
    assert terminal.ends() == 2 and newcomer.is_unheard_of()


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([["link", "bob", "5"]], "given a second factor already"),
        ([["link", "bob", "5"], ["unlink", "bob", "--yes"]], "had a phone here before"),
        ([["softtoken", "bob"]], "given a second factor already"),
    ],
)
def test_who_has_or_had_a_factor_is_not_enrolled_anew(own, password_only, newcomer, before, said):
    own.configure(newcomer, enrolment=AT_LOGIN)
    for words in before:
        own.host.countersign(*words)
    terminal = own.host.sudo("bob", *SELF, "enroll")
    give_password(own, terminal, "bob")
    terminal.reads(said)
    assert terminal.ends() == 1 and own.decisions() == [] and newcomer.is_unheard_of()


# Confirming


def test_a_factor_that_was_given_is_confirmed_by_its_first_proof(own):
    token = own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "confirm")
    terminal.reads(CODE)
    terminal.answer(token.fresh_code())
    terminal.reads(r"alice: the account is confirmed \(SoftToken\)")
    assert terminal.ends() == 0 and own.show("alice")["state"] == "confirmed"
    assert token.base32 not in terminal.transcript
    again = own.host.sudo("alice", *SELF, "confirm")
    again.reads("alice: the account is confirmed")
    assert again.ends() == 0 and len(own.decisions()) == 1


def test_a_wrong_code_confirms_nothing(own):
    own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "confirm")
    terminal.reads(CODE)
    terminal.answer("000000")
    terminal.reads(CODE)
    terminal.end_of_file()
    assert terminal.ends() == 2 and own.show("alice")["state"] == "linked"


def test_to_skip_confirms_nothing(own):
    own.configure(enrolment='mode = "grace"')
    own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "confirm")
    terminal.reads(CODE)
    terminal.answer("skip")
    terminal.reads("let in without a factor")
    assert terminal.ends() == 2 and own.show("alice")["state"] == "linked"


def test_who_has_no_factor_has_none_to_confirm(own):
    terminal = own.host.sudo("alice", *SELF, "confirm")
    terminal.reads("you have no second factor to confirm")
    assert terminal.ends() == 1 and own.decisions() == []


# Opting out


def test_opting_out_needs_the_password_a_proven_factor_and_the_name(own, password_only):
    own.configure(enrolment='opt_out = "yes"')
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


def opts_out(own, terminal) -> None:
    terminal.reads("Type alice to confirm: ")
    terminal.answer("alice")
    terminal.reads("alice: opted out; the account stays confirmed")
    assert terminal.ends() == 0 and own.show("alice")["opted_out_counts"] is True


@pytest.mark.parametrize("pty", ["use_pty", "!use_pty"])
def test_a_factor_that_sudo_asked_for_is_not_asked_for_again(own, pty):
    with sudo_rules(f"Defaults {pty}"):
        own.configure(enrolment='opt_out = "yes"')
        token = confirmed(own)
        terminal = own.host.sudo("alice", *SELF, "opt-out")
        give_password(own, terminal)
        terminal.reads(CODE)
        terminal.answer(token.fresh_code())
        opts_out(own, terminal)
    assert [decision["service"] for decision in own.decisions()] == ["sudo"]


def test_one_text_message_is_enough_to_opt_out(own, countersignd):
    phone = LoginPhone(countersignd, has_device=False)
    own.configure(phone, 'factors = ["sms"]\nprefer = "sms"', enrolment='opt_out = "yes"')
    own.link("alice", phone.authy_id)
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.answer(phone.sent_code())
    opts_out(own, terminal)
    assert len(phone.sent()) == 1


def test_a_factor_that_sudo_remembers_is_asked_for_anew(own):
    """Within its timestamp sudo asks nothing."""
    with sudo_rules("Defaults timestamp_type=global"):
        own.configure(enrolment='opt_out = "yes"')
        token = confirmed(own)
        terminal = own.host.sudo("alice", *SELF, "opt-in")
        give_password(own, terminal)
        terminal.reads(CODE)
        terminal.answer(token.fresh_code())
        assert terminal.ends() == 0
        terminal = own.host.sudo("alice", *SELF, "opt-out")
        terminal.reads(CODE)
        assert own.show("alice")["opted_out"] is None
        terminal.answer(token.fresh_code())
        opts_out(own, terminal)
    assert [decision["service"] for decision in own.decisions()] == ["sudo", "countersign"]


@pytest.mark.parametrize("more", ['[[exempt]]\nservices = ["sudo"]', '[login.service.sudo]\nfactor_of = "caller"'])
def test_what_sudo_let_in_without_the_users_factor_is_no_proof(own, more):
    own.configure(enrolment='opt_out = "yes"', more=more)
    token = confirmed(own)
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.answer(token.fresh_code())
    if "caller" in more:
        terminal.reads(CODE)
        assert own.show("alice")["opted_out"] is None
        terminal.answer(token.fresh_code())
    opts_out(own, terminal)
    assert own.decisions()[-1]["service"] == "countersign"


def test_without_the_factor_nobody_opts_out(own, password_only):
    own.configure(enrolment='opt_out = "yes"')
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


def test_a_factor_that_was_given_and_never_proven_is_asked_for_too(own, password_only):
    """A session and the password of such an account do not replace the factor."""
    own.configure(enrolment='mode = "required"\nopt_out = "yes"')
    token = own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.answer(token.fresh_code())
    terminal.reads("Type alice to confirm: ")
    terminal.answer("alice")
    terminal.reads("alice: opted out; the account stays confirmed")
    assert terminal.ends() == 0 and own.show("alice")["opted_out_counts"] is True


def test_to_skip_is_no_proof_for_opting_out(own, password_only):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"')
    own.softtoken("alice")
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads(CODE)
    terminal.answer("skip")
    terminal.reads("Type alice to confirm: ")
    terminal.answer("alice")
    terminal.reads("let in without a factor")
    assert terminal.ends() == 2 and own.show("alice")["opted_out"] is None


def test_an_account_that_gets_a_factor_while_the_prompt_stands_open_is_not_opted_out(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    terminal = own.host.sudo("alice", *SELF, "opt-out")
    give_password(own, terminal)
    terminal.reads("Type alice to confirm: ")
    confirmed(own)
    terminal.answer("alice")
    terminal.reads("the account of alice has changed meanwhile")
    assert terminal.ends() == 1 and own.show("alice")["opted_out"] is None


def test_nobody_is_waited_for_longer_than_a_login_lasts(own):
    own.configure(login="deadline = 10\nonetouch_wait = 5", enrolment='mode = "grace"\nopt_out = "yes"\n')
    terminal = own.host.sudo("bob", *SELF, "opt-out")
    give_password(own, terminal, "bob")
    terminal.reads("Type bob to confirm: ")
    asked = time.monotonic()
    terminal.reads("nothing was changed: nobody answered in time")
    # The limit is ten seconds; a login's default is ninety.
    assert time.monotonic() - asked < 60
    assert terminal.ends() == 2 and own.show("bob")["opted_out"] is None


def test_where_nobody_may_opt_out_nothing_is_asked(own, password_only):
    own.configure(enrolment='mode = "grace"\nopt_out = "no"\n')
    confirmed(own, "bob")
    terminal = own.host.sudo("bob", *SELF, "opt-out")
    give_password(own, terminal, "bob")
    terminal.reads("nobody may opt out here")
    assert terminal.ends() == 2 and own.decisions() == []


def test_opting_out_is_not_for_pipes(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    done = subprocess.run(
        ["countersign", "self", "opt-out"],
        input="bob\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**ENVIRONMENT, "SUDO_UID": str(own.host.people["bob"].uid), "SUDO_USER": "bob"},
        cwd="/",
    )
    assert done.returncode == 1 and "nobody is at a terminal" in done.stderr and own.show("bob")["opted_out"] is None


def test_an_opt_out_is_undone_with_the_password_and_without_any_factor(own):
    own.configure(enrolment='mode = "grace"\nopt_out = "yes"\n')
    confirmed(own)
    own.host.countersign("opt-out", "alice", "--yes")
    terminal = own.host.sudo("alice", "-n", *SELF, "opt-in")
    terminal.reads("password is required")
    assert terminal.ends() != 0 and own.show("alice")["opted_out_counts"] is True
    terminal = own.host.sudo("alice", *SELF, "opt-in")
    give_password(own, terminal)
    terminal.reads("alice: opted in; the account is confirmed")
    assert terminal.ends() == 0 and own.show("alice")["opted_out"] is None
    assert any("action=opt-in user=alice" in line and "by=alice" in line for line in audit(own))


@pytest.mark.parametrize(
    "rules", ['mode = "required"', 'mode = "grace"\ngrace_logins = 0', 'mode = "grace"\ngrace_until = 2020-01-01']
)
def test_who_could_not_log_in_afterwards_does_not_opt_in(own, password_only, rules):
    own.configure(enrolment=f'{rules}\nopt_out = "yes"')
    own.host.countersign("opt-out", "bob", "--yes")
    terminal = own.host.sudo("bob", *SELF, "opt-in")
    give_password(own, terminal, "bob")
    terminal.reads("you have no second factor, and could not log in afterwards")
    assert terminal.ends() == 2 and own.show("bob")["opted_out_counts"] is True


@pytest.mark.parametrize(
    "rules",
    [
        'mode = "optional"\nopt_out = "yes"',
        'mode = "grace"\ngrace_logins = 1\nopt_out = "yes"',
        'mode = "required"\nopt_out = "no"',
    ],
)
def test_a_user_who_does_not_lose_a_login_by_it_opts_in(own, password_only, rules):
    """Users who can log in without a factor, and users whose opt-out does not count."""
    own.configure(enrolment=rules)
    own.host.countersign("opt-out", "bob", "--yes")
    terminal = own.host.sudo("bob", *SELF, "opt-in")
    give_password(own, terminal, "bob")
    terminal.reads("bob: opted in; the account has no factor")
    assert terminal.ends() == 0 and own.show("bob")["opted_out"] is None

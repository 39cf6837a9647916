"""What an ssh key tells: which of several people logs in, and whether a login resembles an earlier one. And recovery
codes, for users who have lost their phone."""

import json
import pathlib
import shutil
import subprocess

import pytest

from support import prompts, records
from support.host import STATE, as_user
from support.product import FACTOR_ONLY, KEY_FIRST, REQUIRED, gets_in, give_password
from support.totp import SoftToken

pytestmark = pytest.mark.product

REMEMBER = "[remember]\nseconds = 600"


@pytest.fixture
def keys(product):
    """Two keys that let in as carol, as far as sshd is concerned."""
    product.host.pam_stack("sshd-cs", FACTOR_ONLY)
    product.host.authorize_key("carol")
    other = product.host.scratch / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-N", "", "-C", "other", "-f", other], check=True)
    accepted = product.host.people["carol"].home / ".ssh" / "authorized_keys"
    with accepted.open("a", encoding="ascii") as file:
        file.write(public(other))
    return product.host.key, other


def public(key: pathlib.Path) -> str:
    return pathlib.Path(f"{key}.pub").read_text(encoding="ascii")


def knock(product, key, **options):
    return product.host.ssh(
        "carol", sshd=product.host.sshd(extra=KEY_FIRST), key=key, methods="publickey,keyboard-interactive", **options
    )


def proves(terminal, code):
    terminal.reads(prompts.CODE)
    terminal.answer(code)
    return gets_in(terminal, "carol")


def give(product, key, token):
    """Gives the owner of that key a factor of their own."""
    product.host.countersign(
        "softtoken", "carol", "--key", records.fingerprint(public(key)), "--secret-stdin", stdin=f"{token.base32}\n"
    )


def test_two_people_on_one_account_are_each_asked_for_their_own_factor(product, keys):
    shared = product.softtoken("carol")
    tokens = [SoftToken(), SoftToken()]
    for key, token in zip(keys, tokens):
        give(product, key, token)
    for key, token in zip(keys, tokens):
        assert proves(knock(product, key), token.fresh_code())
    terminal = knock(product, keys[0])
    for wrong in (tokens[1].fresh_code(), shared.fresh_code()):
        terminal.reads(prompts.CODE)
        terminal.answer(wrong)
        terminal.reads(prompts.NOT_ACCEPTED)
    product.host.journal.wait(rf"user=carol .*key {records.fingerprint(public(keys[0])).replace('+', '.')}")


def test_a_second_login_with_the_same_key_is_not_asked_and_one_with_another_key_is(product, keys):
    product.configure(enrolment=REQUIRED, more=REMEMBER)
    token = product.softtoken("carol")
    assert proves(knock(product, keys[0]), token.fresh_code())
    assert gets_in(knock(product, keys[0]), "carol")
    assert [decision["reason"] for decision in product.decisions()] == ["proven", "remembered"]
    knock(product, keys[1]).reads(prompts.CODE)
    knock(product, keys[0], source="127.0.0.2").reads(prompts.CODE)


def test_scp_right_after_a_login_is_not_asked(product, keys):
    product.configure(enrolment=REQUIRED, more=REMEMBER)
    token = product.softtoken("carol")
    assert proves(knock(product, keys[1]), token.fresh_code())
    (product.host.scratch / "file").write_text("text")
    terminal = product.host.scp(
        "carol",
        product.host.scratch / "file",
        sshd=product.host.sshd(extra=KEY_FIRST),
        key=keys[1],
        methods="publickey,keyboard-interactive",
    )
    assert terminal.ends() == 0
    assert (product.host.people["carol"].home / "file").read_text() == "text"


def test_a_denial_ends_it(product, keys):
    product.configure(enrolment=REQUIRED, login="tries = 1", more=REMEMBER)
    token = product.softtoken("carol")
    assert proves(knock(product, keys[0]), token.fresh_code())
    refused = knock(product, keys[1])
    refused.reads(prompts.CODE)
    refused.answer(token.wrong_code())
    assert refused.ends() == 255
    knock(product, keys[0]).reads(prompts.CODE)


def test_sudo_is_never_remembered(product):
    product.configure(enrolment=REQUIRED, more=REMEMBER)
    token = product.softtoken("alice")
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")
    shutil.rmtree("/run/sudo", ignore_errors=True)
    product.knock("sudo").reads(prompts.CODE)


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_a_recovery_code_lets_in_once(product, way, gets):
    token = product.softtoken("alice")
    first = product.knock("sudo")
    first.reads(prompts.CODE)
    first.answer(token.fresh_code())
    assert gets_in(first, "root")
    shutil.rmtree("/run/sudo", ignore_errors=True)
    codes = json.loads(product.host.countersign("recovery", "alice", "--json").stdout)["recovery_codes"]
    assert len(codes) == 10
    terminal = product.knock(way)
    recover(terminal, codes[0])
    terminal.reads("You have 9 recovery codes left.")
    assert gets_in(terminal, gets)
    decision = product.decisions()[-1]
    assert (decision["outcome"], decision["factor"], decision["user"]) == ("approved", "recovery", "alice")
    assert not any(code in str(product.host.journal) for code in codes)
    shutil.rmtree("/run/sudo", ignore_errors=True)
    again = product.knock(way)
    recover(again, codes[0])
    again.reads("not accepted")
    again.reads(prompts.CODE)


def test_the_memory_that_a_hash_needs_is_there_whatever_limits_the_caller_has(product):
    """yescrypt takes 16 MB in the helper, and the caller's processes may have 12."""
    alice = product.host.people["alice"]
    product.softtoken("alice")
    records.account(STATE / "accounts.db", "alice", alice.uid, confirmed=1)
    records.recovery(STATE / "accounts.db", "alice", alice.uid, "0123456789ab")
    terminal = product.host.terminal(["prlimit", "--data=12000000:unlimited", *as_user("alice"), "sudo", "id", "-un"])
    give_password(terminal, alice.password)
    recover(terminal, "0123456789ab")
    assert gets_in(terminal, "root")


def test_where_there_is_no_memory_for_a_hash_no_code_is_called_wrong(product):
    """As in a container whose root cannot exceed a hard limit; a root who can has the memory."""
    alice = product.host.people["alice"]
    product.softtoken("alice")
    records.account(STATE / "accounts.db", "alice", alice.uid, confirmed=1)
    records.recovery(STATE / "accounts.db", "alice", alice.uid, "0123456789ab")
    terminal = product.host.terminal(["prlimit", "--data=12000000:12000000", *as_user("alice"), "sudo", "id", "-un"])
    give_password(terminal, alice.password)
    recover(terminal, "0123456789ab")
    if terminal.reads_one_of(r"(?m)^root\r\n", "does not work at the moment") == 1:
        assert terminal.ends() != 0
        product.decided(outcome="unavailable", reason="accounts", user="alice")


def recover(terminal, code):
    terminal.reads(prompts.WORD_RECOVERY)
    terminal.answer("recovery")
    terminal.reads("Recovery code: ")
    terminal.answer(code)

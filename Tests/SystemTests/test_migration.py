"""The stack of docs/admin/migration.md for the time in which some people have the old factor and some have ours."""

import base64
import os
import pathlib
import re
import subprocess

import pytest

from support import prompts
from support.host import REPOSITORY
from support.product import gets_in
from support.totp import SoftToken

pytestmark = pytest.mark.product

PAGE = (REPOSITORY / "docs/admin/migration.md").read_text(encoding="utf-8")
PASSWORD = "auth [success=1 default=ignore] pam_unix.so nodelay\nauth requisite pam_deny.so\n"
REST = "account required pam_unix.so\nsession required pam_permit.so\n"
GOOGLE = "auth required pam_google_authenticator.so"
OATH = "auth required pam_oath.so usersfile=/etc/users.oath window=2 digits=6"


def give_google(host, user: str, token: SoftToken) -> None:
    file = host.people[user].home / ".google_authenticator"
    file.write_text(f'{token.base32}\n" TOTP_AUTH\n', encoding="ascii")
    os.chown(file, host.people[user].uid, host.people[user].uid)
    file.chmod(0o400)


def give_oath(host, user: str, token: SoftToken) -> None:
    secret = base64.b32decode(token.base32).hex()
    pathlib.Path("/etc/users.oath").write_text(f"HOTP/T30/6 {user} - {secret}\n", encoding="ascii")
    pathlib.Path("/etc/users.oath").chmod(0o600)


@pytest.fixture(params=[(GOOGLE, give_google), (OATH, give_oath)], ids=["google-authenticator", "oath"])
def meantime(request, product):
    """alice has moved, bob has not: each has the factor of one of the two."""
    old, give = request.param
    assert f"`{old}`" in PAGE or old in PAGE
    lines = re.search(r"```\n(auth \[success=1 default=ignore\] pam_succeed_if.*?)```", PAGE, re.DOTALL)[1]
    stack = f"{PASSWORD}{lines.replace(GOOGLE, old)}{REST}"
    assert old in stack
    for service in ["sudo", "sudo-i", "sshd-cs"]:
        product.host.pam_stack(service, stack)
    tables = {path: pathlib.Path(path).read_bytes() for path in ["/etc/group", "/etc/gshadow"]}
    subprocess.run(["groupadd", "--system", "oldfactor"], check=True)
    subprocess.run(["gpasswd", "-a", "bob", "oldfactor"], check=True, stdout=subprocess.DEVNULL)
    product.theirs = SoftToken()
    give(product.host, "bob", product.theirs)
    product.ours = product.softtoken("alice")
    yield product
    for path, text in tables.items():
        pathlib.Path(path).write_bytes(text)
    pathlib.Path("/etc/users.oath").unlink(missing_ok=True)


def asked(terminal, code: str):
    terminal.reads(r"(?i)(verification code|one-time password)[^\r\n]*: ?")
    terminal.answer(code)
    return terminal


def test_each_is_asked_for_their_own_factor_and_for_one_only(meantime):
    assert gets_in(asked(meantime.knock("sudo", "alice"), meantime.ours.fresh_code()), "root")
    assert gets_in(asked(meantime.knock("sudo", "bob"), meantime.theirs.fresh_code()), "root")
    assert [(decision["user"], decision["outcome"]) for decision in meantime.decisions()] == [("alice", "approved")]


def test_nobody_gets_in_by_the_factor_of_the_other(meantime):
    for user, token in [("alice", meantime.theirs), ("bob", meantime.ours)]:
        terminal = asked(meantime.knock("sudo", user), token.fresh_code())
        if terminal.reads_one_of(prompts.CODE, "(?i)one-time password", prompts.PASSWORD, "sudo: ") < 3:
            terminal.interrupt_prompt()
        assert terminal.ends() != 0


@pytest.mark.parametrize("group", ["oldfactor", "video"])
def test_who_has_neither_is_refused(meantime, group):
    subprocess.run(["gpasswd", "-a", "carol", group], check=True, stdout=subprocess.DEVNULL)
    terminal = meantime.knock("sudo", "carol")
    if terminal.reads_one_of("(?i)(verification code|one-time password)", prompts.PASSWORD, "sudo: ") < 2:
        terminal.interrupt_prompt()
    assert terminal.ends() != 0


def test_check_walks_it_and_names_the_ways_past(meantime):
    done = meantime.host.countersign("check", check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0 and "\nnot asked by way of /etc/pam.d/sudo:3: pam_succeed_if.so" in said, said

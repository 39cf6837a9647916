"""Several people who share a system account, told apart by their SSH keys."""

import base64
import os
import subprocess

import pytest
from support import records
from conftest import PAM_AUTH_ERR, PAM_SUCCESS
from support.totp import SoftToken

FROM = "env=SSH_CONNECTION=192.0.2.1 {} 192.0.2.9 22"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Public keys of three people, as authorized_keys has them."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for name, kind in (("alice", "ed25519"), ("bob", "rsa"), ("carol", "ecdsa")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", folder / name], check=True)
        made[name] = (folder / f"{name}.pub").read_text()
        printed = subprocess.run(
            ["ssh-keygen", "-lf", folder / f"{name}.pub"], capture_output=True, text=True, check=True
        ).stdout
        assert printed.split()[1] == records.fingerprint(made[name])
    return made


@pytest.fixture
def people(host, keys):
    """alice and bob have SoftTokens of their own, and the account itself has one."""
    host.settings('[enrolment]\nmode = "required"\n')
    tokens = {"": SoftToken()}
    host.countersign("softtoken", host.user.pw_name, "--secret-stdin", stdin=tokens[""].base32 + "\n")
    for name in ("alice", "bob"):
        tokens[name] = SoftToken()
        give(host, records.fingerprint(keys[name]), tokens[name])
    return tokens


def give(host, key, token):
    records.account(host.database, host.user.pw_name, host.user.pw_uid, key)
    records.run(
        host.database,
        f"UPDATE accounts SET secret = X'{token.secret.hex()}', algorithm = 'sha1', digits = 6, period = 30 WHERE key "
        f"= ?",
        key,
    )


def from_ssh(host, *lines, tty="ssh", port=1):
    info = "".join(
        f"publickey {' '.join(line.split()[:2])}\n" if line.startswith(("ssh-", "ecdsa-")) else line for line in lines
    )
    return host.login(f"tty={tty}", FROM.format(port), f"env=SSH_AUTH_INFO_0={info}")


def takes(login, code):
    login.prompt()
    login.answer(code)
    event = login.next()
    while event[0] in ("tell", "log"):
        event = login.next()
    if event == ("result", str(PAM_SUCCESS)):
        login.finish()
        return True
    login.reply("eof")
    login.finish()
    return False


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_who_comes_with_a_key_is_asked_for_the_factor_of_that_key(host, people, keys, name):
    login = from_ssh(host, keys[name])
    assert takes(login, people[name].fresh_code())
    assert login.decisions[-1]["user"] == host.user.pw_name
    assert records.fingerprint(keys[name]) in login.decisions[-1]["detail"]
    [row] = records.run(host.database, "SELECT user, key, outcome FROM history")
    assert row == [host.user.pw_name, records.fingerprint(keys[name]), "approved"]


def test_nobody_elses_factor_is_taken(host, people, keys):
    assert not takes(from_ssh(host, keys["alice"], port=1), people["bob"].fresh_code())
    assert not takes(from_ssh(host, keys["alice"], port=2), people[""].fresh_code())
    assert not takes(from_ssh(host, keys["bob"], port=3), people["alice"].fresh_code())


def test_a_key_of_nobodys_and_no_key_are_asked_for_the_factor_of_the_account(host, people, keys):
    assert takes(from_ssh(host, keys["carol"], port=1), people[""].fresh_code())
    assert takes(from_ssh(host, "password\n", port=2), people[""].fresh_code())
    assert not takes(from_ssh(host, keys["carol"], port=3), people["alice"].fresh_code())


def test_who_has_lost_every_factor_is_not_judged_as_somebody_else(host, people, keys):
    """Neither the account's factor nor another person's is the one of that key."""
    host.countersign("unlink", host.user.pw_name, "--key", records.fingerprint(keys["alice"]), "--yes")
    for port, name in enumerate(people, 1):
        login = from_ssh(host, keys["alice"], port=port)
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                login.answer(people[name].fresh_code())
        assert event[1] == str(PAM_AUTH_ERR)
        login.finish()
        assert login.decisions[-1]["reason"] == "not_enrolled"
    assert takes(from_ssh(host, keys["bob"], port=9), people["bob"].fresh_code())


def test_a_key_that_was_never_anybodys_becomes_nobody_by_a_command(host, people, keys):
    key = records.fingerprint(keys["carol"])
    for words in (["unlink", "--yes"], ["unlock"], ["grace", "--reset"]):
        host.countersign(words[0], host.user.pw_name, "--key", key, *words[1:])
    assert takes(from_ssh(host, keys["carol"]), people[""].fresh_code())


def test_methods_that_came_before_and_after_the_key_do_not_matter(host, people, keys):
    assert takes(from_ssh(host, "hostbased\n", keys["alice"], "password\n"), people["alice"].fresh_code())


def test_what_is_said_outside_of_sshd_is_not_believed(host, people, keys):
    """If other programs may set PAM's environment, the caller is not sshd."""
    assert not takes(from_ssh(host, keys["alice"], tty="pts/1", port=1), people["alice"].fresh_code())


@pytest.mark.parametrize(
    "info",
    [
        "publickey {key}",
        "publickey {key}=\n",
        "publickey  {key}\n",
        "password {key}\n",
        "publickey {key}\npublickey ssh-rsa AAA\n",
    ],
    ids=["cut", "padding", "blank", "password", "no key"],
)
def test_a_list_that_is_not_sshds_tells_nobody_apart(host, people, keys, info):
    key = " ".join(keys["alice"].split()[:2])
    assert not takes(from_ssh(host, info.format(key=key)), people["alice"].fresh_code())


def test_a_key_tells_nobody_apart_on_an_account_with_another_uid(host, people, keys):
    records.run(host.database, "UPDATE accounts SET uid = uid + 1 WHERE key <> ''")
    assert not takes(from_ssh(host, keys["alice"]), people["alice"].fresh_code())


def test_each_has_a_lock_of_their_own(host, people, keys):
    host.settings('[enrolment]\nmode = "required"\n[lockout]\nfailures = 1\n')
    assert not takes(from_ssh(host, keys["alice"], port=1), people["alice"].wrong_code())
    login = from_ssh(host, keys["alice"], port=2)
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "locked"
    assert takes(from_ssh(host, keys["bob"], port=3), people["bob"].fresh_code())


def test_the_longest_key_that_openssh_makes_tells_somebody_apart(host, people):
    """RSA of 16384 bits: 2071 bytes."""
    key = "ssh-rsa " + base64.b64encode(b"\0\0\0\7ssh-rsa" + os.urandom(2060)).decode("ascii")
    token = SoftToken()
    give(host, records.fingerprint(key), token)
    assert takes(from_ssh(host, key), token.fresh_code())


def test_the_longest_of_everything_still_fits_into_a_frame(host, people):
    long = "x" * 4000
    login = host.login(
        "tty=ssh",
        f"rhost={long}",
        f"ruser={long}",
        f"env=SSH_CONNECTION=192.0.2.1 {long}",
        f"env=SSH_AUTH_INFO_0=publickey ssh-rsa {long}\n",
    )
    assert login.prompt().startswith("Verification code")
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()

"""The accounts full, damaged, locked or gone: denied, nothing lost, and a way out."""

import os
import shutil
import sqlite3

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, open_to


def refused(host, *settings):
    login = host.login(*settings)
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("unavailable", "accounts")
    return login.decisions[0]["detail"]


def let_in(host, softtoken):
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    return login.result() == PAM_SUCCESS


def test_damaged_accounts_deny_and_are_left_as_they_are(host, softtoken):
    path = host.state / "accounts.db"
    good = path.read_bytes()
    for name in ("accounts.db-wal", "accounts.db-shm"):
        (host.state / name).unlink(missing_ok=True)
    path.write_bytes(b"not a database" * 1000)
    refused(host)
    assert path.read_bytes().startswith(b"not a database")
    path.write_bytes(good)


def test_empty_accounts_are_damaged_accounts(host, softtoken):
    for path in host.state.iterdir():
        path.unlink()
    (host.state / "accounts.db").touch(0o600)
    open_to(host.folder, host.user)
    refused(host)


def test_a_state_folder_that_is_missing_denies(host):
    shutil.rmtree(host.state)
    assert str(host.state) in refused(host)


@pytest.mark.parametrize("mode", [0o666, 0o640])
def test_accounts_that_others_may_use_deny(host, softtoken, mode):
    (host.state / "accounts.db").chmod(mode)
    assert "0600" in refused(host)


def test_accounts_of_a_later_version_deny(host, softtoken):
    with sqlite3.connect(host.state / "accounts.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    open_to(host.folder, host.user)
    assert "99" in refused(host)


def test_accounts_that_somebody_keeps_locked_deny_in_the_end(host, softtoken):
    """Waits for the login's whole time: ten seconds here."""
    host.settings("[login]\ndeadline = 10\nonetouch_wait = 1\n")
    keeper = sqlite3.connect(host.state / "accounts.db", isolation_level=None)
    open_to(host.folder, host.user)
    keeper.execute("BEGIN IMMEDIATE")
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "accounts"
    keeper.execute("ROLLBACK")
    keeper.close()
    assert let_in(host, softtoken)


@pytest.mark.parametrize("room", ["none", "not enough"])
def test_a_disk_that_is_full_denies_and_loses_nothing(host, softtoken, room):
    limit = 4096 if room == "none" else (host.state / "accounts.db-wal").stat().st_size
    code = softtoken.fresh_code()
    login = host.login(f"fsize={limit}")
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            login.answer(code)
    assert event[1] == str(PAM_AUTH_ERR)
    assert login.finish() == []
    assert login.decisions[-1]["reason"] == "accounts"
    assert let_in(host, softtoken)


def test_a_time_step_spent_far_ahead_is_freed_by_unlock(host, softtoken):
    """As after a clock that was ahead for a while."""
    host.account(last_spent=99999999)
    login = host.login()
    login.prompt()
    login.answer(softtoken.fresh_code())
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert "step" in host.countersign("unlock", host.user.pw_name)
    assert let_in(host, softtoken)


def test_files_and_folder_are_for_their_owner_only(host, softtoken):
    login = host.login()
    login.prompt()
    login.reply("eof")
    login.finish()
    assert all((path.stat().st_mode & 0o777) == 0o600 for path in host.state.iterdir())


def test_nothing_is_stored_for_a_name_that_the_system_does_not_know(host):
    login = host.login(user="nosuchuser")
    for _ in range(3):
        login.prompt()
        login.answer("123456")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert b"nosuchuser" not in b"".join(path.read_bytes() for path in host.state.iterdir())
    assert os.path.exists(host.state / "accounts.db")


def test_an_exempt_user_gets_in_whatever_became_of_the_accounts_and_the_log_says_so(host):
    (host.state / "accounts.db").write_bytes(b"not a database" * 1000)
    (host.state / "accounts.db").chmod(0o600)
    open_to(host.folder, host.user)
    host.settings(f'[[exempt]]\nusers = ["{host.user.pw_name}"]\n')
    login = host.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[0]["reason"] == "exempt" and "database" in login.decisions[0]["detail"]


def test_a_code_that_the_server_could_not_check_locks_nobody_out(host):
    import json

    host.settings(
        '[server]\nurl = "http://127.0.0.1:9"\napi_key = "0123456789"\n[login]\nfactors = ["softtoken"]\n[lockout]\n'
        "failures = 2\n"
    )
    host.countersign("link", host.user.pw_name, 5)
    login = host.login()
    for _ in range(3):
        login.prompt()
        login.answer("123456")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[0]["reason"] == "server"
    assert json.loads(host.countersign("show", host.user.pw_name, "--json"))["locked_until"] is None

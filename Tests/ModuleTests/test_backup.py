"""A copy of the accounts, made while logins go on, and put back while they do."""

import json
import os
import pty
import random
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest
from support import records
from conftest import PAM_SUCCESS, as_user, open_to
from support.patience import PATIENCE
from support.totp import SoftToken

REQUIRED = '[enrolment]\nmode = "required"\n'
GENEROUS = "[enrolment]\ngrace_logins = 1000\n"


@pytest.fixture
def place(host):
    """Where backups go."""
    host.settings(REQUIRED)
    host.backups = host.folder / "backups"
    host.backups.mkdir()
    open_to(host.folder, host.user)
    return host


def words(host, *arguments):
    return [host.product / "countersign", arguments[0], "--config", host.config, *map(str, arguments[1:])]


def fails(host, *arguments):
    """A command that fails and changes nothing: returns its message."""
    before = rows(host)
    done = subprocess.run(
        words(host, *arguments),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        **as_user(host.user),
    )
    assert (
        done.returncode in (1, 2)
        and done.stdout == ""
        and done.stderr.startswith("error: ")
        and "\nhint: " in done.stderr
    ), done
    assert rows(host) == before
    assert drafts(host) == []
    return done.stderr


def drafts(host):
    return [
        path.name
        for path in host.state.iterdir()
        if re.fullmatch(r"accounts\.db\.[A-Za-z0-9]{6}(-wal|-shm|-journal)?", path.name)
    ]


def rows(host):
    if not host.database.exists():
        return None
    return records.run(
        host.database,
        "SELECT name, uid, authy_id, hex(secret), confirmed, grace_used, last_spent FROM accounts ORDER BY name",
    )


def softtoken(host):
    token = SoftToken()
    host.countersign("softtoken", host.user.pw_name, "--replace", "--secret-stdin", stdin=token.base32 + "\n")
    return token


def log_in(host, token, code=None):
    """Whether the first code lets in."""
    login = host.login()
    answers = [code or token.fresh_code()]
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            login.answer(answers.pop()) if answers else login.reply("eof")
    login.finish()
    return event[1] == str(PAM_SUCCESS)


def backup(host, name="one"):
    host.countersign("backup", host.backups / name)
    return host.backups / name


def test_a_backup_is_for_its_owner_alone_and_what_is_there_is_not_overwritten(place):
    softtoken(place)
    file = backup(place)
    assert (file.stat().st_mode & 0o777, file.stat().st_uid) == (0o600, place.user.pw_uid)
    assert [path.name for path in place.backups.iterdir()] == ["one"]
    before = file.read_bytes()
    assert "is there already" in fails(place, "backup", file)
    assert "cannot be written" in fails(place, "backup", place.folder / "nowhere" / "one")
    assert file.read_bytes() == before
    answer = json.loads(place.countersign("backup", place.backups / "two", "--json"))
    assert answer["file"] == str(place.backups / "two") and answer["id"] in place.marker.read_text()


def test_a_backup_that_is_ended_by_a_signal_leaves_nothing_or_the_whole(place):
    chance = random.Random(3)
    for number in range(12):
        process = subprocess.Popen(
            words(place, "backup", place.backups / "one"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_user(place.user),
        )
        # So that it is somewhere on its way, wherever that is.
        for _ in range(chance.randrange(3000)):
            os.sched_yield()
        process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3])
        process.wait(60)
        names = [path.name for path in place.backups.iterdir()]
        assert names in ([], ["one"])
        for name in names:
            assert len(records.run(place.backups / name, "SELECT id FROM identity")) == 1
            (place.backups / name).unlink()
    backup(place)


def test_a_backup_has_what_a_copy_of_the_file_lacks(place):
    """The newest rows are in the WAL beside the file until a checkpoint."""
    keeper = sqlite3.connect(place.database)
    keeper.execute("SELECT * FROM accounts").fetchall()
    open_to(place.folder, place.user)
    softtoken(place)
    file = backup(place)
    keeper.close()
    with sqlite3.connect(file) as copy:
        assert copy.execute("SELECT count(*) FROM accounts WHERE secret IS NOT NULL").fetchall() == [(1,)]


def test_what_was_taken_away_since_the_backup_is_there_again_and_what_was_there_is_kept(place):
    token = softtoken(place)
    assert log_in(place, token)
    file = backup(place)
    place.countersign("unlink", place.user.pw_name, "--yes")
    assert not log_in(place, token)
    answer = json.loads(place.countersign("restore", file, "--yes", "--json"))
    assert answer["accounts"] == 1 and answer["kept"].startswith(f"{place.state}/accounts.db.before-")
    assert records.run(place.database, "SELECT confirmed FROM accounts") == [[1]]
    # The code of this moment may have been used since the backup was made.
    assert not log_in(place, token, token.code_at(token.step()))
    place.account(last_spent=None)
    assert log_in(place, SoftToken(secret=token.secret))
    # The way back from the way back.
    kept = place.backups / "kept"
    shutil.copy(answer["kept"], kept)
    open_to(place.folder, place.user)
    place.countersign("restore", kept, "--yes")
    assert records.run(place.database, "SELECT secret FROM accounts WHERE secret IS NOT NULL") == []


def test_each_earlier_copy_has_a_name_of_its_own(place):
    softtoken(place)
    file = backup(place)
    kept = {json.loads(place.countersign("restore", file, "--yes", "--json"))["kept"] for _ in range(3)}
    assert len(kept) == 3 and all((os.stat(name).st_mode & 0o777) == 0o600 for name in kept)


def test_what_was_spent_since_the_backup_stays_spent(place):
    token = softtoken(place)
    file = backup(place)
    code = token.fresh_code()
    assert log_in(place, token, code)
    place.countersign("restore", file, "--yes")
    assert not log_in(place, token, code)


def test_what_was_open_in_a_backup_is_ended(place):
    softtoken(place)
    name, uid = place.user.pw_name, place.user.pw_uid
    records.run(
        place.database, "INSERT INTO pushes (name, uid, attempt, place, time) VALUES (?, ?, 'a', '', 5)", name, uid
    )
    records.run(
        place.database,
        "INSERT INTO remembered (account, service, address, key, time) "
        "SELECT id, 'login', '192.0.2.1', '', 5 FROM accounts WHERE name = ? AND uid = ?",
        name,
        uid,
    )
    file = backup(place)
    place.countersign("restore", file, "--yes")
    for table in ("pushes", "remembered", "attempts", "onecodes"):
        assert records.run(place.database, f"SELECT count(*) FROM {table}") == [[0]]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "no backup of accounts"),
        ("empty", "no backup of accounts"),
        ("another database", "no backup of accounts"),
        ("cut", "no backup of accounts"),
        ("later", "accounts are of version 99"),
        ("another host", "not the accounts of this host"),
        ("a changed row", "1 not as they were written"),
        ("a lost row", "1 lost"),
        ("folder", "not a regular file"),
        ("nothing", "No such file"),
        ("first release", "earlier version"),
    ],
)
def test_what_is_no_backup_of_this_host_is_refused_and_nothing_changes(place, kind, said):
    softtoken(place)
    records.run(
        place.database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
        "INSERT INTO accounts (name, uid, key, authy_id) SELECT 'u' || i, i + 5000, '', i FROM n",
    )
    file = backup(place)
    good = file.read_bytes()

    def change(*statements):
        with sqlite3.connect(file) as copy:
            for statement in statements:
                copy.execute(statement)
        copy.close()

    match kind:
        case "text":
            file.write_text("accounts\n" * 1000)
        case "empty":
            file.write_bytes(b"")
        case "another database":
            file.unlink()
            change("CREATE TABLE theirs (x)")
        case "cut":
            file.write_bytes(good[: len(good) // 2 // 4096 * 4096])
        case "later":
            change("PRAGMA user_version = 99")
        case "another host":
            for path in place.state.iterdir():
                path.unlink()
            place.countersign("init", "--anew", "--yes")
        case "a changed row":
            change("UPDATE accounts SET authy_id = 77777 WHERE name = 'u7'")
        case "a lost row":
            change("DELETE FROM accounts WHERE name = 'u7'")
        case "folder":
            file.unlink()
            file.mkdir()
        case "nothing":
            file.unlink()
        case "first release":
            change("DROP TABLE identity", "DROP TABLE members", "PRAGMA user_version = 2")
    open_to(place.folder, place.user)
    assert said in fails(place, "restore", file, "--yes")


def test_without_a_terminal_it_has_to_be_said_that_it_is_meant(place):
    softtoken(place)
    file = backup(place)
    assert "add --yes" in fails(place, "restore", file)


def answered(host, file, meanwhile):
    """`restore` on a terminal, and what becomes of FILE between the question and the answer: exit code, and what was
    said."""
    above, below = pty.openpty()
    process = subprocess.Popen(
        words(host, "restore", file),
        stdin=below,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **as_user(host.user),
    )
    os.close(below)
    said = ""
    while "to confirm: " not in said:
        said += (more := process.stderr.read(1))
        assert more, said
    meanwhile()
    os.write(above, b"restore\n")
    said += process.communicate(timeout=60)[1]
    os.close(above)
    return process.returncode, said


@pytest.fixture
def two(place):
    """Two backups; the second has one factor more."""
    one = backup(place, "one")
    softtoken(place)
    return one, backup(place, "two")


def test_a_file_that_is_written_to_while_the_question_stands_open_is_refused(place, two):
    """It keeps its name and its inode, but a second read returns other contents than the check saw."""
    one, other = two
    before = rows(place)
    code, said = answered(place, one, lambda: one.write_bytes(other.read_bytes()))
    assert (
        code == 1 and "error: the file was changed while this ran: nothing was restored" in said and "\nhint: " in said
    )
    assert rows(place) == before and drafts(place) == []
    assert [path.name for path in place.state.iterdir() if ".before-" in path.name] == []


def test_a_file_that_takes_the_name_while_the_question_stands_open_is_not_read(place, two):
    one, other = two
    assert answered(place, one, lambda: os.replace(other, one))[0] == 0
    assert records.run(place.database, "SELECT 1 FROM accounts WHERE secret IS NOT NULL") == []


def test_accounts_that_are_lost_come_back(place):
    token = softtoken(place)
    file = backup(place)
    for path in place.state.iterdir():
        path.unlink()
    assert not json.loads(place.countersign("restore", file, "--yes", "--json"))["kept"]
    place.account(last_spent=None)
    assert log_in(place, token)


def test_accounts_that_are_damaged_are_kept_as_they_are_and_replaced(place):
    token = softtoken(place)
    file = backup(place)
    for path in place.state.iterdir():
        path.unlink()
    place.database.write_bytes(b"not a database" * 1000)
    place.database.chmod(0o600)
    open_to(place.folder, place.user)
    kept = json.loads(place.countersign("restore", file, "--yes", "--json"))["kept"]
    assert open(kept, "rb").read().startswith(b"not a database")
    place.account(last_spent=None)
    assert log_in(place, token)


def test_a_machine_that_takes_the_old_ones_place_adopts_its_accounts(place):
    token = softtoken(place)
    file = backup(place)
    shutil.rmtree(place.state)
    place.state.mkdir(mode=0o700)
    place.marker.unlink()
    open_to(place.folder, place.user)
    place.countersign("init")
    assert "--adopt" in fails(place, "restore", file, "--yes")
    place.countersign("restore", file, "--yes", "--adopt")
    place.account(last_spent=None)
    assert log_in(place, token)


def test_a_login_under_way_sees_the_accounts_from_before_or_the_ones_from_after(place):
    old = softtoken(place)
    file = backup(place)
    new = softtoken(place)
    login = place.login()
    login.prompt()
    place.countersign("restore", file, "--yes")
    place.account(last_spent=None)
    # It reads the present file: the code of the replaced SoftToken is right again, the other is not.
    login.answer(new.fresh_code())
    login.prompt()
    login.answer(old.fresh_code())
    assert login.result() == PAM_SUCCESS
    login.finish()


def test_logins_go_on_while_backups_are_made_and_put_back(place):
    """Each is let in or denied, none fails, and the file is sound all the time."""
    place.settings(GENEROUS)
    file = backup(place)
    makers = [
        subprocess.Popen(
            words(place, "backup", place.backups / f"b{n}"), stdout=subprocess.DEVNULL, **as_user(place.user)
        )
        for n in range(3)
    ]
    makers += [
        subprocess.Popen(words(place, "restore", file, "--yes"), stdout=subprocess.DEVNULL, **as_user(place.user))
        for _ in range(3)
    ]
    for number in range(12):
        login = place.login(f"rhost=192.0.2.{number}")
        assert login.result() == PAM_SUCCESS, login.events
        login.finish()
        assert login.decisions[-1]["reason"] == "grace"
    assert [maker.wait(PATIENCE) for maker in makers] == [0] * 6
    assert records.run(place.database, "SELECT * FROM pragma_integrity_check") == [["ok"]]
    for copy in place.backups.iterdir():
        assert records.run(copy, "SELECT * FROM pragma_integrity_check") == [["ok"]]


def test_a_restore_that_is_killed_at_any_point_leaves_the_one_or_the_other(place):
    chance = random.Random(7)
    token = softtoken(place)
    file = backup(place)
    for _ in range(12):
        place.countersign("unlink", place.user.pw_name, "--yes")
        process = subprocess.Popen(
            words(place, "restore", file, "--yes"),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            **as_user(place.user),
        )
        for _ in range(chance.randrange(3000)):
            os.sched_yield()
        # The process and what it has started; the child is in a session of its own.
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
        for pid in [process.pid, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        assert records.run(place.database, "SELECT * FROM pragma_integrity_check") == [["ok"]]
        assert len(records.run(place.database, "SELECT 1 FROM accounts WHERE secret IS NOT NULL")) in (0, 1)
        login = place.login()
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                login.reply("eof")
        login.finish()
        assert login.decisions[-1]["reason"] != "accounts"
    place.countersign("restore", file, "--yes")
    assert drafts(place) == []
    place.account(last_spent=None)
    assert log_in(place, token)

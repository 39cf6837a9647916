"""accounts.db removed, replaced or damaged: no user counts as a newcomer, whatever the settings allow newcomers."""

import contextlib
import fcntl
import os
import shutil
import subprocess

import pytest
from support import records
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, as_user, open_to
from support.patience import PATIENCE

PAGE = 4096
# Settings that let users in without a factor, or during an outage.
GENEROUS = '[enrolment]\ngrace_logins = 1000\nopt_out = "yes"\n[outage]\nmode = "allow"\n'


def refused(host, *settings, says=""):
    login = host.login(*settings)
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    decision = login.decisions[0]
    assert (decision["outcome"], decision["reason"]) == ("unavailable", "accounts")
    assert says in decision["detail"], decision
    return decision["detail"]


def passes_on_grace(host, **options):
    login = host.login(**options)
    passed = login.result() == PAM_SUCCESS
    login.finish()
    assert passed == (login.decisions[0]["reason"] == "grace"), login.decisions
    return passed


def let_in(host, token):
    login = host.login()
    login.prompt()
    login.answer(token.fresh_code())
    return login.result() == PAM_SUCCESS


def fails(host, *words):
    """A command that fails: returns its message."""
    done = subprocess.run(
        [host.product / "countersign", words[0], "--config", host.config, *words[1:]],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        **as_user(host.user),
    )
    assert done.returncode == 1 and done.stdout == "" and "\nhint: " in done.stderr, done
    return done.stderr


def files(host):
    return {path.name: path.read_bytes() for path in host.state.iterdir()}


def put_back(host, kept):
    for path in host.state.iterdir():
        path.unlink()
    for name, data in kept.items():
        (host.state / name).write_bytes(data)
        (host.state / name).chmod(0o600)
    open_to(host.folder, host.user)


@pytest.fixture
def generous(host):
    host.settings(GENEROUS)
    return host


# The file


def test_who_may_read_the_folders_stops_no_command_by_a_lock_on_them(host, tmp_path):
    """Any user who may open a directory can lock it for any time, and all may read /etc/countersign."""
    with contextlib.ExitStack() as held:
        for folder in (host.folder, host.state):
            descriptor = os.open(folder, os.O_RDONLY)
            held.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        host.marker.unlink()
        host.countersign("init")
        assert host.marker.exists()
        host.countersign("backup", host.state / "copy")
        host.countersign("restore", "--yes", host.state / "copy")
    assert passes_on_grace(host)


def test_a_host_without_init_lets_nobody_in_and_a_login_makes_nothing(generous):
    shutil.rmtree(generous.state)
    generous.state.mkdir(mode=0o700)
    generous.marker.unlink()
    open_to(generous.folder, generous.user)
    assert "countersign init" in refused(generous, says=str(generous.marker))
    assert list(generous.state.iterdir()) == []
    generous.countersign("init")
    assert passes_on_grace(generous)


@pytest.mark.parametrize("gone", ["file", "folder", "volume"])
def test_accounts_that_are_gone_make_nobody_a_newcomer(generous, softtoken, gone):
    kept = files(generous)
    shutil.rmtree(generous.state)
    if gone != "folder":
        generous.state.mkdir(mode=0o700)
    if gone == "volume":
        (generous.state / "lost+found").mkdir()
    open_to(generous.folder, generous.user)
    before = sorted(generous.state.rglob("*")) if gone != "folder" else None
    assert "restore a backup" in refused(generous, says=f"{generous.state}/accounts.db: missing")
    said = fails(generous, "init")
    assert "missing, though it was made" in said and "countersign restore" in said and "--anew" in said
    assert "missing, though it was made" in fails(generous, "link", generous.user.pw_name, "5")
    if gone != "folder":
        assert sorted(generous.state.rglob("*")) == before
    shutil.rmtree(generous.state, ignore_errors=True)
    generous.state.mkdir(mode=0o700)
    put_back(generous, kept)
    assert let_in(generous, softtoken)


def test_new_accounts_in_place_of_lost_ones_are_made_only_where_that_is_meant(generous, softtoken):
    put_back(generous, {})
    assert "nobody is at a terminal" in fails(generous, "init", "--anew")
    assert "new accounts" in generous.countersign("init", "--anew", "--yes")
    assert passes_on_grace(generous)
    assert "is there" in fails(generous, "init", "--anew", "--yes")


def test_the_accounts_of_another_host_let_nobody_in(generous, softtoken, tmp_path):
    mine = files(generous)
    put_back(generous, {})
    generous.countersign("init", "--anew", "--yes")
    theirs = files(generous)
    put_back(generous, mine)
    assert refused(generous, says="not the accounts that belong here")
    assert "not the accounts that belong here" in fails(generous, "init")
    put_back(generous, theirs)
    assert passes_on_grace(generous)
    put_back(generous, mine)
    assert "nobody is at a terminal" in fails(generous, "init", "--adopt")
    generous.countersign("init", "--adopt", "--yes")
    assert let_in(generous, softtoken)


def as_another_kind(make):
    def damage(host):
        host.database.unlink()
        make(host.database)

    return damage


def behind_a_symlink(host):
    host.database.rename(host.folder / "elsewhere.db")
    host.database.symlink_to(host.folder / "elsewhere.db")


def cut(size):
    def damage(host):
        data = host.database.read_bytes()
        host.database.write_bytes(data[: size(len(data))])

    return damage


def in_place_of_the_log(host):
    (host.state / "accounts.db-wal").unlink(missing_ok=True)
    (host.state / "accounts.db-wal").mkdir()


DAMAGES = {
    "a folder": as_another_kind(os.mkdir),
    "a pipe": as_another_kind(os.mkfifo),
    "a symlink to it": behind_a_symlink,
    "a symlink to nothing": as_another_kind(lambda path: path.symlink_to("/nonexistent")),
    "garbage": as_another_kind(lambda path: path.write_bytes(b"\xa5" * 8192)),
    "empty": cut(lambda size: 0),
    "its first page": cut(lambda size: PAGE),
    "its half": cut(lambda size: size // 2 // PAGE * PAGE),
    "half of a page": cut(lambda size: size // 2 + 17),
    "a folder in place of its log": in_place_of_the_log,
    "a file for others": lambda host: host.database.chmod(0o666),
    "a folder for others": lambda host: host.state.chmod(0o777),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_whole_file_of_ones_own_lets_nobody_in(generous, softtoken, damage):
    crowd(generous)
    DAMAGES[damage](generous)
    if not damage.endswith("for others"):
        open_to(generous.state, generous.user)
    refused(generous)


def test_a_row_that_was_copied_from_another_account_lets_nobody_in(generous, softtoken):
    user = generous.user
    records.account(generous.database, "somebody", 4711)
    records.tamper(generous.database, "DELETE FROM accounts WHERE name = ?1", user.pw_name)
    records.tamper(
        generous.database, "UPDATE accounts SET name = ?1, uid = ?2 WHERE name = 'somebody'", user.pw_name, user.pw_uid
    )
    refused(generous, says=f"the account of {user.pw_name}")


@pytest.mark.parametrize("fault", ["gone", "of another directory", "cut", "garbage", "empty"])
def test_a_marker_that_does_not_name_the_accounts_lets_nobody_in(generous, softtoken, fault):
    text = generous.marker.read_text()
    faulty = {
        "of another directory": text.replace(str(generous.state), f"{generous.state}2"),
        "cut": text[: text.rindex(" ")],
        "garbage": "\x00\xff" * 50,
        "empty": "",
    }
    generous.marker.unlink() if fault == "gone" else generous.marker.write_bytes(faulty[fault].encode("latin-1"))
    assert "init" in refused(generous) or fault == "garbage"
    if fault not in ("cut", "garbage"):
        generous.countersign("init")
        assert let_in(generous, softtoken)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_marker_that_others_may_read_or_write_lets_nobody_in(generous, softtoken, mode):
    generous.marker.chmod(mode)
    refused(generous, says="unsafe")


def test_a_marker_behind_a_symlink_lets_nobody_in(generous, softtoken):
    generous.marker.rename(generous.folder / "elsewhere")
    generous.marker.symlink_to(generous.folder / "elsewhere")
    refused(generous, says="symlink")


def test_settings_beside_each_other_name_accounts_of_their_own(generous, softtoken):
    """One marker for all settings in a directory, one line for each state directory."""
    other, state = generous.folder / "other.toml", generous.folder / "other"
    state.mkdir(mode=0o700)
    other.write_text(f'state = "{state}"\n')
    other.chmod(0o600)
    open_to(generous.folder, generous.user)
    generous.stack("sudo", f"config={other} helpers={generous.helpers}")
    login = generous.login(service="sudo")
    assert login.result() != PAM_SUCCESS
    login.finish()
    generous.countersign("init", "--config", other)
    assert passes_on_grace(generous, service="sudo") and let_in(generous, softtoken)
    assert len([line for line in generous.marker.read_text().splitlines() if not line.startswith("#")]) == 2


def test_an_init_again_changes_nothing_and_removes_what_killed_ones_left(generous, softtoken):
    left = [generous.state / f"accounts.db.{end}" for end in ("Ab12Cd", "Ab12Cd-wal", "zzzzzz", "zzzzzz-journal")]
    others = [generous.state / name for name in ("accounts.db.bak", "accounts.db.before-2026", "notes")]
    for path in (*left, *others):
        path.touch(0o600)
    marker = generous.marker.read_bytes()
    open_to(generous.folder, generous.user)
    assert "are there" in generous.countersign("init")
    assert generous.marker.read_bytes() == marker
    assert not any(path.exists() for path in left) and all(path.exists() for path in others)
    assert let_in(generous, softtoken)


def test_exempt_users_get_in_without_accounts_and_the_log_says_what_is_missing(host):
    host.settings(f'[[exempt]]\nusers = ["{host.user.pw_name}"]\n')
    shutil.rmtree(host.state)
    login = host.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[0]["reason"] == "exempt" and "missing" in login.decisions[0]["detail"]


# Its contents


def crowd(host, count=400):
    """`count` other users on many pages; the user is neither the first nor the last."""
    records.run(
        host.database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO accounts (name, uid, "
        "key, authy_id, pause_reason) "
        "SELECT printf('%s%04d', char(97 + i % 26), i), 10000 + i, '', 500000 + i, "
        "'on a page of its own as far as that goes' FROM n",
        count,
    )


def swap(path, first, second):
    data = bytearray(path.read_bytes())
    one, two = (slice((page - 1) * PAGE, page * PAGE) for page in (first, second))
    data[one], data[two] = data[two], data[one]
    path.write_bytes(data)


def pages_with(path, text):
    data = path.read_bytes()
    return [page + 1 for page in range(len(data) // PAGE) if text in data[page * PAGE : (page + 1) * PAGE]]


def roots(host):
    return dict(records.run(host.database, "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0"))


def test_a_page_that_is_exchanged_for_any_other_lets_nobody_in_who_has_a_factor(generous, softtoken):
    """The page with the user's row, for each other page of the file in turn: denied, or asked, but never let in without
    a code."""
    crowd(generous)
    whole = files(generous)["accounts.db"]
    [home] = [
        page
        for page in pages_with(
            generous.database, b"nobody" if generous.user.pw_name == "nobody" else generous.user.pw_name.encode()
        )
        if whole[(page - 1) * PAGE] == 0x0A
    ]
    reasons = set()
    for page in range(1, len(whole) // PAGE + 1):
        if page == home:
            continue
        put_back(generous, {"accounts.db": whole})
        swap(generous.database, home, page)
        login = generous.login()
        while (event := login.next())[0] not in ("ask", "result"):
            pass
        if event[0] == "ask":
            login.reply("eof")
            event = ("result", str(login.result()))
        assert event[1] != str(PAM_SUCCESS), f"page {page}"
        login.finish()
        reasons.add(login.decisions[-1]["outcome"])
    assert "unavailable" in reasons
    put_back(generous, {"accounts.db": whole})
    assert let_in(generous, softtoken)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accounts SET confirmed = 0",
        "DELETE FROM accounts WHERE name = ?1",
        "UPDATE accounts SET authy_id = 7 WHERE name = ?1",
        "UPDATE accounts SET grace_used = 0, confirmed = 0 WHERE name = ?1",
        "UPDATE accounts SET opted_out = 5 WHERE name = ?1",
        "UPDATE accounts SET paused_at = 1, paused_until = 99999999999, pause_reason = 'x'",
        "UPDATE accounts SET uid = uid + 1",
        "UPDATE accounts SET last_spent = NULL, failures = 0, locked_until = NULL, secret = randomblob(20) "
        "WHERE name = ?1",
    ],
)
def test_a_row_that_is_not_as_it_was_written_lets_nobody_in(generous, softtoken, change):
    generous.account(confirmed=1, grace_used=3)
    values = [generous.user.pw_name] if "?1" in change else []
    records.tamper(generous.database, change, *values)
    assert (
        "countersign"
        not in refused(generous, says=f"the account of {generous.user.pw_name} (uid {generous.user.pw_uid})").split(
            "restore"
        )[0]
    )
    assert "init --adopt" in check(generous)


def check(host):
    done = subprocess.run(
        [host.product / "countersign", "check", "--config", host.config, "--helpers", host.helpers],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        **as_user(host.user),
    )
    return done.stdout + done.stderr


def test_the_damage_of_one_account_keeps_nobody_else_out(generous, softtoken):
    records.account(generous.database, "somebody", 4711, authy_id=9)
    records.tamper(generous.database, "UPDATE accounts SET authy_id = 8 WHERE name = 'somebody'")
    assert let_in(generous, softtoken)
    said = check(generous)
    assert "1 account not as written: somebody" in said
    records.tamper(generous.database, "DELETE FROM accounts WHERE name = 'somebody'")
    assert "1 account lost" in check(generous)


def test_an_account_whose_row_is_damaged_is_not_overwritten_by_a_command(generous, softtoken):
    records.tamper(generous.database, "DELETE FROM accounts")
    for words in (
        ["link", generous.user.pw_name, "5"],
        ["unlock", generous.user.pw_name],
        ["show", generous.user.pw_name],
    ):
        assert "is lost or was changed in the file" in fails(generous, *words)
    generous.countersign("init", "--adopt", "--yes")
    generous.countersign("link", generous.user.pw_name, "5")


def test_an_older_copy_of_the_same_accounts_is_taken_for_what_it_is(generous, softtoken):
    """Nothing here can tell: docs say so."""
    before = files(generous)
    assert let_in(generous, softtoken)
    put_back(generous, before)
    assert let_in(generous, softtoken)


# How they are made


def as_new(host):
    shutil.rmtree(host.state)
    host.state.mkdir(mode=0o700)
    host.marker.unlink()
    open_to(host.folder, host.user)


@pytest.mark.parametrize(
    "left", ["a draft", "accounts that are not noted", "half a marker", "a marker that is not in its place"]
)
def test_an_init_that_was_killed_is_finished_by_the_next(generous, left):
    marked, kept = generous.marker.read_bytes(), files(generous)
    as_new(generous)
    if left == "a draft":
        (generous.state / "accounts.db.Ab12Cd").write_bytes(kept["accounts.db"][:5000])
    else:
        put_back(generous, kept)
    if left != "a draft" and left != "accounts that are not noted":
        (generous.folder / ".accounts.id.new").write_bytes(marked if "place" in left else marked[:50])
    open_to(generous.folder, generous.user)
    refused(generous)
    assert ("new accounts" if left == "a draft" else "are there") in generous.countersign("init")
    assert passes_on_grace(generous)
    assert sorted(path.name for path in generous.folder.glob("*accounts.id*")) == ["accounts.id"]


def test_logins_that_come_while_accounts_are_made_are_let_in_or_denied_and_make_none(generous):
    as_new(generous)
    logins = [generous.login("rhost=192.0.2.1") for _ in range(4)]
    makers = [
        subprocess.Popen(
            [generous.product / "countersign", "init", "--config", generous.config],
            stdout=subprocess.PIPE,
            text=True,
            **as_user(generous.user),
        )
        for _ in range(3)
    ]
    logins += [generous.login("rhost=192.0.2.1") for _ in range(4)]
    said = [maker.communicate(timeout=PATIENCE)[0] for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0, 0]
    assert (
        len({line.split()[-1] for line in said}) == 1 and [("new accounts" in line) for line in said].count(True) == 1
    )
    for login in logins:
        login.result()
        login.finish()
        assert login.decisions[-1]["reason"] in ("grace", "accounts")
    assert passes_on_grace(generous)


def test_accounts_of_the_first_release_are_taken_by_init_and_not_by_a_login(generous, softtoken):
    generous.account(confirmed=1)
    known = """name, uid, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures,
        locked_until, had_authy_id, opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone,
        seen_app, seen"""
    of_person = "name TEXT NOT NULL, uid INTEGER NOT NULL"
    for statement in [
        "DROP INDEX accounts_authy_id",
        "ALTER TABLE accounts RENAME TO later",
        f"""CREATE TABLE accounts ({of_person}, authy_id INTEGER, secret BLOB, algorithm TEXT, digits INTEGER,
            period INTEGER, last_spent INTEGER, confirmed INTEGER NOT NULL DEFAULT 0,
            grace_used INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER,
            had_authy_id INTEGER NOT NULL DEFAULT 0, opted_out INTEGER, paused_until INTEGER, paused_at INTEGER,
            pause_reason TEXT, prefers TEXT, seen_phone TEXT, seen_app INTEGER, seen INTEGER,
            PRIMARY KEY (name, uid)) STRICT, WITHOUT ROWID""",
        f"INSERT INTO accounts SELECT {known} FROM later",
        "DROP TABLE later",
        "CREATE INDEX accounts_authy_id ON accounts (authy_id)",
        "DROP TABLE grace",
        f"CREATE TABLE grace ({of_person}, place TEXT NOT NULL, time INTEGER NOT NULL) STRICT",
        "CREATE INDEX grace_time ON grace (time)",
        "DROP TABLE recovery",
        f"CREATE TABLE recovery (id INTEGER PRIMARY KEY, {of_person}, hash TEXT NOT NULL, used INTEGER) STRICT",
        "CREATE INDEX recovery_person ON recovery (name, uid)",
        "DROP TABLE remembered",
        f"""CREATE TABLE remembered ({of_person}, service TEXT NOT NULL, address TEXT NOT NULL, key TEXT NOT NULL,
            time INTEGER NOT NULL) STRICT""",
        "CREATE INDEX remembered_time ON remembered (time)",
        *(
            statement
            for table in ("pushes", "onecodes")
            for statement in (
                f"DROP INDEX {table}_person",
                f"ALTER TABLE {table} DROP COLUMN key",
                f"CREATE INDEX {table}_person ON {table} (name, uid, time)",
            )
        ),
        "DROP INDEX history_person",
        "ALTER TABLE history DROP COLUMN key",
        "ALTER TABLE history DROP COLUMN uid",
        "CREATE INDEX history_user ON history (user)",
        "DROP TABLE members",
        "DROP TABLE identity",
        "PRAGMA user_version = 2",
    ]:
        records.tamper(generous.database, statement)
    generous.marker.unlink()
    assert "countersign init" in refused(generous)
    assert "taken as they are" in generous.countersign("init")
    assert let_in(generous, softtoken)

"""Commands, restarts, backups and keys."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import socket
import stat
import subprocess
import threading
import time

import pexpect
import pytest

from support.patience import PATIENCE
import qr
from support.server import PROGRAM, Application, Handset, Server, handset, link


def test_a_first_start_makes_all_that_it_needs_for_its_user_alone(folder):
    with Server(folder) as server:
        assert server.application.call("GET", "/protected/json/app/details").status == 200
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.state.iterdir()}
    assert modes and set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    "command", [["serve"], ["app", "list"], ["user", "list"], ["backup", "copy.db"], ["key", "rotate"], ["check"]]
)
def test_nothing_but_init_makes_a_database(folder, command):
    server = Server(folder)
    for path in server.state.glob("countersignd.db*"):
        path.unlink()
    left = sorted(path.name for path in server.state.iterdir())
    command = [str(folder / "copy.db") if word == "copy.db" else word for word in command]
    done = server.command(*command, check=False)
    assert done.returncode == 1 and "countersignd.db is missing" in done.stderr and "restore BACKUP" in done.stderr, (
        done
    )
    assert sorted(path.name for path in server.state.iterdir()) == left and not (folder / "copy.db").exists()


def test_a_lost_database_is_not_begun_anew_by_init_either(folder):
    server = Server(folder)
    server.command("backup", folder / "copy.db")
    for path in server.state.glob("countersignd.db*"):
        path.unlink()
    done = server.command("init", check=False)
    assert done.returncode == 1 and "master key is there" in done.stderr and "--use-key" in done.stderr
    assert not (server.state / "countersignd.db").exists()
    server.command("restore", folder / "copy.db")
    with server:
        assert server.application.call("GET", "/protected/json/app/details").status == 200


def test_init_takes_a_key_that_is_said_to_be_new_and_changes_nothing_a_second_time(folder):
    server = Server(folder)
    key = (server.state / "master.key").read_bytes()
    for path in server.state.glob("countersignd.db*"):
        path.unlink()
    # A draft of an init that was killed, in contrast to a file that a restore put aside.
    draft, kept = server.state / "countersignd.db.draft.abcdef", server.state / "countersignd.db.before"
    draft.write_bytes(b"x")
    kept.write_bytes(b"x")
    server.command("init", "--use-key")
    assert not draft.exists() and kept.exists()
    assert (server.state / "master.key").read_bytes() == key
    inode = (server.state / "countersignd.db").stat().st_ino
    assert "Nothing was changed" in server.command("init").stdout
    assert (server.state / "countersignd.db").stat().st_ino == inode


def test_an_init_that_died_before_its_last_step_is_finished_by_the_next(folder):
    server = Server(folder)
    server.sql("DELETE FROM server_values WHERE name = 'data_key'")
    server.sql("DELETE FROM api_keys")
    for command in ("serve", "check"):
        done = server.command(command, check=False)
        assert done.returncode == 1 and "countersignd init" in done.stderr
    server.command("init")
    server.command("check")


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
def test_a_server_whose_database_is_taken_away_answers_nothing_as_done_and_stops(server, app, user, end):
    (server.state / f"countersignd.db{end}").unlink()
    answers = []
    with contextlib.suppress(OSError, http.client.HTTPException):
        while len(answers) < 10_000:
            answers.append(app.call("GET", f"/protected/json/sms/{user}?force=true").status)
    assert 200 not in answers
    assert server.wait_for_event("ended")["code"] == 1
    assert server.events("database_gone", 1)[0]["level"] == "critical"


def test_a_server_that_loses_its_database_while_clients_come_ends_in_order(server, app, user, phone):
    """A connection that is being accepted at the end does not crash the server, and waiting reads are answered."""
    uuid, over = app.create(user), threading.Event()

    def knock():
        while not over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
                raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

    with concurrent.futures.ThreadPoolExecutor(9) as crowd:
        waiting = crowd.submit(app.read, uuid, 60)
        server.wait_for_waiting()
        for _ in range(8):
            crowd.submit(knock)
        (server.state / "countersignd.db").unlink()
        try:
            assert server.wait_for_event("ended")["code"] == 1
        finally:
            over.set()
        assert waiting.result(20).status in (200, 503)
    assert server.events("database_gone", 1) and not server.events("noise")


def test_a_server_whose_database_is_replaced_stops_as_well(server, app):
    fresh = server.folder / "fresh.db"
    server.command("backup", fresh)
    os.rename(fresh, server.state / "countersignd.db")
    assert server.wait_for_event("ended")["code"] == 1


def test_a_key_is_shown_once_and_nowhere_in_the_state(folder):
    server = Server(folder)
    everything = b"".join(path.read_bytes() for path in server.state.iterdir())
    assert server.application.key.encode() not in everything
    assert server.application.key not in server.command("app", "list", "--json").stdout


def test_phones_and_secrets_are_sealed_on_the_disk(server, app, phone, user):
    secret = phone.secret(app)
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    code = server.codes()[-1].encode()
    everything = b"".join(path.read_bytes() for path in server.state.iterdir())
    for plain in (b"5551230001", b"zoe@example.com", secret, code):
        assert plain not in everything


def test_a_rotated_key_is_good_for_the_overlap_only(server, app):
    output = server.command("app", "rotate", app.id, "--overlap", "1").stdout
    fresh = Application(server, app.id, next(word for word in output.split() if len(word) == 32))
    assert (
        app.call("GET", "/protected/json/app/details").status
        == 200
        == fresh.call("GET", "/protected/json/app/details").status
    )
    server.command("app", "rotate", app.id, "--overlap", "0")
    assert (
        fresh.call("GET", "/protected/json/app/details").status
        == 401
        == app.call("GET", "/protected/json/app/details").status
    )


def test_a_revoked_application_has_no_key(server, app):
    server.command("app", "revoke", app.id, "--yes")
    assert app.call("GET", "/protected/json/app/details").status == 401


def test_users_are_listed_shown_changed_and_removed(server, app, phone, user):
    assert [each["id"] for each in json.loads(server.command("user", "list", "--json").stdout)] == [user]
    shown = json.loads(server.command("user", "show", user, "--json").stdout)
    assert shown["phone"] == "+1-XXX-XXX-XX01" and shown["devices"][0]["id"] == phone.id
    server.command("user", "change-phone", user, "+4915155512345")
    assert app.call("GET", f"/protected/json/users/{user}/status").json["status"]["country_code"] == 49
    server.command("user", "devices", user, "--remove", phone.id, "--yes")
    assert phone.call("GET", "state").json["error"] == "unknown_device"
    server.command("user", "remove", user, "--yes")
    assert app.verify("123456", user).json["error_code"] == "60016"


def test_a_user_who_is_unlocked_may_try_again_at_once(server, app, phone, user):
    for _ in range(10):
        app.verify("0000000", user)
    for _ in range(6):
        app.call("GET", f"/protected/json/sms/{user}?force=true")
    assert app.verify(phone.softtoken(app), user).status == 429
    assert server.command("user", "unlock", user).stdout == f"User {user}: cleared 10 wrong codes, 5 messages.\n"
    assert app.verify(phone.softtoken(app), user).status == 200
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    server.command("user", "unlock", user)
    assert server.command("user", "unlock", user).stdout == f"User {user}: nothing to unlock.\n"
    done = server.command("user", "unlock", 99, check=False)
    assert done.returncode == 1 and "error: there is no user 99\n" in done.stderr


def test_a_limit_of_the_day_is_lifted_by_unlock(folder):
    with Server(folder, tables="[limits]\nwrong_codes = 2\nwrong_codes_of_day = 2\n") as server:
        app, user = server.application, server.application.new_user()
        assert [app.verify("0000000", user).status for _ in range(3)] == [401, 401, 429]
        server.sql("UPDATE members SET wrong_since = 0")
        assert app.verify("0000000", user).status == 429
        server.command("user", "unlock", user)
        assert app.verify("0000000", user).status == 401


def test_a_code_that_was_spent_while_the_clock_was_ahead_is_freed_by_unlock_and_no_other(server, app, phone, user):
    code = phone.softtoken(app)
    assert app.verify(code, user).status == 200
    server.command("user", "unlock", user)
    assert app.verify(code, user).json["error_code"] == "60019"
    server.sql("UPDATE members SET spent = spent + 2880")
    assert app.verify(phone.softtoken(app, 1), user).json["error_code"] == "60019"
    assert "spent while the clock was ahead" in server.command("user", "unlock", user).stdout
    assert app.verify(phone.softtoken(app, 1), user).status == 200


def test_whatever_went_to_the_old_number_is_void(server, app, phone, user):
    invitation, used = link(server, user), link(server, user)
    thief = Handset(server)
    assert thief.enrol(used).status == 200
    confirmation = thief.state()["confirmation"]
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    code = server.codes()[-1]
    server.command("user", "change-phone", user, "+4915155512345")
    assert app.verify(code, user).json["error_code"] == "60020"
    assert Handset(server).enrol(invitation).json["error"] == "link_unknown"
    assert thief.call("GET", "state").status == 401
    assert server.command("user", "confirm", user, confirmation, check=False).returncode == 1
    # What was there before stays.
    assert app.verify(phone.softtoken(app), user).status == 200


@pytest.mark.parametrize(
    "arguments, hint",
    [
        (["user", "show", "99"], "user list"),
        (["user", "change-phone", "{user}", "12"], "+1555"),
        (["app", "revoke", "9", "--yes"], "app list"),
        (["user", "confirm", "{user}", "0000000"], "phone again"),
        (["restore", "/nonexistent"], "missing"),
    ],
)
def test_a_command_that_cannot_be_done_says_what_to_do(server, user, arguments, hint):
    done = server.command(*[argument.format(user=user) for argument in arguments], check=False)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("error: ") and hint in done.stderr


def test_arguments_that_make_no_sense_are_64(server):
    for arguments in (["user", "show"], ["nonsense"], ["app", "rotate", "1", "--overlap", "-1"]):
        assert server.command(*arguments, check=False).returncode == 64


def test_a_backup_while_logins_go_on_is_whole_and_can_be_restored(server, app, phone, user):
    backup = server.folder / "backup.db"
    assert app.verify(phone.softtoken(app), user).status == 200
    server.command("backup", backup)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert server.command("backup", backup, check=False).returncode == 1
    server.command("user", "remove", user, "--yes")
    server.stop()
    server.command("restore", backup)
    server.start()
    assert app.call("GET", f"/protected/json/users/{user}/status").json["status"]["confirmed"] is True


def test_nothing_is_restored_under_a_server_that_runs(server, app, user):
    backup = server.folder / "backup.db"
    server.command("backup", backup)
    before = (server.state / "countersignd.db").stat().st_ino
    refused = server.command("restore", backup, check=False)
    assert refused.returncode == 1 and "systemctl stop" in refused.stderr
    assert (server.state / "countersignd.db").stat().st_ino == before
    server.stop()
    assert "Nothing that was removed" in server.command("restore", backup).stdout


def test_every_database_that_a_restore_puts_aside_stays(server, app):
    backup = server.folder / "backup.db"
    server.command("backup", backup)
    server.command("app", "create", "Second Corp")
    server.stop()
    for _ in range(3):
        server.command("restore", backup)
    kept = sorted(server.state.glob("countersignd.db.before-*"))
    assert len(kept) == 3
    # The first one contains what was written after the backup.
    names = []
    for path in kept:
        with contextlib.closing(sqlite3.connect(path)) as database:
            names.append([name for (name,) in database.execute("SELECT name FROM applications ORDER BY id")])
    assert names.count(["Example Corp", "Second Corp"]) == 1 and names.count(["Example Corp"]) == 2
    # What was put aside can be put back.
    server.command("restore", kept[names.index(["Example Corp", "Second Corp"])])
    assert "Second Corp" in server.command("app", "list").stdout


def test_a_backup_that_the_master_key_does_not_fit_is_refused_and_the_key_that_fits_named(server, app, phone):
    backup, secret = server.folder / "backup.db", phone.secret(app)
    server.command("backup", backup)
    server.command("key", "rotate")
    server.stop()
    before = sorted((path.name, path.stat().st_ino) for path in server.state.iterdir())
    refused = server.command("restore", backup, check=False)
    old = server.state / "master.key.old"
    assert (
        refused.returncode == 1 and f"hint: {old} fits: countersignd restore {backup} --key {old}" in refused.stderr
    ), refused.stderr
    assert sorted((path.name, path.stat().st_ino) for path in server.state.iterdir()) == before
    server.command("restore", backup, "--key", old)
    # It is under the present key from now on.
    old.unlink()
    with server:
        assert phone.secret(app) == secret


def test_a_backup_that_is_ended_by_a_signal_leaves_nothing_or_the_whole(server):
    chance = random.Random(5)
    folder = server.folder / "copies"
    folder.mkdir()
    for number in range(12):
        process = subprocess.Popen(
            [PROGRAM, "backup", folder / "copy.db", "--config", server.settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=server.environment,
        )
        # So that it is somewhere on its way, wherever that is.
        for _ in range(chance.randrange(20_000)):
            os.sched_yield()
        process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3])
        process.wait(60)
        names = [path.name for path in folder.iterdir()]
        assert names in ([], ["copy.db"])
        for name in names:
            (folder / name).rename(server.folder / f"whole{number}")
            # An empty file is sound, too.
            assert sqlite3.connect(server.folder / f"whole{number}").execute(
                "SELECT count(*) FROM applications"
            ).fetchall() == [(1,)]
    server.command("backup", folder / "copy.db")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]


def test_a_backup_of_another_server_is_refused(server, app):
    backup = server.folder / "backup.db"
    (server.folder / "other").mkdir()
    Server(server.folder / "other").command("backup", backup)
    server.stop()
    refused = server.command("restore", backup, check=False)
    assert (
        refused.returncode == 1
        and "does not fit" in refused.stderr
        and "--key" in refused.stderr
        and "fits:" not in refused.stderr
    )
    with server:
        assert app.call("GET", "/protected/json/app/details").status == 200


def test_a_database_that_was_copied_with_its_log_beside_it_is_no_backup(server, app):
    copy = server.folder / "copy.db"
    for end in ("", "-wal"):
        (server.folder / f"copy.db{end}").write_bytes((server.state / f"countersignd.db{end}").read_bytes())
    server.stop()
    refused = server.command("restore", copy, check=False)
    assert refused.returncode == 1 and "not what backup wrote" in refused.stderr


@pytest.mark.parametrize("call", ["link", "rename", "unlink", "copy"])
def test_a_restore_that_is_killed_leaves_the_database_before_or_the_new_one(server, app, call):
    backup = server.folder / "backup.db"
    server.command("backup", backup)
    server.command("app", "create", "Second Corp")
    server.stop()
    calls = {
        "link": "link,linkat",
        "rename": "rename,renameat,renameat2",
        "unlink": "unlink,unlinkat",
        "copy": "write",
    }[call]
    for count in range(1, 200):
        done = subprocess.run(
            [
                "strace",
                "-f",
                "--seccomp-bpf",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                f"trace={calls}",
                "-e",
                f"inject={calls}:signal=KILL:when={count}",
                PROGRAM,
                "restore",
                str(backup),
                "--config",
                str(server.settings),
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=server.environment,
        )
        assert server.command("check").returncode == 0
        if done.returncode == 0:
            break
    assert done.returncode == 0 and count > (1 if call != "link" else 0)
    kept = [path for path in server.state.glob("countersignd.db.before-*") if b"Second Corp" in path.read_bytes()]
    assert kept and "Second Corp" not in server.command("app", "list").stdout


@pytest.mark.parametrize(
    "words, question",
    [
        (["app", "revoke", "{app}"], "Example Corp, has 1 user."),
        (["user", "remove", "{user}"], "is in 1 application and has 1 phone."),
        (["user", "devices", "{user}", "--remove", "{phone}"], "Pixel 9"),
    ],
)
def test_what_destroys_asks_first(server, app, phone, user, words, question):
    words = [word.format(app=app.id, user=user, phone=phone.id) for word in words]
    refused = server.command(*words, check=False, stdin="y\n")
    assert refused.returncode == 1 and "--yes" in refused.stderr
    for answer, code in (("", 2), ("n", 2), ("yes", 0)):
        assert phone.call("GET", "state").status == 200 and app.call("GET", "/protected/json/app/details").status == 200
        terminal = pexpect.spawn(
            str(PROGRAM),
            [*words, "--config", str(server.settings)],
            env=server.environment,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        terminal.expect("\\[y/N\\] ")
        assert question in terminal.before
        terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == code, terminal.before
    assert phone.call("GET", "state").status == 401 or app.call("GET", "/protected/json/app/details").status == 401


def test_what_a_backup_brings_back_is_named(server, app, phone, user):
    backup, old = server.folder / "backup.db", app.key
    other = app.new_user("5551230002")
    server.command("backup", backup)
    server.command("user", "devices", user, "--remove", phone.id, "--yes")
    server.command("app", "rotate", app.id, "--overlap", "0")
    server.command("user", "remove", other, "--yes")
    server.stop()
    done = server.command("restore", backup)
    assert (
        phone.id in done.stderr
        and "Pixel 9" in done.stderr
        and old[:4] in done.stderr
        and "1 user who was removed is back" in done.stderr
    )


def test_what_a_backup_brings_back_of_users_who_are_still_there_is_named(server, app, user):
    backup, other_app = (
        server.folder / "backup.db",
        server.create_application("Other Corp", "--callback", "https://old.example.com/"),
    )
    moved, gone, fresh, mailed, scanned = (app.new_user(f"555123001{number}") for number in range(5))
    for one in (user, gone, fresh):
        assert other_app.new_user({user: "5551230001", gone: "5551230011", fresh: "5551230012"}[one]) == one
    assert app.call("POST", f"/protected/json/users/{scanned}/secret").status == 200
    server.command("backup", backup)
    server.command("user", "change-phone", moved, "+15559998888")
    server.command("app", "callback", other_app.id, "https://new.example.com/")
    for one in (gone, fresh):
        assert app.call("POST", f"/protected/json/users/{one}/remove").status == 200
    assert app.new_user("5551230012") == fresh and app.new_user("5551230013", "new@example.com") == mailed
    assert app.call("POST", f"/protected/json/users/{scanned}/secret").status == 200
    server.stop()
    done = server.command("restore", backup)
    assert f"user {moved} has the phone number of the backup again" in done.stderr and "change-phone" in done.stderr
    assert f"user {gone} is in application {app.id} again" in done.stderr
    for one in (fresh, scanned):
        assert f"user {one} has the SoftToken of the backup in application {app.id} again" in done.stderr
    assert f"decisions of application {other_app.id} are told to https://old.example.com/ again" in done.stderr
    assert "1 user has the e-mail addresses of the backup again" in done.stderr
    # No other user is named, and none twice.
    assert done.stderr.count("warning: ") == 6 and str(user) not in done.stderr and "Nothing" not in done.stdout


def test_a_backup_over_what_cannot_be_read_says_what_may_be_back(server, app, phone):
    backup = server.folder / "backup.db"
    server.command("backup", backup)
    server.stop()
    (server.state / "countersignd.db").write_bytes(b"nonsense")
    done = server.command("restore", backup)
    assert "cannot be read" in done.stderr
    with server:
        assert app.call("GET", "/protected/json/app/details").status == 200


def test_what_was_open_in_a_backup_is_void(server, app, phone, user):
    backup, invitation = server.folder / "backup.db", link(server, user)
    thief = Handset(server)
    assert thief.enrol(link(server, user)).status == 200
    uuid = app.create(user)
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    onecode, softtoken = server.codes()[-1], phone.softtoken(app)
    server.command("backup", backup)
    assert app.verify(softtoken, user).status == 200
    server.stop()
    server.command("restore", backup)
    server.start()
    assert app.verify(softtoken, user).json["error_code"] == "60019"
    assert app.verify(onecode, user).json["error_code"] == "60020"
    assert app.status(uuid) == "expired" and phone.state()["requests"] == []
    assert Handset(server).enrol(invitation).json["error"] == "link_unknown"
    assert thief.call("GET", "state").status == 401
    assert server.command("check").returncode == 0


def test_a_new_master_key_opens_everything_and_the_old_one_nothing(server, app, phone, user):
    secret = phone.secret(app)
    server.command("key", "rotate")
    assert app.verify(phone.softtoken(app), user).status == 200
    server.restart()
    assert phone.secret(app) == secret
    server.stop()
    os.replace(server.state / "master.key.old", server.state / "master.key")
    done = server.command("check", check=False)
    assert done.returncode == 1 and "master key" in done.stderr


def test_a_rotation_that_died_before_its_last_step_is_finished_by_the_next_command(server, app, phone):
    secret = phone.secret(app)
    server.command("key", "rotate")
    server.stop()
    fresh = (server.state / "master.key").read_bytes()
    os.rename(server.state / "master.key", server.state / "master.key.new")
    os.rename(server.state / "master.key.old", server.state / "master.key")
    server.command("check")
    assert (server.state / "master.key").read_bytes() == fresh
    server.start()
    assert phone.secret(app) == secret


def test_a_second_rotation_keeps_the_first_old_key(server):
    server.command("key", "rotate")
    again = server.command("key", "rotate", check=False)
    assert again.returncode == 1 and "master.key.old" in again.stderr


def test_a_master_key_may_be_a_credential_of_systemds(folder):
    server = Server(folder)
    credentials = folder / "credentials"
    credentials.mkdir()
    os.rename(server.state / "master.key", credentials / "countersignd.key")
    (credentials / "countersignd.key").chmod(0o400)
    server.settings.write_text(
        server.settings.read_text().replace(f'"{server.state}/master.key"', '"credential:countersignd.key"')
    )
    refused = server.command("check", check=False)
    assert refused.returncode == 1 and "CREDENTIALS_DIRECTORY" in refused.stderr
    server.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    with server:
        assert server.application.call("GET", "/protected/json/app/details").status == 200
        # Data encrypted under it can be decrypted.
        user = server.application.new_user()
        assert json.loads(server.command("user", "show", user, "--json").stdout)["phone"] == "+1-XXX-XXX-XX01"
        refused = server.command("key", "rotate", check=False)
        assert refused.returncode == 1 and "credential" in refused.stderr
    assert [path.name for path in credentials.iterdir()] == ["countersignd.key"]


def test_without_its_credential_nothing_starts_and_nothing_is_made(folder):
    server = Server(folder)
    server.settings.write_text(
        server.settings.read_text().replace(f'"{server.state}/master.key"', '"credential:countersignd.key"')
    )
    server.environment["CREDENTIALS_DIRECTORY"] = str(folder)
    refused = server.command("serve", check=False)
    assert (
        refused.returncode != 0 and "countersignd.key" in refused.stderr and not (folder / "countersignd.key").exists()
    )


def test_check_finds_all_in_order(server):
    assert "are right" in server.command("check").stdout


def test_a_wrong_word_in_the_settings_is_named_with_its_line(folder):
    server = Server(folder)
    server.settings.write_text(server.settings.read_text().replace("public_url", "public_ulr"))
    done = server.command("check", check=False)
    assert done.returncode == 1 and "public_url" in done.stderr and "countersignd.toml:6:" in done.stderr


def test_sigterm_answers_who_waits_and_ends_with_0(server, app, phone, user):
    uuid = app.create(user)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        read = pool.submit(app.read, uuid, 50)
        server.wait_for_waiting()
        begun = time.monotonic()
        assert server.stop() == 0 and time.monotonic() - begun < 25
        assert read.result(PATIENCE).json["approval_request"]["status"] == "pending"


def test_kill_9_in_the_middle_of_a_hundred_logins_loses_nothing_that_was_answered(server, app):
    users = [app.new_user(f"555123{number:04}") for number in range(100, 200)]
    phones = [handset(server, user) for user in users[:10]]
    secrets = [phone.secret(app) for phone in phones]
    codes = []
    for user in users:
        app.call("GET", f"/protected/json/sms/{user}?force=true")
        codes.append(server.codes()[-1])

    def login(index):
        try:
            return app.verify(codes[index], users[index]).status
        except OSError:
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        logins = [pool.submit(login, index) for index in range(100)]
        concurrent.futures.wait(logins[:40], return_when=concurrent.futures.ALL_COMPLETED)
        server.stop(signal.SIGKILL)
        answers = [login.result(PATIENCE) for login in logins]
    assert answers.count(200) >= 40
    server.start()
    for index, answer in enumerate(answers):
        again = app.verify(codes[index], users[index])
        # What was answered is spent; what was not may be either, but is never good twice.
        assert again.json.get("error_code") == "60019" if answer == 200 else again.status in (200, 401), (
            index,
            answer,
            again.text,
        )
    assert [phone.secret(app) for phone in phones] == secrets


def test_kill_9_in_the_middle_of_a_hundred_approvals_loses_no_request_and_no_decision(server, app):
    users = [app.new_user(f"555125{number:04}") for number in range(10)]
    phones = [handset(server, user) for user in users]
    made, decided = {}, {}

    def login(number):
        phone, user = phones[number % 10], users[number % 10]
        with contextlib.suppress(OSError, http.client.HTTPException):
            made[number] = uuid = app.create(user, f"login {number}")
            text = next(request["text"] for request in phone.state()["requests"] if request["id"] == uuid)
            decided[number] = phone.answer(uuid, "denied" if number % 3 == 0 else "approved", text=text).json["status"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        logins = [pool.submit(login, number) for number in range(100)]
        concurrent.futures.wait(logins[:40])
        server.stop(signal.SIGKILL)
        for one in logins:
            one.result(PATIENCE)
    assert 40 <= len(decided) < 100
    server.start()
    for number, uuid in made.items():
        request = app.read(uuid).json["approval_request"]
        # What was answered is so for good; an answer that did not arrive may have been written or not.
        wish = "denied" if number % 3 == 0 else "approved"
        assert (
            request["status"] == decided[number] == wish
            if number in decided
            else request["status"] in ("pending", wish)
        ), (number, request)
        assert request["status"] == "pending" or uuid in request["countersign"]["signed"]


def test_two_servers_and_a_command_on_one_database_do_not_harm_each_other(server, app, user):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: app.new_user(f"555124{number:04}"), range(30)))
        server.command("user", "show", user)
    assert len(set(made)) == 30


def test_an_idle_or_slow_client_harms_nobody(server, app):
    import socket

    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    for raw in idle[::2]:
        raw.sendall(b"GET /protected/json/app/details HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    try:
        assert app.call("GET", "/protected/json/app/details").status == 200
    finally:
        for raw in idle:
            raw.close()


@pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}], ids=["coloured", "plain"])
def test_a_phone_reads_the_link_off_the_terminal(server, user, more):
    terminal = pexpect.spawn(
        str(PROGRAM),
        ["user", "link", str(user), "--config", str(server.settings)],
        env={**server.environment, **more},
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(80, 120),
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    shown = qr.read(qr.of_terminal(terminal.before))
    assert shown in terminal.before.split() and shown.startswith(f"{server.public_url}/phone/#enrol=")
    assert Handset(server).enrol(shown).status == 200


def test_a_link_is_sent_by_sms_or_mail(server, user):
    server.command("user", "link", user, "--send", "email")
    text = server.sent.read_text()
    assert f"{server.public_url}/phone/#enrol=" in text and "Example Corp" in text
    (delivery,) = json.loads(server.command("user", "deliveries", user, "--json").stdout)
    assert (delivery["kind"], delivery["gateway"], delivery["sent"]) == ("email", "tee", True)
    assert server.command("user", "link", user, "--send", "pigeon", check=False).returncode == 64


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_json_is_one_value_with_times_in_utc_and_all_else_goes_to_standard_error(server, app, phone, user):
    def does(*words):
        done = server.command(*words, "--json")
        return json.loads(done.stdout), done.stderr

    [listed], _ = does("app", "list")
    assert TIME.fullmatch(listed["created"]) and listed["revoked"] is None
    assert TIME.fullmatch(listed["keys"][0]["created"])
    [shown], _ = does("user", "list")
    assert does("user", "show", user)[0] == shown and TIME.fullmatch(shown["created"])
    assert TIME.fullmatch(shown["devices"][0]["confirmed"]) and shown["devices"][0]["removed"] is None
    assert does("user", "devices", user)[0] == shown["devices"]
    assert does("user", "deliveries", user)[0] == []
    assert set(does("user", "link", user)[0]) == {"link"}
    unlocked, said = does("user", "unlock", user)
    assert unlocked["wrong_codes"] == 0 and said.startswith(f"User {user}: ")
    changed, said = does("user", "change-phone", user, "+4915155512345")
    assert changed == {"id": user, "phone": "+49-XXX-XXX-XX45"} and "+49-XXX-XXX-XX45" in said
    rotated, _ = does("app", "rotate", app.id)
    assert rotated["id"] == app.id and len(rotated["api_key"]) == 32 and TIME.fullmatch(rotated["old_key_ends"])
    assert does("app", "callback", app.id, "none")[0] == {"id": app.id, "callback": None}
    devices, said = does("user", "devices", user, "--remove", phone.id, "--yes")
    assert TIME.fullmatch(devices[0]["removed"]) and f"{phone.id} is removed." in said
    checked, said = does("check")
    assert checked["ok"] and checked["error"] is None and checked["warnings"] == [] and said == ""
    assert does("init")[0]["made"] is False
    assert does("backup", server.folder / "copy.db")[0] == {"file": str(server.folder / "copy.db")}
    assert set(does("key", "rotate")[0]) == {"master_key", "old_key"}
    assert does("user", "remove", user, "--yes")[0] == {"removed": user}
    assert does("app", "revoke", app.id, "--yes")[0] == {"revoked": app.id}
    assert does("user", "list")[0] == []


def test_a_failed_check_is_json_as_well(server):
    done = server.command("check", "--state", "/nowhere", "--json", check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and not found["ok"] and "/nowhere" in found["error"]["message"]

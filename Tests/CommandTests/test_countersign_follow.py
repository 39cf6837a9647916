"""`history --follow`: new logins as they come, and an end that is clean."""

import json
import os
import select
import shutil
import signal
import subprocess

import pytest

from conftest import ENVIRONMENT
from support.patience import PATIENCE, PAUSE, until


@pytest.fixture
def follow(desk):
    """Starts it with these words."""
    running = []

    def start(*words):
        # Background jobs of a script ignore Ctrl-C, and so do their children.
        process = subprocess.Popen(
            desk.words("history", "--follow", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def begins(desk, follow):
    """Starts it, and waits until it has told the login that was there before."""

    def start(*words):
        desk.remember("games", reason="old")
        process = follow("--limit", 1, *words)
        assert "old" in process.stdout.readline()
        return process

    return start


def test_new_logins_come_in_their_order_as_lines_of_json(desk, begins):
    process = begins("--json")
    for number in range(3):
        desk.remember("games", reason=f"r{number}")
    rows = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert [row["reason"] for row in rows] == ["r0", "r1", "r2"]
    assert set(rows[0]) == set(desk.does("history", "--json").json[0])


def test_a_line_has_the_columns_of_the_table(desk, begins):
    process = begins()
    desk.remember("mail", service="sudo", reason="r1")
    line = process.stdout.readline()
    assert line.split()[2:5] == ["mail", "sudo", "-"] and "r1" in line


def test_a_filter_holds_for_new_logins_too(desk, follow):
    desk.remember("games", reason="wrong_code")
    process = follow("--limit", 1, "--reason", "wrong_code", "--json")
    assert json.loads(process.stdout.readline())["user"] == "games"
    desk.remember("games", reason="locked")
    desk.remember("mail", reason="wrong_code")
    assert json.loads(process.stdout.readline())["user"] == "mail"


def test_it_begins_with_the_newest_ones_if_told_so_the_oldest_first(desk, follow):
    for number in range(4):
        desk.remember("games", reason=f"r{number}")
    process = follow("--limit", 2, "--json")
    assert [json.loads(process.stdout.readline())["reason"] for _ in range(2)] == ["r2", "r3"]


def test_ctrl_c_ends_it_without_a_word(desk, begins):
    process = begins()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (-signal.SIGINT, "", "")


def test_a_reader_that_goes_away_ends_it_even_if_nothing_happens(desk, begins):
    process = begins()
    process.stdout.close()
    assert process.wait(PATIENCE) == 0 and process.stderr.read() == ""


def test_accounts_that_are_moved_away_end_it_with_an_error(desk, begins):
    process = begins()
    file = desk.state / "accounts.db"
    copy = file.with_suffix(".copy")
    shutil.copyfile(file, copy)
    os.replace(copy, file)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and err.startswith("error: the accounts were replaced by others\nhint: ")


def test_a_history_that_a_restore_made_shorter_is_followed_on(desk, begins):
    for number in range(3):
        desk.remember("games", reason=f"before{number}")
    process = begins("--json")
    # As a restore does, in one transaction; the next rows have numbers that it has seen already.
    desk.sql("DELETE FROM history WHERE reason != 'before0'")

    def told():
        desk.remember("games", reason="after")
        return select.select([process.stdout], [], [], PAUSE)[0]

    until(told)
    assert json.loads(process.stdout.readline())["reason"] == "after"


@pytest.mark.parametrize("words, why", [(["--until", "2h"], "--until"), (["--limit", 0], "--limit")])
def test_words_that_make_no_sense_with_it_are_refused(desk, words, why):
    done = desk.run("history", "--follow", *words)
    assert done.code == 64 and why in done.err and done.out == ""

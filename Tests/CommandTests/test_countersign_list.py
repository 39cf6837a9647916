"""Which accounts are listed, and how."""

import csv
import io
import resource
import time

import pytest
from conftest import SERVER

KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
NOW = int(time.time())


def account(desk, name, uid, **columns):
    columns = {"name": name, "uid": uid, "key": "", **columns}
    desk.sql(
        f"INSERT INTO accounts ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        *columns.values(),
    )


@pytest.fixture
def people(desk):
    """One account of each kind."""
    desk.settings('[enrolment]\nopt_out = "yes"\n')
    account(
        desk,
        "confirmed",
        1,
        authy_id=1,
        confirmed=1,
        prefers="sms",
        seen_phone="+49-XXX-XXX-1118",
        seen_app=1,
        seen=NOW,
    )
    account(desk, "linked", 2, authy_id=2, grace_used=3)
    account(desk, "locked", 3, authy_id=3, confirmed=1, failures=5, locked_until=NOW + 36_000)
    account(desk, "none", 4, grace_used=4)
    account(desk, "opted", 5, opted_out=NOW)
    account(
        desk,
        "paused",
        6,
        authy_id=6,
        confirmed=1,
        paused_at=NOW - 5,
        paused_until=NOW + 3600,
        pause_reason='new phone, "blue"',
    )
    return desk


def names(done) -> list[str]:
    return [row["user"] for row in done.json]


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["--state", "none"], ["none", "opted"]),
        (["--state", "linked"], ["linked"]),
        (["--state", "confirmed"], ["confirmed", "locked", "paused"]),
        (["--state", "opted-out"], ["opted"]),
        (["--state", "paused"], ["paused"]),
        (["--state", "locked"], ["locked"]),
        (["--state", "paused", "--state", "locked"], ["locked", "paused"]),
        (["--grace-left", "1"], ["none"]),
        (["--grace-left", "2"], ["linked", "none"]),
        (["--grace-left", "0"], []),
        (["--grace-left", "2", "--state", "linked"], ["linked"]),
    ],
)
def test_the_list_is_filtered(people, words, listed):
    assert names(people.does("list", "--json", *words)) == listed


def test_an_opt_out_that_does_not_count_is_none(people):
    people.settings('[enrolment]\nopt_out = "no"\n')
    assert names(people.does("list", "--json", "--state", "opted-out")) == []


def test_no_grace_is_left_where_there_is_none(people):
    people.settings('[enrolment]\nmode = "required"\n')
    assert names(people.does("list", "--json", "--grace-left", "9")) == []


def test_a_filter_that_nobody_passes_says_so(people):
    done = people.does("list", "--grace-left", "0")
    assert (done.out, done.err) == ("", "There are no such accounts.\n")


def test_the_column_of_states_tells_what_becomes_of_the_next_login(people):
    states = dict(line.split()[:3:2] for line in people.does("list").out.splitlines()[1:])
    assert states == {
        "confirmed": "confirmed",
        "linked": "linked",
        "locked": "confirmed",
        "none": "none",
        "opted": "opted-out",
        "paused": "paused",
    }


def test_columns_are_chosen_and_ordered(people):
    lines = people.does("list", "--columns", "grace-left,USER,prefer,phone,app").out.splitlines()
    assert lines[0].split() == ["LEFT", "USER", "PREFER", "PHONE", "APP"]
    assert lines[1].split() == ["-", "confirmed", "sms", "+49-XXX-XXX-1118", "yes"]
    assert lines[2].split() == ["2", "linked", "-", "-", "-"]


@pytest.mark.parametrize("names", ["", ",", "user,", "user,nonsense", "user uid"])
def test_columns_that_are_not_there_are_refused(desk, names):
    desk.refuses("list", "--columns", names, code=64)


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "--csv"],
        ["--json", "--columns", "user"],
        ["--grace-left", "-1"],
        ["--state", "nonsense"],
        ["--grace-left", "x"],
    ],
)
def test_what_does_not_go_together_is_refused(desk, words):
    desk.refuses("list", *words, code=64)


def test_csv_is_read_by_others_as_it_was_written(people):
    rows = list(csv.DictReader(io.StringIO(people.does("list", "--csv").out)))
    assert [row["user"] for row in rows] == ["confirmed", "linked", "locked", "none", "opted", "paused"]
    assert (
        rows[5]["reason"] == 'new phone, "blue"'
        and rows[5]["paused"].endswith("Z")
        and rows[0]["phone"] == "+49-XXX-XXX-1118"
    )
    assert rows[1]["grace-left"] == "2" and rows[0]["grace-left"] == "" and rows[3]["authyid"] == ""


def test_csv_takes_columns(people):
    assert people.does("list", "--csv", "--columns", "user,uid", "--state", "linked").out == "user,uid\nlinked,2\n"


def test_csv_of_nobody_is_a_header(desk):
    assert desk.does("list", "--csv", "--columns", "user,uid").out == "user,uid\n"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("a,b", '"a,b"'),
        ('a"b', '"a""b"'),
        (" a", '" a"'),
        ("a\x1b[2J", "a\\u{1B}[2J"),
        ("a\nb", "a\\u{A}b"),
        ("b\u00fccher", "b\u00fccher"),
    ],
)
def test_a_hostile_name_is_a_text_in_one_cell(desk, name, cell):
    account(desk, name, 1, authy_id=1)
    assert desk.does("list", "--csv", "--columns", "user,uid").out == f"user,uid\n{cell},1\n"


# Colours


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
@pytest.mark.parametrize("words", [["list"], ["history"], ["report"]])
def test_colours_are_for_terminals_that_want_them(people, alice, words, env, coloured):
    people.remember(alice.pw_name)
    terminal = people.terminal(*words, env=env)
    shown = terminal.read()
    assert ("\x1b[3" in shown) == coloured
    terminal.wait()


@pytest.mark.parametrize("words", [["list"], ["history"], ["report"]])
def test_there_are_no_colours_in_a_pipe(people, alice, words):
    people.remember(alice.pw_name)
    assert "\x1b" not in people.does(*words, env={"TERM": "xterm"}).out


# Many


def test_ten_thousand_accounts_are_looked_at_within_seconds(desk):
    desk.settings(SERVER)
    desk.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
        "INSERT INTO accounts (name, uid, key, authy_id, had_authy_id, confirmed, grace_used) "
        "SELECT 'user' || i, i, '', i, 1, i % 2, i % 6 FROM n"
    )
    desk.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
        "INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address) "
        "SELECT ?, 'user' || (i % 9999 + 1), 'sshd', '192.0.2.1', 'excused', 'grace', NULL, '' FROM n",
        NOW,
    )
    for words in (
        ["list"],
        ["list", "--json"],
        ["list", "--csv"],
        ["report"],
        ["report", "--json"],
        ["history", "user7"],
    ):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert desk.does(*words).out
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 20, words

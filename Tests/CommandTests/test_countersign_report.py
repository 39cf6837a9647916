"""The progress of a rollout, on a host whose users the test knows."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from support import records
from support.patience import PATIENCE
from test_countersign_as_root import ENTER, KEEPER, NET, RootDesk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

NOW = int(time.time())
DAY = 86400


class Rollout(RootDesk):
    has_accounts = False

    def people(self, people) -> None:
        """System users, and the users to count: name, uid, shell."""
        for table in ["passwd", "group"]:
            known = pathlib.Path("/etc", table).read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [row for row in known if int(row.split(":")[2]) < 1000 and not row.startswith("_countersign")]
            (self.base / table).write_text("".join(kept), encoding="utf-8")
        programs = [("_countersign", KEEPER, "/usr/sbin/nologin"), ("_countersign-net", NET, "/usr/sbin/nologin")]
        people = [] if isinstance(people, dict) else people
        with (
            (self.base / "passwd").open("a", encoding="utf-8") as passwd,
            (self.base / "group").open("a", encoding="utf-8") as group,
        ):
            for name, uid, shell in [*programs, *people]:
                passwd.write(f"{name}:x:{uid}:{uid}::/:{shell}\n")
                group.write(f"{name}:x:{uid}:\n")

    def sql(self, statement: str, *values) -> None:
        if not self.has_accounts:
            self.does("init")
            self.has_accounts = True
        subprocess.run(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                ENTER,
                self.base,
                "setpriv",
                f"--reuid={KEEPER}",
                f"--regid={KEEPER}",
                "--clear-groups",
                sys.executable,
                "-c",
                records.SCRIPT,
            ],
            input=json.dumps(["/mnt/state/accounts.db", True, (statement, values)]),
            text=True,
            check=True,
            timeout=PATIENCE,
            cwd="/",
        )

    def account(self, name: str, uid: int, **columns) -> None:
        columns = {"name": name, "uid": uid, "key": "", **columns}
        self.sql(
            f"INSERT INTO accounts ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )

    def rules(self, text: str) -> None:
        self.settings(f'state = "/mnt/state"\n{text}')

    def report(self, *words) -> dict:
        return json.loads(self.does("report", "--json", *words).out)

    def ending(self, *words) -> list[str]:
        return [row["user"] for row in self.report(*words)["grace_ends"]]


@pytest.fixture
def host(tmp_path):
    return Rollout(tmp_path)


@pytest.fixture
def rollout(host):
    """Ten people; nine have an account."""
    host.people([("new", 2000, "/bin/bash"), ("carol", 1003, "/bin/bash")])
    host.rules('[enrolment]\nopt_out = "yes"\n')
    host.account("anna", 1001, authy_id=1, confirmed=1)
    host.account("bert", 1002, authy_id=2, confirmed=1, paused_at=NOW - 5, paused_until=NOW + 3600, pause_reason="x")
    host.account("carol", 1003, authy_id=3, confirmed=1, locked_until=NOW + 36_000, failures=5)
    host.account("dora", 1004, authy_id=4, grace_used=3)
    host.account("emil", 1005, grace_used=4)
    host.account("fred", 1006, grace_used=2)
    host.account("gina", 1007, grace_used=5)
    host.account("hans", 1008, opted_out=NOW, grace_used=4)
    host.account("root", 0, key="SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", authy_id=9, confirmed=1)
    return host


def test_everybody_is_counted_once(rollout):
    report = rollout.report()
    assert {
        key: report[key]
        for key in ["confirmed", "linked", "in_grace", "grace_over", "opted_out", "never_seen", "people"]
    } == {"confirmed": 4, "linked": 1, "in_grace": 2, "grace_over": 1, "opted_out": 1, "never_seen": 1, "people": 10}
    assert (report["paused"], report["locked"], report["mode"], report["grace_until"]) == (1, 1, "grace", None)
    assert report["never_seen_users"] == ["new"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], ["emil", "dora"]),
        (["--within", 1], ["emil"]),
        (["--within", 3], ["emil", "dora", "fred"]),
        (["--within", 0], []),
    ],
)
def test_those_whose_grace_ends_soon_are_named_the_most_urgent_first(rollout, words, named):
    assert rollout.ending(*map(str, words)) == named


def test_whose_opt_out_ends_with_grace_runs_out_of_it_too(rollout):
    rollout.rules('[enrolment]\nopt_out = "grace"\n')
    assert rollout.ending("--within", "1") == ["emil", "hans"]
    rollout.rules('[enrolment]\nopt_out = "no"\n')
    assert rollout.report()["opted_out"] == 0 and rollout.ending("--within", "1") == ["emil", "hans"]


def test_the_pace_of_the_last_two_weeks_says_how_many_days_are_left(rollout):
    for age in [1, 2, 3, 4, 5, 6, 7, 20, 30]:
        rollout.sql(
            "INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address) VALUES "
            "(?,'fred','sshd','','excused','grace',NULL,'')",
            NOW - age * DAY,
        )
    # Seven logins in fourteen days, three left.
    fred = {row["user"]: row for row in rollout.report("--within", "0", "--days", "6")["grace_ends"]}
    assert fred["fred"]["days_left"] == 6 and fred["fred"]["grace_logins_left"] == 3
    assert rollout.ending("--within", "0", "--days", "5") == []


@pytest.mark.parametrize(("days", "left", "said"), [(12, 12, "in 12 days"), (1, 1, "in 1 day"), (0, 0, "today")])
def test_the_last_day_of_grace_ends_it_for_all(rollout, days, left, said):
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY))
    rollout.rules(f'[enrolment]\nopt_out = "yes"\ngrace_until = {day}\n')
    assert {row["days_left"] for row in rollout.report("--days", str(days))["grace_ends"]} == {left}
    assert rollout.ending("--within", "0", "--days", str(days)) == ["emil", "dora", "fred"]
    assert f"For everybody grace ends with {day}, {said}.\n" in rollout.does("report").out


def test_after_the_last_day_nobody_is_in_grace(rollout):
    rollout.rules("[enrolment]\ngrace_until = 2020-01-31\n")
    report = rollout.report()
    assert (report["in_grace"], report["grace_over"], report["grace_ends"]) == (0, 4, [])
    assert "Grace is over: its last day was 2020-01-31.\n" in rollout.does("report").out


@pytest.mark.parametrize(
    ("mode", "said", "in_grace", "over"),
    [("optional", "Nobody has to have a factor", 4, 0), ("required", "There is no grace", 0, 4)],
)
def test_other_modes_have_no_grace(rollout, mode, said, in_grace, over):
    rollout.rules(f'[enrolment]\nmode = "{mode}"\n')
    report = rollout.report("--within", "1000")
    assert (report["in_grace"], report["grace_over"], report["grace_ends"]) == (in_grace, over, [])
    assert said in rollout.does("report").out


@pytest.mark.parametrize(
    ("shell", "uid", "counted"),
    [
        ("/bin/bash", 1000, True),
        ("", 1000, True),
        ("/usr/bin/fish", 60001, True),
        ("/usr/sbin/nologin", 1000, False),
        ("/bin/false", 1000, False),
        ("/bin/bash", 999, False),
        ("/bin/bash", 65534, False),
    ],
)
def test_who_can_log_in_and_has_no_account_was_never_seen(host, shell, uid, counted):
    host.people([("new", uid, shell)])
    assert host.report()["never_seen_users"] == (["new"] if counted else [])


def test_a_name_that_came_back_with_another_uid_was_never_seen(host):
    host.people([("anna", 1001, "/bin/bash")])
    host.account("anna", 1500, authy_id=1)
    assert host.report()["never_seen_users"] == ["anna"]


def test_the_page_is_read_by_people(rollout):
    lines = rollout.does("report").out.splitlines()
    assert lines[0].startswith("Two-factor login on ")
    counts = [line.split("%")[0].split() for line in lines[2:8]]
    assert [(" ".join(words[:-2]), words[-2], words[-1]) for words in counts] == [
        ("confirmed", "4", "40"),
        ("linked", "1", "10"),
        ("in grace", "2", "20"),
        ("grace used up", "1", "10"),
        ("opted out", "1", "10"),
        ("never seen", "1", "10"),
    ]
    assert lines[8].split() == ["people", "10"] and lines[10] == "  of these 1 paused, 1 locked"
    assert lines[12] == "Within 2 logins or 7 days grace ends for 2 people:"
    assert lines[14:] == [
        "  USER  STATE   LOGINS LEFT  DAYS LEFT",
        "  emil  none    1            -",
        "  dora  linked  2            -",
    ]


@pytest.mark.parametrize(
    ("confirmed", "others", "said"),
    [
        (199, 1, {"confirmed": ">99 %", "in grace": "<1 %"}),
        (1, 999, {"confirmed": "<1 %", "in grace": ">99 %"}),
        (3, 0, {"confirmed": "100 %", "in grace": "0 %"}),
        (1, 2, {"confirmed": "33 %", "in grace": "67 %"}),
    ],
)
def test_everybody_is_said_only_where_it_is_everybody(host, confirmed, others, said):
    for state, count in [("1", confirmed), ("0", others)]:
        host.sql(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {max(count, 1)}) INSERT INTO "
            f"accounts (name, uid, key, authy_id, "
            f"confirmed, grace_used) SELECT 'u{state}-' || i, i, '', CASE {state} WHEN 1 THEN i END, {state}, 1 FROM n "
            f"WHERE {count} > 0"
        )
    lines = host.does("report").out.splitlines()
    shown = {line[2:18].strip(): line[26:33].strip() for line in lines[2:8]}
    assert {name: shown[name] for name in said} == said


@pytest.mark.parametrize(
    ("mode", "rows"),
    [
        ("optional", ["confirmed", "linked", "no factor", "opted out", "never seen"]),
        ("required", ["confirmed", "linked", "no factor", "opted out", "never seen"]),
        ("grace", ["confirmed", "linked", "in grace", "grace used up", "opted out", "never seen"]),
    ],
)
def test_no_two_rows_have_one_name(rollout, mode, rows):
    rollout.rules(f'[enrolment]\nmode = "{mode}"\n')
    lines = rollout.does("report").out.splitlines()
    assert [line[2:18].strip() for line in lines[2 : 2 + len(rows)]] == rows and lines[2 + len(rows)].split()[
        0
    ] == "people"


def test_a_last_day_is_not_contradicted_by_nobody(host):
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 12 * DAY))
    host.rules(f"[enrolment]\ngrace_until = {day}\n")
    host.account("emil", 1005, grace_used=1)
    said = host.does("report").out
    assert "for nobody" not in said
    assert said.endswith(
        f"For everybody grace ends with {day}, in 12 days.\nNobody's grace ends before that day within 2 logins or 7 "
        f"days.\n"
    )
    host.rules("[enrolment]\ngrace_until = 2020-01-31\n")
    assert host.does("report").out.endswith("Grace is over: its last day was 2020-01-31.\n")


def test_a_host_without_anybody_has_a_report(host):
    done = host.does("report")
    assert "people                 0\n" in done.out and "Within 2 logins or 7 days grace ends for nobody.\n" in done.out


def test_of_a_multitude_the_first_twenty_are_named(host):
    host.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1024) "
        "INSERT INTO accounts (name, uid, key, grace_used) SELECT 'u' || i, i, '', 4 FROM n"
    )
    lines = host.does("report").out.splitlines()
    assert lines[-1] == "  and 5 more: countersign report --json" and lines[-2].split()[0] == "u1019"
    assert len(host.report()["grace_ends"]) == 25


@pytest.mark.parametrize("columns", [80, 40])
def test_it_fits_the_terminal(rollout, columns):
    rollout.account("x" * 32, 1010, grace_used=4)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 12 * DAY))
    rollout.rules(f"[enrolment]\ngrace_until = {day}\n")
    words = f"stty cols {columns}; /mnt/countersign report --config /mnt/countersign.toml"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", ENTER, rollout.base, "script", "-qec", words, "/dev/null"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC"},
        cwd="/",
    )
    lines = done.stdout.replace("\r", "").splitlines()
    assert done.returncode == 0 and lines[0].startswith("Two-factor login on ")
    assert max(map(len, lines)) <= columns, lines
    assert "xxxxxxxxxxxxxxxx" in done.stdout


@pytest.mark.parametrize(
    "words", [["--within", "-1"], ["--within", "1001"], ["--days", "-1"], ["--days", "x"], ["--days", "99999999999"]]
)
def test_what_is_no_number_of_logins_or_days_is_refused(host, words):
    assert host.run("report", *words).code == 64

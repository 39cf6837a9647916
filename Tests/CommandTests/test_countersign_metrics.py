"""Figures of a host for Prometheus, and the file for node_exporter."""

import os
import stat
import time

import pytest

from conftest import give
from support.monitoring import check, metrics, value

NAMES = {
    "countersign_build_info",
    "countersign_logins_last_hour",
    "countersign_users",
    "countersign_users_locked",
    "countersign_users_paused",
}


def test_promtool_finds_nothing_wrong_and_each_figure_is_there_from_the_start(desk):
    page = desk.does("metrics").out
    check(page)
    assert metrics(page) == dict.fromkeys(NAMES, "gauge")
    assert value(page, "countersign_logins_last_hour", outcome="excused", reason="outage") == 0


def test_logins_of_the_last_hour_are_counted_by_outcome_and_reason(desk):
    now = int(time.time())
    for ago in [10, 20, 4_000]:
        desk.remember("games", reason="wrong_code", when=now - ago)
    desk.remember("games", outcome="unavailable", reason="server", when=now)
    page = desk.does("metrics").out
    assert value(page, "countersign_logins_last_hour", outcome="denied", reason="wrong_code") == 2
    assert value(page, "countersign_logins_last_hour", outcome="unavailable", reason="server") == 1


def test_users_are_counted_as_report_counts_them(desk, alice, bob):
    desk.does("link", alice.pw_name, 12)
    desk.does("pause", bob.pw_name, "--hours", 1, "--reason", "lost phone")
    page, report = desk.does("metrics").out, desk.does("report", "--json").json
    for state in ["confirmed", "linked", "in_grace", "grace_over", "opted_out", "never_seen"]:
        assert value(page, "countersign_users", state=state) == report[state]
    assert value(page, "countersign_users", state="linked") == 1
    assert value(page, "countersign_users_paused") == report["paused"] == 1


def test_no_user_and_no_address_is_told(desk, alice):
    desk.remember(alice.pw_name, rhost="192.0.2.7")
    # As no program of ours writes it.
    desk.remember(alice.pw_name, reason='x"} 1\nforged 1')
    page = desk.does("metrics").out
    assert alice.pw_name not in page and "192.0.2.7" not in page and "forged" not in page


def test_the_file_is_replaced_in_one_step_and_everybody_may_read_it(desk):
    file = desk.folder / "countersign.prom"
    file.write_text("old")
    give(desk.folder)
    with open(file, encoding="utf-8") as before:
        assert desk.does("metrics", "--output", file).out == ""
        assert before.read() == "old" and os.fstat(before.fileno()).st_nlink == 0
    page = file.read_text(encoding="utf-8")
    check(page)
    assert set(metrics(page)) == NAMES and stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in desk.folder.iterdir() if path.name.startswith("countersign.prom")] == [file.name]


@pytest.mark.parametrize("trouble", ["settings", "folder"])
def test_if_it_fails_the_old_file_stays_as_it_was(desk, trouble):
    file = desk.folder / "countersign.prom"
    file.write_text("old")
    give(desk.folder)
    if trouble == "settings":
        desk.settings("nonsense = 1\n")
        done = desk.run("metrics", "--output", file)
        assert (done.code, done.out) == (1, "") and "nonsense" in done.err
    else:
        assert "cannot be written" in desk.refuses("metrics", "--output", desk.folder / "absent/countersign.prom")
    assert file.read_text() == "old"
    assert [path.name for path in desk.folder.iterdir() if path.name.startswith("countersign.prom")] == [file.name]

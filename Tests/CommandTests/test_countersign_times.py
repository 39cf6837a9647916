"""Times are in the host's zone and name it, whatever zone the caller has."""

import os
import pathlib
import time
import zoneinfo
from datetime import datetime, timedelta

import pytest
from test_countersign_report import Rollout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

CALLERS = [None, "UTC", "America/Los_Angeles", "XXX+11", "Pacific/Kiritimati"]
ZONES = ["Etc/UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Kiritimati"]
MOMENT = 1_800_000_000  # 2027-01-15 08:00 UTC
HERE = {
    "Etc/UTC": "2027-01-15 08:00Z",
    "Asia/Kolkata": "2027-01-15 13:30+05:30",
    "America/Los_Angeles": "2027-01-15 00:00-08:00",
    "Pacific/Kiritimati": "2027-01-15 22:00+14:00",
}


class Clocked(Rollout):
    """A host in some zone."""

    def zone(self, name: str) -> None:
        path = self.own_etc() / "localtime"
        path.unlink(missing_ok=True)
        path.symlink_to(pathlib.Path("/usr/share/zoneinfo", name))

    def says(self, caller: str | None, *words) -> str:
        done = self.run(*words, env={"TZ": caller} if caller else {})
        assert done.code == 0, done.err
        return done.out

    def remember(self, when: int) -> None:
        self.sql(
            "INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address) VALUES "
            "(?,'fred','sshd','','denied','locked',NULL,'')",
            when,
        )


@pytest.fixture
def host(tmp_path):
    host = Clocked(tmp_path)
    host.people([("fred", 1006, "/bin/bash")])
    return host


@pytest.mark.parametrize("zone", ZONES)
def test_a_row_of_history_has_the_hosts_time_and_its_zone(host, zone):
    host.zone(zone)
    host.remember(MOMENT)
    for caller in CALLERS:
        assert host.says(caller, "history").splitlines()[1].startswith(HERE[zone] + " ")


@pytest.mark.parametrize("zone", ZONES)
def test_a_program_reads_utc(host, zone):
    host.zone(zone)
    host.remember(MOMENT)
    host.account("fred", 1006, opted_out=MOMENT)
    host.rules('[enrolment]\nopt_out = "yes"\n')
    for caller in CALLERS:
        for words in [("history", "--json"), ("show", "fred", "--json"), ("list", "--csv")]:
            assert "2027-01-15T08:00:00Z" in host.says(caller, *words)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    ("zone", "day"), [("Etc/UTC", "2027-01-15"), ("Pacific/Niue", "2027-01-14"), ("Asia/Kolkata", "2027-01-15")]
)
def test_days_of_a_filter_are_those_of_the_host(host, caller, zone, day):
    host.zone(zone)
    host.remember(MOMENT)
    assert "locked" in host.says(caller, "history", "--since", day, "--until", day)
    other = "2027-01-29" if day == "2027-01-15" else "2027-01-15"
    assert "locked" not in host.says(caller, "history", "--since", other, "--until", other)


def day_of(zone: str, days: int) -> str:
    return (datetime.now(zoneinfo.ZoneInfo(zone)) + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.mark.parametrize("zone", ZONES)
def test_the_last_day_of_grace_is_one_of_the_host(host, zone):
    """Some of these callers are a day ahead or behind at every hour."""
    host.zone(zone)
    host.account("fred", 1006, grace_used=1)
    yesterday, today = day_of(zone, -1), day_of(zone, 0)
    host.rules(f"[enrolment]\ngrace_logins = 9\ngrace_until = {yesterday}\n")
    for caller in CALLERS:
        assert "grace logins: 1 used, 0 left\n" in host.says(caller, "show", "fred")
        assert f"Grace is over: its last day was {yesterday}.\n" in host.says(caller, "report")
        assert host.says(caller, "list", "--columns", "user,grace-left").split()[-2:] == ["fred", "0"]
    host.rules(f"[enrolment]\ngrace_logins = 9\ngrace_until = {today}\n")
    for caller in CALLERS:
        assert "grace logins: 1 used, 8 left\n" in host.says(caller, "show", "fred")
        assert f"For everybody grace ends with {today}, today.\n" in host.says(caller, "report")


@pytest.mark.parametrize("zone", ZONES)
def test_every_time_that_a_person_reads_names_its_zone(host, zone):
    host.zone(zone)
    until = int(time.time()) + 3600
    host.account(
        "fred",
        1006,
        authy_id=3,
        confirmed=1,
        locked_until=until,
        failures=5,
        paused_at=until - 3700,
        paused_until=until,
        pause_reason="x",
    )
    local = datetime.fromtimestamp(until, zoneinfo.ZoneInfo(zone))
    offset = local.strftime("%z")
    offset = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:]}"
    host.rules("[lockout]\nseconds = 3600\n")
    for caller in CALLERS:
        assert host.says(caller, "show", "fred").count(f"until {local:%Y-%m-%dT%H:%M}") == 2 and offset in host.says(
            caller, "show", "fred"
        )
        assert host.says(caller, "list", "--columns", "locked,paused").splitlines()[1].split("  ")[0].endswith(offset)
        assert offset in host.says(caller, "report").splitlines()[0]

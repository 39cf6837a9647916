"""Times in the text of commands are in the host's zone and name it; those of JSON are in UTC. The caller's zone changes
neither."""

import os
import pathlib
import shutil
import subprocess

import pytest

from support.outside import deliveries
from support.patience import PATIENCE
from support.server import PROGRAM, handset

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a time zone of its own")

CALLERS = [None, "XXX+11"]
MOMENT = 1_800_000_000  # 2027-01-15 08:00 UTC
ZONES = {
    "Etc/UTC": ("2027-01-15 08:00Z", "2027-01-15T08:00:00Z"),
    "Asia/Kolkata": ("2027-01-15 13:30+05:30", "2027-01-15T13:30:00+05:30"),
    "America/Los_Angeles": ("2027-01-15 00:00-08:00", "2027-01-15T00:00:00-08:00"),
}
ENTER = 'mount --bind "$0" /etc && exec "$@"'


class Zone:
    """A host in some zone, on which commands of a server run."""

    def __init__(self, server, etc: pathlib.Path, name: str):
        self.server, self.etc = server, etc
        etc.mkdir()
        for file in ("passwd", "group", "nsswitch.conf", "ld.so.cache"):
            shutil.copy(f"/etc/{file}", etc)
        (etc / "localtime").symlink_to(pathlib.Path("/usr/share/zoneinfo", name))

    def says(self, caller: str | None, *words) -> str:
        place = ["--config", self.server.settings]
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", ENTER, self.etc, PROGRAM, *map(str, words), *place],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
            env={**self.server.environment, **({"TZ": caller} if caller else {})},
        ).stdout


@pytest.mark.parametrize("zone", ZONES)
def test_people_read_the_hosts_time_with_its_zone_and_programs_read_utc(server, app, user, tmp_path, zone):
    handset(server, user)
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    deliveries(server, user, 1)
    for table, columns in {
        "applications": ["created"],
        "users": ["created"],
        "devices": ["created", "last_seen"],
        "members": ["confirmed", "consented"],
        "deliveries": ["at"],
    }.items():
        server.sql(f"UPDATE {table} SET {', '.join(f'{column} = {MOMENT}' for column in columns)}")
    host, (short, full) = Zone(server, tmp_path / "etc", zone), ZONES[zone]
    for caller in CALLERS:
        for words, times in {
            ("app", "list"): [short],
            ("user", "devices", user): [short, short],
            ("user", "deliveries", user): [short],
            ("user", "show", user): [f"created   {full}", f"confirmed {full}", f"asks since {full}", short, short],
        }.items():
            text = host.says(caller, *words)
            assert all(text.count(time) >= times.count(time) for time in times), text
            assert '"2027-01-15T08:00:00Z"' in host.says(caller, *words, "--json")

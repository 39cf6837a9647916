"""Many users at once, imported by root on a private host that has these users; the server is a real countersignd."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess

import pexpect
import pytest
from conftest import BUILT, ENVIRONMENT, Done
from enrolling import server_folder
from test_countersign_as_root import ENTER, KEEPER, PEOPLE, RootDesk

from support.patience import PATIENCE, until
from support.server import Server

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
FIRST = 50_000


class Host(RootDesk):
    """`count` users named u0, u1 and so on."""

    def __init__(self, base: pathlib.Path, count: int):
        super().__init__(base)
        self.names = [f"u{number}" for number in range(count)]
        self.people({**PEOPLE, **{name: FIRST + number for number, name in enumerate(self.names)}})
        shutil.copyfile(BUILT / "countersign-net", self.folder / "countersign-net")
        (self.folder / "countersign-net").chmod(0o711)
        self.server = Server(base, extra_listener=f"unix:{self.folder}/api.sock")
        self.settings(
            f'state = "/mnt/state"\n[server]\nurl = "unix:/mnt/api.sock"\napi_key = "{self.server.application.key}"\n'
            '[enrolment]\nemail_domain = "example.com"\n'
        )

    def roster(self, round: int = 0, name: str = "users.csv") -> str:
        """A file with all users, with new numbers for this round."""
        lines = ["user,country_code,phone,email"] + [
            f"{user},49,151{round:03}{n:06},{user}@example.com" for n, user in enumerate(self.names)
        ]
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return f"/mnt/{name}"

    def words(self, *arguments) -> list[str]:
        helpers = ["--helpers", "/mnt"] if arguments[0] in ("import", "enroll", "refresh") else []
        return [
            "unshare",
            "--mount",
            "sh",
            "-c",
            ENTER,
            self.base,
            "/mnt/countersign",
            *arguments,
            *helpers,
            "--config",
            "/mnt/countersign.toml",
        ]

    def start(self, *arguments) -> subprocess.Popen:
        return subprocess.Popen(
            list(map(str, self.words(*arguments))),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        return Done(process.returncode, out, err)

    def accounts(self) -> list[dict]:
        return json.loads(self.does("list", "--json").out)

    def forget_all(self) -> None:
        """As a host that is new."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        (self.folder / "accounts.id").unlink(missing_ok=True)

    def registered(self) -> int:
        return self.server.application.call("GET", "/protected/json/app/stats").json["total_users"]

    def truth(self, round: int) -> dict[str, int]:
        """The AuthyIDs that the server has given, by number: the same number gets the same AuthyID again."""
        return {
            user: self.server.application.new_user(f"151{round:03}{n:06}", f"{user}@example.com", 49)
            for n, user in enumerate(self.names)
        }


def ids(accounts: list[dict]) -> dict[str, int]:
    return {account["user"]: account["authy_id"] for account in accounts}


@pytest.fixture
def host(request):
    with server_folder() as base:
        made = Host(base, request.param)
        with made.server:
            yield made


@pytest.mark.parametrize("host", [1000], indirect=True)
def test_a_thousand_users_are_registered_and_a_second_run_changes_nothing(host):
    roster = host.roster()
    assert host.does("import", roster, "--dry-run").out == "1000 to be registered; nothing was done\n"
    assert host.accounts() == [] and host.registered() == 0
    assert host.does("import", roster).out == "1000 registered\n"
    accounts = host.accounts()
    assert {account["state"] for account in accounts} == {"linked"} and ids(accounts) == host.truth(0)
    assert host.registered() == 1000
    assert host.does("import", roster, "--json").json == {
        "before": 1000,
        "linked": 0,
        "refused": 0,
        "registered": 0,
        "softtokens": 0,
    }
    assert host.accounts() == accounts and host.registered() == 1000


@pytest.mark.parametrize("host", [100], indirect=True)
def test_killed_at_any_point_and_run_again_it_ends_in_the_same_accounts(host):
    chance = random.Random(20)
    cut = 0
    for round in range(20):
        host.forget_all()
        roster = host.roster(round)
        process = host.start("import", roster, "--jobs", "4")
        # The moment is known by what the server has received, not by a sleep.
        wanted, before = chance.randrange(100), round * 100
        while process.poll() is None and host.registered() - before < wanted:
            pass
        process.kill()
        process.communicate(timeout=PATIENCE)
        done = host.does("import", roster, "--json").json
        cut += done["registered"] > 0
        assert done["registered"] + done["before"] == 100
        assert ids(host.accounts()) == host.truth(round) and len(host.accounts()) == 100
        assert host.registered() == (round + 1) * 100
    assert cut >= 15


@pytest.mark.parametrize("host", [400], indirect=True)
def test_ctrl_c_stops_it_and_the_same_command_goes_on(host):
    roster = host.roster()
    terminal = pexpect.spawn(
        "unshare",
        list(map(str, host.words("import", roster)[1:])),
        env={**ENVIRONMENT, "TERM": "xterm"},
        cwd="/",
        timeout=PATIENCE,
        dimensions=(40, 100),
        encoding="utf-8",
    )
    terminal.expect(r"\r\[#+-+\] \d+ of 400: \d+ registered")
    terminal.sendintr()
    said = terminal.read()
    terminal.wait()
    assert terminal.exitstatus == 130 and "hint: stopped; the same command goes on from there" in said
    linked = len(host.accounts())
    # All users that the server knows are linked too: no call was interrupted.
    assert 0 < linked < 400 and host.registered() == linked
    assert host.does("import", roster).out == f"{400 - linked} registered, {linked} were there before\n"
    assert ids(host.accounts()) == host.truth(0)


@pytest.mark.parametrize("host", [60], indirect=True)
def test_an_outage_stops_it_after_a_while_and_a_second_run_goes_on(host):
    roster = host.roster()
    host.server.stop()
    done = host.run("import", roster, "--timeout", "1")
    assert done.code == 75 and "error: the server is out of reach" in done.err and "goes on from there" in done.err
    assert host.accounts() == []
    host.server.start()
    assert host.does("import", roster).out == "60 registered\n"


@pytest.mark.parametrize("host", [3], indirect=True)
def test_the_processes_that_speak_to_the_server_are_of_their_own_user(host):
    roster = host.roster()
    host.server.process.send_signal(signal.SIGSTOP)
    process = host.start("import", roster)
    try:
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        found = []
        while process.poll() is None and len(found) < 8:
            try:
                found = [
                    n
                    for n in children.read_text().split()
                    if pathlib.Path(f"/proc/{n}/comm").read_text() == "countersign-net\n"
                ]
                uids = {
                    pathlib.Path(f"/proc/{n}/status").read_text().split("Uid:")[1].split("\n")[0].strip() for n in found
                }
            except (FileNotFoundError, ProcessLookupError):
                found = []
        assert uids == {"991\t991\t991\t991"}
        assert {pathlib.Path(f"/proc/{n}/environ").read_bytes() for n in found} == {b""}
        # Once they wait for the server, which says nothing: before that each reads a file or two.
        until(lambda: max(len(os.listdir(f"/proc/{n}/fd")) for n in found) <= 6)
        mine = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        assert f"Uid:\t{KEEPER}\t{KEEPER}\t{KEEPER}\t{KEEPER}" in mine
    finally:
        host.server.process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


@pytest.mark.parametrize("host", [6], indirect=True)
def test_files_in_homes_are_read_with_the_rights_of_their_users(host):
    homes = host.folder / "homes"
    table = (host.base / "passwd").read_text()
    for n, name in enumerate(host.names):
        table = table.replace(
            f"{name}:x:{FIRST + n}:{FIRST + n}::/:", f"{name}:x:{FIRST + n}:{FIRST + n}::/mnt/homes/{name}:"
        )
        (homes / name).mkdir(parents=True, mode=0o755)
        os.chown(homes / name, FIRST + n, FIRST + n)
    (host.base / "passwd").write_text(table)
    text = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n" TOTP_AUTH\n12345678\n'

    def put(name: str, owner: int, mode: int, text: str = text) -> None:
        path = homes / name / ".google_authenticator"
        path.write_text(text)
        os.chown(path, owner, owner)
        path.chmod(mode)

    put("u0", FIRST, 0o400)
    put("u1", 0, 0o644)
    done = host.does("import", "--from", "google-authenticator", "--homes", "--json")
    assert done.json == {"before": 0, "linked": 0, "refused": 0, "registered": 0, "softtokens": 2}
    assert host.does("show", "u0", "--json").json["state"] == "linked"
    # Another user's file, a file that only root can read, and one behind a symlink.
    put("u2", FIRST, 0o644)
    put("u3", 0, 0o600)
    (homes / "u1" / ".google_authenticator").unlink()
    (homes / "u1" / ".google_authenticator").symlink_to(homes / "u0" / ".google_authenticator")
    # An error in one user's file is reported, and the other users are imported.
    put("u4", FIRST + 4, 0o600, text + "".join(f"{number:08}\n" for number in range(7_000)))
    put("u5", FIRST + 5, 0o600)
    done = host.does("import", "--from", "google-authenticator", "--homes")
    warning = "warning: /mnt/homes/{}/.google_authenticator:{}; {} is passed over"
    assert done.err.splitlines() == [
        warning.format("u1", "1: a symlink", "u1"),
        warning.format("u2", f"1: owned by uid {FIRST}, not by the user", "u2"),
        "warning: /mnt/homes/u3/.google_authenticator: u3 may not read it; passed over",
        warning.format("u4", "23: more than 20 scratch codes", "u4"),
    ]
    assert done.out == "1 SoftToken taken over, 1 was there before\n"
    assert [(account["user"], account["softtoken"]) for account in host.accounts()] == [
        ("u0", True),
        ("u1", True),
        ("u5", True),
    ]


@pytest.mark.parametrize("host", [1], indirect=True)
def test_a_factor_that_the_users_groups_do_not_allow_confirms_nothing(host):
    with (host.base / "group").open("a") as groups:
        groups.write("team:x:60000:u0\n")
    settings = (host.folder / "countersign.toml").read_text()
    host.settings(settings + '[login.group.team]\nfactors = ["softtoken"]\n')
    host.does("link", "u0", "1234")
    done = host.run("confirm", "u0", "--by", "sms", "--code-stdin", "--helpers", "/mnt")
    assert done.code == 2 and "sms is not possible: login.factors does not have it" in done.err
    done = host.does("prefer", "u0", "sms")
    assert "the settings' factors do not have sms for u0" in done.err

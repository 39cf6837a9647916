"""What `countersign setup --dry-run` plans on the stacks of ten distributions; it changes nothing."""

import os
import pathlib
import subprocess

import pytest
from stack_shapes import GOES_ON, REFUSED, SHAPES
from support.patience import PATIENCE
from test_countersign_as_root import KEEPER
from test_countersign_check_host import CheckedHost

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

SERVICES = ["sudo", "su", "login"]
BEFORE = "auth       required     pam_countersign.so"


class ShapedHost(CheckedHost):
    """A host whose stacks are those of a distribution."""

    def take(self, stacks: dict[str, str]) -> None:
        for path in self.stack_folder.iterdir():
            path.unlink()
        self.stacks(other="auth required pam_deny.so\n", **stacks)

    def plan(self, *services: str):
        words = [word for service in services for word in ("--service", service)]
        return self.run("setup", "--dry-run", "--json", *words, settings=())

    def patch(self, plan) -> None:
        """Makes the planned changes with patch(1), as an administrator could."""
        for change in plan["changes"]:
            path = self.stack_folder / pathlib.Path(change["file"]).name
            subprocess.run(
                ["patch", "-s", path],
                input=change["diff"],
                text=True,
                check=True,
                timeout=PATIENCE,
                capture_output=True,
            )
            # Where the module is on this host.
            path.write_text(path.read_text().replace("pam_countersign.so", "/mnt/pam_countersign.so"))


@pytest.fixture
def host(tmp_path):
    return ShapedHost(tmp_path)


def texts(host) -> dict[str, str]:
    return {path.name: path.read_text() for path in host.stack_folder.iterdir()}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_path_to_success_goes_through_the_module(host, shape):
    host.take(SHAPES[shape])
    before = texts(host)
    done = host.plan(*SERVICES)
    assert done.code == 0, done.err
    assert texts(host) == before, "a dry run changes nothing"
    asked = set(done.json["services"]) | {entry["service"] for entry in done.json["unchanged"]}
    assert asked == {"sudo", "sudo-i", "su", "su-l", "login"}
    host.patch(done.json)
    checked = host.check()
    assert checked.code == 0, checked.err
    assert "asked for a second factor: login, su, su-l, sudo, sudo-i\n" in checked.err


@pytest.mark.parametrize("shape", SHAPES)
def test_one_line_is_added_and_nothing_else_changes_but_an_include(host, shape):
    host.take(SHAPES[shape])
    for change in host.plan(*SERVICES).json["changes"]:
        lines = change["diff"].splitlines()[2:]
        added = [line[1:] for line in lines if line.startswith("+")]
        removed = [line[1:] for line in lines if line.startswith("-")]
        assert BEFORE in added and len(added) == len(removed) + 1
        assert [line.replace("substack", "include") for line in added if line != BEFORE] == removed


@pytest.mark.parametrize("shape", SHAPES)
def test_a_question_after_a_wrong_password_is_told(host, shape):
    host.take(SHAPES[shape])
    notes = [note for note in host.plan(*SERVICES).json["notes"] if "goes on after a wrong password" in note]
    assert bool(notes) == (shape in GOES_ON)


@pytest.mark.parametrize("case", REFUSED)
def test_a_stack_that_is_not_understood_is_named_by_file_and_line(host, case):
    stacks, said = REFUSED[case]
    host.take(stacks)
    before = texts(host)
    done = host.plan("sudo")
    assert done.code == 1 and said in done.err and "hint: by hand: docs/admin/setup.md" in done.err, done
    assert texts(host) == before


def test_a_service_that_asks_already_stays_as_it_is(host):
    host.take({**SHAPES["Debian 12"], "login": "@include common-auth\nauth required /mnt/pam_countersign.so\n"})
    plan = host.plan("login").json
    assert (plan["changes"], plan["unchanged"]) == ([], [{"service": "login", "reason": "asks already"}])


def test_a_stack_that_is_a_symlink_is_left_alone(host):
    host.take(SHAPES["Debian 12"])
    (host.stack_folder / "login").rename(host.stack_folder / "real")
    (host.stack_folder / "login").symlink_to("real")
    assert "/etc/pam.d/login: it is not a regular file" in host.plan("login").err


def test_sudo_without_a_password_is_told(host):
    host.take(SHAPES["Debian 12"])
    host.sudoers("backup ALL=(ALL) NOPASSWD: /bin/true")
    assert any("NOPASSWD" in note for note in host.plan("sudo").json["notes"])


def test_lines_that_exempt_somebody_are_told(host):
    su = "auth sufficient pam_rootok.so\nauth sufficient pam_wheel.so trust group=admins\n@include common-auth\n"
    host.take({**SHAPES["Debian 12"], "su": su})
    notes = host.plan("su").json["notes"]
    assert "/etc/pam.d/su:2: pam_wheel.so trust group=admins: the users that it is for are not asked" in notes


def test_another_service_of_sudo_that_does_not_ask_is_refused(host):
    host.take(SHAPES["Debian 12"])
    host.sudoers("Defaults:backup pam_service=login")
    done = host.plan("sudo")
    assert (
        done.code == 1
        and "/etc/sudoers: `Defaults:backup pam_service=login`: sudo goes by /etc/pam.d/login" in done.err
    )
    assert host.plan("sudo", "login").code == 0


def test_sudo_that_asks_for_another_users_factor_is_told(host):
    host.take(SHAPES["Debian 12"])
    host.sudoers("Defaults targetpw")
    assert any("sudo asks for another user's password" in note for note in host.plan("sudo").json["notes"])


def test_users_with_a_password_are_named_for_each_service(host):
    host.take(SHAPES["Debian 12"])
    (host.own_etc() / "shadow").write_text("root:$6$x:1::::::\ndaemon:*:1::::::\nbin:!$6$x:1::::::\n")
    required = host.own_etc() / "countersign" / "countersign.toml"
    required.write_text('state = "/mnt/state"\n[enrolment]\nmode = "required"\n')
    os.chown(required, 0, KEEPER)
    required.chmod(0o640)
    found = host.plan("sudo", "su").json
    users = {user["user"]: user["afterwards"] for user in found["local_users"]}
    assert users["root"] == "password, then second factor (not enrolled: REFUSED until enrolled)"
    assert "daemon" not in users and "bin" not in users
    assert any(note.startswith("su asks for the factor of the target user") for note in found["notes"])
    assert "local_users" in host.plan("sudo").json


@pytest.mark.parametrize("name", ["common-auth", "system-auth", "password-auth", "other"])
def test_a_file_that_is_no_service_is_refused(host, name):
    host.take(SHAPES["Debian 12"])
    host.stack_folder.joinpath(name).write_text(SHAPES["Debian 12"]["common-auth"])
    done = host.plan(name)
    assert done.code == 1 and f"/etc/pam.d/{name} is no service" in done.err


@pytest.mark.parametrize("names", [["su", "su-l"], ["su-l", "su"]])
def test_a_service_that_includes_another_gets_no_line_of_its_own(host, names):
    host.take(SHAPES["Debian 12"])
    assert host.plan(*names).json["services"] == ["su"]


def test_only_root_sets_up(host):
    done = host.run("setup", "--dry-run", user=42001, settings=())
    assert done.code == 1 and done.err == (
        "error: only root can set up the logins of this host\nhint: sudo countersign setup\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--keep", "--undo"],
        ["--json"],
        ["--rollback-after", "soon"],
        ["--service", "../passwd"],
        ["--server", "https://2fa.example.com"],
    ],
)
def test_wrong_options_are_refused(host, words):
    assert host.run("setup", *words, settings=()).code == 64


@pytest.mark.parametrize("word", ["--keep", "--undo"])
def test_without_a_setup_there_is_nothing_to_keep_or_undo(host, word):
    done = host.run("setup", word, "--yes", settings=())
    assert done.code == 1 and done.err.startswith("error: no setup is in force\nhint: ")
    assert not pathlib.Path("/var/lib/countersign-setup").exists()

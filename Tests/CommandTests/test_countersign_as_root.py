"""The command run by root, in a mount namespace of its own where the system users are there: the machine is left as it
was."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess

import pytest
from conftest import BUILT, ENVIRONMENT, MODULE, Done
from support.patience import PATIENCE
from support.seal import seal

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

KEEPER, NET, ALICE = 990, 991, 42001
PEOPLE = {"_countersign": KEEPER, "_countersign-net": NET, "alice": ALICE}
SETTINGS = "/etc/countersign/countersign.toml"
ENTER = (
    'if test -d "$0/etc"; then mount --bind "$0/etc" /etc; fi; if test -d "$0/run"; then mount --bind "$0/run" /run; '
    'fi; mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && mount --bind "$0/host" /mnt && '
    'exec "$@"'
)


class RootDesk:
    """Files in `folder` that root sees under /mnt, where only root can write."""

    def __init__(self, base: pathlib.Path):
        self.base, self.folder = base, base / "host"
        self.folder.mkdir(mode=0o755)
        self.folder.chmod(0o755)
        shutil.copyfile(BUILT / "countersign", self.folder / "countersign")
        (self.folder / "countersign").chmod(0o755)
        self.people(PEOPLE)
        self.settings('state = "/mnt/state"\n')

    def people(self, people: dict[str, int]) -> None:
        """All users of the system, beside those that every system has; the machine's own with a name or number of
        ours are left out."""
        numbers = {str(number) for number in PEOPLE.values()}
        for table, line in [("passwd", "{0}:x:{1}:{1}::/:/bin/false\n"), ("group", "{0}:x:{1}:\n")]:
            known = pathlib.Path("/etc", table).read_text(encoding="utf-8").splitlines(keepends=True)
            fields = [(row, row.split(":")) for row in known]
            kept = [row for row, [name, _, number, *_] in fields if name not in PEOPLE and number not in numbers]
            added = [line.format(name, number) for name, number in people.items()]
            (self.base / table).write_text("".join(kept + added), encoding="utf-8")

    def settings(self, text: str, group: int = KEEPER, mode: int = 0o640) -> None:
        path = self.folder / "countersign.toml"
        path.write_text(text, encoding="utf-8")
        os.chown(path, 0, group)
        path.chmod(mode)

    def own_etc(self) -> pathlib.Path:
        """A copy of /etc that is /etc from then on, with the settings in their place."""
        etc = self.base / "etc"
        if not etc.exists():
            shutil.copytree(
                "/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("countersign", "shadow*", "ssl", "ssh")
            )
            (etc / "countersign").mkdir(mode=0o755)
            if (self.folder / "countersign.toml").exists():
                shutil.copy2(self.folder / "countersign.toml", etc / "countersign")
                os.chown(etc / "countersign" / "countersign.toml", 0, KEEPER)
        return etc

    def run(
        self,
        *arguments,
        user: int | None = None,
        env: dict[str, str] | None = None,
        settings=("--config", "/mnt/countersign.toml"),
    ) -> Done:
        # It looks at the stacks: not at those of this machine.
        if arguments[0] == "check":
            self.own_etc()
        words = ["/mnt/countersign", *arguments, *([] if "--config" in arguments else settings)]
        env = {**ENVIRONMENT, **(env or {})}
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", ENTER, self.base, *become, *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=env,
            cwd="/",
        )
        assert "unshare" not in done.stderr and "mount:" not in done.stderr, (
            f"no namespace can be made here: {done.stderr}"
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def does(self, *arguments) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return done

    def owner_and_mode(self, path: str) -> tuple[int, int, int]:
        found = (self.folder / path).lstat()
        return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)


@pytest.fixture
def desk(tmp_path):
    return RootDesk(tmp_path)


def test_root_makes_the_state_directory_and_owns_nothing_in_it(desk):
    assert desk.does("link", "alice", "12").out == "alice: linked to AuthyID 12; the account is now linked\n"
    assert desk.owner_and_mode("state") == (KEEPER, KEEPER, 0o700)
    assert {desk.owner_and_mode(f"state/{path.name}") for path in (desk.folder / "state").iterdir()} == {
        (KEEPER, KEEPER, 0o600)
    }


def test_root_uses_the_state_directory_that_is_there(desk):
    desk.does("link", "alice", "12")
    assert '"authy_id":12' in desk.does("show", "alice", "--json").out
    assert desk.does("unlink", "alice", "--yes").out.startswith("alice: unlinked from AuthyID 12;")


def test_root_does_not_write_into_a_state_directory_that_the_keeper_may_not_enter(desk):
    (desk.folder / "state").mkdir(mode=0o700)
    assert desk.run("link", "alice", "12").code == 1
    assert list((desk.folder / "state").iterdir()) == []


@pytest.mark.parametrize("mode", [0o775, 0o777, 0o1777])
def test_root_makes_nothing_where_others_may_write(desk, mode):
    (desk.folder / "open").mkdir()
    (desk.folder / "open").chmod(mode)
    desk.settings('state = "/mnt/open/state"\n')
    done = desk.run("list")
    assert done.code == 1 and "install -d -m 0700 -o _countersign -g _countersign /mnt/open/state" in done.err
    assert list((desk.folder / "open").iterdir()) == []


def test_root_makes_nothing_in_a_directory_of_another_user(desk):
    (desk.folder / "hers").mkdir()
    os.chown(desk.folder / "hers", ALICE, ALICE)
    desk.settings('state = "/mnt/hers/state"\n')
    assert desk.run("list").code == 1
    assert list((desk.folder / "hers").iterdir()) == []


def test_root_makes_nothing_behind_a_symlink(desk):
    (desk.folder / "real").mkdir()
    (desk.folder / "link").symlink_to("real")
    desk.settings('state = "/mnt/link/state"\n')
    assert desk.run("list").code == 1
    assert list((desk.folder / "real").iterdir()) == []


def test_a_dangling_symlink_in_place_of_the_state_directory_is_not_followed(desk):
    (desk.folder / "state").symlink_to("elsewhere")
    assert desk.run("list").code == 1
    assert not (desk.folder / "elsewhere").exists()


def test_without_the_system_user_nothing_is_done_and_the_hint_makes_it(desk):
    desk.people({"alice": ALICE})
    done = desk.run("link", "alice", "12")
    assert done.code == 1 and "hint: create it with: useradd --system" in done.err
    assert not (desk.folder / "state").exists()


@pytest.mark.parametrize("name", ["_countersign", "_countersign-net"])
def test_check_warns_of_a_missing_system_user(desk, name):
    desk.people({person: number for person, number in PEOPLE.items() if person != name})
    desk.settings('state = "/mnt/state"\n', group=0)
    done = desk.run("check")
    assert (
        done.code == 1
        and f"error: the system user {name} is missing" in done.err
        and "useradd --system --user-group --no-create-home" in done.err
    )


def test_check_makes_nothing(desk):
    done = desk.run("check")
    assert done.code == 1 and "error: the state directory /mnt/state is missing" in done.err
    assert done.out.startswith("settings ok, but logins will fail: ")
    assert not (desk.folder / "state").exists()


def test_check_finds_settings_that_the_login_cannot_read(desk):
    desk.settings('state = "/mnt/state"\n', group=0)
    done = desk.run("check")
    assert (done.code, done.out) == (
        1,
        "",
    ) and ": _countersign may not open it: its group must be _countersign" in done.err
    assert "chgrp _countersign /mnt/countersign.toml; chmod 640 /mnt/countersign.toml\n" in done.err


def test_an_api_key_that_is_none_is_to_be_written_again(desk):
    desk.does("link", "alice", "12")
    key = desk.folder / "api-key"
    key.write_text("short\n", encoding="ascii")
    os.chown(key, 0, KEEPER)
    key.chmod(0o640)
    desk.settings('state = "/mnt/state"\n[server]\nurl = "https://2fa.example.com"\napi_key_file = "/mnt/api-key"\n')
    said = desk.run("refresh", "alice").err
    assert said.startswith("error: /mnt/api-key: an API key has 8 to 128 characters, this one has 5\n")
    assert "hint: write the server's API key into /mnt/api-key, and nothing else" in said and "chgrp" not in said


def test_missing_settings_are_made_from_the_documented_ones(desk):
    (desk.folder / "countersign.toml").unlink()
    install = "install -m 640 -g _countersign /usr/share/doc/countersign/countersign.toml /mnt/countersign.toml"
    for command in ["check", "list"]:
        said = desk.run(command).err
        assert said == f"error: /mnt/countersign.toml: this file is missing; create it\nhint: {install}\n"


def test_settings_where_the_login_may_not_enter_are_to_be_kept_elsewhere(desk):
    (desk.folder / "closed").mkdir(mode=0o700)
    shutil.copyfile(desk.folder / "countersign.toml", desk.folder / "closed" / "new.toml")
    done = desk.run("check", "--config", "/mnt/closed/new.toml")
    assert done.code == 1 and done.err.startswith("error: /mnt/closed: _countersign may not enter it\n")
    assert "keep it in /etc/countersign" in done.err


def test_a_folder_of_the_settings_that_the_login_may_not_enter_is_opened_by_the_hint(desk):
    (desk.own_etc() / "countersign").chmod(0o700)
    done = desk.run("check", "--config", SETTINGS)
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: /etc/countersign: _countersign may not enter it\nhint: chmod 755 /etc/countersign\n"


@pytest.mark.parametrize(
    ("closed", "said"),
    [(0o755, "only root may read /etc/countersign/countersign.toml"), (0o700, "only root may enter /etc/countersign")],
)
@pytest.mark.parametrize("command", [["list"], ["check"], ["show", "alice"], ["try", "alice", "--service", "sudo"]])
def test_an_ordinary_user_is_not_told_to_open_the_settings_of_the_host(desk, closed, said, command):
    (desk.own_etc() / "countersign").chmod(closed)
    done = desk.run(*command, "--config", SETTINGS, user=ALICE)
    assert done.code == 1 and "mode 0640" not in done.err
    assert done.err.startswith(
        f"error: {said}\nhint: run it as root; for your own account: sudo countersign self show\n"
    )


def test_check_warns_where_libpam_does_not_find_the_module(desk):
    found = any(any(pathlib.Path(above).glob(f"**/security/{MODULE}")) for above in ["/lib", "/usr/lib"])
    said = f"{MODULE} is in none of libpam's directories: "
    assert (f"warning: {said}no stack can use it by its name\nhint: make install\n" in desk.run("check").err) != found
    (desk.own_etc() / "pam.d" / "sudo").write_text("auth required pam_countersign.so\n")
    assert (
        f"error: {said}the stacks that name it refuse every login\nhint: make install\n" in desk.run("check").err
    ) != found


@pytest.mark.parametrize(("group", "mode"), [(ALICE, 0o640), (KEEPER, 0o660), (KEEPER, 0o644)])
def test_settings_that_others_may_read_or_write_are_an_error(desk, group, mode):
    desk.settings('state = "/mnt/state"\n', group, mode)
    # The service user cannot check a file that the kernel does not let it see.
    assert ("may not open" if group == ALICE else "unsafe") in desk.run("check").err
    assert "unsafe" in desk.run("list").err


def test_plain_http_is_an_error_for_the_logins_of_a_machine(desk):
    desk.settings('[server]\nurl = "http://2fa.example.com"\napi_key = "not-a-real-key"\n')
    done = desk.run("check")
    assert done.code == 1 and done.err.startswith("error: /mnt/countersign.toml:2: server.url: http is not taken")


def test_check_warns_of_a_state_directory_with_another_owner(desk):
    (desk.folder / "state").mkdir(mode=0o700)
    assert (
        f"error: /mnt/state belongs to uid 0, not {KEEPER}\nhint: change that with: chown -R {KEEPER}"
        in desk.run("check").err
    )


# The stacks of the host


OURS = "auth required pam_countersign.so\n"
THEIRS = "@include common-auth\n"


def warned_of_stacks(desk, **stacks: str | None) -> list[str]:
    folder = desk.own_etc() / "pam.d"
    for name, text in {
        "common-auth": "auth required pam_unix.so\n",
        "other": THEIRS,
        "sudo": THEIRS,
        "sudo-i": THEIRS,
        "su": THEIRS,
        "su-l": "auth include su\n",
        **{name.replace("_", "-"): text for name, text in stacks.items()},
    }.items():
        (folder / name).unlink(missing_ok=True)
        if text is not None:
            (folder / name).write_text(text)
    return [
        line for line in desk.run("check").err.splitlines() if line.startswith("warning: ") and "/etc/pam.d" in line
    ]


@pytest.mark.parametrize(
    ("stacks", "said"),
    [
        (
            {"sudo": OURS},
            "/etc/pam.d/sudo has pam_countersign, but /etc/pam.d/sudo-i has not: `sudo -i` asks for no second factor",
        ),
        (
            {"sudo_i": OURS},
            "/etc/pam.d/sudo-i has pam_countersign, but /etc/pam.d/sudo has not: `sudo` asks for no second factor",
        ),
        (
            {"sudo": OURS, "sudo_i": "# " + OURS + "session required pam_countersign.so\n"},
            "/etc/pam.d/sudo has pam_countersign, but",
        ),
        (
            {"sudo": OURS, "sudo_i": None},
            "/etc/pam.d/sudo-i is missing: `sudo -i` goes by /etc/pam.d/other, which asks for no second factor",
        ),
        (
            {"su": OURS, "su_l": THEIRS},
            "/etc/pam.d/su has pam_countersign, but /etc/pam.d/su-l has not: `su -` asks for no second factor",
        ),
    ],
)
def test_a_second_door_that_asks_for_no_factor_is_warned_of(desk, stacks, said):
    (line,) = warned_of_stacks(desk, **stacks)
    assert line.startswith(f"warning: {said}")


@pytest.mark.parametrize(
    "stacks",
    [
        {},
        {"sudo": OURS, "sudo_i": OURS},
        {"su": OURS},
        {"common_auth": OURS},
        {"sudo": OURS, "sudo_i": "auth substack sudo\n"},
        {"sudo": OURS, "sudo_i": "auth\t[success=ok default=die] /lib/security/pam_countersign.so debug\n"},
        {"sudo": OURS, "sudo_i": None, "other": "auth requisite pam_deny.so\n" + THEIRS},
        {"sudo": OURS, "sudo_i": "@include sudo-i\n" + OURS},
    ],
)
def test_doors_that_are_all_the_same_are_not_warned_of(desk, stacks):
    assert warned_of_stacks(desk, **stacks) == []


# What users do themselves, through sudo


def enrols_herself(desk) -> Done:
    return desk.run("self", "enroll", settings=[], env={"SUDO_UID": str(ALICE), "SUDO_USER": "alice"})


def test_a_user_enrolled_by_the_login_that_sudo_was_is_told_so(desk):
    desk.own_etc()
    desk.does("link", "alice", "12")
    # What users may run begins no accounts: those of another settings file are taken by init.
    assert "there are no accounts yet" in enrols_herself(desk).err
    assert desk.run("init", settings=[]).code == 0
    assert (
        "error: you have been given a second factor already\nhint: sudo countersign self confirm\n"
        == enrols_herself(desk).err
    )
    with contextlib.closing(sqlite3.connect(desk.folder / "state" / "accounts.db")) as accounts:
        accounts.execute("UPDATE accounts SET confirmed = 1")
        seal(accounts)
        accounts.commit()
    done = enrols_herself(desk)
    assert (done.code, done.out) == (0, "you are enrolled\n") and done.err.startswith("hint: ")


# Which accounts belong here


def test_the_marker_is_roots_beside_the_settings_and_the_logins_user_reads_it(desk):
    done = desk.does("init")
    assert desk.owner_and_mode("accounts.id") == (0, KEEPER, 0o640)
    assert (desk.folder / "accounts.id").read_text().splitlines()[-1] == f"{done.out.split()[-1]} /mnt/state"
    assert desk.does("init").out.split()[-1] == done.out.split()[-1]


def test_root_makes_no_accounts_where_there_were_some(desk):
    desk.does("link", "alice", "12")
    shutil.rmtree(desk.folder / "state")
    for words in (["init"], ["list"], ["link", "alice", "12"]):
        done = desk.run(*words)
        assert done.code == 1 and "missing, though it was made" in done.err
    assert not (desk.folder / "state").exists()
    assert desk.does("init", "--anew", "--yes").out.startswith("/mnt/state/accounts.db: new accounts")
    assert desk.does("list").out.count("\n") <= 1


def test_a_marker_that_another_user_could_have_written_is_not_believed(desk):
    desk.does("init")
    os.chown(desk.folder / "accounts.id", KEEPER, KEEPER)
    assert "unsafe" in desk.run("list").err and "unsafe" in desk.run("init").err


# Backups


def test_root_writes_a_backup_where_only_root_may_and_restores_it_from_there(desk):
    own = desk.folder / "root"
    own.mkdir(mode=0o700)
    desk.does("link", "alice", "12")
    desk.does("backup", "/mnt/root/accounts")
    assert desk.owner_and_mode("root/accounts") == (0, 0, 0o600) and [path.name for path in own.iterdir()] == [
        "accounts"
    ]
    desk.does("unlink", "alice", "--yes")
    kept = json.loads(desk.does("restore", "/mnt/root/accounts", "--yes", "--json").out)["kept"]
    assert '"authy_id":12' in desk.does("show", "alice", "--json").out
    assert desk.owner_and_mode(kept.removeprefix("/mnt/")) == (KEEPER, KEEPER, 0o600)
    assert {desk.owner_and_mode(f"state/{path.name}")[:2] for path in (desk.folder / "state").iterdir()} == {
        (KEEPER, KEEPER)
    }

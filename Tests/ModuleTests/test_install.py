"""What `make install` leaves, in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import BUILT, ROOT
from support.patience import PATIENCE


def make(target, folder):
    return subprocess.run(
        ["make", "-s", "-C", ROOT, target, f"DESTDIR={folder}", f"BUILT={BUILT.resolve()}", "SECURITY=/lib/security"],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )


def modes(folder):
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o7777 for path in folder.rglob("*") if path.is_file()}


def test_everything_is_installed_with_its_mode_and_nothing_half_done_is_left(tmp_path):
    done = make("install", tmp_path)
    found = modes(tmp_path)
    assert found["lib/security/pam_countersign.so"] == 0o644
    assert found["usr/bin/countersign"] == 0o755
    # A user who cannot read a program cannot trace it either.
    assert {found[f"usr/libexec/countersign/{name}"] for name in ("countersign-login", "countersign-net")} == {0o711}
    for page in ("man5/countersign.toml.5", "man8/countersign.8", "man8/pam_countersign.8"):
        assert found[f"usr/share/man/{page}"] == 0o644
    for service in ("sshd", "sudo", "su", "login"):
        assert f"usr/share/doc/countersign/pam.d/{service}" in found
    monitoring = [path.relative_to(ROOT) for path in (ROOT / "monitoring").rglob("*") if path.is_file()]
    assert len(monitoring) > 5
    for file in monitoring:
        assert found[f"usr/share/doc/countersign/{file}"] == 0o644
    assert not [name for name in found if name.endswith(".new")]
    assert "support/users" in done.stdout


def test_an_install_over_an_install_replaces_and_an_uninstall_leaves_the_module_to_the_last(tmp_path):
    make("install", tmp_path)
    first = modes(tmp_path)
    make("install", tmp_path)
    assert modes(tmp_path) == first
    done = make("uninstall", tmp_path)
    assert list(modes(tmp_path)) == ["lib/security/pam_countersign.so"]
    assert "take our line out" in done.stdout


class Machine:
    """An /etc and a /var/lib for a mount namespace of its own: the machine is left as it was. Its users are the
    machine's, without those of an installation, and `more`."""

    def __init__(self, base, more=""):
        self.etc, self.lib = base / "etc", base / "lib"
        self.etc.mkdir()
        self.lib.mkdir()
        for name in ("passwd", "group", "shadow", "gshadow"):
            if os.path.exists(f"/etc/{name}"):
                rows = Path("/etc", name).read_text().splitlines(keepends=True)
                (self.etc / name).write_text("".join(row for row in rows if not row.startswith("_countersign")))
        for name in ("login.defs", "nsswitch.conf"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", self.etc)
        if more:
            with (self.etc / "passwd").open("a") as passwd, (self.etc / "group").open("a") as group:
                passwd.write(more)
                group.write(":".join([more.split(":")[0], "x", more.split(":")[3], "\n"]))

    def make_users(self):
        """Runs support/users twice, and prints the users."""
        script = (
            'mount --bind "$0" /etc && mount --bind "$1" /var/lib && cd "$2" && support/users "" "$3" && '
            'support/users "" "$3" && getent passwd'
        )
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, self.etc, self.lib, ROOT, BUILT.resolve() / "countersign"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        assert done.returncode == 0, done.stderr
        return done


def users_of_ours(done):
    return [line.split(":") for line in done.stdout.splitlines() if line.startswith("_countersign")]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_gets_the_users_of_the_logins_and_of_the_server(tmp_path):
    machine = Machine(tmp_path)
    done = machine.make_users()
    assert done.stderr == ""
    # The accounts are there before the settings, and the second run leaves them as they are.
    [made, there] = [line for line in done.stdout.splitlines() if line.startswith("/var/lib/countersign/accounts.db: ")]
    assert "new accounts" in made and "are there" in there and made.split()[-1] == there.split()[-1]
    marker = machine.etc / "countersign" / "accounts.id"
    assert marker.read_text().splitlines()[-1] == f"{made.split()[-1]} /var/lib/countersign"
    assert (marker.stat().st_mode & 0o777, marker.stat().st_uid) == (0o640, 0)
    users = users_of_ours(done)
    assert sorted(user[0] for user in users) == ["_countersign", "_countersign-net", "_countersignd"]
    assert {tuple(user[5:]) for user in users} == {("/nonexistent", "/usr/sbin/nologin")}
    assert len({user[2] for user in users}) == 3 and [path.name for path in machine.lib.iterdir()] == ["countersign"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_user_that_was_there_is_kept_and_what_is_wrong_with_it_is_said(tmp_path):
    machine = Machine(tmp_path, "_countersign:x:4711:4711::/srv/other:/bin/sh\n")
    done = machine.make_users()
    assert done.stderr == 2 * (
        "warning: the user _countersign was there before, with the home /srv/other and the shell /bin/sh, and is kept "
        "as it is\n"
        "hint: no user may log in as it: usermod --home /nonexistent --shell /usr/sbin/nologin _countersign\n"
    )
    users = {user[0]: user[2:] for user in users_of_ours(done)}
    assert users["_countersign"] == ["4711", "4711", "", "/srv/other", "/bin/sh"] and len(users) == 3
    assert (machine.lib / "countersign").stat().st_uid == 4711
    assert (machine.lib / "countersign" / "accounts.db").stat().st_uid == 4711

"""What `make install` leaves, in a folder of its own."""

import os
import shutil
import subprocess

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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_gets_the_users_of_the_logins_and_of_the_server(tmp_path):
    """In a mount namespace of its own, with an /etc of its own: the machine is left as it was."""
    etc, lib = tmp_path / "etc", tmp_path / "lib"
    etc.mkdir()
    lib.mkdir()
    for name in ("passwd", "group", "shadow", "gshadow", "login.defs", "nsswitch.conf"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", etc)
    script = (
        'mount --bind "$0" /etc && mount --bind "$1" /var/lib && cd "$2" && support/users "" "$3" && support/users "" '
        '"$3" && getent passwd'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, etc, lib, ROOT, BUILT.resolve() / "countersign"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    # The accounts are there before the settings, and the second run leaves them as they are.
    [made, there] = [line for line in done.stdout.splitlines() if line.startswith("/var/lib/countersign/accounts.db: ")]
    assert "new accounts" in made and "are there" in there and made.split()[-1] == there.split()[-1]
    marker = etc / "countersign" / "accounts.id"
    assert marker.read_text().splitlines()[-1] == f"{made.split()[-1]} /var/lib/countersign"
    assert (marker.stat().st_mode & 0o777, marker.stat().st_uid) == (0o640, 0)
    users = [line.split(":") for line in done.stdout.splitlines() if line.startswith("_countersign")]
    assert sorted(user[0] for user in users) == ["_countersign", "_countersign-net", "_countersignd"]
    assert {tuple(user[5:]) for user in users} == {("/nonexistent", "/usr/sbin/nologin")}
    assert len({user[2] for user in users}) == 3 and [path.name for path in lib.iterdir()] == ["countersign"]

"""What `make install` leaves, in a folder of its own."""

import subprocess

from conftest import BUILT, ROOT


def make(target, folder):
    return subprocess.run(
        ["make", "-s", "-C", ROOT, target, f"DESTDIR={folder}", f"BUILT={BUILT.resolve()}", "SECURITY=/lib/security"],
        check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})


def modes(folder):
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o7777 for path in folder.rglob("*") if path.is_file()}


def test_everything_is_installed_with_its_mode_and_nothing_half_done_is_left(tmp_path):
    done = make("install", tmp_path)
    found = modes(tmp_path)
    assert found["lib/security/pam_countersign.so"] == 0o644
    assert found["usr/bin/countersign"] == 0o755
    # Who cannot read a program cannot trace it either.
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

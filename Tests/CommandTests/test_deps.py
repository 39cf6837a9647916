"""What `make` says first, where Swift is missing, too old or does not run."""

import os
import pathlib
import shutil
import subprocess

import pytest

from support.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def deps(folder):
    """support/deps on a machine that has every package."""
    for name in ["dpkg-query", "apt-get"]:
        program(folder, name, "echo installed")
    for name in ["bash", "dirname", "head", "sed", "sort"]:  # and no swift of this machine's
        (folder / name).symlink_to(shutil.which(name))
    return subprocess.run(
        [ROOT / "support/deps", "build"], capture_output=True, text=True, timeout=PATIENCE, env={"PATH": str(folder)}
    )


def complaint(done):
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and len(lines) == 1 and lines[0].startswith("error: "), done
    assert "Swift 6.3 or later is needed" in lines[0] or "does not run" in lines[0]
    assert "https://www.swift.org/install/linux/" in lines[0]
    return lines[0]


def test_without_swift_it_says_where_to_get_it(tmp_path):
    assert "there is no swift on the PATH" in complaint(deps(tmp_path))


@pytest.mark.parametrize("version", ["5.10.1", "6.0", "6.2.9"])
def test_a_swift_that_is_too_old_is_named_with_its_version(tmp_path, version):
    program(tmp_path, "swift", f"echo 'Swift version {version} (swift-{version}-RELEASE)'")
    assert f"is Swift {version}" in complaint(deps(tmp_path))


def test_a_swift_that_does_not_run_says_why(tmp_path):
    program(tmp_path, "swift", "echo 'libfoo.so.1: cannot open shared object file' >&2; exit 127")
    assert "does not run: libfoo.so.1: cannot open" in complaint(deps(tmp_path))


@pytest.mark.parametrize("version", ["6.3", "6.3.1", "6.10", "7.0"])
def test_a_swift_that_is_new_enough_is_taken(tmp_path, version):
    program(tmp_path, "swift", f"echo 'Swift version {version} (swift-{version}-RELEASE)'")
    done = deps(tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done


# A bare machine

RELEASE = 'mount --bind "$0" /etc/os-release && PATH=$1 exec "$2" build'
LIBRARIES = {"libncurses6", "libxml2", "libedit2", "libz3-4"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for another /etc/os-release")
@pytest.mark.parametrize("release, python", [("12", "libpython3.11"), ("13", "libpython3.13")])
def test_a_bare_machine_gets_the_libraries_of_the_compiler_and_the_headers_of_cxx(tmp_path, release, python):
    tools = tmp_path / "tools"
    tools.mkdir()
    program(tools, "dpkg-query", "exit 1")
    program(tools, "apt-get", f"echo $* >>{tmp_path}/asked")
    program(tools, "swift", "echo 'Swift version 6.3 (swift-6.3-RELEASE)'")
    for name in ["bash", "dirname", "head", "id", "sed", "sort"]:
        (tools / name).symlink_to(shutil.which(name))
    (tmp_path / "os-release").write_text(f'ID=debian\nVERSION_ID="{release}"\n')
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", RELEASE, tmp_path / "os-release", tools, ROOT / "support/deps"],
        timeout=PATIENCE,
        check=True,
    )
    update, install = (tmp_path / "asked").read_text().splitlines()
    assert update.startswith("update")
    packages = set(install.split())
    assert LIBRARIES | {"g++", python} <= packages
    assert [name for name in packages if name.startswith("libpython")] == [python]

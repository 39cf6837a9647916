"""cloud-init/countersign.yaml: valid for cloud-init, and its script for a shell."""

import hashlib
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from support.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "cloud-init/countersign.yaml"
UNPACKED = ROOT / ".build-cloud-init/usr/lib/python3/dist-packages"


def schema(file) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["/usr/bin/python3", "-m", "cloudinit.cmd.main", "schema", "-c", file],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(UNPACKED)},
    )


@pytest.fixture
def script():
    files = yaml.safe_load(FILE.read_text(encoding="utf-8"))["write_files"]
    return next(file["content"] for file in files if file["path"] == "/usr/local/sbin/countersign-first-boot")


@pytest.mark.skipif(not UNPACKED.is_dir(), reason="there is no cloud-init in .build-cloud-init: support/deps test")
def test_it_is_valid_and_a_mistake_is_not(tmp_path):
    done = schema(FILE)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace("package_update: true", "package_update: [1]"))
    assert schema(broken).returncode != 0


def test_its_stacks_come_after_the_check_and_before_the_way_back(script):
    order = [
        "apt-get install",
        "countersign init",
        "countersign check |",
        "sed -i '/^@include",
        "if ! countersign check",
    ]
    assert [script.index(part) for part in order] == sorted(script.index(part) for part in order)
    assert subprocess.run(["sh", "-n"], input=script, text=True).returncode == 0


@pytest.mark.parametrize("is_right", [True, False])
def test_only_the_package_with_the_given_hash_is_installed(script, tmp_path, is_right):
    package, installed, programs = tmp_path / "package.deb", tmp_path / "installed", tmp_path / "programs"
    package.write_bytes(b"package")
    programs.mkdir()
    (programs / "sha256sum").symlink_to(shutil.which("sha256sum"))
    apt = programs / "apt-get"  # ends the script: what follows is for a host of its own
    apt.write_text(f'#!/bin/sh\necho "$@" >{installed}\nexit 1\n', encoding="utf-8")
    apt.chmod(0o755)
    script = script.replace("/root/libpam-countersign.deb", str(package))
    if is_right:
        script = re.sub(
            "^sha256=0{64}$", f"sha256={hashlib.sha256(b'package').hexdigest()}", script, flags=re.MULTILINE
        )
    done = subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(programs)}, capture_output=True, text=True)
    assert done.returncode == 1 and installed.exists() == is_right, done

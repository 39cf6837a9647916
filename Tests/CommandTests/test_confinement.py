"""The AppArmor profiles and the SELinux module: they are valid, and hold where the kernel lets them."""

import os
import pathlib
import re
import subprocess

import pytest

from support.patience import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILES = sorted((ROOT / "apparmor").iterdir())
SELINUX = ROOT / "selinux"
ENABLED = pathlib.Path("/sys/module/apparmor/parameters/enabled")
# A folder with the packages of a policy (base.pp and others), to link the module with: it takes minutes.
POLICY = os.environ.get("COUNTERSIGN_SELINUX_POLICY")


def done(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=PATIENCE, **more)


def why_not_enforced() -> str | None:
    if not ENABLED.exists() or ENABLED.read_text().strip() != "Y":
        return "this kernel has no AppArmor"
    if os.geteuid() != 0:
        return "only root may load a profile"
    return None


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_profile_is_parsed_without_a_warning(profile):
    parsed = done("apparmor_parser", "-Q", "-K", "--base", "/etc/apparmor.d", profile)
    complaints = [line for line in parsed.stderr.splitlines() if not line.startswith("Cache read/write disabled")]
    assert (parsed.returncode, complaints) == (0, [])


def test_a_profile_with_a_mistake_is_seen(tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("profile broken /usr/bin/broken {\n  /etc/passwd read,\n}\n")
    assert done("apparmor_parser", "-Q", "-K", "--base", "/etc/apparmor.d", broken).returncode != 0


def test_a_helper_under_its_profile_reads_no_other_file(tmp_path):
    if why := why_not_enforced():
        pytest.skip(why)
    text = (ROOT / "apparmor/countersign-login").read_text()
    name = f"countersign-test-{os.getpid()}"
    program = tmp_path / "reader"
    program.write_bytes(pathlib.Path("/usr/bin/cat").read_bytes())
    program.chmod(0o755)
    text = text.replace("profile countersign-login", f"profile {name}").replace(
        "peer=countersign-login", f"peer={name}"
    )
    text = text.replace("/usr/libexec/countersign/countersign-login", str(program))
    profile = tmp_path / "profile"
    profile.write_text(re.sub(r"\n}\n$", "\n  include <abstractions/base>\n}\n", text))
    assert done("apparmor_parser", "-r", "-K", profile).returncode == 0
    try:
        assert done(program, "/etc/passwd").returncode == 0
        assert "Permission denied" in done(program, "/etc/shadow").stderr
    finally:
        done("apparmor_parser", "-R", profile)


def test_the_unit_names_the_profile_of_the_server():
    assert "\nAppArmorProfile=-countersignd\n" in (ROOT / "systemd/countersignd.service").read_text()
    assert "\nprofile countersignd {\n" in (ROOT / "apparmor/countersignd").read_text()


@pytest.fixture
def module(tmp_path):
    made = done("checkmodule", "-M", "-m", "-o", tmp_path / "countersign.mod", SELINUX / "countersign.te")
    assert made.returncode == 0, made.stderr
    package = ["-o", tmp_path / "countersign.pp", "-m", tmp_path / "countersign.mod"]
    made = done("semodule_package", *package, "-f", SELINUX / "countersign.fc")
    assert made.returncode == 0, made.stderr
    return tmp_path / "countersign.pp"


def test_the_selinux_module_is_compiled(module):
    assert module.stat().st_size > 1000


def test_every_label_of_a_file_is_a_type_of_the_module():
    labels = re.findall(r":object_r:(\w+):", (SELINUX / "countersign.fc").read_text())
    types = re.findall(r"^type (\w+);$", (SELINUX / "countersign.te").read_text(), re.MULTILINE)
    assert labels and set(labels) <= set(types)


def test_the_selinux_module_fits_a_policy(module, tmp_path):
    if not POLICY:
        pytest.skip("COUNTERSIGN_SELINUX_POLICY names no folder with a policy's packages; linking takes minutes")
    others = sorted(set(pathlib.Path(POLICY).glob("*.pp")) - {pathlib.Path(POLICY, "base.pp")})
    linked = done("semodule_link", "-o", tmp_path / "linked", pathlib.Path(POLICY, "base.pp"), *others, module)
    assert linked.returncode == 0, linked.stderr[-500:]
    # It also looks at what the policy never allows.
    expanded = done("semodule_expand", tmp_path / "linked", tmp_path / "policy")
    assert expanded.returncode == 0, expanded.stderr[-500:]

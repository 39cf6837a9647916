"""Fresh machines with Debian 12 and 13, on which the product is installed as README says."""

import os
import pathlib
import shutil

import pytest

from machine import RELEASES, REPOSITORY, Machine

MISSING = [name for name in ["debootstrap", "unshare", "nsenter", "setpriv"] if shutil.which(name) is None]


def pytest_addoption(parser):
    parser.addoption(
        "--build-dir", default=os.environ.get("COUNTERSIGN_BUILD", REPOSITORY / "build"), help="what was built"
    )
    parser.addoption("--packages", type=pathlib.Path, help="a folder with packages for Debian: only these are tested")


def pytest_ignore_collect(collection_path, config):
    if collection_path.name.startswith("test_"):
        is_for_packages = collection_path.name == "test_packages.py"
        return True if is_for_packages != bool(config.getoption("--packages")) else None
    return None


def pytest_sessionstart(session):
    """Fails the run at once, and loudly, where no machine can be made."""
    if os.geteuid() != 0:
        pytest.exit("error: machines need root, for namespaces of their own: sudo make test-machines", returncode=2)
    if MISSING:
        pytest.exit(f"error: {', '.join(MISSING)} is missing: support/deps machines", returncode=2)


@pytest.fixture(scope="module", params=sorted(RELEASES))
def fresh(request, tmp_path_factory):
    """An untouched machine."""
    build = pathlib.Path(request.config.getoption("--build-dir")).resolve()
    machine = Machine(request.param, build, tmp_path_factory.mktemp("console") / request.param)
    try:
        yield machine
        failed = machine.run("systemctl", "--failed", "--no-legend", "--plain", check=False).stdout
    finally:
        machine.stop()
    assert not failed, failed


@pytest.fixture
def machine(fresh):
    """The machine; its journal is shown with a test that fails."""
    yield fresh
    print(fresh.journal("-n", "200"))

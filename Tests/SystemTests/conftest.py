"""The private host that all system tests share, and the 2FA server that some of them talk to."""

import os
import pathlib

import pytest

import namespace
from certificates import Authority
from host import Host, REPOSITORY
from product import PASSWORD_FIRST, Product
from stand_in import StandIn


def pytest_addoption(parser):
    built = os.environ.get("COUNTERSIGN_BUILD", REPOSITORY / "build")
    parser.addoption("--build-dir", default=built, help="where the built module and helpers are")


def pytest_sessionstart(session):
    """Fails the run at once, and loudly, where a private host cannot be made."""
    try:
        session.config.private_host = Host(pathlib.Path(session.config.getoption("--build-dir")).resolve())
    except namespace.NotPrivate as trouble:
        pytest.exit(f"error: {trouble}", returncode=2)


@pytest.fixture
def host(request):
    """The private host, as new. A process that a test leaves behind fails that test."""
    private_host = request.config.private_host
    yield private_host
    print(f"The log of the private host:\n{private_host.journal}")  # shown when the test has failed
    survivors = private_host.reset()
    assert not survivors, f"these outlived the login that started them: {survivors}"


@pytest.fixture(scope="session")
def authority(request):
    """The CA of this run."""
    return Authority(pathlib.Path("/etc/ssl/countersign-tests"))


@pytest.fixture
def server(authority):
    """A good 2FA server over TLS, for localhost."""
    with StandIn(certificate=authority.good) as stand_in:
        stand_in.ca_file = authority.ca_file
        yield stand_in


@pytest.fixture
def product(host):
    """The built product, installed, asking for a second factor after the password in sshd-cs, sudo, su and login."""
    host.install()
    for service in ["sshd-cs", "sudo", "su", "login"]:
        host.pam_stack(service, PASSWORD_FIRST)
    installed = Product(host)
    installed.configure()
    return installed

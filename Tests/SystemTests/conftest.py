"""The private host that all system tests share, and the 2FA servers that some of them talk to: a good one, and a rude
one."""

import os
import pathlib

import pytest

from support import good_server, namespace
from support.certificates import Authority
from support.good_server import LoginPhone
from support.host import Host, REPOSITORY
from support.product import PASSWORD_FIRST, PATIENT, Product
from support.stand_in import StandIn


def pytest_addoption(parser):
    built = os.environ.get("COUNTERSIGN_BUILD", REPOSITORY / "build")
    parser.addoption("--build-dir", default=built, help="where the built module and helpers are")


def pytest_sessionstart(session):
    """Fails the run at once, and loudly, where a private host cannot be made."""
    worker = hasattr(session.config, "workerinput")
    if session.config.getoption("dist", "no") != "no" and not worker:
        return
    build = pathlib.Path(session.config.getoption("--build-dir")).resolve()
    good_server.take_from(build)
    try:
        session.config.private_host = Host(build)
    except namespace.NotPrivate as trouble:
        pytest.exit(f"error: {trouble}", returncode=2)
    if worker:  # its folder for temporary files was named outside
        pathlib.Path(session.config.option.basetemp).parent.mkdir(parents=True, exist_ok=True)


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
def stand_in(authority):
    """A 2FA server over TLS, for localhost, that misbehaves as told."""
    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        yield server


@pytest.fixture(scope="session")
def countersignd(request, authority):
    """The good 2FA server, one for all tests."""
    with good_server.run(authority) as server:
        request.config.private_host.let_stay(server.process.pid)
        yield server


@pytest.fixture
def product(host):
    """The built product, installed, asking for a second factor after the password in sshd-cs, sudo, su and login."""
    host.install()
    for service in ["sshd-cs", "sudo", "su", "login"]:
        host.pam_stack(service, PASSWORD_FIRST)
    installed = Product(host)
    installed.configure()
    host.countersign("init")
    return installed


@pytest.fixture
def phone(product, countersignd):
    """alice's phone, at the good server. No prompt comes before it has answered."""
    phone = LoginPhone(countersignd)
    product.configure(phone, PATIENT)
    product.link("alice", phone.authy_id)
    return phone

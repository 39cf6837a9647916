import contextlib
import itertools

import pytest

import clients
from support.selfsigned import certificate
from support.server import Server, handset, own_folder


def pytest_report_header():
    return clients.other_commits()


LIMITS = "[limits]\nrequests = 1000\n"
NUMBERS = itertools.count(1000)


@pytest.fixture(scope="module")
def name(request):
    """A parametrized test's clients; `of` lists them."""
    found = clients.built(request.param)
    if isinstance(found, clients.Missing):
        pytest.skip(str(found))
    return request.param


@pytest.fixture(scope="module")
def server(name):
    """One for all tests of a client. For authy-ssh, which knows one address only, it shows a certificate of that
    name."""
    with own_folder() as folder:
        if name != "authy-ssh":
            with Server(folder, tables=LIMITS) as running:
                yield running
            return
        chain, key = certificate(folder, "api.authy.com", alternatives="DNS:api.authy.com,DNS:localhost")
        with Server(
            folder, server=f'certificate = "{chain}"\nprivate_key = "{key}"', tables=LIMITS, ca_file=str(chain)
        ) as running:
            yield running


@pytest.fixture
def app(server):
    return server.create_application("Example Corp")


@pytest.fixture
def start(name, server):
    """Starts the client with a key: `start(key)`."""
    with contextlib.ExitStack() as stack:

        def start_one(key, server=server):
            client = clients.start(name, server, key, stack.enter_context(own_folder()))
            stack.callback(client.close)
            return client

        yield start_one


@pytest.fixture
def client(start, app):
    return start(app.key)


@pytest.fixture
def number():
    """That no other test has."""
    return f"212-555-{next(NUMBERS):04}"


@pytest.fixture
def user(app, number):
    return app.new_user(number)


@pytest.fixture
def phone(server, user):
    return handset(server, user)

import pathlib
import shutil
import tempfile

import pytest

from server import Server, handset


@pytest.fixture
def folder():
    # Short, for the paths of sockets; and no parent that others may write.
    path = pathlib.Path(tempfile.mkdtemp(prefix="cs", dir="/var/lib" if pathlib.Path("/var/lib").owner() == "root" and __import__("os").geteuid() == 0 else None))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(folder):
    with Server(folder) as running:
        yield running


@pytest.fixture
def app(server):
    return server.application


@pytest.fixture
def user(app):
    return app.new_user()


@pytest.fixture
def phone(server, user):
    return handset(server, user)

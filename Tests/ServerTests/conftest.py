import pytest

from server import Seed, Server, handset, own_folder


@pytest.fixture
def folder():
    with own_folder() as path:
        yield path


@pytest.fixture(scope="session")
def seed():
    return Seed()


@pytest.fixture
def server(folder, seed):
    with Server(folder, seed=seed) as running:
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

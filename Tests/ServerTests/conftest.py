import pytest

from server import Server, handset, own_folder


@pytest.fixture
def folder():
    with own_folder() as path:
        yield path


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

import pytest

import page
from support.server import Seed, Server, handset, own_folder


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


@pytest.fixture(scope="module")
def browser(request):
    """The one that the module's `pages` drives: one for all of its tests, since it costs more than they do."""
    with request.module.pages.browser() as opened:
        yield opened


@pytest.fixture
def open_phone(request, browser):
    with page.phones(request.module.pages, browser) as new:
        yield new


@pytest.fixture
def phone(server, user):
    return handset(server, user)

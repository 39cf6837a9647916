"""Fixtures of the page's tests for both browsers: a test module sets `pages` to chromium or firefox."""

import contextlib
import pathlib

import qr
from support.server import link

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHOTS = REPOSITORY / ".shots"  # pictures for people to look at
DETAILS = {"User": "zoe", "Service": "SSH login", "Address": "192.0.2.7"}
QUESTION = "Are you logging in to web-1.example.com?"


@contextlib.contextmanager
def phones(pages, browser):
    """Gives what opens a phone in the browser. None may have complained by the end."""
    opened = []

    def new(**options):
        opened.append(pages.Phone(browser, shots=SHOTS, **options))
        return opened[-1]

    yield new
    for phone in opened:
        assert phone.complaints == []
        phone.close()


def enroll(server, user, phone, name="Pixel 9"):
    """Enrolled and confirmed by the administrator."""
    phone.open(link(server, user), name)
    server.command("user", "confirm", user, phone.confirmation_code())
    phone.wait_until_confirmed()
    return phone


def scan(phone) -> str:
    """What a camera reads from the picture of the screen."""
    return qr.read_image(phone.picture())


def second_application(server, user, name="Other Corp"):
    """Adds the number of a user who has a phone for the first one."""
    other = server.create_application(name)
    assert other.new_user() == user
    return other


def registered(application, user):
    return application.call("GET", f"/protected/json/users/{user}/status").json["status"]["registered"]

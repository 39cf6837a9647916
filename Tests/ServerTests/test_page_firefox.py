"""Each flow of the phone's page in Firefox, with the real server. Chromium has more tests of the same page:
test_page.py."""

import json
import time

import pytest

from page import DETAILS, QUESTION, enroll, phones, registered, scan, second_application
from support.patience import until
from support.server import link

from support import firefox as pages

pytestmark = pytest.mark.xdist_group("firefox")


@pytest.fixture
def phone(server, user, open_phone):
    return enroll(server, user, open_phone(), "Firefox phone")


def test_a_link_makes_a_phone_though_nobody_answers_the_browsers_question(server, app, user, open_phone):
    """Firefox asks before it grants persistent storage; headless, no answer ever comes."""
    phone = open_phone()
    phone.open(link(server, user), "Pixel 9")
    code = phone.confirmation_code()
    phone.screenshot("confirmation")
    assert app.verify(code, user).status == 200
    phone.wait_until_confirmed()
    assert json.loads(server.command("user", "devices", user, "--json").stdout)[0]["name"] == "Pixel 9"


def test_the_browser_is_asked_to_keep_the_key_by_a_tap_and_its_answer_is_used(phone):
    phone.show("devices")
    phone.wait_for("[data-card=keeping] [data-do=keep-data]")
    phone.screenshot("keeping")
    phone.permit("persistent-storage", "denied")
    phone.tap("[data-card=keeping] [data-do=keep-data]")
    phone.wait("() => document.querySelector('[data-card=keeping]').innerText.includes('did not promise')")
    phone.permit("persistent-storage", "granted")
    phone.reload()
    phone.show("devices")
    phone.tap("[data-card=keeping] [data-do=keep-data]")
    phone.wait("() => document.querySelectorAll('[data-card=keeping]:not([hidden])').length === 0")
    phone.reload()
    phone.wait_until_confirmed()
    assert phone.run("() => navigator.storage.persisted()") is True


def test_a_button_stays_the_same_while_the_server_reports_something_else(app, phone, user):
    """A tap on a button that is replaced between its press and its release is lost."""
    phone.show("devices")
    phone.wait_for("[data-card=keeping] [data-do=keep-data]")
    phone.wait_for("[data-device]")
    buttons = """() => [...document.querySelectorAll("button")].filter((one) => one.checkVisibility())"""
    before = phone.run(f"() => ({buttons})().map((one) => {{ one.marked = true; return one.innerText; }})")
    app.create(user, QUESTION, details=DETAILS)
    phone.wait("() => document.title.includes('1')")
    after = phone.run(f"() => ({buttons})().filter((one) => one.marked).map((one) => one.innerText)")
    assert len(before) >= 3 and after == before


def test_a_request_is_approved_by_a_tap(app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS)
    card = phone.request("web-1.example.com")
    phone.screenshot("request")
    shown = phone.text(card)
    assert all(value in shown for value in DETAILS.values())
    assert phone.approve() == "approved" and app.status(uuid) == "approved"


def test_a_request_is_denied_and_reported(server, app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS)
    assert phone.deny(report=True) == "denied"
    server.wait_for_event("request_reported")
    assert app.read(uuid).json["approval_request"]["countersign"]["reported"] is True


def test_the_right_number_approves_and_a_wrong_one_asks_whether_it_was_the_person(server, app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    card, choices = phone.choices()
    phone.screenshot("numbers")
    phone.tap_settled(card, "[data-choice='42']")
    assert phone.end(card) == "approved" and app.status(uuid) == "approved"
    uuid = app.create(user, QUESTION, details=DETAILS, countersign={"number": "17"})
    card, choices = phone.choices("web-1")
    phone.tap_settled(card, f"[data-choice='{next(choice for choice in choices if choice != '17')}']")
    phone.screenshot("wrong-number")
    phone.tap_settled(card, "[data-do=report]")
    assert phone.end(card) == "wrong_number" and app.status(uuid) == "denied"
    server.wait_for_event("request_reported")


def test_the_softtoken_is_right_also_while_the_server_is_away(server, app, phone, user):
    phone.softtoken_code("Example Corp")
    phone.wait_for_shell()
    server.stop()
    phone.reload()
    code = phone.softtoken_code("Example Corp")
    phone.screenshot("codes-offline")
    server.start()
    assert app.verify(code, user).status == 200
    phone.complaints.clear()  # what could not be reached, as the browser tells it


def test_the_history_and_the_devices(server, app, phone, user, open_phone):
    second = enroll(server, user, open_phone(), "Old phone")
    app.create(user, QUESTION, details=DETAILS)
    phone.approve()
    phone.show("history")
    phone.wait_for("li[data-kind=request][data-status=approved]")
    phone.screenshot("history")
    assert phone.devices() == ["Firefox phone", "Old phone"]
    phone.screenshot("devices")
    phone.tap("[data-device]:not([data-this]) [data-do=rename]")
    phone.type("[data-device] input", "Older phone")
    phone.tap("[data-do=save]")
    phone.wait(
        "() => [...document.querySelectorAll('[data-device] h2 bdi')].some((one) => one.textContent === 'Older phone')"
    )
    phone.tap("[data-device]:not([data-this]) [data-do=remove]")
    phone.tap("[data-do=remove-really]")
    second.wait_for("section[data-step=removed]")
    assert phone.devices() == ["Firefox phone"]


def test_a_link_that_was_used_or_has_expired_is_told_so(server, user, open_phone):
    used = link(server, user)
    open_phone().open(used)
    second = open_phone()
    second.open(used)
    assert "already" in second.problem()
    second.complaints.clear()
    expired = link(server, user)
    server.sql("UPDATE enrolments SET ends = ?", int(time.time()))
    third = open_phone()
    third.open(expired)
    assert "has expired" in third.problem()


def test_nothing_stands_beyond_a_narrow_screen(server, app, user, open_phone):
    phone = enroll(server, user, open_phone(size={"width": 280, "height": 653}))
    app.create(user, QUESTION, details=DETAILS)
    phone.request()
    for view in ("requests", "codes", "history", "devices"):
        phone.show(view)
        assert phone.run("() => document.documentElement.scrollWidth") <= 280, view


def test_a_request_that_has_expired_says_what_to_do(app, phone, user):
    phone.hold_the_seconds()
    app.create(user, QUESTION, details=DETAILS, seconds_to_expire=60)
    card = phone.request()
    phone.pass_seconds(70)
    assert phone.end(card) == "expired" and "start again or type a code" in phone.text(f"{card} .result")
    phone.screenshot("expired")


# Notifications


def test_notifications_that_the_browser_blocks_are_told_with_the_way_to_allow_them(app, phone, user):
    phone.show("devices")
    phone.wait_for("[data-card=notifications] [data-do=push-on]")
    phone.permit("notifications", "denied")
    phone.tap("[data-card=notifications] [data-do=push-on]")
    phone.wait(
        """() => [...document.querySelectorAll("[data-card=notifications]")].some(
            (card) => card.checkVisibility() && card.innerText.includes("Allow them in the browser's settings"))"""
    )
    app.create(user, QUESTION, details=DETAILS)
    assert phone.approve() == "approved"


def test_a_notification_goes_when_its_request_is_over(app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS)
    phone.request()
    phone.permit("notifications", "granted")
    phone.wait_for_shell()
    phone.run(
        """async (tag) => {
        const worker = await navigator.serviceWorker.ready;
        await worker.showNotification("Example Corp", { tag });
    }""",
        uuid,
    )
    shown = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => one.tag)"
    assert phone.run(shown) == [uuid]
    assert phone.approve() == "approved"
    until(lambda: phone.run(shown) == [])


# Other applications


def test_another_application_is_allowed_to_ask(server, user, phone):
    other = second_application(server, user)
    assert phone.decide("Other Corp wants to ask you to confirm logins", "allow") == "allowed"
    phone.screenshot("consent")
    assert registered(other, user)
    uuid = other.create(user, "zoe wants in")
    assert phone.approve() == "approved" and other.status(uuid) == "approved"


def test_another_application_is_refused_and_asks_no_more(server, app, user, phone):
    other = second_application(server, user)
    assert phone.decide("Other Corp", "refuse") == "refused"
    assert not registered(other, user) and registered(app, user)
    phone.reload()
    phone.show("requests")
    phone.wait("() => document.body.innerText.includes('Nothing to approve')")
    assert phone.run("() => document.querySelector('[data-question]')") is None


def test_the_person_stops_an_application_and_allows_it_again(app, user, phone):
    phone.show("devices")
    for answer, may_ask in (("refused", False), ("allowed", True)):
        phone.tap(f"[data-application-id] [data-do={answer}]")
        phone.wait_for(f"[data-application-id][data-decision={answer}]")
        assert registered(app, user) is may_ask
    phone.screenshot("applications")


# Another phone


def test_a_new_phone_of_somebody_else_is_removed(server, user, phone, open_phone):
    thief = open_phone()
    thief.open(link(server, user), "Burner")
    thief.confirmation_code()
    assert phone.decide("Burner", "refuse") == "removed"
    phone.screenshot("new-phone-removed")
    thief.wait_for("section[data-step=removed]")
    assert phone.devices() == ["Firefox phone"]


def test_the_link_can_be_copied(phone):
    opened = phone.add_another()
    phone.tap("[data-do=copy-link]")
    phone.wait("() => document.querySelector('[data-do=copy-link]').innerText === 'Copied'")
    assert phone.paste() == opened == phone.text("[data-add-phone=open] .link")


def test_a_phone_adds_another_one_from_the_code_on_its_screen_to_an_approved_login(
    server, app, user, phone, open_phone
):
    opened = phone.add_another()
    phone.screenshot("add-phone")
    assert scan(phone) == opened and phone.in_sight(".qr") and phone.focused() == "Scan this with the other phone"
    second = open_phone()
    second.open(opened, "Tablet")
    code = second.confirmation_code()
    card = phone.question()
    assert "Tablet" in phone.text(card) and "Add a new phone" in phone.focused()
    phone.screenshot("add-phone-question")
    phone.add_phone(code)
    second.wait_until_confirmed()
    phone.tap_settled(card, "[data-do=close]")
    phone.wait("() => location.hash === '#devices' && document.querySelectorAll('[data-device]').length === 2")
    assert phone.focused() == "Your phones" and phone.devices() == ["Firefox phone", "Tablet"]
    phone.screenshot("add-phone-done")
    uuid = app.create(user, QUESTION, details=DETAILS)
    assert second.approve() == "approved" and app.status(uuid) == "approved"


@pytest.mark.parametrize("width, height", [(280, 653), (844, 390)])
def test_the_code_is_read_from_every_screen_and_nothing_is_cut(server, user, open_phone, width, height):
    phone = enroll(server, user, open_phone(size={"width": width, "height": height}))
    opened = phone.add_another()
    phone.bring_into_sight(".qr")
    phone.screenshot(f"add-phone-{width}")
    assert phone.in_sight(".qr") and scan(phone) == opened and phone.out_of_sight() == []


@pytest.mark.parametrize("width, height", [(280, 653), (844, 390)])
def test_every_view_can_be_used_with_letters_twice_as_large(server, app, user, width, height):
    seen = {}
    with pages.browser(letters=32) as large, phones(pages, large) as open_phone:
        phone = open_phone(size={"width": width, "height": height})

        def look(step):
            seen[step] = phone.out_of_sight()
            phone.screenshot(f"large-{width}-{step}")

        used = link(server, user)
        phone.goto(used)
        phone.wait_for("[data-do=enroll]")
        look("enroll")
        phone.tap("[data-do=enroll]")
        code = phone.confirmation_code()
        look("confirm")
        server.command("user", "confirm", user, code)
        phone.wait_until_confirmed()
        app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
        card, choices = phone.choices()
        look("choosing")
        phone.tap_settled(card, f"[data-choice='{next(choice for choice in choices if choice != '42')}']")
        look("asking-why")
        phone.tap_settled(card, "[data-do=was-me]")
        look("over")
        for view in ("codes", "history", "devices"):
            phone.show(view)
            phone.wait_for({"codes": "[data-code]", "history": "li[data-kind]", "devices": "[data-device]"}[view])
            look(view)
        opened = phone.add_another()
        phone.bring_into_sight(".qr")
        look("add-phone")
        assert phone.in_sight(".qr") and scan(phone) == opened
        phone.hold_the_seconds()
        app.create(user, QUESTION, details=DETAILS, seconds_to_expire=60)
        card = phone.request()
        phone.add_another()
        phone.pass_seconds(905)
        phone.wait_for("[data-add-phone=expired]")
        look("add-phone-expired")
        phone.show("requests")
        assert phone.end(card) == "expired"
        look("expired")
        phone.reload()
        for device in json.loads(server.command("user", "devices", user, "--json").stdout):
            server.command("user", "devices", user, "--remove", device["id"], "--yes")
        phone.wait_for("section[data-step=removed]")
        look("removed")
        phone.goto(used)
        phone.wait_for("section[data-step=no-link] .problem")
        look("problem")
        phone.complaints.clear()  # the browser logs every refused call
    assert {step: found for step, found in seen.items() if found} == {}


# Languages


def test_the_page_speaks_the_browsers_language_on_a_narrow_screen(server, app, user):
    seen = {}
    with pages.browser(languages="de-AT, de, en") as german, phones(pages, german) as open_phone:
        phone = enroll(server, user, open_phone(size={"width": 280, "height": 653}))
        assert phone.run("() => document.documentElement.lang") == "de"
        app.create(user, QUESTION, details=DETAILS)
        assert "Bestätigen" in phone.text(phone.request())
        for view in ("requests", "codes", "history", "devices"):
            phone.show(view)
            seen[view] = phone.out_of_sight()
    assert {view: found for view, found in seen.items() if found} == {}

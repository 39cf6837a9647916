"""The phone's page in a real browser at a phone's size, with the real server. Pictures for people to look at are left
in .shots/."""

import json
import re
import time

from support import chromium as pages  # noqa: F401 (the fixtures drive it)
import pytest

from page import enroll, registered, scan, second_application
from support.server import link

QUESTION = "Are you running a command on web-1.example.com?"
DETAILS = {"User": "zoe", "Service": "sudo", "Address": "192.0.2.7", "Command": "/usr/bin/systemctl restart postgresql"}

pytestmark = pytest.mark.xdist_group("page")


@pytest.fixture
def phone(server, user, open_phone):
    return enroll(server, user, open_phone())


def test_a_link_makes_a_phone_that_waits_to_be_confirmed(server, app, user, open_phone):
    phone = open_phone()
    phone.open(link(server, user), "Pixel 9")
    code = phone.confirmation_code()
    phone.screenshot("confirmation")
    assert "#" not in phone.page.url
    assert app.verify(code, user).status == 200
    phone.wait_until_confirmed()
    phone.screenshot("waiting")
    assert json.loads(server.command("user", "devices", user, "--json").stdout)[0]["name"] == "Pixel 9"


def test_no_key_can_leave_the_browser(phone):
    phone.softtoken_code("Example Corp")
    assert sorted(key for key in phone.keys() if key[1] != "public") == [
        ("ECDSA", "private", False),
        ("HMAC", "secret", False),
    ]


def test_the_page_can_be_put_on_the_home_screen(phone):
    phone.wait_for_shell()
    # The browsers of these tests remember nothing, and such are not for installing.
    assert set(phone.problems_of_installing()) <= {"in-incognito"}


def test_a_screen_reader_hears_of_a_request_and_every_control_has_a_name(app, phone, user):
    app.create(user, "zoe wants in", details=DETAILS, countersign={"number": "42"})
    phone.page.locator("[role=status], [aria-live]").filter(has_text="New request. zoe wants in").first.wait_for(
        state="attached"
    )
    phone.choices()
    for view in ("requests", "codes", "history", "devices"):
        phone.show(view)
        heard = phone.page.locator("body").aria_snapshot()
        controls = [
            line
            for line in heard.splitlines()
            if re.match(r" *- (button|link|textbox|checkbox|radio|combobox|tab)\b", line)
        ]
        assert controls and all(re.search(r'"[^"]+"', line) for line in controls), heard


def test_a_result_stays_for_a_minute_also_on_a_phone_that_slept(app, phone, user):
    phone.hold_the_seconds()
    app.create(user, "zoe wants in")
    assert phone.approve() == "approved"
    phone.pass_seconds(0)
    assert phone.page.locator("[data-phase=over]").count() == 1
    phone.pass_seconds(61)
    assert phone.page.locator("[data-request]").count() == 0


def test_a_link_that_was_used_is_told_so(server, user, open_phone):
    invitation = link(server, user)
    open_phone().open(invitation)
    second = open_phone()
    second.complaints = []
    second.open(invitation)
    assert "already" in second.problem()
    second.complaints.clear()  # the browser logs every answer other than 200


def test_a_link_that_has_expired_is_told_so(server, user, open_phone):
    invitation = link(server, user)
    server.sql("UPDATE enrolments SET ends = ?", int(time.time()))
    phone = open_phone()
    phone.open(invitation)
    assert "has expired" in phone.problem()


def test_a_request_is_approved_by_a_tap(app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS)
    card = phone.wait_for_request("web-1.example.com")
    phone.screenshot("request")
    for value in [*DETAILS.values(), " s ago"]:
        assert value in card.inner_text()
    assert phone.approve() == "approved"
    request = app.read(uuid).json["approval_request"]
    assert request["status"] == "approved" and request["countersign"]["device_name"] == "Pixel 9"


def test_a_request_is_denied_and_reported(server, app, phone, user):
    uuid = app.create(user, details=DETAILS)
    phone.deny(report=True)
    phone.screenshot("denied")
    server.wait_for_event("request_reported")
    request = app.read(uuid).json["approval_request"]
    assert request["status"] == "denied" and request["countersign"]["reported"] is True


def test_the_right_number_of_three_approves(app, phone, user):
    uuid = app.create(user, details={**DETAILS, "Number": "42"}, countersign={"number": "42"})
    assert "42" not in phone.wait_for_request().inner_text()
    choices = phone.choices()
    phone.screenshot("numbers")
    assert "42" in choices and len(choices) == 3
    assert phone.choose("42") == "approved" and app.status(uuid) == "approved"


def test_a_wrong_number_denies_and_asks_whether_it_was_the_person(server, app, phone, user):
    uuid = app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    wrong = next(choice for choice in phone.choices() if choice != "42")
    assert phone.choose(wrong, report=True) == "wrong_number"
    phone.screenshot("wrong-number")
    assert app.status(uuid) == "denied"
    server.wait_for_event("request_reported")
    assert app.read(uuid).json["approval_request"]["countersign"]["reported"] is True


def test_the_numbers_to_compare_are_larger_than_any_other_text(app, phone, user):
    app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    phone.choices()
    sizes = phone.page.evaluate("""() => {
        const all = (selector) => [...document.querySelectorAll(selector)];
        const size = (selector) => all(selector).map((one) => parseFloat(getComputedStyle(one).fontSize));
        return [Math.min(...size("[data-choice]")), Math.max(...size("main :not([data-choice])"))];
    }""")
    assert sizes[0] >= 32 > sizes[1]


def test_the_keyboard_goes_on_where_something_is_left_to_do(app, phone, user):
    for message in ("first", "second"):
        app.create(user, message, details=DETAILS)
        phone.wait_for_request(message)
    focused = "() => document.activeElement.textContent"
    assert phone.approve(text="first") == "approved"
    phone.page.locator("[data-phase=over] [data-do=close]").focus()
    phone.close_results()
    assert phone.page.evaluate(focused) == "second"
    assert phone.approve(text="second") == "approved"
    phone.page.locator("[data-phase=over] [data-do=close]").focus()
    phone.close_results()
    assert phone.page.evaluate(focused) == "Nothing to approve"


def test_a_request_that_has_expired_says_what_to_do(app, phone, user):
    phone.hold_the_seconds()
    app.create(user, QUESTION, details=DETAILS, seconds_to_expire=60)
    card = phone.wait_for_request()
    phone.pass_seconds(70)
    phone.page.locator("[data-phase=over][data-status=expired]").wait_for()
    assert "start again or type a code" in card.page.locator("[data-status=expired] .result").inner_text()


def test_the_link_names_company_and_account_and_warns_of_private_windows(server, user, open_phone):
    phone = open_phone()
    phone.page.goto(link(server, user))
    phone.page.locator("[data-do=enroll]").wait_for()
    shown = phone.page.locator("main").inner_text()
    assert "Example Corp" in shown and "XXX-XXX-0001" in shown and "private window" in shown.lower()
    phone.screenshot("enroll")


def test_a_long_host_name_breaks_at_its_dots(app, open_phone, server, user):
    phone = enroll(server, user, open_phone(size={"width": 320, "height": 700}))
    app.create(
        user, "Are you logging in to database-primary.frankfurt.production.example.com?", details={"User": "zoe"}
    )
    phone.wait_for_request()
    breaks = phone.page.evaluate("""() => {
        const heading = document.querySelector("[data-request] h2 bdi");
        const range = document.createRange();
        const lines = [];
        for (const node of heading.childNodes) {
            if (node.nodeType !== Node.TEXT_NODE) continue;
            for (let at = 0; at < node.length; at += 1) {
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                const top = Math.round(range.getBoundingClientRect().top);
                if (lines.at(-1)?.top !== top) lines.push({ top, text: "" });
                lines.at(-1).text += node.data[at];
            }
        }
        return lines.map((line) => line.text);
    }""")
    assert len(breaks) > 1 and all(line.endswith((" ", ".", "-", "?")) for line in breaks), breaks


@pytest.mark.parametrize(
    "width, height, locale",
    [
        (280, 653, "en-GB"),
        (390, 844, "en-GB"),
        (844, 390, "en-GB"),
        (280, 653, "de-DE"),
        (280, 653, "es-ES"),
    ],
)
def test_every_step_can_be_used_with_letters_twice_as_large(server, app, user, open_phone, width, height, locale):
    phone = open_phone(size={"width": width, "height": height}, locale=locale)
    phone.set_letters(32)
    seen = {}

    def look(step):
        seen[step] = phone.out_of_sight()
        phone.screenshot(f"large-{width}-{locale}-{step}")

    used = link(server, user)
    phone.page.goto(used)
    phone.page.locator("[data-do=enroll]").wait_for()
    look("enroll")
    phone.page.locator("[data-do=enroll]").click()
    code = phone.confirmation_code()
    look("confirm")
    server.command("user", "confirm", user, code)
    phone.wait_until_confirmed()
    phone.page.locator("[data-card=keeping]").first.wait_for()
    look("waiting")
    app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    phone.wait_for_request()
    look("asking")
    wrong = next(choice for choice in phone.choices() if choice != "42")
    look("choosing")
    assert phone.choose(wrong) == "wrong_number"
    look("over")
    phone.close_results()
    for view in ("codes", "history", "devices"):
        phone.show(view)
        phone.page.locator(
            {"codes": "[data-code]", "history": "li[data-kind]", "devices": "[data-device]"}[view]
        ).first.wait_for()
        look(view)
    phone.page.locator("[data-do=rename]").click()
    look("rename")
    phone.page.get_by_role("button", name=re.compile("Cancel|Abbrechen")).click()
    phone.page.locator("[data-do=remove]").click()
    look("remove")
    new = open_phone()
    new.open(link(server, user), "A tablet with a very long name indeed")
    new.confirmation_code()
    second_application(server, user, "Incomprehensibilities Unlimited")
    phone.wait_for_question("Incomprehensibilities")
    phone.wait_for_question("A tablet")
    look("questions")
    phone.refuse("A tablet")
    look("questions-over")
    phone.hold_the_seconds()
    app.create(user, QUESTION, details=DETAILS, seconds_to_expire=60)
    phone.wait_for_request()
    phone.add_another()
    phone.pass_seconds(905)
    phone.adding("expired").wait_for()
    look("add-phone-expired")
    phone.show("requests")
    phone.page.locator("[data-request][data-status=expired]").wait_for()
    look("expired")
    phone.reload()
    [device] = [
        one for one in json.loads(server.command("user", "devices", user, "--json").stdout) if not one["removed"]
    ]
    server.command("user", "devices", user, "--remove", device["id"], "--yes")
    phone.page.locator("section[data-step=removed]").wait_for()
    look("removed")
    phone.page.goto(used)
    phone.page.locator("section[data-step=no-link] .problem").first.wait_for()
    look("problem")
    assert {step: found for step, found in seen.items() if found} == {}


def test_the_buttons_are_in_sight_at_once_also_in_landscape(server, app, user, open_phone):
    phone = enroll(server, user, open_phone(size={"width": 844, "height": 390}))
    app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    phone.wait_for_request()
    phone.screenshot("landscape")
    assert phone.in_sight("[data-do=approve], [data-do=deny]")
    phone.choices()
    phone.screenshot("landscape-numbers")
    assert phone.in_sight("[data-choice], [data-do=none]")


def test_what_an_application_sends_is_text_and_never_markup(app, phone, user):
    app.create(user, "<img src=x onerror=alert(1)>\u202egnp", details={"<b>Host</b>": "<script>alert(1)</script>"})
    card = phone.wait_for_request("<script>")
    assert card.locator("img, script, b").count() == 0 and "\u202e" not in card.inner_text()


def test_the_softtoken_is_right_also_offline(app, phone, user):
    phone.softtoken_code("Example Corp")
    phone.screenshot("codes")
    phone.wait_for_shell()
    phone.go_offline()
    phone.reload()
    code = phone.softtoken_code("Example Corp")
    assert app.verify(code, user).status == 200
    phone.complaints.clear()  # the browser's log of unreachable addresses


def test_two_phones_of_one_user_see_the_same(server, app, phone, user, open_phone):
    second = enroll(server, user, open_phone(dark=True, size={"width": 360, "height": 740}), "Old phone")
    app.create(user, details=DETAILS)
    second.wait_for_request()
    second.screenshot("request-dark-360")
    assert second.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert phone.approve() == "approved"
    second.page.wait_for_function("!document.querySelector('[data-request][data-phase=asking]')")


def test_all_that_is_tapped_is_large_enough_for_a_thumb(server, app, user, open_phone):
    """44 CSS pixels (WCAG 2.2, 2.5.5), on a narrow phone, at every step."""
    phone = open_phone(size={"width": 360, "height": 740})
    seen = {}

    def look(step):
        seen[step] = phone.too_small_for_a_thumb()

    phone.page.goto(link(server, user))
    phone.page.locator("[data-do=enroll]").wait_for()
    look("enroll")
    phone.page.locator("[data-do=enroll]").click()
    code = phone.confirmation_code()
    look("confirm")
    server.command("user", "confirm", user, code)
    phone.wait_until_confirmed()
    app.create(user, "number", details=DETAILS, countersign={"number": "42"})
    phone.wait_for_request("number")
    look("asking")
    phone.choices("number")
    look("choosing")
    assert phone.choose("42") == "approved"
    look("over")
    phone.close_results()
    app.create(user, "deny", details=DETAILS)
    phone.begin_to_deny("deny")
    look("denying")
    for view in ("codes", "history", "devices"):
        phone.show(view)
        phone.page.locator(
            {"codes": "[data-code]", "history": "li[data-kind]", "devices": "[data-device]"}[view]
        ).first.wait_for()
        look(view)
    for action in ("rename", "remove"):
        phone.page.locator(f"[data-do={action}]").click()
        look(action)
        phone.page.locator("[data-device]").get_by_role("button", name="Cancel").click()
    assert {step: small for step, small in seen.items() if small} == {}


def test_the_history_and_the_devices(server, app, phone, user):
    app.create(user, "zoe wants in", details=DETAILS)
    phone.approve()
    phone.close_results()
    history = phone.history()
    assert any("zoe wants in" in entry["text"] and entry["status"] == "approved" for entry in history), history
    phone.screenshot("history")


def test_a_phone_gets_another_name_and_another_phone_is_removed(server, app, phone, user, open_phone):
    second = enroll(server, user, open_phone(), "Old phone")
    assert phone.devices() == ["Pixel 9", "Old phone"]
    phone.rename("Pixel 9", "Work phone")
    phone.remove("Old phone")
    phone.screenshot("devices")
    assert phone.devices() == ["Work phone"]
    second.page.locator("section[data-step=removed]").wait_for()
    second.screenshot("removed")
    devices = json.loads(server.command("user", "devices", user, "--json").stdout)
    assert [device["name"] for device in devices if device.get("removed") is None] == ["Work phone"]


def notify(app, user, phone):
    """A request and its notification. The page knows the request already, since it closes notifications of unknown
    ones."""
    uuid = app.create(user, "zoe wants in")
    phone.wait_for_request("zoe wants in")
    phone.allow_notifications()
    phone.take_push(json.dumps({"id": uuid, "title": "Example Corp", "body": "zoe wants in", "ends": None}))
    return uuid


def test_a_notification_tells_of_a_request_and_a_tap_leads_to_it(app, phone, user):
    uuid = notify(app, user, phone)
    phone.show("codes")
    assert phone.notifications() == [{"tag": uuid, "title": "Example Corp", "body": "zoe wants in"}]
    assert phone.tap_notification() == ["focus"]
    phone.page.wait_for_url("**/phone/#requests")
    phone.wait_for_request("zoe wants in")
    assert phone.notifications() == []


def test_a_tap_on_a_notification_opens_the_page_where_none_is_open(server, app, phone, user):
    notify(app, user, phone)
    phone.close_page()
    assert phone.tap_notification() == [f"open {server.public_url}/phone/#requests"]
    phone.wait_for_no_notification()


def test_a_notification_goes_when_its_request_is_over(app, phone, user):
    notify(app, user, phone)
    assert len(phone.notifications()) == 1
    assert phone.approve() == "approved"
    phone.wait_for_no_notification()


def test_a_push_that_makes_no_sense_still_shows_something(phone):
    """Otherwise the browser would withdraw the permission to push."""
    phone.allow_notifications()
    phone.go_offline()  # else the page would close it at once, as there is no such request
    phone.take_push("no JSON")
    [shown] = phone.notifications()
    assert shown["title"] == "Countersign" and "log" in shown["body"].lower()
    phone.complaints.clear()


def test_a_new_phone_is_added_by_the_code_that_it_shows(server, app, user, phone, open_phone):
    new = open_phone()
    new.open(link(server, user), "Tablet")
    code = new.confirmation_code()
    card = phone.add_phone("0000000", "Tablet")
    assert "not the code" in phone.problem()
    phone.screenshot("new-phone")
    phone.add_phone(f"{code[:3]} {code[3:]}", "Tablet")
    new.wait_until_confirmed()
    phone.page.locator("[data-question][data-status=added]").wait_for()
    phone._tap(card, "[data-do=close]")
    assert phone.page.locator("[data-question]").count() == 0
    assert phone.devices() == ["Pixel 9", "Tablet"]


def test_a_new_phone_of_somebody_else_is_removed(server, user, phone, open_phone):
    thief = open_phone()
    thief.open(link(server, user), "Burner")
    thief.confirmation_code()
    assert phone.refuse("Burner") == "removed"
    phone.screenshot("new-phone-removed")
    thief.page.locator("section[data-step=removed]").wait_for()
    assert phone.devices() == ["Pixel 9"]


def test_a_question_goes_when_it_was_answered_elsewhere(server, user, phone, open_phone):
    new = open_phone()
    new.open(link(server, user), "Tablet")
    phone.wait_for_question("Tablet")
    server.command("user", "confirm", user, new.confirmation_code())
    phone.page.locator("[data-question]").wait_for(state="detached")


def test_what_a_new_phone_calls_itself_is_text_and_never_markup(server, user, phone, open_phone):
    new = open_phone()
    new.open(link(server, user), "<img src=x>")
    card = phone.wait_for_question("<img")
    assert card.locator("img").count() == 0
    assert phone.too_small_for_a_thumb() == []


def test_another_application_is_allowed_to_ask(server, user, phone):
    other = second_application(server, user)
    card = phone.wait_for_question("Other Corp wants to ask you to confirm logins")
    phone.screenshot("consent")
    assert phone.too_small_for_a_thumb() == []
    phone._tap(card, "[data-do=allow]")
    card.locator("[data-do=close]").wait_for()
    assert registered(other, user)
    phone._tap(card, "[data-do=close]")
    uuid = other.create(user, "zoe wants in")
    assert phone.approve() == "approved" and other.status(uuid) == "approved"


def test_another_application_is_refused_and_asks_no_more(server, app, user, phone):
    other = second_application(server, user)
    phone.softtoken_code("Other Corp")
    assert phone.refuse("Other Corp") == "refused"
    assert not registered(other, user) and registered(app, user)
    phone.close_questions()
    phone.reload()
    phone.show("requests")
    phone.page.get_by_text("Nothing to approve").wait_for()
    assert phone.page.locator("[data-question]").count() == 0
    phone.show("codes")
    phone.page.locator("[data-application='Example Corp']").wait_for()
    phone.page.locator("[data-application='Other Corp']").wait_for(state="detached")


def test_the_person_stops_an_application_and_allows_it_again(server, app, user, phone):
    assert phone.applications() == {"Example Corp": "allowed"}
    phone.decide("Example Corp", "refused")
    phone.screenshot("applications")
    assert not registered(app, user)
    assert phone.too_small_for_a_thumb() == []
    phone.decide("Example Corp", "allowed")
    assert registered(app, user)


def test_what_an_application_is_called_is_text_and_never_markup(server, user, phone):
    second_application(server, user, "<img src=x>\u202egnp")
    card = phone.wait_for_question("<img")
    assert card.locator("img").count() == 0 and "\u202e" not in card.inner_text()


def test_a_question_is_read_at_the_narrowest_and_by_a_screen_reader(server, user, open_phone):
    phone = enroll(server, user, open_phone(size={"width": 360, "height": 740}))
    second_application(server, user, "A company with a very long name of sixty characters, really")
    phone.page.locator("[role=status], [aria-live]").filter(
        has_text="wants to ask you to confirm logins"
    ).first.wait_for(state="attached")
    phone.wait_for_question()
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    phone.screenshot("consent-360")


# Another phone


def test_a_phone_adds_another_one_from_the_code_on_its_screen_to_an_approved_login(
    server, app, user, phone, open_phone
):
    opened = phone.add_another()
    phone.screenshot("add-phone")
    assert scan(phone) == opened and opened.startswith(f"{server.public_url}/phone/#enrol=")
    assert phone.in_sight(".qr") and " min " in phone.adding().inner_text()
    second = open_phone()
    second.open(scan(phone), "Tablet")
    code = second.confirmation_code()
    # The first phone goes on to the question by itself, and back to its phones when that is answered.
    card = phone.page.locator("[data-question][data-phase=asking]")
    card.wait_for()
    assert phone.page.url.endswith("#requests") and "Add a new phone" in phone.focused()
    phone.screenshot("add-phone-question")
    assert not phone.page.get_by_text("Nothing to approve").is_visible()
    phone.add_phone(code, "Tablet")
    second.wait_until_confirmed()
    phone.close_questions()
    phone.page.wait_for_url("**/phone/#devices")
    phone.page.locator("[data-device]").nth(1).wait_for()
    assert phone.focused() == "Your phones" and phone.adding("closed").count() == 1
    assert phone.devices() == ["Pixel 9", "Tablet"]
    phone.screenshot("add-phone-done")
    uuid = app.create(user, QUESTION, details=DETAILS)
    assert second.approve() == "approved" and app.status(uuid) == "approved"
    assert (
        "Link for another phone made"
        in [entry["text"] for entry in second.history() if entry["kind"] == "link_made"][0]
    )


def test_a_new_phone_that_is_refused_leads_back_to_the_phones_too(server, user, phone, open_phone):
    thief = open_phone()
    thief.open(phone.add_another(), "Burner")
    thief.confirmation_code()
    phone.page.locator("[data-question][data-phase=asking]").wait_for()
    assert phone.refuse("Burner") == "removed"
    phone.close_questions()
    phone.page.wait_for_url("**/phone/#devices")
    assert phone.devices() == ["Pixel 9"]


def test_nobody_who_has_gone_elsewhere_is_led_away(server, user, phone, open_phone):
    opened = phone.add_another()
    phone.show("history")
    second = open_phone()
    second.open(opened, "Tablet")
    second.confirmation_code()
    phone.page.locator("#announcements").filter(has_text="Add a new phone").wait_for(state="attached")
    assert phone.page.url.endswith("#history")
    phone.show("devices")
    phone.adding("closed").wait_for()


def test_the_link_can_be_copied_and_closed_and_the_keyboard_follows(phone):
    opened = phone.add_another()
    assert phone.focused() == "Scan this with the other phone"
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.adding().locator("[data-do=copy-link]").tap()
    phone.page.get_by_role("button", name="Copied").wait_for()
    assert (
        phone.page.evaluate("navigator.clipboard.readText()") == opened == phone.adding().locator(".link").inner_text()
    )
    assert phone.too_small_for_a_thumb() == []
    phone.adding().locator("[data-do=close]").tap()
    assert phone.focused() == "Add another phone" and phone.adding("closed").count() == 1


def test_a_screen_reader_hears_what_the_code_is_and_what_to_do(phone):
    phone.add_another()
    heard = phone.adding().aria_snapshot()
    for text in (
        'heading "Scan this with the other phone"',
        'img "QR code of the link below"',
        "Tap Enroll there",
        " min ",
    ):
        assert text in heard, heard


def test_a_link_that_has_expired_is_told_and_another_one_is_made(phone, server):
    phone.hold_the_seconds()
    first = phone.add_another()
    phone.pass_seconds(905)
    expired = phone.adding("expired")
    expired.wait_for()
    phone.screenshot("add-phone-expired")
    assert "make a new link" in expired.inner_text() and expired.locator(".qr, .link").count() == 0
    assert phone.focused() == "This link has expired."
    expired.locator("[data-do=add-phone]").tap()
    assert phone.link() != first
    assert len(server.events("link_made", 2)) == 2


def test_a_phone_without_a_connection_says_so_and_a_second_try_makes_no_second_link(phone, server):
    phone.show("devices")
    phone.page.locator("[data-do=add-phone]").wait_for()
    phone.lose_next_answer("**/phone/api/links")
    phone.page.locator("[data-do=add-phone]").tap()
    phone.adding("closed").locator(".problem").wait_for()
    assert "Check your connection" in phone.problem() and phone.focused() == "Add another phone"
    phone.page.locator("[data-do=add-phone]").tap()
    phone.link()
    assert len(server.events("link_made", 1)) == 1
    phone.complaints.clear()  # the browser logs the lost answer


def test_who_has_made_too_many_links_is_told_what_to_do(phone):
    for _ in range(10):
        phone.add_another()
        phone.adding().locator("[data-do=close]").tap()
    phone.page.locator("[data-do=add-phone]").tap()
    phone.adding("closed").locator(".problem").wait_for()
    assert "ask your administrator" in phone.problem()


@pytest.mark.parametrize(
    "width, height, letters, dark",
    [
        (280, 653, 16, False),
        (280, 653, 32, True),
        (844, 390, 16, False),
        (844, 390, 32, False),
        (390, 844, 16, True),
        (360, 740, 32, False),
    ],
)
def test_the_code_is_read_from_every_screen_and_nothing_is_cut(server, user, open_phone, width, height, letters, dark):
    phone = open_phone(size={"width": width, "height": height}, dark=dark)
    phone.set_letters(letters)
    enroll(server, user, phone)
    opened = phone.add_another()
    phone.bring_into_sight(".qr")
    phone.screenshot(f"add-phone-{width}-{letters}{'-dark' if dark else ''}")
    assert phone.in_sight(".qr") and scan(phone) == opened
    assert phone.out_of_sight() == []


def test_who_answers_a_question_goes_on_where_something_is_left_to_do(server, app, user, phone, open_phone):
    new = open_phone()
    new.open(link(server, user), "Tablet")
    app.create(user, QUESTION, details=DETAILS)
    phone.wait_for_request()
    assert phone.refuse("Tablet") == "removed"
    phone.page.locator("[data-question] [data-do=close]").focus()
    phone.close_questions()
    assert phone.focused() == QUESTION
    phone.approve()
    phone.page.locator("[data-phase=over] [data-do=close]").focus()
    phone.close_results()
    assert phone.focused() == "Nothing to approve"


def test_the_keyboard_stays_with_a_phone_that_was_renamed_and_an_application_that_was_decided(
    server, user, phone, open_phone
):
    enroll(server, user, open_phone(), "Old phone")
    phone.show("devices")
    phone.rename("Old phone", "Older phone")
    phone.page.wait_for_function("() => document.activeElement.getAttribute('aria-label') === 'Rename Older phone'")
    phone.page.locator("[data-do=refused]").press("Enter")
    phone.page.wait_for_function("() => document.activeElement.getAttribute('aria-label') === 'Allow Example Corp'")
    device = phone._device("Older phone")
    device.locator("[data-do=remove]").press("Enter")
    device.locator("[data-do=remove-really]").press("Enter")
    device.wait_for(state="detached")
    phone.page.wait_for_function("() => document.activeElement.textContent === 'Your phones'")


# Languages


@pytest.mark.parametrize(
    "locale, language, words, day",
    [
        ("de-DE", "de", ["Anfragen", "Codes", "Verlauf", "Handys", "Nichts zu bestätigen", "Bestätigen"], "12.12.2025"),
        (
            "es-MX",
            "es",
            ["Solicitudes", "Códigos", "Historial", "Teléfonos", "Nada que aprobar", "Aprobar"],
            "12 dic 2025",
        ),
        ("fr-FR", "en", ["Requests", "Codes", "History", "Phones", "Nothing to approve", "Approve"], "Dec 12, 2025"),
    ],
)
def test_the_page_speaks_the_browsers_language(server, app, user, open_phone, locale, language, words, day):
    phone = enroll(server, user, open_phone(locale=locale))
    assert phone.page.evaluate("document.documentElement.lang") == language
    *views, nothing, approve = words
    assert phone.page.locator("#views a > span").all_inner_texts() == views
    phone.page.get_by_text(nothing).wait_for()
    app.create(user, QUESTION, details=DETAILS)
    assert phone.wait_for_request().locator("[data-do=approve]").inner_text() == approve
    assert phone.approve() == "approved"
    server.sql("UPDATE devices SET created = ?", 1_765_540_800)  # 12 December 2025
    phone.page.reload()
    phone.show("devices")
    assert day in phone.page.locator("[data-device] .where").first.inner_text()


@pytest.mark.parametrize("locale", ["de-DE", "es-ES"])
def test_another_language_is_not_cut_on_a_narrow_screen(server, app, user, open_phone, locale):
    phone = enroll(server, user, open_phone(size={"width": 280, "height": 653}, locale=locale))
    app.create(user, QUESTION, details=DETAILS, countersign={"number": "42"})
    seen = {}
    phone.choices()
    for view in ("requests", "codes", "history", "devices"):
        phone.show(view)
        phone.screenshot(f"narrow-{locale}-{view}")
        seen[view] = phone.out_of_sight()
    assert {view: found for view, found in seen.items() if found} == {}

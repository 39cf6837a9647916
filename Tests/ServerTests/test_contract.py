"""Each endpoint's answers, right and wrong, beside what Authy's were: names, types, literals and HTTP codes, as its
clients rely on them."""

import re

import pytest

from support.outside import Lone
from support.server import Server, handset, own_folder

# A value stands for itself, a type for any value of it, a pattern for a text, a list of one for any number of such, a
# tuple for one of several.
PHONE = re.compile(r"\+1-XXX-XXX-XX01")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DEVICE = {
    "device_type": str,
    "os_type": str,
    "registration_device_id": (str, None),
    "registration_method": str,
    "device_id": str,
    "last_sync_date": int,
    "creation_date": int,
}
USER_STATUS = {
    "authy_id": int,
    "confirmed": bool,
    "registered": bool,
    "country_code": 1,
    "phone_number": "XXX-XXX-0001",
    "email": "zoe@example.com",
    "devices": [str],
    "has_hard_token": bool,
    "account_disabled": bool,
    "detailed_devices": [DEVICE],
    "deleted_devices": [DEVICE],
}
MONTH = {
    "api_calls_count": int,
    "auths_count": int,
    "calls_count": int,
    "month": str,
    "sms_count": int,
    "users_count": int,
    "year": int,
}
APPROVAL = {
    "_app_name": str,
    "_app_serial_id": int,
    "_authy_id": int,
    "_id": str,
    "_user_email": re.compile(r".+@.+"),
    "app_id": str,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "notified": bool,
    "processed_at": (MOMENT, None),
    "seconds_to_expire": 120,
    "status": ("pending", "approved", "denied", "expired"),
    "user_id": str,
    "uuid": UUID,
}
SENT_PHONE = {
    "carrier": str,
    "is_cellphone": bool,
    "is_ported": bool,
    "message": re.compile(r"Text message sent to \+1 .*"),
    "seconds_to_expire": int,
    "uuid": (str, None),
}
VALID = {"message": "Token is valid.", "token": "is valid", "success": "true"}


def fits(value, form, more=False) -> bool:
    """- more: whether an object may hold more than the form says, as Authy's clients allow."""
    match form:
        case dict():
            return (
                isinstance(value, dict)
                and set(value) >= set(form)
                and (more or set(value) == set(form))
                and all(fits(value[name], inner, more) for name, inner in form.items())
            )
        case list():
            return isinstance(value, list) and all(fits(element, form[0]) for element in value)
        case tuple():
            return any(fits(value, one, more) for one in form)
        case re.Pattern():
            return isinstance(value, str) and form.fullmatch(value) is not None
        case type():
            return type(value) is form
        case _:
            return type(value) is type(form) and value == form


def failure(code, message, **more) -> dict:
    """`errors` holds nothing but texts, and repeats the message; `error_code` is a text."""
    return {"message": message, "success": False, "errors": {"message": message}, "error_code": code, **more}


def new_user(**changes) -> dict:
    return {
        "user": {"email": "zoe@example.com", "cellphone": "5551230001", "country_code": 1, **changes},
        "send_install_link_via_sms": False,
    }


ANSWERS = [
    # users/new, 2.1
    (
        "POST",
        "users/new",
        new_user(),
        200,
        {"message": "User created successfully.", "user": {"id": int}, "success": True},
    ),
    (
        "POST",
        "users/new",
        new_user(cellphone="x"),
        400,
        {
            **failure("60027", "User was not valid"),
            "errors": {"message": "User was not valid", "cellphone": "is invalid"},
            "cellphone": "is invalid",
        },
    ),
    (
        "POST",
        "users/new",
        new_user(email="x"),
        400,
        {
            **failure("60027", "User was not valid"),
            "errors": {"message": "User was not valid", "email": "is invalid"},
            "email": "is invalid",
        },
    ),
    *[
        (
            "POST",
            "users/new",
            new_user(email=email),
            400,
            {
                **failure("60027", "User was not valid"),
                "errors": {"message": "User was not valid", "email": "is invalid"},
                "email": "is invalid",
            },
        )
        for email in ("test@authy", "root@localhost")
    ],
    *[
        (
            "POST",
            "users/new",
            new_user(country_code=code, cellphone=number),
            400,
            {
                **failure("60027", "User was not valid"),
                "errors": {"message": "User was not valid", "cellphone": "is invalid"},
                "cellphone": "is invalid",
            },
        )
        for code, number in ((1, "3001"), (57, "12345"), (1, "11145"), (1, "555123000123"))
    ],
    (
        "POST",
        "users/new",
        new_user(country_code=0),
        400,
        {
            **failure("60027", "User was not valid"),
            "errors": {"message": "User was not valid", "country_code": str},
            "country_code": str,
        },
    ),
    # users/ID/status, 2.2
    ("GET", "users/{user}/status", None, 200, {"message": "User status.", "success": True, "status": USER_STATUS}),
    ("GET", "users/tony/status", None, 404, failure("60026", "User not found.")),
    # Removal, 2.3
    *[
        ("POST", path, None, 200, {"message": "User removed from application", "success": True})
        for path in ("users/{user}/delete", "users/delete/{user}", "users/{user}/remove")
    ],
    *[
        ("POST", path, None, 404, failure("60026", "User not found."))
        for path in ("users/99/delete", "users/delete/99", "users/99/remove")
    ],
    # verify, 2.4
    ("GET", "verify/{code}/{user}?force=true", None, 200, VALID),
    ("GET", "verify/{code}/{user}", None, 200, VALID),
    (
        "GET",
        "verify/{spent}/{user}?force=true",
        None,
        401,
        failure("60019", "Token is invalid. Token was used recently.", token="is invalid"),
    ),
    ("GET", "verify/0000000/{user}?force=true", None, 401, failure("60020", "Token is invalid", token="is invalid")),
    ("GET", "verify/{code}/99?force=true", None, 401, failure("60016", "User doesn't exist")),
    *[
        ("GET", f"verify/{{code}}/{who}?force=true", None, 401, failure("60016", "User doesn't exist"))
        for who in ("0", "007", "9" * 30)
    ],
    ("GET", "verify/{code}/tony?force=true", None, 404, failure("60026", "User not found.")),
    # sms and call, 2.5 and 2.6
    ("GET", "sms/{user}?force=true", None, 200, {"success": True, "message": "SMS token was sent", "cellphone": PHONE}),
    (
        "GET",
        "sms/{user}",
        None,
        200,
        {
            "success": True,
            "ignored": True,
            "device": "android",
            "cellphone": PHONE,
            "message": "Ignored: SMS is not needed for smartphones. Pass force=true if you want to actually send it "
            "anyway.",
        },
    ),
    ("GET", "sms/99?force=true", None, 404, failure("60026", "User not found.")),
    ("GET", "call/{user}?force=true", None, 200, {"success": True, "message": "Call started...", "cellphone": PHONE}),
    (
        "GET",
        "call/{user}",
        None,
        200,
        {
            "success": True,
            "ignored": True,
            "device": "android",
            "cellphone": PHONE,
            "message": "Call ignored. User is using  App Tokens and this call is not necessary. Pass force=true if you "
            "still want to call users that are "
            "using the App.",
        },
    ),
    ("GET", "call/99?force=true", None, 404, failure("60026", "User not found.")),
    # E-mail, 2.7
    (
        "POST",
        "email/{user}",
        None,
        200,
        {"success": True, "message": "Email token was sent", "email": str, "email_id": re.compile("EM.+")},
    ),
    ("POST", "email/99", None, 404, failure("60026", "User not found.")),
    (
        "POST",
        "users/{fresh}/update",
        {"email": "zoe@example.org"},
        200,
        {"message": "User was updated successfully", "success": True},
    ),
    (
        "POST",
        "users/{user}/update",
        {"email": "zoe@example.com"},
        200,
        {"message": "User was updated successfully", "success": True},
    ),
    # The user has shown a code: the first address stays, and nothing is called updated that was not.
    (
        "POST",
        "users/{user}/update",
        {"email": "zoe@example.org"},
        403,
        failure("60031", re.compile("User was not updated: .*")),
    ),
    (
        "POST",
        "users/{fresh}/update",
        {"email": "zoe@example.org", "cellphone": "5551230099", "country_code": 1},
        403,
        failure("60031", str),
    ),
    (
        "POST",
        "users/{fresh}/update",
        {"user": {"email": "zoe@example.org", "cellphone": "5551230099"}},
        403,
        failure("60031", str),
    ),
    ("POST", "users/{fresh}/update", {"cellphone": "5551230099"}, 403, failure("60031", str)),
    ("POST", "users/{fresh}/update", {"user": {"country_code": 49}}, 403, failure("60031", str)),
    ("POST", "users/{user}/update", {"email": "x"}, 400, failure("60038", str)),
    # The QR code, 2.8
    (
        "POST",
        "users/{fresh}/secret",
        {"label": "zoe"},
        200,
        {"label": "zoe", "issuer": "Example Corp", "qr_code": str, "success": True},
    ),
    ("POST", "users/{user}/secret", None, 403, failure("60123", str)),
    # The rest of /protected, 2.9
    (
        "POST",
        "users/{user}/register_activity",
        {"type": "cookie_login", "user_ip": "192.0.2.7", "data": {"a": "b"}},
        200,
        {"message": "Activity was created.", "success": True},
    ),
    ("POST", "users/{user}/register_activity", {"type": "dance"}, 400, failure("60029", str)),
    (
        "GET",
        "app/details",
        None,
        200,
        {
            "app": {"app_id": int, "name": "Example Corp", "plan": str, "sms_enabled": True, "onetouch_enabled": True},
            "message": "Application information.",
            "success": True,
        },
    ),
    (
        "GET",
        "app/stats",
        None,
        200,
        {
            "app_id": int,
            "count": int,
            "total_users": 2,
            "stats": [MONTH],
            "message": "Monthly statistics.",
            "success": True,
        },
    ),
    # Phones without users, 2.10
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": 1, "phone_number": "5551230009"},
        200,
        {**SENT_PHONE, "success": True},
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "call", "country_code": 1, "phone_number": "5551230009"},
        200,
        {**SENT_PHONE, "message": re.compile(r"Call to \+1 .* initiated\."), "success": True},
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": "+1", "phone_number": "305-456-2345"},
        200,
        {**SENT_PHONE, "message": "Text message sent to +1 305-456-2345.", "success": True},
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "call", "country_code": 1, "phone_number": "(305) 456 2345"},
        200,
        {**SENT_PHONE, "message": "Call to +1 (305) 456 2345 initiated.", "success": True},
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": 1},
        400,
        failure("60004", "Invalid parameter: phone_number - Parameter is required"),
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "phone_number": "5551230009"},
        400,
        failure("60004", "Invalid parameter: country_code - Parameter is required"),
    ),
    (
        "GET",
        "phones/verification/check?country_code=1&phone_number=5551230008",
        None,
        400,
        failure("60004", "Invalid parameter: verification_code - Parameter is required"),
    ),
    *[
        (
            "POST",
            "phones/verification/start",
            {"via": "sms", "country_code": code, "phone_number": number},
            400,
            failure("60033", "Phone number is invalid"),
        )
        for code, number in ((1, "282-23"), (54, "555-9302"), (1, "123"), (57, "5550100123456"))
    ],
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": 1, "phone_number": "x"},
        400,
        failure("60033", str),
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": 0, "phone_number": "5551230009"},
        400,
        failure("60078", str),
    ),
    (
        "POST",
        "phones/verification/start",
        {"via": "sms", "country_code": 1, "phone_number": "5551230009", "custom_code": "1"},
        403,
        failure("60091", str),
    ),
    (
        "GET",
        "phones/verification/check?country_code=1&phone_number=5551230008&verification_code={check}",
        None,
        200,
        {"message": "Verification code is correct.", "success": True},
    ),
    (
        "GET",
        "phones/verification/check?country_code=1&phone_number=5551230008&verification_code=0",
        None,
        401,
        failure("60022", "Verification code is incorrect"),
    ),
    (
        "GET",
        "phones/verification/check?country_code=1&phone_number=555-123-0007&verification_code=0",
        None,
        404,
        failure("60023", "No pending verifications for +1 555-123-0007 found."),
    ),
    (
        "GET",
        "phones/verification/status?country_code=1&phone_number=5551230008",
        None,
        200,
        {"message": str, "status": "pending", "seconds_to_expire": int, "uuid": str, "success": True},
    ),
    (
        "GET",
        "phones/verification/status?uuid=-",
        None,
        404,
        failure("60023", re.compile("No pending verifications for .* found.")),
    ),
    ("GET", "phones/info?country_code=1&phone_number=5551230009", None, 403, failure("60024", str)),
]


@pytest.fixture(scope="module")
def site():
    """One server for all answers."""
    with own_folder() as folder, Server(folder, tables="[limits]\nsends = 1000\n") as server:
        yield server


@pytest.fixture
def known(site):
    """The values for the paths, new for each answer; removed users come back as new ones."""
    app = site.application
    user, fresh = app.new_user(), app.new_user("5551230002")
    phone = handset(site, user)
    spent = phone.softtoken(app, steps=-1)
    assert app.verify(spent, user).status == 200
    started = {"via": "sms", "country_code": 1, "phone_number": "5551230008"}
    assert app.call("POST", "/protected/json/phones/verification/start", started).status == 200
    yield {"user": user, "fresh": fresh, "code": phone.softtoken(app), "spent": spent, "check": site.codes()[-1]}
    for one in (user, fresh):
        app.call("POST", f"/protected/json/users/{one}/delete")


@pytest.mark.parametrize(
    "method, path, parameters, status, form", ANSWERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_answer_is_as_it_was(site, known, method, path, parameters, status, form):
    reply = site.application.call(method, "/protected/json/" + path.format(**known), parameters)
    assert reply.status == status and fits(reply.json, form), reply.text
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_every_endpoint_is_compared():
    """The calls of the API's list that this server has. `-` stands for parts that differ from call to call."""
    compared = {re.sub(r"/(\{\w+\}|\d+|tony)", "/-", path.partition("?")[0]) for _, path, *_ in ANSWERS}
    assert compared == {
        "users/new",
        "users/-/status",
        "users/-/delete",
        "users/delete/-",
        "users/-/remove",
        "verify/-/-",
        "sms/-",
        "call/-",
        "email/-",
        "users/-/update",
        "users/-/secret",
        "users/-/register_activity",
        "app/details",
        "app/stats",
        "phones/verification/start",
        "phones/verification/check",
        "phones/verification/status",
        "phones/info",
    }


@pytest.mark.parametrize("path", sorted({path for _, path, *_ in ANSWERS}))
def test_no_answer_without_the_key(site, path):
    reply = site.call(
        "POST" if path.startswith(("users", "email")) else "GET", "/protected/json/" + re.sub(r"\{\w+\}", "1", path)
    )
    assert reply.status == 401 and fits(reply.json, failure("60001", "Invalid API key"))


# OneTouch, 2.11


def test_the_answers_of_onetouch(site, known):
    app, user = site.application, known["user"]
    phone = handset(site, user, "Second")
    made = app.call(
        "POST", f"/onetouch/json/users/{user}/approval_requests", {"message": "Log in?", "seconds_to_expire": 120}
    )
    # Authy's had no message; one of its clients fails without.
    assert made.status == 200 and fits(made.json, {"approval_request": {"uuid": UUID}, "success": True}, more=True)
    uuid = made.json["approval_request"]["uuid"]
    for decision in (None, "approved"):
        if decision:
            phone.answer(uuid, decision)
        read = app.read(uuid)
        assert read.status == 200 and fits(read.json, {"approval_request": APPROVAL, "success": True}, more=True), (
            read.text
        )
        request = read.json["approval_request"]
        assert (request["status"], request["uuid"], request["_authy_id"]) == (decision or "pending", uuid, user)
        assert (request["processed_at"] is None) == (decision is None)


@pytest.mark.parametrize(
    "method, path, parameters, status, form",
    [
        ("POST", "users/{fresh}/approval_requests", {"message": "?"}, 400, failure("60051", str)),
        ("POST", "users/99/approval_requests", {"message": "?"}, 404, failure("60026", "User not found.")),
        ("POST", "users/{user}/approval_requests", {}, 400, failure("60004", re.compile(".*message.*"))),
        (
            "GET",
            "approval_requests/6f1d2c30-0000-4000-8000-000000000001",
            None,
            404,
            {
                "message": "Approval request not found: 6f1d2c30-0000-4000-8000-000000000001",
                "success": False,
                "errors": {},
                "error_code": "60049",
            },
        ),
    ],
)
def test_a_refusal_of_onetouch(site, known, method, path, parameters, status, form):
    reply = site.application.call(method, "/onetouch/json/" + path.format(**known), parameters)
    assert reply.status == status and fits(reply.json, form), reply.text


@pytest.mark.parametrize(
    "kind, code, message",
    [("sms", "60007", "SMS is not enabled"), ("call", "60006", "Phone calls are not enabled on this account")],
)
def test_without_a_gateway_a_kind_of_message_is_not_enabled(folder, kind, code, message):
    with Lone(folder) as server:
        user = server.application.new_user()
        reply = server.application.call("GET", f"/protected/json/{kind}/{user}?force=true")
        assert reply.status == 503 and fits(reply.json, failure(code, message))


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("zoe@example.com", "zoe@example.com"),
        ("zoe@example.xn--p1ai", "zoe@example.xn--p1ai"),
        ("zoe@example.c0m", "nobody@example.com"),
    ],
)
def test_the_address_in_an_approval_is_one_that_validators_take(server, app, email, told):
    """validator.js wants letters, or xn-- and what follows, in the last part."""
    user = app.new_user(email=email)
    handset(server, user)
    assert app.read(app.create(user)).json["approval_request"]["_user_email"] == told

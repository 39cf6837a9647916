"""Every way in which Authy's clients send parameters, and every literal that they look for (Authy API v1)."""

import base64
import contextlib
import json
import signal
import socket
import sqlite3
import time
import urllib.parse

import pytest

import qr
from support.outside import until
from support.server import Faults, Handset, Server, handset, link, totp

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STATUS_KEYS = {
    "authy_id",
    "confirmed",
    "registered",
    "country_code",
    "phone_number",
    "email",
    "devices",
    "has_hard_token",
    "account_disabled",
    "detailed_devices",
    "deleted_devices",
}
APPROVAL_KEYS = {
    "_app_name": str,
    "_app_serial_id": int,
    "_authy_id": int,
    "_id": str,
    "_user_email": str,
    "app_id": str,
    "created_at": str,
    "updated_at": str,
    "notified": bool,
    "seconds_to_expire": int,
    "status": str,
    "user_id": str,
    "uuid": str,
}


@pytest.mark.parametrize(
    "body, headers, query",
    [
        pytest.param(
            "user[email]=zoe@example.com&user[cellphone]=555-123-0001&user[country_code]=1",
            FORM,
            "",
            id="raw brackets, as authy-ssh",
        ),
        pytest.param(
            "user%5Bemail%5D=zoe%40example.com&user%5Bcellphone%5D=555+123+0001&user%5Bcountry_code%5D=1",
            FORM,
            "",
            id="ruby",
        ),
        pytest.param(
            "",
            {},
            "&user[email]=zoe%40example.com&user[cellphone]=5551230001&user[country_code]=1",
            id="php: all in the query",
        ),
        pytest.param(
            '{"user":{"email":"zoe@example.com","cellphone":"5551230001","country_code":"1"}}',
            {"Content-Type": "application/json"},
            "",
            id="java: numbers as strings",
        ),
        pytest.param(
            '\ufeff{"user":{"email":"zoe@example.com","cellphone":"5551230001","country_code":1}}'.encode(),
            {"Content-Type": "application/json"},
            "",
            id="a byte order mark first, as some libraries of C# write",
        ),
        pytest.param(
            '{"user":{"email":"zoe@example.com","cellphone":"5551230001","country_code":1},"x":null,"y":{},"z":[]}',
            {},
            "",
            id="JSON that does not say so",
        ),
    ],
)
def test_a_user_is_created_however_the_parameters_come(server, app, body, headers, query):
    for key_place in ({"X-Authy-API-Key": app.key}, {}):
        where = query if key_place else f"{query}&api_key={app.key}"
        reply = server.call(
            "POST", f"/protected/json/users/new?send_install_link_via_sms=False{where}", body, {**headers, **key_place}
        )
        assert reply.status == 200, reply.text
        assert reply.json["user"]["id"] == app.new_user()


def test_the_key_may_stand_in_the_form(server, app, user):
    body = urllib.parse.urlencode({"api_key": app.key, "message": "Log in?"})
    reply = server.call("POST", f"/onetouch/json/users/{user}/approval_requests", body, FORM)
    assert reply.json["error_code"] == "60051"


def test_a_get_may_have_a_form(server, app):
    body = "country_code=1&phone_number=5551230009&verification_code=1"
    reply = server.call("GET", f"/protected/json/phones/verification/check?api_key={app.key}", body, FORM)
    assert (reply.status, reply.json["error_code"]) == (404, "60023")


def test_what_is_empty_is_absent(server, app, user):
    """A client in Ruby writes all parameters that there are."""
    phone = handset(server, user)
    body = f"api_key={app.key}&message=Login%3F&details=&hidden_details=&logos=&seconds_to_expire="
    made = server.call("POST", f"/onetouch/json/users/{user}/approval_requests", body, FORM)
    assert made.status == 200, made.text
    request = app.call("GET", f"/onetouch/json/approval_requests/{made.json['approval_request']['uuid']}").json[
        "approval_request"
    ]
    assert request["seconds_to_expire"] == 86_400
    assert json.loads(phone.state()["requests"][0]["text"])["details"] == []
    fresh = app.new_user("5551230002")
    assert (
        server.call("POST", f"/protected/json/users/{fresh}/secret", f"api_key={app.key}&label=&qr_size=", FORM).json[
            "label"
        ]
        == f"AuthyID {fresh}"
    )
    body = (
        f"api_key={app.key}&via=&country_code=1&phone_number=5551230009&"
        f"locale=&code_length=&custom_code=&custom_message="
    )
    assert server.call("POST", "/protected/json/phones/verification/start", body, FORM).status == 200
    assert len(server.codes()[-1]) == 4


def test_a_path_may_begin_with_two_slashes(server, app, user):
    """An old client in Go sends them. Elsewhere an empty part of the path is an empty code or user."""
    assert app.call("GET", f"//protected/json/users/{user}/status").status == 200
    assert app.call("GET", f"/protected/json/verify//{user}").json["error_code"] == "60020"
    assert app.call("GET", f"/protected//json/users/{user}/status").status == 404


def test_a_check_of_a_number_is_found_by_its_uuid_where_it_was_started(server, app):
    number = {"country_code": 1, "phone_number": "5551230009"}
    started = app.call("POST", "/protected/json/phones/verification/start", number).json["uuid"]
    status = f"/protected/json/phones/verification/status?uuid={started}"
    assert app.call("GET", status).json["status"] == "pending"
    assert server.create_application("Other").call("GET", status).status == 404


def test_messages_and_calls_are_counted_apart(app, user):
    for way in ("sms", "sms", "call"):
        app.call("GET", f"/protected/json/{way}/{user}?force=true")
    app.call(
        "POST",
        "/protected/json/phones/verification/start",
        {"via": "call", "country_code": 1, "phone_number": "5551230009"},
    )
    [month] = app.call("GET", "/protected/json/app/stats").json["stats"]
    assert (month["sms_count"], month["calls_count"]) == (2, 2)


def test_a_post_without_any_body_is_one(server, app, user):
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(
            (
                f"POST /protected/json/users/delete/{user} HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {app.key}\r\n"
                "Content-Type: application/json\r\nConnection: close\r\n\r\n"
            ).encode()
        )
        assert b" 200 " in raw.makefile("rb").readline()


@pytest.mark.parametrize("path", ["users/{}/delete", "users/delete/{}", "users/{}/remove"])
def test_a_user_is_removed_by_any_of_the_three_paths(app, user, path):
    reply = app.call("POST", "/protected/json/" + path.format(user))
    assert reply.status == 200 and reply.json == {"message": "User removed from application", "success": True}
    assert app.verify("123456", user).json["error_code"] == "60016"


def test_the_bytes_that_clients_look_for(server, app, user):
    made = app.call(
        "POST", "/protected/json/users/new", {"user": {"email": "a@b.cc", "cellphone": "5551230001", "country_code": 1}}
    ).text
    assert "email" not in made and "cellphone" not in made and [c for c in made if c.isdigit()] == list(str(user))
    sent = app.call("GET", f"/protected/json/sms/{user}?force=true").text
    assert sent.index('"success"') < sent.index("sent")
    right = app.verify(server.codes()[-1], user)
    assert (
        right.status == 200
        and '"token":"is valid"' in right.text
        and "|" not in right.text
        and right.headers["Content-Type"].startswith("application/json")
    )
    assert right.json == {"message": "Token is valid.", "token": "is valid", "success": "true"}
    wrong = app.verify("1234567", user)
    assert wrong.status == 401
    assert wrong.json == {
        "message": "Token is invalid",
        "token": "is invalid",
        "success": False,
        "errors": {"message": "Token is invalid"},
        "error_code": "60020",
    }


@pytest.mark.parametrize("force", ["", "?force=false", "?force=true"])
def test_verify_is_enforced_for_everybody(app, user, force):
    assert app.call("GET", f"/protected/json/verify/0000000/{user}{force}").status == 401


@pytest.mark.parametrize("token", ["..%2Fsms", "1234567%23", "", "abcdefg", "12345678901", "%00", "1234567%2F1"])
def test_a_code_that_is_none_is_never_answered_with_200(app, user, token):
    assert app.verify(token, user).status in (401, 404)


@pytest.mark.parametrize("identity", ["tony", "0", "-1", "99999999999999999999", "1%20", "999999"])
def test_an_unknown_user_is_not_found(app, identity):
    not_found = 404, "60026", "User not found."
    calls = [
        ("GET", "users/{}/status"),
        ("GET", "sms/{}"),
        ("GET", "call/{}"),
        ("POST", "users/{}/delete"),
        ("POST", "email/{}"),
        ("POST", "users/{}/secret"),
        ("POST", "users/{}/update"),
    ]
    for method, path in calls:
        reply = app.call(
            method, "/protected/json/" + path.format(identity), {"email": "a@example.com"} if method == "POST" else None
        )
        assert (reply.status, reply.json["error_code"], reply.json["message"]) == not_found, path
    reply = app.verify("1234567", identity)
    assert (reply.status, reply.json["error_code"], reply.json["message"]) == (
        (401, "60016", "User doesn't exist") if identity.isdigit() else not_found
    )


def test_users_of_another_application_are_unknown(server, app, phone, user):
    other = server.create_application("Other")
    assert other.call("GET", f"/protected/json/users/{user}/status").status == 404
    assert other.verify(phone.softtoken(app), user).json["error_code"] == "60016"
    uuid = app.create(user)
    assert other.read(uuid).json["error_code"] == "60049"
    assert other.call("DELETE", f"/onetouch/json/approval_requests/{uuid}").status == 404
    assert app.status(uuid) == "pending"


def test_each_application_has_a_secret_of_its_own(server, app, phone, user):
    other = server.create_application("Other")
    assert other.new_user() == user
    assert phone.secret(app) != phone.secret(other)
    assert other.verify(phone.softtoken(app), user).status == 401


def test_the_status_of_a_user_with_a_phone(app, phone, user):
    assert app.verify(phone.softtoken(app), user).status == 200
    status = app.call("GET", f"/protected/json/users/{user}/status").json["status"]
    assert set(status) == STATUS_KEYS
    assert status["confirmed"] is True and status["registered"] is True and status["devices"] == ["android"]
    assert status["detailed_devices"][0]["device_id"] == phone.id


def test_the_same_onecode_goes_again_until_it_is_used(server, app, user):
    for _ in range(2):
        assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    first, second = server.codes()
    assert first == second
    assert app.verify(first, user).status == 200
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    assert server.codes()[-1] != first


def test_after_a_onecode_has_expired_another_one_goes_out_and_the_old_one_is_worth_nothing(server, app, user):
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    server.sql("UPDATE members SET one_code_ends = ?", int(time.time()))
    old = server.codes()[-1]
    assert app.verify(old, user).json["error_code"] == "60020"
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    assert server.codes()[-1] != old
    assert app.verify(old, user).status == 401 and app.verify(server.codes()[-1], user).status == 200


def test_a_onecode_for_an_action_is_good_for_that_action_only(server, app, user):
    app.call("GET", f"/protected/json/sms/{user}?force=true&action=transfer")
    code = server.codes()[-1]
    assert app.verify(code, user).status == 401
    assert app.call("GET", f"/protected/json/verify/{code}/{user}?force=true&action=transfer").status == 200


def test_an_email_brings_a_code(server, app, user):
    reply = app.call("POST", f"/protected/json/email/{user}")
    assert (
        reply.json["message"] == "Email token was sent"
        and reply.json["email_id"].startswith("EM")
        and reply.json["email"] == "z***@example.com"
    )
    assert app.verify(server.codes()[-1], user).status == 200


def test_too_many_wrong_codes_are_refused_with_retry_after(app, phone, user):
    for _ in range(10):
        assert app.verify("0000000", user).status == 401
    refused = app.verify(phone.softtoken(app), user)
    assert (refused.status, refused.json["error_code"]) == (429, "60003")
    assert 1 <= int(refused.headers["Retry-After"]) <= 600


def test_too_many_messages_are_refused_with_retry_after(app, user):
    answers = [app.call("GET", f"/protected/json/sms/{user}?force=true") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["Retry-After"]


def test_a_number_that_is_verified_has_five_guesses_in_ten_minutes(server, app):
    number = {"country_code": 1, "phone_number": "5551230009"}

    def check(code):
        return app.call(
            "GET",
            f"/protected/json/phones/verification/check?{urllib.parse.urlencode(number)}&verification_code={code}",
        )

    assert app.call("POST", "/protected/json/phones/verification/start", number).status == 200
    right = server.codes()[-1]
    wrong = f"{(int(right) + 1) % 10_000:04}"
    for _ in range(5):
        assert check(wrong).json["error_code"] == "60022"
    assert (check(right).status, check(right).json["error_code"]) == (404, "60023")
    again = app.call("POST", "/protected/json/phones/verification/start", number)
    assert (again.status, again.json["error_code"]) == (429, "60003") and 1 <= int(again.headers["Retry-After"]) <= 600
    assert len(server.codes()) == 1
    server.wait_for_event("phone_code_refused", 6)
    assert len(server.events("phone_code_sent", 1)) == 1 and "5551230009" not in json.dumps(server.log)


def test_a_user_who_shows_a_used_code_again_is_not_shut_out(server, app, phone, user):
    code = phone.softtoken(app)
    assert app.verify(code, user).status == 200
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    right = server.codes()[-1]
    for _ in range(12):
        assert app.verify(code, user).json["error_code"] == "60019"
    assert app.verify(right, user).status == 200
    for _ in range(12):
        assert app.verify(right, user).json["error_code"] == "60019"
    assert app.verify("0000000", user).json["error_code"] == "60020"


def pass_ten_minutes(server):
    """What was counted in ten minutes was counted before."""
    server.sql(
        "UPDATE members SET wrong_since = wrong_since - 600, sends_since = sends_since - 600, requests_since = "
        "requests_since - 600"
    )


def test_so_many_wrong_codes_in_a_day_are_refused_with_retry_after(folder):
    with Server(folder, tables="[limits]\nwrong_codes = 3\nwrong_codes_of_day = 5\n") as server:
        app, user = server.application, server.application.new_user()
        phone = handset(server, user)
        assert [app.verify("0000000", user).status for _ in range(4)] == [401] * 3 + [429]
        pass_ten_minutes(server)
        assert [app.verify("0000000", user).status for _ in range(3)] == [401] * 2 + [429]
        pass_ten_minutes(server)
        refused = app.verify(phone.softtoken(app), user)
        assert (refused.status, refused.json["error_code"]) == (429, "60003") and 600 < int(
            refused.headers["Retry-After"]
        ) <= 86_400
        server.sql("UPDATE members SET day_wrong_since = day_wrong_since - 86400")
        assert app.verify(phone.softtoken(app), user).status == 200


def test_so_many_requests_in_ten_minutes_are_refused_with_retry_after_whatever_became_of_them(folder):
    with Server(folder, tables="[limits]\nrequests = 3\n") as server:
        app, user = server.application, server.application.new_user()
        phone = handset(server, user)
        path = f"/onetouch/json/users/{user}/approval_requests"
        for decision in ("approved", "denied", "approved"):
            phone.answer(app.create(user), decision)
        refused = app.call("POST", path, {"message": "?"})
        assert (refused.status, refused.json["error_code"]) == (429, "60003") and 1 <= int(
            refused.headers["Retry-After"]
        ) <= 600
        assert phone.state()["requests"] == []
        pass_ten_minutes(server)
        assert app.call("POST", path, {"message": "?"}).status == 200


def test_an_application_that_guesses_is_refused_with_retry_after_and_others_go_on(folder):
    with Server(folder, tables="[limits]\nwrong_codes_of_application = 3\n") as server:
        app, other = server.application, server.create_application("Other")
        users = [app.new_user(f"555123000{number}") for number in range(3)]
        assert [app.verify("0000000", user).status for user in users] == [401] * 3
        refused = app.verify("0000000", users[0])
        assert (refused.status, refused.json["error_code"]) == (429, "60003") and 1 <= int(
            refused.headers["Retry-After"]
        ) <= 600
        assert other.verify("0000000", other.new_user("5551230001")).status == 401


def sent_code(server, app, user) -> str:
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    return server.codes()[-1]


def test_a_right_code_is_taken_however_many_wrong_ones_others_of_the_application_had(folder):
    with Server(folder, tables="[limits]\nwrong_codes_of_application = 3\n") as server:
        app, users = server.application, [server.application.new_user(f"555123000{number}") for number in range(3)]
        for user in users * 2:
            app.verify("0000000", user)
        assert app.verify("0000000", users[0]).status == 429
        for user in users[1:]:
            assert app.verify(sent_code(server, app, user), user).status == 200
        [told] = server.events("wrong_codes_of_application", 1)
        assert (told["level"], told["application"], told["limit"], told["users"], told["seconds"]) == (
            "warning",
            app.id,
            3,
            3,
            600,
        )


def test_beyond_the_limit_of_its_application_a_user_has_few_guesses(folder):
    with Server(folder, tables="[limits]\nwrong_codes_of_application = 3\n") as server:
        app, users = server.application, [server.application.new_user(f"555123000{number}") for number in range(3)]
        for user in [users[0]] * 3:
            assert app.verify("0000000", user).status == 401
        code = sent_code(server, app, users[1])
        # Two wrong ones count ten times.
        assert [app.verify("0000000", users[1]).status for _ in range(2)] == [429] * 2
        assert app.verify(code, users[1]).status == 429
        assert server.wait_for_event("codes_limited")["user"] == users[1]
        assert app.verify(sent_code(server, app, users[2]), users[2]).status == 200


def test_an_application_may_have_a_wrong_code_for_each_of_its_users(folder):
    with Server(folder, tables="[limits]\nwrong_codes_of_application = 1\n") as server:
        app, users = server.application, [server.application.new_user(f"555123000{number}") for number in range(5)]
        assert [app.verify("0000000", user).status for user in users] == [401] * 5
        assert app.verify("0000000", users[0]).status == 429


def test_wrong_codes_of_an_application_in_a_day_are_counted_too_and_over_a_restart(folder):
    with Server(folder, tables="[limits]\nwrong_codes_of_application = 1\n") as server:
        app, users = server.application, [server.application.new_user(f"555123000{number}") for number in range(5)]

        def ten_minutes_later():
            server.sql("UPDATE applications SET wrong_since = wrong_since - 600")
            return [app.verify("0000000", user).status for user in users]

        assert [ten_minutes_later() for _ in range(2)] == [[401] * 5] * 2
        server.restart(signal.SIGKILL)
        server.sql("UPDATE applications SET wrong_since = wrong_since - 600")
        refused = app.verify("0000000", users[0])
        assert refused.status == 429 and 600 < int(refused.headers["Retry-After"]) <= 86_400


def test_a_clock_that_is_set_back_gives_nobody_new_guesses(folder):
    faults, server = Faults(folder), Server(folder)
    server.environment.update(faults.environment)
    with server:
        app, user = server.application, server.application.new_user()
        for _ in range(10):
            assert app.verify("0000000", user).status == 401
        for offset in (-60, -7_200, -86_400 * 30):
            faults.set(f"clock {offset}")
            refused = app.verify("0000000", user)
            assert refused.status == 429 and 1 <= int(refused.headers["Retry-After"]) <= 600
        # Nor does one that dies, and comes again in the past.
        server.restart(signal.SIGKILL)
        refused = app.verify("0000000", user)
        assert refused.status == 429 and 1 <= int(refused.headers["Retry-After"]) <= 600
        server.sql("UPDATE members SET wrong_since = wrong_since - 600")
        assert app.verify("0000000", user).status == 401


def test_a_clock_that_is_set_ahead_ends_no_lock(folder):
    faults, server = Faults(folder), Server(folder)
    server.environment.update(faults.environment)
    with server:
        app, user = server.application, server.application.new_user()
        for _ in range(10):
            app.verify("0000000", user)
        faults.set("clock 86500")
        assert app.verify("0000000", user).status == 429
        faults.clear()
        assert app.verify("0000000", user).status == 429


def test_what_is_too_much_and_a_key_that_is_refused_leave_a_line_and_no_flood(server, app, user):
    for _ in range(3):
        server.call("GET", "/protected/json/app/details", headers={"X-Authy-API-Key": "nonsense-nonsense"})
    refused = server.wait_for_event("key_refused")
    assert (refused["level"], refused["address"]) == ("warning", "127.0.0.1")
    for _ in range(9):
        app.call("GET", f"/protected/json/sms/{user}?force=true")
    limited = server.wait_for_event("too_many_requests")
    assert (limited["level"], limited["application"], limited["user"], limited["call"]) == (
        "warning",
        app.id,
        user,
        "sms",
    )
    assert 1 <= limited["retry_after"] <= 600
    app.verify("1234567", user)
    server.wait_for_event("code_refused")
    assert len(server.events("key_refused", 1)) == len(server.events("too_many_requests", 1)) == 1


def test_an_application_that_calls_too_often_is_refused_with_retry_after_and_others_go_on(folder):
    with Server(folder, tables="[limits]\ncalls_per_second = 5\n") as server:
        app, other = server.application, server.create_application("Other")
        answers = [app.call("GET", "/protected/json/app/details")]
        while answers[-1].status == 200:
            answers.append(app.call("GET", "/protected/json/app/details"))
            assert len(answers) < 1000
        assert len(answers) >= 5
        refused = answers[-1]
        assert (refused.status, refused.json["error_code"], refused.headers["Retry-After"]) == (429, "60003", "1")
        assert other.call("GET", "/protected/json/app/details").status == 200


def test_an_activity_is_registered(app, user):
    good = app.call(
        "POST",
        f"/protected/json/users/{user}/register_activity",
        {"type": "password_reset", "user_ip": "192.0.2.7", "data": {"a": 1}},
    )
    assert good.json == {"message": "Activity was created.", "success": True}
    assert (
        app.call("POST", f"/protected/json/users/{user}/register_activity", {"type": "dance"}).json["error_code"]
        == "60029"
    )


def test_a_code_from_the_qr_code_of_a_secret_is_right_once(server, app, user):
    made = app.call("POST", f"/protected/json/users/{user}/secret", {"label": "zoe@web-1", "qr_size": "300"}).json
    shown = urllib.parse.urlparse(qr.read(qr.of_svg(made["qr_code"])))
    fields = dict(urllib.parse.parse_qsl(shown.query))
    assert (shown.scheme, shown.netloc, urllib.parse.unquote(shown.path)) == (
        "otpauth",
        "totp",
        "/Example Corp:zoe@web-1",
    )
    assert fields["issuer"] == made["issuer"] == "Example Corp" and made["label"] == "zoe@web-1"
    # An authenticator app uses these defaults for missing values.
    assert (fields.get("algorithm", "SHA1"), fields.get("digits", "6"), fields.get("period", "30")) == (
        "SHA1",
        "6",
        "30",
    )
    code = totp(base64.b32decode(fields["secret"]), int(time.time()) // 30)
    assert [app.verify(code, user).status for _ in range(2)] == [200, 401]


def test_a_secret_for_an_authenticator_app_only_until_the_first_code(server, app, user):
    assert app.call("POST", f"/protected/json/users/{user}/secret").status == 200
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    assert app.verify(server.codes()[-1], user).status == 200
    assert app.call("POST", f"/protected/json/users/{user}/secret").json["error_code"] == "60123"


def test_no_secret_for_an_authenticator_app_beside_a_phone(app, phone, user):
    assert app.call("POST", f"/protected/json/users/{user}/secret").json["error_code"] == "60123"


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_a_user_removed_and_added_again_goes_on_with_what_was_counted(server, app, user, is_elsewhere):
    other = server.create_application("Other")
    if is_elsewhere:
        assert other.new_user() == user
    for _ in range(10):
        app.verify("0000000", user)
    for _ in range(5):
        app.call("GET", f"/protected/json/sms/{user}?force=true")
    app.call("POST", f"/protected/json/users/{user}/delete")
    again = app.new_user()
    assert (again == user) is is_elsewhere
    assert app.verify("0000000", again).status == 429
    assert app.call("GET", f"/protected/json/sms/{again}?force=true").status == 429
    # Counts of other users do not change.
    theirs = other.new_user()
    assert other.verify("0000000", theirs).status == 401
    # The administrator begins again.
    server.command("user", "remove", again, "--yes")
    assert app.verify("0000000", app.new_user()).status == 401


def test_a_removal_and_another_number_free_nobody_of_what_was_counted(server, app, user):
    assert server.create_application("Other").new_user() == user
    for _ in range(10):
        app.verify("0000000", user)
    app.call("POST", f"/protected/json/users/{user}/delete")
    server.command("user", "change-phone", user, "+15551230099")
    assert app.new_user("5551230099") == user
    assert app.verify("0000000", user).status == 429


def test_no_secret_for_an_authenticator_app_by_way_of_a_removal(server, app, user):
    other = server.create_application("Other")
    assert other.new_user() == user
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    assert app.verify(server.codes()[-1], user).status == 200
    app.call("POST", f"/protected/json/users/{user}/delete")
    assert app.new_user() == user
    assert app.call("POST", f"/protected/json/users/{user}/secret").json["error_code"] == "60123"


def test_another_application_leads_no_mail_elsewhere_and_confirms_no_phone(server, app, phone, user):
    other = server.create_application("Other")
    assert other.new_user(email="evil@attacker.example") == user
    for address in ("evil@attacker.example", "worse@attacker.example"):
        for application in (app, other):
            application.call("POST", f"/protected/json/users/{user}/update", {"email": address})
        assert app.call("POST", f"/protected/json/email/{user}").json["email"] == "z***@example.com"
        assert other.call("POST", f"/protected/json/email/{user}").json["email"].endswith("@attacker.example")
    thief = Handset(server)
    assert thief.enrol(link(server, user)).status == 200
    for application in (app, other):
        assert application.verify(thief.state()["confirmation"], user).status == 401
    assert thief.state()["device"]["confirmed"] is False


def address(application, user):
    return application.call("GET", f"/protected/json/users/{user}/status").json["status"]["email"]


def test_who_types_somebodys_number_first_has_none_of_their_mail(server, app):
    user = app.new_user(email="stranger@example.com")
    assert app.new_user(email="zoe@example.com") == user and address(app, user) == "zoe@example.com"
    server.command("user", "link", user, "--send", "email")
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    assert app.verify(server.codes()[-1], user).status == 200
    # A user who has proven a code keeps the address, also after a removal.
    assert app.new_user(email="stranger@example.com") == user and address(app, user) == "zoe@example.com"
    server.create_application("Other").new_user(email="ann@example.org")
    app.call("POST", f"/protected/json/users/{user}/delete")
    assert app.new_user(email="stranger@example.com") == user and address(app, user) == "zoe@example.com"


def test_who_has_had_a_phone_since_loses_the_address_to_nobody(server, app, user):
    phone = handset(server, user)
    assert app.new_user(email="stranger@example.com") == user and address(app, user) == "zoe@example.com"
    # A link to the next phone goes there.
    server.command("user", "devices", user, "--remove", phone.id, "--yes")
    assert app.new_user(email="stranger@example.com") == user and address(app, user) == "zoe@example.com"


def test_an_application_that_was_first_says_nothing_of_the_mail_of_others(server, app, user):
    other = server.create_application("Other")
    assert other.new_user(email="ann@example.org") == user
    for application, address in ((app, "zoe@example.com"), (other, "ann@example.org")):
        assert (
            application.call("POST", f"/protected/json/email/{user}").json["email"]
            == f"{address[0]}***@{address.split('@')[1]}"
        )
        assert application.call("GET", f"/protected/json/users/{user}/status").json["status"]["email"] == address
    # A link is for all applications, so it is not sent to an address that only one of them has.
    refused = server.command("user", "link", user, "--send", "email", check=False)
    assert refused.returncode == 1 and "different" in refused.stderr
    shown = json.loads(server.command("user", "show", user, "--json").stdout)
    assert shown["email"] == "" and [one["email"] for one in shown["applications"]] == [
        "zoe@example.com",
        "ann@example.org",
    ]
    app.call("POST", f"/protected/json/users/{user}/delete")
    assert server.command("user", "link", user, "--send", "email")


def test_requests_of_another_application_shut_nobody_out(server, app, phone, user):
    other = server.create_application("Other")
    other.new_user()
    phone.allow(other)
    for _ in range(10):
        other.create(user, seconds_to_expire=0)
    app.create(user)


def test_a_request_needs_a_phone_and_a_member(app, user):
    path = "/onetouch/json/users/{}/approval_requests"
    assert app.call("POST", path.format(user), {"message": "?"}).json["error_code"] == "60051"
    stranger = app.call("POST", path.format(99), {"message": "?"})
    assert (stranger.status, stranger.json["error_code"], stranger.json["message"]) == (404, "60026", "User not found.")


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"message": ""},
        {"message": "?", "seconds_to_expire": -1},
        {"message": "?", "seconds_to_expire": "soon"},
        {"message": "?", "logos": [{"res": "huge", "url": "x"}]},
        {"message": "?", "logos": [{"res": "default", "url": "x" * 501}]},
        {"message": "?", "countersign": {"number": "7"}},
        {"message": "?", "countersign": {"number": "07"}},
        {"message": "?", "countersign": {"number": "100"}},
        {"message": "?", "countersign": {"number": "+7"}},
        {"message": "?", "details": {"a": {"b": "c"}}},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(app, phone, user, parameters):
    reply = app.call("POST", f"/onetouch/json/users/{user}/approval_requests", parameters)
    assert (reply.status, reply.json["error_code"]) == (400, "60004")


def test_a_logo_without_a_default_shows_nothing_and_does_no_harm(app, phone, user):
    """As Twilio's own example sends it."""
    form = "message=Log+in%3F&logos%5B%5D%5Bres%5D=low&logos%5B%5D%5Burl%5D=https%3A%2F%2Fexample.com%2Flogo.png"
    reply = app.server.call(
        "POST", f"/onetouch/json/users/{user}/approval_requests", form, {**FORM, "X-Authy-API-Key": app.key}
    )
    assert reply.status == 200, reply.text
    assert phone.state()["requests"][0]["id"] == reply.json["approval_request"]["uuid"]


def test_a_logo_without_an_address_does_no_harm(app, phone, user):
    """As authy-rs sends it: the address as a second `res`."""
    form = "message=Log+in%3F&logos%5B%5D%5Bres%5D=default&logos%5B%5D%5Bres%5D=https%3A%2F%2Fexample.com%2Flogo.png"
    reply = app.server.call(
        "POST", f"/onetouch/json/users/{user}/approval_requests", form, {**FORM, "X-Authy-API-Key": app.key}
    )
    assert reply.status == 200, reply.text
    assert phone.state()["requests"][0]["id"] == reply.json["approval_request"]["uuid"]


def test_a_request_as_its_application_reads_it(app, phone, user):
    uuid = app.create(user, details={"Host": "web-1"}, hidden_details={"k": "v"}, seconds_to_expire=120)
    reply = app.read(uuid).json
    assert reply["success"] is True
    request = reply["approval_request"]
    assert {name: type(request[name]) for name in APPROVAL_KEYS} == APPROVAL_KEYS
    assert request["processed_at"] is None and request["seconds_to_expire"] == 120 and request["status"] == "pending"


def test_an_unknown_request_is_not_found(app):
    uuid = "6f1d2c30-0000-4000-8000-000000000001"
    reply = app.read(uuid)
    assert reply.status == 404
    assert reply.json == {
        "message": f"Approval request not found: {uuid}",
        "success": False,
        "errors": {},
        "error_code": "60049",
    }
    assert app.read("tony").status == 404


def test_a_request_expires(app, phone, user):
    uuid = app.create(user, seconds_to_expire=1)
    assert app.read(uuid, wait=10).json["approval_request"]["status"] == "expired"
    assert phone.state()["requests"] == []


def test_requests_that_are_over_are_not_looked_through_again(server, app, phone, user):
    over = [app.create(user, seconds_to_expire=1) for _ in range(5)]
    for uuid in over:
        assert app.read(uuid, wait=10).json["approval_request"]["status"] == "expired"
    app.create(user)
    with contextlib.closing(sqlite3.connect(server.state / "countersignd.db")) as database:
        assert database.execute("SELECT count(*) FROM approvals WHERE status = 'pending'").fetchone() == (1,)
    assert [app.status(uuid) for uuid in over] == ["expired"] * 5


def test_a_request_is_taken_back(app, phone, user):
    uuid = app.create(user)
    assert app.call("DELETE", f"/onetouch/json/approval_requests/{uuid}").status == 200
    assert phone.state()["requests"] == []
    assert app.status(uuid) == "expired"
    assert app.call("DELETE", f"/onetouch/json/approval_requests/{uuid}").json["error_code"] == "60079"


def test_at_most_ten_requests_are_pending(app, phone, user):
    for _ in range(10):
        app.create(user)
    reply = app.call("POST", f"/onetouch/json/users/{user}/approval_requests", {"message": "?"})
    assert (reply.status, reply.json["error_code"]) == (429, "60003")


@pytest.mark.parametrize("key", [None, "", "short", "x" * 32, "\u00e9" * 20, "x" * 5000])
def test_without_a_key_there_is_nothing(server, key):
    headers = {"X-Authy-API-Key": key.encode("utf-8")} if key is not None else {}
    for path in ("/protected/json/app/details", "/protected/json/nothing", "/onetouch/json/approval_requests/x"):
        reply = server.call("GET", path, headers=headers)
        assert (reply.status, reply.json["error_code"]) == (401, "60001")


def test_a_path_that_leads_nowhere_is_told_so(app):
    for path in (
        "/protected/json/nothing",
        "/protected/xml/app/details",
        "/onetouch/json",
        "/protected/json/users",
        "/protected",
    ):
        reply = app.call("GET", path)
        assert (reply.status, reply.json["error_code"]) == (404, "60000")


@pytest.mark.parametrize(
    "body, status",
    [
        (b"{", 400),
        (b"[" * 50_000, 400),
        (b'{"a":' * 1000, 400),
        (b'{"a":"\xff"}', 400),
        (b"x" * 70_000, 413),
        (b'{"a":1}x', 400),
        (b'{"a":"\\ud800"}', 400),
    ],
)
def test_a_body_that_is_broken_deep_or_long_is_refused_and_others_go_on(server, app, body, status):
    reply = server.call(
        "POST", "/protected/json/users/new", body, {"X-Authy-API-Key": app.key, "Content-Type": "application/json"}
    )
    assert reply.status == status and isinstance(reply.json["error_code"], str)
    assert app.call("GET", "/protected/json/app/details").status == 200


def test_a_query_that_is_no_utf8_is_refused(app):
    assert app.call("GET", "/protected/json/app/details?a=%FF").json["error_code"] == "60005"


def test_health_readiness_and_metrics(server, app):
    app.call("GET", "/protected/json/users/1/status")
    assert server.call("GET", "/healthz").text == "ok\n" and server.call("GET", "/readyz").text == "ok\n"
    metrics = server.metrics()
    assert 'countersign_requests_total{code="404"} 1' in metrics and "countersign_waiting 0" in metrics


def test_a_store_that_cannot_be_read_is_not_ready_until_it_can(server):
    server.sql("ALTER TABLE server_values RENAME TO elsewhere")
    reply = server.call("GET", "/readyz")
    assert (reply.status, reply.text) == (503, "nothing can be written\n") and server.call(
        "GET", "/healthz"
    ).status == 200
    server.sql("ALTER TABLE elsewhere RENAME TO server_values")
    until(lambda: server.call("GET", "/readyz").status == 200)


def test_the_log_holds_no_code_no_number_and_no_key(server, app, phone, user):
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    code = server.codes()[-1]
    app.verify(code, user)
    app.verify("7654321", user)
    server.wait_for_event("code_refused")
    log = json.dumps(server.log)
    for secret in (code, "7654321", "5551230001", app.key, "zoe@example.com"):
        assert secret not in log

"""The official Python client (authy 2.2.6), unchanged, does every call that it has."""

import re

import pytest
from authy import AuthyFormatException
from authy.api import AuthyApiClient


@pytest.fixture
def client(server, app):
    return AuthyApiClient(app.key, api_uri=server.url)


@pytest.fixture
def authy_id(client):
    return client.users.create("zoe@example.com", "555-123-0001", 1).id


def test_a_user_is_created_once_for_a_phone(client):
    first = client.users.create("zoe@example.com", "555-123-0001", 1)
    again = client.users.create("zoe@example.org", "555.123.0001", 1)
    assert first.ok() and again.ok() and first.errors() == {}
    assert isinstance(first.id, int) and first.id == again.id


def test_a_user_with_a_bad_phone_is_refused_with_the_field(client):
    user = client.users.create("zoe@example.com", "x", 1)
    assert not user.ok() and user.id is None
    assert user.errors()["cellphone"] == "is invalid"
    assert user.errors()["message"] == "User was not valid"


def test_the_status_tells_what_is_known(client, authy_id):
    status = client.users.status(authy_id)
    assert status.ok()
    assert status.content["status"] == {
        "authy_id": authy_id, "confirmed": False, "registered": False, "country_code": 1, "phone_number": "XXX-XXX-0001",
        "email": "zoe@example.com", "devices": [], "has_hard_token": False, "account_disabled": False, "detailed_devices": [], "deleted_devices": []}


def test_a_code_by_sms_is_verified_once(client, server, authy_id):
    sms = client.users.request_sms(authy_id, {"force": True})
    assert sms.ok() and not sms.ignored() and sms.content["success"] is True
    code = server.codes()[-1]
    token = client.tokens.verify(authy_id, code)
    assert token.ok() and token.content["success"] == "true"
    again = client.tokens.verify(authy_id, code)
    assert not again.ok() and again.content["error_code"] == "60019"


def test_a_code_by_call_is_verified(client, server, authy_id):
    call = client.users.request_call(authy_id, {"force": True})
    assert call.ok() and call.content["message"].startswith("Call started")
    assert client.tokens.verify(authy_id, server.codes()[-1]).ok()


def test_an_sms_is_ignored_for_who_has_a_phone(client, phone, user):
    sms = client.users.request_sms(user)
    assert sms.ok() and sms.ignored() and sms.content["device"] == "android"


def test_a_wrong_code_is_refused(client, authy_id):
    token = client.tokens.verify(authy_id, "1234567")
    assert not token.ok() and token.response.status_code == 401
    assert token.errors()["message"] == "Token is invalid"


def test_without_force_a_wrong_code_is_refused_as_well(client, authy_id):
    assert not client.tokens.verify(authy_id, "1234567", {"force": "false"}).ok()


def test_a_code_that_is_no_number_never_leaves_the_client(client, authy_id):
    with pytest.raises(AuthyFormatException):
        client.tokens.verify(authy_id, "../sms")


def test_a_qr_code_brings_a_secret_into_an_app(client, authy_id):
    answer = client.users.generate_qr(authy_id, size=200, label="zoe")
    assert answer.ok() and answer.content["qr_code"].startswith("data:image/svg+xml;base64,")
    assert answer.content["issuer"] == "Example Corp"


def test_the_application_and_its_statistics(client, app, authy_id):
    details = client.apps.fetch()
    assert details.ok() and details.content["app"]["app_id"] == app.id
    stats = client.stats.fetch()
    assert stats.ok() and stats.content["total_users"] == 1
    assert set(stats.content["stats"][0]) == {
        "api_calls_count", "auths_count", "calls_count", "month", "sms_count", "users_count", "year"}


def test_a_phone_is_verified_without_a_user(client, server):
    start = client.phones.verification_start("555-123-0009", 1, via="sms", code_length=6)
    assert start.ok() and start.content["seconds_to_expire"] in range(590, 601)
    wrong = client.phones.verification_check("555-123-0009", 1, "000")
    assert wrong.response.status_code == 401 and wrong.content["error_code"] == "60022"
    code = server.codes()[-1]
    assert len(code) == 6
    assert client.phones.verification_check("555-123-0009", 1, code).ok()
    assert client.phones.verification_check("555-123-0009", 1, code).response.status_code == 404


def test_information_on_phones_is_not_to_be_had(client):
    info = client.phones.info("555-123-0009", 1)
    assert not info.ok() and info.content["error_code"] == "60024"


def test_onetouch_is_asked_and_answered(client, phone, user):
    made = client.one_touch.send_request(user, "Login to web-1?", 120, {"Host": "web-1", "User": "zoe"}, {"ticket": "17"},
                                         [{"res": "default", "url": "https://example.com/a.png"}])
    assert made.ok(), made.errors()
    uuid = made.get_uuid()
    assert client.one_touch.get_approval_status(uuid).content["approval_request"]["status"] == "pending"
    assert phone.answer(uuid, "approved").status == 200
    read = client.one_touch.get_approval_status(uuid).content
    assert read["success"] is True
    request = read["approval_request"]
    assert request["status"] == "approved" and request["_authy_id"] == user and request["uuid"] == uuid
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", request["processed_at"])
    assert request["hidden_details"] == {"ticket": "17"}


def test_a_user_is_deleted(client, authy_id):
    assert client.users.delete(authy_id).ok()
    gone = client.users.status(authy_id)
    assert gone.response.status_code == 404 and gone.content["error_code"] == "60026"


def test_a_wrong_key_is_told_so(server, authy_id):
    answer = AuthyApiClient("no-such-key-0123456789", api_uri=server.url).users.status(authy_id)
    assert answer.response.status_code == 401
    assert answer.content == {
        "message": "Invalid API key", "success": False, "errors": {"message": "Invalid API key"}, "error_code": "60001"}

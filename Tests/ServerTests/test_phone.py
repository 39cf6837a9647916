"""The phone's API (docs/reference/phone.md), with keys and signatures of another implementation."""

import concurrent.futures
import json
import socket
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from support.patience import PATIENCE
from support.server import Handset, handset, link, unb64u


def in_background(call, *arguments, **more):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    return pool.submit(call, *arguments, **more)


def test_a_link_is_good_once(server, user):
    invitation = link(server, user)
    first, second = Handset(server), Handset(server)
    assert first.enrol(invitation).status == 200
    assert second.enrol(invitation).json["error"] == "link_used"


def test_an_answer_that_was_lost_is_no_lost_link(server, user):
    phone, invitation = Handset(server), link(server, user)
    assert phone.enrol(invitation).json["device"] == phone.enrol(invitation).json["device"]


def test_a_link_that_has_expired_is_told_so_and_another_one_is_good(server, user):
    invitation = link(server, user)
    server.sql("UPDATE enrolments SET ends = ?", int(time.time()))
    late = Handset(server).enrol(invitation)
    assert (late.status, late.json["error"]) == (410, "link_expired")
    assert Handset(server).enrol(link(server, user)).status == 200


def test_a_link_that_was_made_up_is_unknown(server, user):
    assert Handset(server).enrol("http://x/phone/#enrol=" + "A" * 43).json["error"] == "link_unknown"


def test_a_new_phone_may_do_nothing_until_its_code_was_given_back(server, app, user):
    phone = Handset(server)
    phone.enrol(link(server, user))
    state = phone.state()
    assert state["device"]["confirmed"] is False and state["tokens"] == [] and state["requests"] == []
    assert (
        app.call("POST", f"/onetouch/json/users/{user}/approval_requests", {"message": "?"}).json["error_code"]
        == "60051"
    )
    for method, path in (("GET", f"tokens/{app.id}"), ("GET", "devices"), ("GET", "history")):
        assert phone.call(method, path).json["error"] == "unconfirmed"
    assert app.verify(state["confirmation"], user).status == 200
    state = phone.state()
    assert (
        state["device"]["confirmed"] is True
        and "confirmation" not in state
        and [(token["id"], token["application"]) for token in state["tokens"]] == [(str(app.id), "Example Corp")]
    )


def test_a_confirmation_code_is_good_once(server, app, user):
    phone = Handset(server)
    phone.enrol(link(server, user))
    code = phone.state()["confirmation"]
    assert [app.verify(code, user).status for _ in range(2)] == [200, 401]


def test_a_call_that_another_key_signed_is_refused(server, phone):
    thief = Handset(server)
    thief.id = phone.id
    assert thief.call("GET", "state").json["error"] == "unknown_device"


def test_a_phone_whose_clock_is_off_is_told_the_time(phone):
    phone.clock = 3600
    reply = phone.call("GET", "state")
    assert reply.status == 401 and reply.json["error"] == "clock" and abs(reply.json["now"] - time.time()) < PATIENCE


def test_a_softtoken_is_good_once(app, phone, user):
    code = phone.softtoken(app)
    assert app.verify(code, user).status == 200
    assert app.verify(code, user).json["error_code"] == "60019"


def test_a_softtoken_of_long_ago_is_refused(app, phone, user):
    assert app.verify(phone.softtoken(app, steps=-3), user).status == 401


def test_one_code_in_fifty_logins_at_once_lets_one_in(app, phone, user):
    code = phone.softtoken(app)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: app.verify(code, user).status, range(8)))
    assert sorted(answers)[0] == 200 and answers.count(200) == 1


@pytest.mark.parametrize("decision", ["approved", "denied"])
def test_a_decision_is_signed_by_the_phone_and_anybody_can_check_it(app, phone, user, decision):
    uuid = app.create(user, "Log in to web-1?", details={"Host": "web-1", "User": "zoe"})
    assert phone.answer(uuid, decision).json["status"] == decision
    request = app.read(uuid).json["approval_request"]
    assert request["status"] == decision
    proof = request["countersign"]
    assert proof["signed"].startswith(f"countersign-answer-1\n{decision}\n\n") and uuid in proof["signed"]
    shown = json.loads(proof["signed"].split("\n", 3)[3])
    assert shown["details"] == [["Host", "web-1"], ["User", "zoe"]] and shown["user"] == user
    signature = unb64u(proof["signature"])
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64u(proof["public_key"]))
    public.verify(
        utils.encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")),
        proof["signed"].encode(),
        ec.ECDSA(hashes.SHA256()),
    )


def test_a_signature_for_another_decision_is_refused(app, phone, user):
    uuid = app.create(user)
    text = phone.state()["requests"][0]["text"]
    reply = phone.call(
        "POST",
        "answer",
        {"id": uuid, "decision": "approved", "signature": phone.sign(f"countersign-answer-1\ndenied\n\n{text}")},
    )
    assert reply.status == 400 and app.status(uuid) == "pending"


def test_a_decision_is_for_good(app, phone, user):
    uuid = app.create(user)
    text = phone.state()["requests"][0]["text"]
    assert phone.answer(uuid, "denied").status == 200
    late = phone.answer(uuid, "approved", text=text)
    assert late.status == 409 and late.json["status"] == "denied" and app.status(uuid) == "denied"
    assert phone.answer(uuid, "denied", text=text).status == 200


def test_the_number_is_chosen_on_the_phone(app, phone, user):
    uuid = app.create(user, details={"Number": "42", "Host": "web-1"}, countersign={"number": "42"})
    shown = json.loads(phone.state()["requests"][0]["text"])
    assert "42" in shown["choices"] and len(set(shown["choices"])) == 3
    assert shown["details"] == [["Host", "web-1"]] and "number" not in shown
    assert phone.answer(uuid, "approved", "42").json == {"status": "approved"}
    assert app.status(uuid) == "approved"


def test_the_numbers_beside_the_right_one_are_such_as_could_be_right(server, app, phone, user):
    """A host shows 10 to 99, so a lower number would be a visible decoy."""
    for _ in range(25):
        uuid = app.create(user, countersign={"number": "10"})
        [request] = phone.state()["requests"]
        choices = json.loads(request["text"])["choices"]
        assert "10" in choices and len(set(choices)) == 3 and all(10 <= int(choice) <= 99 for choice in choices)
        assert phone.answer(uuid, "denied", text=request["text"]).status == 200


@pytest.mark.parametrize("wrong", ["other", None])
def test_a_wrong_number_denies(app, phone, user, wrong):
    uuid = app.create(user, countersign={"number": "42"})
    choices = json.loads(phone.state()["requests"][0]["text"])["choices"]
    choice = next(choice for choice in choices if choice != "42") if wrong else None
    assert phone.answer(uuid, "approved", choice).json == {"status": "denied", "reason": "wrong_number"}
    request = app.read(uuid).json["approval_request"]
    assert request["status"] == "denied" and request["countersign"]["reason"] == "wrong_number"


def test_a_login_that_nobody_started_is_reported(server, app, phone, user):
    uuid = app.create(user)
    assert phone.call("POST", "report", {"id": uuid}).status == 404
    phone.answer(uuid, "denied")
    assert phone.call("POST", "report", {"id": uuid}).status == 200
    assert app.read(uuid).json["approval_request"]["countersign"]["reported"] is True
    assert server.wait_for_event("request_reported")["level"] == "warning"


def test_a_waiting_read_is_answered_at_the_moment_of_the_decision(server, app, phone, user):
    uuid = app.create(user)
    read = in_background(app.read, uuid, 30)
    server.wait_for_waiting()
    decided = time.monotonic()
    phone.answer(uuid, "approved")
    assert read.result(PATIENCE).json["approval_request"]["status"] == "approved"
    assert time.monotonic() - decided < 15


def test_a_waiting_read_of_a_decided_request_does_not_wait(app, phone, user):
    uuid = app.create(user)
    phone.answer(uuid, "denied")
    begun = time.monotonic()
    assert app.read(uuid, 30).json["approval_request"]["status"] == "denied" and time.monotonic() - begun < 15


def test_a_waiting_read_is_freed_when_its_client_goes(server, app, phone, user):
    uuid = app.create(user)
    raw = socket.create_connection(("127.0.0.1", server.port))
    raw.sendall(
        f"GET /onetouch/json/approval_requests/{uuid} HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {app.key}\r\nPrefer: "
        f"wait=50\r\n\r\n".encode()
    )
    server.wait_for_waiting()
    raw.close()
    server.wait_for_waiting(0)


def test_one_request_and_one_phone_are_waited_for_in_so_many_places(server, app, phone, user):
    uuid = app.create(user)
    head = (
        f"GET /onetouch/json/approval_requests/{uuid} HTTP/1.1\r\nHost: x\r\nX-Authy-API-Key: {app.key}\r\n"
        f"Prefer: wait=50\r\n\r\n".encode()
    )
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(16)]
    for raw in crowd:
        raw.sendall(head)
    server.wait_for_waiting(16)
    refused = app.read(uuid, 50)
    assert refused.status == 429 and refused.json["error_code"] == "60003" and refused.headers["Retry-After"]
    seen = phone.state()["revision"]
    pages = [in_background(phone.call, "GET", f"state?seen={seen}", headers={"Prefer": "wait=50"}) for _ in range(16)]
    server.wait_for_waiting(32)
    refused = phone.call("GET", f"state?seen={seen}", headers={"Prefer": "wait=50"})
    assert refused.status == 429 and refused.headers["Retry-After"]
    phone.answer(uuid, "approved")
    assert all(page.result(PATIENCE).status == 200 for page in pages)
    assert all(raw.recv(100).startswith(b"HTTP/1.1 200") for raw in crowd)
    for raw in crowd:
        raw.close()


@pytest.mark.parametrize("end", [["revoke", "--yes"], ["rotate", "--overlap", "0"]], ids=["revoked", "a new key"])
def test_a_waiting_phone_is_told_nothing_once_its_key_is_worth_nothing(server, app, phone, user, end):
    uuid = app.create(user)
    read = in_background(app.read, uuid, 50)
    server.wait_for_waiting()
    server.command("app", end[0], app.id, *end[1:])
    assert read.result(PATIENCE).status == 401


def test_a_page_that_waits_hears_of_a_new_request(server, app, phone, user):
    seen = phone.state()["revision"]
    news = in_background(phone.state, seen, 25)
    server.wait_for_waiting()
    uuid = app.create(user)
    assert [request["id"] for request in news.result(PATIENCE)["requests"]] == [uuid]


def test_two_phones_of_one_user(server, app, phone, user):
    second = handset(server, user, "iPad")
    uuid = app.create(user)
    text = second.state()["requests"][0]["text"]
    assert phone.answer(uuid, "approved").status == 200
    assert second.answer(uuid, "denied", text=text).json["error"] == "over"
    assert [device["name"] for device in phone.call("GET", "devices").json["devices"]] == ["Pixel 9", "iPad"]


def test_the_request_of_another_user_is_unknown(server, app, phone, user):
    stranger = handset(server, app.new_user("5551230002"))
    uuid = app.create(user)
    text = phone.state()["requests"][0]["text"]
    assert stranger.answer(uuid, "approved", text=text).status == 404
    assert stranger.call("DELETE", f"devices/{phone.id}").status == 404
    assert app.status(uuid) == "pending"


def test_a_removed_phone_may_do_nothing(server, app, phone, user):
    second = handset(server, user, "iPad")
    uuid = app.create(user)
    text = second.state()["requests"][0]["text"]
    assert phone.call("DELETE", f"devices/{second.id}").status == 200
    assert second.answer(uuid, "approved", text=text).json["error"] == "unknown_device"
    assert second.call("GET", "state").json["error"] == "unknown_device"


def test_a_phone_gets_another_name(phone):
    assert phone.call("POST", f"devices/{phone.id}", {"name": "Work\u202e phone\n"}).status == 200
    assert phone.state()["device"]["name"] == "Work phone"


def test_the_history_tells_of_requests_and_codes(app, phone, user):
    uuid = app.create(user, details={"Host": "web-1"})
    phone.answer(uuid, "approved")
    app.verify(phone.softtoken(app), user)
    history = phone.call("GET", "history").json
    kinds = {entry["kind"] for entry in history["entries"]}
    assert {"request", "softtoken", "device_added"} <= kinds and history["next"] is None
    request = next(entry for entry in history["entries"] if entry["kind"] == "request")
    assert (
        request["status"] == "approved"
        and request["device"] == "Pixel 9"
        and json.loads(request["request"])["details"] == [["Host", "web-1"]]
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/x",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/",
        "file:///etc/passwd",
        "https://fcm.googleapis.com:8443/",
    ],
)
def test_nobody_but_a_push_service_is_ever_called_for_a_phone(phone, endpoint):
    reply = phone.call(
        "POST", "push", {"endpoint": endpoint, "p256dh": phone.public_key, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}
    )
    assert reply.json["error"] == "invalid"


def test_a_push_service_is_taken(phone):
    reply = phone.call(
        "POST",
        "push",
        {
            "endpoint": "https://fcm.googleapis.com/fcm/send/x",
            "p256dh": phone.public_key,
            "auth": "AAAAAAAAAAAAAAAAAAAAAA",
        },
    )
    assert reply.status == 200 and phone.state()["push"] is True
    assert phone.call("POST", "push", {}).status == 200 and phone.state()["push"] is False

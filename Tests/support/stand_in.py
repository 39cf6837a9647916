"""A stand-in for a 2FA server with the Authy API v1, in this process: for what a good server cannot do, and to see
the bytes that it receives. The good server is good_server.py.

    with StandIn(certificate=authority.good) as server:
        server.phone = "approve"
        server.fault("poll", "status", 503, times=2)

Endpoints, as `fault` names them: create, poll, cancel, verify, sms, call, start, check, register; `connect` comes
before any request.
"""

import os
import re
import threading
import uuid

from support import rudeness, wire
from support.patience import PATIENCE

ROUTES = [
    ("create", "POST", re.compile(r"/onetouch/json/users/([^/]+)/approval_requests")),
    ("poll", "GET", re.compile(r"/onetouch/json/approval_requests/([^/]+)")),
    ("cancel", "DELETE", re.compile(r"/onetouch/json/approval_requests/([^/]+)")),
    ("verify", "GET", re.compile(r"/protected/json/verify/([^/]*)/([^/]+)")),
    ("sms", "GET", re.compile(r"/protected/json/sms/([^/]+)")),
    ("call", "GET", re.compile(r"/protected/json/call/([^/]+)")),
    ("start", "POST", re.compile(r"/protected/json/phones/verification/start")),
    ("check", "GET", re.compile(r"/protected/json/phones/verification/check")),
    ("register", "POST", re.compile(r"/protected/json/users/new")),
]
SENT = {"sms": "SMS token was sent", "call": "Call started...", "start": "Text message sent to +1 XXX-XXX-0009."}


class StandIn:
    """Plain HTTP on 127.0.0.1, TLS with a `certificate`, or a socket file at `unix`. It answers at once, also if the
    client asks to wait."""

    api_key = "stand-in-key-0123456789"
    authy_id = 4242  # of the only user, whatever registers

    def __init__(self, certificate=None, unix: str | os.PathLike | None = None):
        self.ca_file = None  # of the certificate's authority, for the client's settings
        self.phone = "ignore"  # or "approve": what the person does with all requests
        self.codes: set[str] = set()  # good once each
        # The answer to a registration.
        self.registered: tuple[int, object] = (
            200,
            {"message": "User created successfully.", "user": {"id": self.authy_id}, "success": True},
        )
        self.taken: tuple[int, object] | None = None  # the answer to a check of a number, instead of yes
        self.received: list[wire.Received] = []
        self.wire = wire.Wire(self._serve, certificate, unix)
        self._created: dict[str, int] = {}  # the user of each request
        self._faults: dict[str, rudeness.Fault] = {}
        self._changed = threading.Condition()

    def __enter__(self) -> "StandIn":
        self.wire.listen()
        return self

    def __exit__(self, *_) -> None:
        self.wire.stop()

    @property
    def url(self) -> str:
        return self.wire.url

    # The test that looks on

    def wait_until(self, holds, timeout: float = PATIENCE) -> None:
        """Waits until `holds()`, which is looked at after each request."""
        with self._changed:
            paths = [f"{request.method} {request.path}" for request in self.received]
            assert self._changed.wait_for(holds, timeout), f"not in {timeout} s; received at its beginning: {paths}"

    def requests(self, endpoint: str) -> list[wire.Received]:
        with self._changed:
            return [request for request in self.received if route(request)[0] == endpoint]

    # Rudeness

    def fault(self, endpoint: str, kind: str, argument: object = None, times: int | None = None) -> None:
        """From now on, or `times` times, this endpoint ("*": every one) misbehaves as rudeness.py tells. `connect` can
        "refuse" or "hang"."""
        if endpoint == "connect":
            {"refuse": self.wire.refuse, "hang": self._hang_on_connect}[kind]()
        else:
            assert kind in rudeness.KINDS and endpoint in {"*", *(name for name, _, _ in ROUTES)}, (endpoint, kind)
            with self._changed:
                self._faults[endpoint] = rudeness.Fault(kind, argument, times)

    def _hang_on_connect(self) -> None:
        self.wire.hang_on_connect = True

    def _take_fault(self, endpoint: str) -> rudeness.Fault | None:
        with self._changed:
            fault = self._faults.get(endpoint) or self._faults.get("*")
            if fault is None or fault.times == 0:
                return None
            if fault.times is not None:
                fault.times -= 1
            return fault

    # Answers

    def _serve(self, request: wire.Received, handler: wire.Handler) -> None:
        endpoint, arguments = route(request)
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
        fault = self._take_fault(endpoint)
        if fault and fault.kind in rudeness.INSTEAD:
            return rudeness.INSTEAD[fault.kind](handler, fault.argument, self.wire.stopping)
        says_yes = fault is not None and fault.kind not in rudeness.TRUE
        status, body = self._answer(endpoint, arguments, request.query, says_yes)
        if fault and fault.kind in rudeness.LIES:
            rudeness.LIES[fault.kind](body)
        elif fault:
            return rudeness.MANGLED[fault.kind](
                handler, status, rudeness.compact(body), fault.argument, self.wire.stopping
            )
        handler.reply(status, rudeness.compact(body))

    def _answer(self, endpoint: str, arguments: tuple[str, ...], query: dict, says_yes: bool) -> tuple[int, object]:
        """- says_yes: the start of a lie: approved, or valid, whatever is true."""
        match endpoint:
            case "create":
                name = str(uuid.uuid4())
                self._created[name] = int(arguments[0])
                return 200, {"approval_request": {"uuid": name}, "success": True}
            case "poll":
                return 200, self._approval(arguments[0], says_yes or self.phone == "approve")
            case "verify" if says_yes or self._spend(arguments[0]):
                return 200, {"message": "Token is valid.", "token": "is valid", "success": "true"}
            case "verify":
                return 401, {"token": "is invalid", **refusal("Token is invalid", "60020")}
            case "check" if says_yes or self._spend(query["verification_code"]):
                return 200, {"message": "Verification code is correct.", "success": True}
            case "check":
                return 401, refusal("Verification code is incorrect", "60022")
            case "start" if self.taken:
                return self.taken
            case "sms" | "call" | "start":
                return 200, {"success": True, "message": SENT[endpoint], "cellphone": "+57-XXX-XXX-XX12"}
            case "register":
                return self.registered
            case "cancel":
                return 200, {"success": True}
            case _:
                return 404, refusal("Not found", "60000")

    def _spend(self, code: str) -> bool:
        with self._changed:
            is_good = code in self.codes
            self.codes.discard(code)
            return is_good

    def _approval(self, name: str, is_approved: bool) -> dict:
        return {
            "approval_request": {
                "_app_name": "Stand-in",
                "_app_serial_id": 1,
                "_authy_id": self._created.get(name),
                "_id": "5f0c0ffee",
                "_user_email": "a@example.com",
                "app_id": "5f0c0ffee0",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "processed_at": "2026-01-01T00:00:01Z" if is_approved else None,
                "notified": False,
                "seconds_to_expire": 90,
                "status": "approved" if is_approved else "pending",
                "user_id": "5f0c0ffee1",
                "uuid": name,
            },
            "success": True,
        }


def route(request: wire.Received) -> tuple[str, tuple[str, ...]]:
    """The endpoint's name, empty if there is none, and the values in the path."""
    for name, method, pattern in ROUTES:
        if request.method == method and (match := pattern.fullmatch(request.path)):
            return name, match.groups()
    return "", ()


def refusal(message: str, code: str) -> dict:
    return {"message": message, "success": False, "errors": {"message": message}, "error_code": code}

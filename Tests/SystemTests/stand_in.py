"""A stand-in for a 2FA server that speaks the Authy API v1, in this process: a good server by default, as rude as told.

    with StandIn(certificate=authority.good) as server:
        server.phone = "approve"
        server.fault("poll", "status", 503, times=2)

Endpoints, as `fault` names them: create, poll, cancel, verify, sms, call, register, activity; `connect` is what comes before any request.
"""

import dataclasses
import os
import re
import secrets
import threading
import uuid

import rudeness
import wire

ROUTES = [
    ("create", "POST", re.compile(r"/onetouch/json/users/([^/]+)/approval_requests")),
    ("poll", "GET", re.compile(r"/onetouch/json/approval_requests/([^/]+)")),
    ("cancel", "DELETE", re.compile(r"/onetouch/json/approval_requests/([^/]+)")),
    ("verify", "GET", re.compile(r"/protected/json/verify/([^/]*)/([^/]+)")),
    ("sms", "GET", re.compile(r"/protected/json/sms/([^/]+)")),
    ("call", "GET", re.compile(r"/protected/json/call/([^/]+)")),
    ("register", "POST", re.compile(r"/protected/json/users/new")),
    ("activity", "POST", re.compile(r"/protected/json/users/([^/]+)/register_activity")),
]
MESSAGES = {
    "60000": "Not found", "60001": "Invalid API key", "60016": "User doesn't exist", "60026": "User not found.", "60027": "User was not valid",
    "60019": "Token is invalid. Token was used recently.", "60020": "Token is invalid", "60049": "Approval request not found",
    "60050": "User was not added to the application",
}
SENT = {"sms": "SMS token was sent", "call": "Call started..."}
PHONE = "+57-XXX-XXX-XX12"


@dataclasses.dataclass
class Approval:
    """One approval request. `status` is pending, approved, denied or expired."""

    authy_id: int
    parameters: dict
    uuid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "pending"
    cancelled: bool = False

    @property
    def message(self) -> str:
        return self.parameters.get("message", "")

    @property
    def details(self) -> dict:
        return self.parameters.get("details", {})


class StandIn:
    """Plain HTTP on 127.0.0.1, TLS with a `certificate`, or a socket file at `unix`."""

    def __init__(self, certificate=None, unix: str | os.PathLike | None = None, api_key: str = "stand-in-key-0123456789"):
        self.api_key = api_key
        self.ca_file = None  # of whoever signed the certificate, for those who configure a client
        self.phone = "ignore"  # or "approve", "deny": what the person does with a request
        self.phone_delay = None  # None: at once; an Event: when it is set; a callable: when it, given the Approval, returns
        self.long_poll = True  # False: `Prefer: wait` is unheard of
        self.codes: set[str] = set()  # good once each
        self.spent: set[str] = set()
        self.sent: list[tuple[str, int, str]] = []  # (sms or call, AuthyID, code); a code that was sent is good
        self.users: dict[tuple[str, str], int] = {}  # AuthyIDs by country code and number
        self.told: list[tuple[int, dict]] = []  # (AuthyID, activity)
        self.strangers: set[int] = set()  # AuthyIDs that this server does not know
        self.received: list[wire.Received] = []
        self.approvals: list[Approval] = []
        self.wire = wire.Wire(self._serve, certificate, unix)
        self._faults: dict[str, rudeness.Fault] = {}
        self._changed = threading.Condition()
        self._handed_out = 0

    def start(self) -> "StandIn":
        self.wire.listen()
        return self

    def stop(self) -> None:
        self.wire.stop()
        with self._changed:
            self._changed.notify_all()

    def __enter__(self) -> "StandIn":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self.wire.url

    # The person with the phone, and the test that looks on

    def approve(self, name: str | None = None) -> None:
        """Without a name: the newest request. A request that is no longer pending stays as it is."""
        self._decide(name, "approved")

    def deny(self, name: str | None = None) -> None:
        self._decide(name, "denied")

    def expire(self, name: str | None = None) -> None:
        self._decide(name, "expired")

    def wait_for_request(self, timeout: float = 20) -> Approval:
        """The next approval request that was not handed out yet."""
        self.wait_until(lambda: len(self.approvals) > self._handed_out, timeout)
        self._handed_out += 1
        return self.approvals[self._handed_out - 1]

    def wait_until(self, holds, timeout: float = 20) -> None:
        """Waits until `holds()`, which is looked at after each request and each decision."""
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

    def be_good(self) -> None:
        """Ends all faults."""
        self._faults.clear()
        self.wire.hang_on_connect = False
        self.wire.listen()

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
        status, body = self._answer(endpoint, request, arguments)
        if fault and fault.kind not in rudeness.TRUE:
            status, body = yes(endpoint, status, body)
        if fault and fault.kind in rudeness.LIES:
            rudeness.LIES[fault.kind](body)
        elif fault:
            return rudeness.MANGLED[fault.kind](handler, status, rudeness.compact(body), fault.argument, self.wire.stopping)
        handler.reply(status, rudeness.compact(body))

    def _answer(self, endpoint: str, request: wire.Received, arguments: tuple[str, ...]) -> tuple[int, dict]:
        if request.headers.get("x-authy-api-key") != self.api_key:
            return refusal(401, "60001")
        if endpoint in {"poll", "cancel"} and self._find(arguments[0]) is None:
            return refusal(404, "60049")
        if not endpoint:
            return refusal(404, "60000")
        return getattr(self, f"_{endpoint}")(request, *arguments)

    def _create(self, request: wire.Received, user: str) -> tuple[int, dict]:
        if self._is_stranger(user):
            return refusal(404, "60050")
        approval = Approval(int(user), request.parameters)
        with self._changed:
            self.approvals.append(approval)
            self._changed.notify_all()
        if self.phone != "ignore":
            self._ring(approval, {"approve": "approved", "deny": "denied"}[self.phone])
        return 200, {"approval_request": {"uuid": approval.uuid}, "success": True}

    def _ring(self, approval: Approval, status: str) -> None:
        delay = self.phone_delay
        if delay is None:
            return self._decide(approval.uuid, status)

        def answer_later() -> None:
            delay.wait() if isinstance(delay, threading.Event) else delay(approval)
            self._decide(approval.uuid, status)

        threading.Thread(target=answer_later, name="stand-in phone", daemon=True).start()

    def _poll(self, request: wire.Received, name: str) -> tuple[int, dict]:
        approval = self._find(name)
        wish = re.search(r"wait=(\d+)", request.headers.get("prefer", ""))
        with self._changed:
            if wish and self.long_poll:
                self._changed.wait_for(lambda: approval.status != "pending" or self.wire.stopping.is_set(), int(wish[1]))
            return 200, poll_body(approval)

    def _cancel(self, _request: wire.Received, name: str) -> tuple[int, dict]:
        self._find(name).cancelled = True
        self._decide(name, "expired")
        return 200, {"success": True}

    def _verify(self, request: wire.Received, code: str, user: str) -> tuple[int, dict]:
        if self._is_stranger(user):
            return refusal(401, "60016")
        if request.query.get("force") != "true":
            return 200, valid()  # as the real one: without force, whoever never finished enrolment passes with any code
        with self._changed:
            if code in self.spent:
                return refusal(401, "60019", token="is invalid")
            if code not in self.codes:
                return refusal(401, "60020", token="is invalid")
            self.spent.add(code)
            return 200, valid()

    def _sms(self, request: wire.Received, user: str) -> tuple[int, dict]:
        return self._send(request, "sms", user)

    def _call(self, request: wire.Received, user: str) -> tuple[int, dict]:
        return self._send(request, "call", user)

    def _send(self, request: wire.Received, via: str, user: str) -> tuple[int, dict]:
        if self._is_stranger(user):
            return refusal(404, "60026")
        if request.query.get("force") != "true":
            ignored = "Ignored: SMS is not needed for smartphones."
            return 200, {"success": True, "ignored": True, "device": "android", "message": ignored, "cellphone": PHONE}
        code = f"{secrets.randbelow(10**7):07}"
        with self._changed:
            self.sent.append((via, int(user), code))
            self.codes.add(code)
            self._changed.notify_all()
        return 200, {"success": True, "message": SENT[via], "cellphone": PHONE}

    def _register(self, request: wire.Received) -> tuple[int, dict]:
        user = request.parameters["user"]
        if user["cellphone"].startswith("0"):
            return refusal(400, "60027", cellphone="is invalid")
        with self._changed:
            number = self.users.setdefault((str(user["country_code"]), user["cellphone"]), 7000 + len(self.users))
        return 200, {"message": "User created successfully.", "user": {"id": number}, "success": True}

    def _activity(self, request: wire.Received, user: str) -> tuple[int, dict]:
        with self._changed:
            self.told.append((int(user), request.parameters))
            self._changed.notify_all()
        return 200, {"message": "Activity was created.", "success": True}

    def _is_stranger(self, user: str) -> bool:
        return not (user.isascii() and user.isdigit()) or int(user) in self.strangers

    def _find(self, name: str) -> Approval | None:
        with self._changed:
            return next((approval for approval in self.approvals if approval.uuid == name), None)

    def _decide(self, name: str | None, status: str) -> None:
        with self._changed:
            approval = self._find(name) if name else self.approvals[-1]
            if approval.status == "pending":
                approval.status = status
            self._changed.notify_all()


def route(request: wire.Received) -> tuple[str, tuple[str, ...]]:
    """The endpoint's name, empty if there is none, and what stands in the path."""
    for name, method, pattern in ROUTES:
        if request.method == method and (match := pattern.fullmatch(request.path)):
            return name, match.groups()
    return "", ()


def refusal(status: int, code: str, **more: object) -> tuple[int, dict]:
    message = MESSAGES[code]
    errors = {} if code == "60049" else {"message": message}
    return status, {"message": message, "success": False, "errors": errors, "error_code": code, **more}


def yes(endpoint: str, status: int, body: dict) -> tuple[int, dict]:
    """What a lie starts from: approved, or valid, whatever is true."""
    if endpoint == "poll" and "approval_request" in body:
        body["approval_request"]["status"] = "approved"
    return (200, valid()) if endpoint == "verify" else (status, body)


def valid() -> dict:
    return {"message": "Token is valid.", "token": "is valid", "success": "true"}


def poll_body(approval: Approval) -> dict:
    decided = approval.status in {"approved", "denied"}
    return {"approval_request": {
        "_app_name": "Stand-in", "_app_serial_id": 1, "_authy_id": approval.authy_id, "_id": "5f0c0ffee",
        "_user_email": "a@example.com", "app_id": "5f0c0ffee0", "notified": False,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "processed_at": "2026-01-01T00:00:01Z" if decided else None, "status": approval.status,
        "seconds_to_expire": approval.parameters.get("seconds_to_expire"),
        "user_id": "5f0c0ffee1", "uuid": approval.uuid,
    }, "success": True}

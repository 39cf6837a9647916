"""The good 2FA server of the login tests: one real countersignd for all, with a user and a phone for each test.

    with run(authority) as server:
        phone = LoginPhone(server)
        phone.approve(terminal)

        newcomer = Newcomer(server)
        terminal.answer(newcomer.number)

What a good server cannot do is for the stand-in: see stand_in.py.
"""

import contextlib
import dataclasses
import itertools
import json
import pathlib
import time

from support import server as servers
from support.patience import PATIENCE, until
from support.server import Handset, Server, own_folder
from support.totp import SoftToken

NUMBERS = itertools.count(5_552_000_000)


def take_from(build: pathlib.Path) -> None:
    """Where the program is, if not where COUNTERSIGN_BUILD says."""
    servers.PROGRAM = build / "countersignd"


@contextlib.contextmanager
def run(authority):
    """A countersignd over TLS, for localhost; its `socket` serves the same machine."""
    with own_folder() as folder:
        folder.chmod(0o755)  # the user of the socket
        tls = f'certificate = "{authority.good.certificate}"\nprivate_key = "{authority.good.key}"\n'
        socket = f"unix:{folder}/api.sock"
        more = f'host_ca_file = "{authority.ca_file}"'
        with Server(folder, server=tls + more, extra_listener=socket, ca_file=authority.ca_file) as running:
            running.socket = socket
            yield running


@dataclasses.dataclass(frozen=True)
class Request:
    """An approval request. `text` is what the phone shows, and signs."""

    text: str
    status: str  # pending, approved, denied, expired or cancelled

    @property
    def shown(self) -> dict:
        return json.loads(self.text)

    @property
    def id(self) -> str:
        return self.shown["id"]

    @property
    def message(self) -> str:
        return self.shown["message"]

    @property
    def details(self) -> dict:
        return dict(self.shown["details"])

    @property
    def choices(self) -> list[str]:
        """The numbers to choose from, where the login shows one."""
        return self.shown.get("choices", [])

    @property
    def seconds(self) -> int:
        return self.shown["ends"] - self.shown["created"]


class Person:
    """A user who logs in; `url`, `api_key` and `ca_file` are the host's settings for the server."""

    def __init__(self, server: Server, url: str | None = None):
        self.server, self.application = server, server.application
        self.url, self.api_key, self.ca_file = url or server.public_url, server.application.key, server.ca_file
        self._messages_before = len(server.messages())
        server.wait_for_waiting(0)  # those of earlier logins have gone

    def sent(self) -> list[tuple[str, str]]:
        """Kind and code of each message to the person, oldest first."""
        return self.server.messages()[self._messages_before :]

    def sent_code(self, number: int = 0) -> str:
        """The code in the message of this number, from 1, or in the newest: waits for it, as a login whose gateway is
        slow does not."""
        until(lambda: len(self.sent()) >= max(number, 1), lambda: f"sent: {self.sent()}")
        return self.sent()[number - 1][1]

    def wait_for_mail(self, text: str) -> None:
        """Waits until this was sent, since no login waits for mail."""
        until(lambda: text in self.server.sent.read_text(), lambda: f"sent: {self.server.sent.read_text()}")

    def tried(self, user: int) -> list[str]:
        """What became of each code of this user that the server was asked about, oldest first: accepted, wrong, spent
        or limited."""
        witness = self.application.new_user(str(next(NUMBERS)))
        self.application.verify("0000000", witness)
        with self.server.heard:  # the log is in order: earlier events are before the witness
            assert self.server.heard.wait_for(lambda: judged(self.server.log, witness), PATIENCE), self.server.log[-5:]
            return judged(self.server.log, user)


class Newcomer(Person):
    """A mobile number in Germany that is not registered yet."""

    def __init__(self, server: Server):
        super().__init__(server)
        self.national = f"15{next(NUMBERS) % 10**9:09}"
        self.number = f"0{self.national[:3]} {self.national[3:]}"  # as it is dialled there
        self.masked = f"+49-XXX-XXX-XX{self.national[-2:]}"
        self._users_before = self._users()

    def another_number(self) -> str:
        """A number of another country that is not registered yet."""
        number = str(next(NUMBERS))
        return f"+1 {number[:3]} {number[3:6]}-{number[6:]}"

    def users(self) -> list[int]:
        """The users registered since, in no order."""
        return [user for user in self._users() if user not in self._users_before]

    def is_unheard_of(self) -> bool:
        """No user was registered, and nothing was sent."""
        return self.users() == [] and self.sent() == []

    def user_of(self, number: str) -> int:
        """The user with this number, such as "+49 15112345678"; registered now if there is none."""
        code, _, national = number.removeprefix("+").partition(" ")
        return self.application.new_user(national, country_code=int(code))

    def become_a_user(self) -> int:
        """As by way of another host."""
        return self.user_of(f"+49 {self.national}")

    def _users(self) -> list[int]:
        return [user["id"] for user in json.loads(self.server.command("user", "list", "--json").stdout)]


class LoginPhone(Person, Handset):
    """The phone of a new user, or of the user with this AuthyID."""

    def __init__(self, server: Server, url: str | None = None, has_device: bool = True, authy_id: int | None = None):
        Handset.__init__(self, server)
        Person.__init__(self, server, url)
        self.authy_id = authy_id or self.application.new_user(str(next(NUMBERS)))
        if has_device:
            self.join(self.authy_id)
            self.token = SoftToken(secret=self.secret(self.application))
        self._seen: set[str] = set()

    # Requests

    def wait_for_request(self, patience: float = PATIENCE) -> Request:
        """The next request that was not handed out yet."""
        request = self._wait_for(
            lambda pending: next((request for request in pending if request.id not in self._seen), None), patience
        )
        self._seen.add(request.id)
        return request

    def approve(self, login, request: Request | None = None) -> None:
        """Approves as a user who also sees the `login`, with the number that it shows, if any. The default request is
        the newest."""
        request = request or self._newest()
        choice = login.shown_number() if request.choices else None
        assert self.answer(request.id, "approved", choice, request.text).json == {"status": "approved"}

    def deny(self, request: Request | None = None) -> None:
        request = request or self._newest()
        assert self.answer(request.id, "denied", text=request.text).json == {"status": "denied"}

    def let_expire(self, request: Request) -> None:
        """The request ends early without an answer: a reader sees it as expired."""
        assert self.application.call("DELETE", f"/onetouch/json/approval_requests/{request.id}").status == 200
        assert self.application.status(request.id) == "expired"

    def end_of(self, request: Request) -> str:
        """How a request ended, once it has."""
        self._wait_for(lambda pending: request.id not in [other.id for other in pending])
        return next(other.status for other in self.requests() if other.id == request.id)

    def requests(self) -> list[Request]:
        """All that there ever were, oldest first."""
        entries = self.call("GET", "history").json["entries"]
        over = [Request(entry["request"], entry["status"]) for entry in entries if entry["kind"] == "request"]
        return over[::-1] + pending(self.state())

    def wait_for_login(self) -> None:
        """Until a login waits for the decision."""
        self.server.wait_for_waiting()

    # Codes

    def code(self) -> str:
        """The code that the phone shows: right, and different each time."""
        return self.token.fresh_code()

    def codes_tried(self) -> list[str]:
        return self.tried(self.authy_id)

    def _newest(self) -> Request:
        return self._wait_for(lambda pending: pending and pending[-1])

    def _wait_for(self, found, patience: float = PATIENCE):
        """The result of `found` on the pending requests, as soon as there is one."""
        deadline = time.monotonic() + patience
        state = self.state()
        while not (result := found(pending(state))):
            assert time.monotonic() < deadline, f"not in {patience} s; pending: {pending(state)}"
            state = self.state(state["revision"], 20)
        return result


def pending(state: dict) -> list[Request]:
    return [Request(request["text"], "pending") for request in state["requests"]]


def judged(log: list[dict], user: int) -> list[str]:
    words = {
        "code_accepted": lambda event: "accepted",
        "code_refused": lambda event: event["reason"],
        "codes_limited": lambda event: "limited",
    }
    return [words[event["event"]](event) for event in log if event["event"] in words and event["user"] == user]

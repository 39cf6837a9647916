"""The private host's /dev/log: collects what its programs say to syslog."""

import dataclasses
import itertools
from support.patience import PATIENCE
import os
import re
import socket
import threading

FACILITIES = {0: "kern", 1: "user", 3: "daemon", 4: "auth", 5: "syslog", 9: "cron", 10: "authpriv"}
SEVERITIES = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
LINE = re.compile(rb"<(\d+)>(?:\w{3} [ \d]\d \d\d:\d\d:\d\d )?(?:([^:\[\]\s]+)(?:\[(\d+)\])?: )?(.*)", re.DOTALL)
MARK = "journal mark"


@dataclasses.dataclass(frozen=True)
class Line:
    """One message, with who said it and how loud."""

    facility: str
    severity: str
    program: str
    pid: int
    text: str

    def __str__(self) -> str:
        return f"{self.facility}.{self.severity} {self.program}[{self.pid}]: {self.text}"


class Journal:
    """Listens on a datagram socket at `path` from the moment it is made."""

    def __init__(self, path: str = "/dev/log"):
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self._lines: list[Line] = []
        self._numbers = itertools.count(1)
        self._marks: set[bytes] = set()
        self._changed = threading.Condition()
        threading.Thread(target=self._collect, name="journal", daemon=True).start()

    def lines(self, pattern: str = "", program: str = "") -> list[Line]:
        """Everything said until now that matches; what was sent before the call is in it."""
        self._settle()
        with self._changed:
            return self._matching(pattern, program)

    def wait(self, pattern: str, program: str = "", timeout: float = PATIENCE) -> Line:
        """The first line that matches, as soon as it is there."""
        with self._changed:
            if self._changed.wait_for(lambda: self._matching(pattern, program), timeout):
                return self._matching(pattern, program)[0]
            raise AssertionError(f"no log line with {pattern!r} in {timeout} s; there is:\n{self._text()}")

    def clear(self) -> None:
        self._settle()
        with self._changed:
            self._lines.clear()

    def __str__(self) -> str:
        with self._changed:
            return self._text()

    def _text(self) -> str:
        return "\n".join(map(str, self._lines))

    def _matching(self, pattern: str, program: str) -> list[Line]:
        return [
            line for line in self._lines if (not program or line.program == program) and re.search(pattern, line.text)
        ]

    def _settle(self) -> None:
        """Waits until the collector has read all that was sent before now: a mark of our own comes out last."""
        mark = f"{MARK} {next(self._numbers)}".encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, self._path)
        with self._changed:
            assert self._changed.wait_for(lambda: mark in self._marks, PATIENCE), "the log collector stopped"

    def _collect(self) -> None:
        while True:
            message = self._socket.recv(65536)
            with self._changed:
                if message.startswith(MARK.encode()):
                    self._marks.add(message)
                else:
                    self._lines.append(parse(message))
                self._changed.notify_all()


def parse(message: bytes) -> Line:
    match = LINE.match(message.rstrip(b"\0\n"))
    if not match:
        return Line("?", "?", "?", 0, message.decode("utf-8", "backslashreplace"))
    priority, program, pid, text = match.groups()
    facility = FACILITIES.get(int(priority) >> 3, str(int(priority) >> 3))
    severity = SEVERITIES[int(priority) & 7]
    plain = [part.decode("utf-8", "backslashreplace") for part in [program or b"?", text]]
    return Line(facility, severity, plain[0], int(pid or 0), plain[1])

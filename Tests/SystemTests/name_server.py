"""A name server for the private host, on a loopback address, that knows one name and misbehaves as told.

    with NameServer() as names:
        names.says["AAAA"] = "nothing"

For each type: "address", "no_data", "failure" (SERVFAIL), or "nothing" for no answer at all. The first `failures`
questions fail.
"""

import contextlib
import pathlib
import socket
import struct
import threading

NAME = "2fa.example.test"
TYPES = {1: "A", 28: "AAAA"}
ADDRESSES = {"A": socket.inet_pton(socket.AF_INET, "127.0.0.1"), "AAAA": socket.inet_pton(socket.AF_INET6, "::1")}


class NameServer:
    def __init__(self, address: str = "127.0.0.1"):
        self.says = {"A": "address", "AAAA": "no_data"}
        self.failures = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._thread = threading.Thread(target=self._serve, name="name server", daemon=True)

    def __enter__(self) -> "NameServer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                question, client = self._socket.recvfrom(4096)
                if not question:
                    return
                if (answer := self._answer(question)) is not None:
                    self._socket.sendto(answer, client)

    def _answer(self, question: bytes) -> bytes | None:
        name, end = name_in(question)
        kind = TYPES.get(struct.unpack(">H", question[end : end + 2])[0], "")
        says = self.says.get(kind, "no_data") if name == NAME else "no_data"
        if says == "nothing":
            return None
        if self.failures > 0:
            self.failures -= 1
            says = "failure"
        record = (
            b"\xc0\x0c" + question[end : end + 4] + struct.pack(">IH", 0, len(ADDRESSES[kind])) + ADDRESSES[kind]
            if says == "address"
            else b""
        )
        flags = 0x8180 | (2 if says == "failure" else 0)
        return (
            question[:2] + struct.pack(">HHHHH", flags, 1, 1 if record else 0, 0, 0) + question[12 : end + 4] + record
        )


def name_in(question: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


@contextlib.contextmanager
def asked(*addresses: str):
    """The private host asks only the name servers at these addresses."""
    files = {
        "/etc/resolv.conf": "".join(f"nameserver {address}\n" for address in addresses),
        "/etc/nsswitch.conf": "hosts: files dns\n",
    }
    before = {path: pathlib.Path(path).read_bytes() for path in files if pathlib.Path(path).exists()}
    for path, text in files.items():
        pathlib.Path(path).unlink(missing_ok=True)
        pathlib.Path(path).write_text(text)
    try:
        yield
    finally:
        for path in files:
            pathlib.Path(path).write_bytes(before[path]) if path in before else pathlib.Path(path).unlink()

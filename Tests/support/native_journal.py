"""A stand-in for journald's own socket, and its protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL)."""

import dataclasses
import os
import pathlib
import socket
import struct

from support.patience import PATIENCE


def parse(datagram: bytes) -> list[tuple[str, str]]:
    """The fields of a datagram, in order, as journald reads them."""
    fields, rest = [], datagram
    while rest:
        line, _, rest = rest.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name, length = line, int.from_bytes(rest[:8], "little")
            value, end, rest = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert len(value) == length and end == b"\n", datagram
        fields.append((name.decode("ascii"), value.decode("ascii")))
    return fields


@dataclasses.dataclass(frozen=True)
class Entry:
    """What was sent, and its sender, as the kernel says: journald's _PID and _UID."""

    fields: list[tuple[str, str]]
    pid: int
    uid: int


class NativeJournal:
    """A socket that everybody may write to."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.settimeout(PATIENCE)

    def entry(self) -> Entry:
        """The next entry, as soon as it is there."""
        datagram, [(_, _, credentials)], _, _ = self.socket.recvmsg(65_536, socket.CMSG_SPACE(12))
        pid, uid, _ = struct.unpack("3i", credentials)
        return Entry(parse(datagram), pid, uid)

    def entries(self) -> list[list[tuple[str, str]]]:
        """The fields of all that was sent until now."""
        found = []
        self.socket.setblocking(False)
        try:
            while True:
                found.append(self.entry().fields)
        except BlockingIOError:
            return found
        finally:
            self.socket.settimeout(PATIENCE)

    def fill(self) -> None:
        """Until it takes no more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                while True:
                    sender.sendto(b"MESSAGE=x\n", str(self.path))
            except BlockingIOError:
                pass

    def close(self) -> None:
        self.socket.close()
        self.path.unlink()

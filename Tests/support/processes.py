"""The processes of the private host, with parents and descriptors."""

import contextlib
import dataclasses
import os
import pathlib
import select
import signal
import time


@dataclasses.dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str  # as in ps: R, S, Z ...
    name: str
    uid: int

    @property
    def is_zombie(self) -> bool:
        """Ended, and its parent does not care. Orphans do not count: process 1 is about to reap them."""
        return self.state == "Z" and self.parent != 1

    def descriptors(self) -> dict[int, str]:
        """Number and target of each open descriptor, without those closed meanwhile."""
        found = {}
        for link in pathlib.Path("/proc", str(self.pid), "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[int(link.name)] = os.readlink(link)
        return found

    def signals(self) -> dict[str, str]:
        """Blocked, ignored and caught signals, as hexadecimal masks."""
        text = pathlib.Path("/proc", str(self.pid), "status").read_text(encoding="utf-8")
        fields = dict(line.split(":", 1) for line in text.splitlines())
        return {name: fields[name].strip() for name in ["SigBlk", "SigIgn", "SigCgt"]}


def everybody() -> list[Process]:
    pids = [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]
    return [process for process in map(look, sorted(pids)) if process]


def look(pid: int) -> Process | None:
    """None if it is gone."""
    try:
        text = pathlib.Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None
    name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
    return Process(pid, int(rest[1]), rest[0], name, uid)


def below(pid: int) -> list[Process]:
    """Children, their children, and so on."""
    found, parents = [], {pid}
    alive = everybody()
    while parents:
        children = [process for process in alive if process.parent in parents]
        found += children
        parents = {process.pid for process in children}
    return found


def wait_for_end(processes: list[Process], seconds: float) -> list[Process]:
    """Returns the processes that are still there after `seconds`, at once when all have ended."""
    deadline = time.monotonic() + seconds
    return [process for process in processes if not ended(process, deadline)]


def ended(process: Process, deadline: float) -> bool:
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
    finally:
        os.close(descriptor)


def kill(process: Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass

"""A person at a terminal: a program in a real pty, its output and its input."""

import io
import os
import pathlib
import re
import signal

import pexpect

from support import prompts
from support.patience import PATIENCE, until

READ = {"x86_64": "0", "aarch64": "63"}  # the number of read(2)

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "TERM": "dumb",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
}


class Terminal(pexpect.spawn):
    """A program that a person runs. `transcript` has all output of the terminal."""

    def __init__(self, argv: list[str], env: dict[str, str] | None = None, limit: float = PATIENCE):
        super().__init__(
            argv[0],
            argv[1:],
            env={**ENVIRONMENT, **(env or {})},
            cwd="/",
            timeout=limit,
            dimensions=(50, 200),
            encoding="utf-8",
            codec_errors="backslashreplace",
        )
        self.argv = argv
        self.delaybeforesend = None
        self.ptyproc.delayafterclose = self.ptyproc.delayafterterminate = 0.01
        self.logfile_read = io.StringIO()

    @property
    def transcript(self) -> str:
        return self.logfile_read.getvalue().replace("\r\n", "\n")

    def reads(self, pattern: str, limit: float = PATIENCE) -> re.Match:
        """Waits until the program shows this regular expression."""
        index = self.expect([re.compile(pattern), pexpect.EOF, pexpect.TIMEOUT], timeout=limit)
        trouble = ["", "ended", "is silent"][index]
        assert index == 0, f"{self._named()} {trouble}; {pattern!r} is not in what it showed:\n{self.transcript}"
        return self.match

    def reads_one_of(self, *patterns: str, limit: float = PATIENCE) -> int:
        """Waits until the program shows one of these, and returns which."""
        index = self.expect([*map(re.compile, patterns), pexpect.EOF, pexpect.TIMEOUT], timeout=limit)
        assert index < len(patterns), f"{self._named()} shows none of {patterns!r}:\n{self.transcript}"
        return index

    def shown_number(self) -> str:
        """The check number of the request on the phone: the newest that it shows, or the first that it will."""
        shown = re.findall(prompts.NUMBER, self.transcript)
        return shown[-1] if shown else self.reads(prompts.NUMBER)[1]

    def answer(self, text: str) -> None:
        """Types a line."""
        self.sendline(text)

    def begins(self, text: str) -> None:
        """Types without Enter, and waits until the terminal has taken it."""
        self.send(text)
        self.reads(text)

    def interrupt(self) -> None:
        """Types Ctrl-C, whatever the program is doing."""
        self.send("\x03")

    def interrupt_prompt(self) -> None:
        """Types Ctrl-C at a prompt. A person is slower than sudo, which does not hear it between its prompt and its
        read."""
        until(self._is_reading, lambda: f"{self._named()} does not read its terminal:\n{self.transcript}")
        self.interrupt()

    def end_of_file(self) -> None:
        """Types Ctrl-D."""
        self.send("\x04")

    def ends(self, limit: float = PATIENCE) -> int:
        """Waits for the program's end. Its exit code, or minus the number of the signal that it died of."""
        index = self.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=limit)
        assert index == 0, f"{self._named()} has not ended in {limit} s:\n{self.transcript}"
        self.wait()
        return self.exitstatus if self.signalstatus is None else -self.signalstatus

    def hang_up(self) -> None:
        """Closes the terminal, and leaves the program to react to that."""
        self.ptyproc.fileobj.close()

    def drop(self) -> None:
        """Closes the terminal, as a lost connection or a closed window does."""
        if not self.closed:
            if not self.terminated:
                os.kill(self.pid, signal.SIGKILL)
                self.wait()
            self.close(force=True)

    def _is_reading(self) -> bool:
        """Whether it waits in read(2); see proc(5), /proc/PID/syscall."""
        call = pathlib.Path("/proc", str(self.pid), "syscall").read_text(encoding="ascii").split()[0]
        return call == READ[os.uname().machine]

    def _named(self) -> str:
        return f"`{' '.join(self.argv)}`"

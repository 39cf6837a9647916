"""A machine for `countersign doctor`: stacks, programs and modules of the test's own, in a mount namespace."""

import contextlib
import dataclasses
import pathlib
import shutil
import sqlite3
import stat
import subprocess

from conftest import BUILT, ENVIRONMENT, MODULE, Done
from distributions import SHAPES
from support.namespace import pam_modules
from support.patience import PATIENCE
from support.seal import seal
from test_countersign_as_root import ENTER
from test_countersign_check_host import SSHD, CheckedHost

# What distributions have beside the modules of this machine; nothing loads them here.
OTHER_MODULES = [
    "pam_sss.so",
    "pam_systemd.so",
    "pam_systemd_home.so",
    "pam_fprintd.so",
    "pam_cap.so",
    "pam_gnome_keyring.so",
    "pam_kwallet5.so",
    "pam_reauthorize.so",
    "pam_ssh_add.so",
    "pam_cockpit_cert.so",
]


@dataclasses.dataclass
class Line:
    """A line of the report."""

    check: str
    status: str
    message: str
    hint: str | None


class Patient(CheckedHost):
    """A healthy Debian 12 with a second factor for sshd and sudo, until a test breaks it."""

    def __init__(self, base: pathlib.Path):
        super().__init__(base)
        self.vendor_stacks = self.base / "vendor"
        self.vendor_stacks.mkdir()
        self.modules = self.base / "modules"
        self.modules.mkdir()
        shutil.copyfile(BUILT / MODULE, self.modules / MODULE)
        (self.modules / MODULE).chmod(0o644)
        for name in OTHER_MODULES:
            if not (pam_modules() / name).exists():
                shutil.copyfile(pam_modules() / "pam_permit.so", self.modules / name)
        self.sshd_config(SSHD)
        self.does("softtoken", "alice")
        self.heal()

    def heal(self) -> None:
        """Puts everything back that a test may have changed."""
        # Paths of the machine, and what lies there instead.
        self.binds: dict[str, pathlib.Path] = {}
        self.mounts: list[str] = []
        # Stacks of the machine's packages are no part of a shape.
        self.binds["/usr/lib/pam.d"] = self.vendor_stacks
        self.config(SSHD)
        self.sudoers("%sudo ALL=(ALL:ALL) ALL", "alice ALL=(ALL:ALL) ALL")
        self.shape("debian12")
        self.settings('state = "/mnt/state"\n')
        self.account(confirmed=1)
        self.program("/usr/bin/journalctl", "exit 0")

    def shape(self, name: str) -> None:
        """Takes the stacks of a distribution."""
        shutil.rmtree(self.stack_folder)
        self.stack_folder.mkdir(mode=0o755)
        self.stacks(**SHAPES[name])

    def edit(self, service: str, old: str, new: str) -> None:
        """Changes a stack; the text must be there."""
        path = self.stack_folder / service
        text = path.read_text()
        assert old in text, text
        path.write_text(text.replace(old, new, 1))

    def config(self, text: str) -> None:
        """Writes sshd's settings."""
        (self.own_etc() / "ssh" / "sshd_config").write_text(text)

    def account(self, **columns) -> None:
        """Changes what the accounts say of alice, who has a SoftToken."""
        with contextlib.closing(sqlite3.connect(self.folder / "state" / "accounts.db")) as accounts, accounts:
            changes = ", ".join(f"{name} = ?" for name in columns)
            accounts.execute(f"UPDATE accounts SET {changes} WHERE name = 'alice'", tuple(columns.values()))
            seal(accounts, "alice")

    def program(self, path: str, script: str) -> None:
        """Puts a program in the place of one of the machine."""
        file = self.base / f"program-{pathlib.Path(path).name}"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        self.binds[path] = file

    def doctor(self, *words: str, before: list[str] | None = None) -> Done:
        """Runs it, behind the words of `before`, such as strace."""
        mounts = [
            f"mount -t overlay -o lowerdir={self.modules}:{pam_modules()} overlay {pam_modules()}",
            *(f"mount --bind {file} {path}" for path, file in self.binds.items()),
            *self.mounts,
            'exec "$@"',
        ]
        arguments = ["doctor", *words, "--helpers", "/mnt/helpers", "--config", "/mnt/countersign.toml"]
        inner = ["sh", "-ec", "\n".join(mounts), "sh", *(before or []), "/mnt/countersign", *arguments]
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", ENTER, self.base, *inner],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=ENVIRONMENT,
            cwd="/",
        )
        assert "mount:" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def lines(self, *words: str) -> list[Line]:
        """The report; its exit code is that of its worst line."""
        done = self.doctor(*words, "--json")
        assert done.code in (0, 1, 2), done
        report = done.json
        lines = [Line(**line) for line in report["checks"]]
        worst = max((["ok", "warning", "problem"].index(line.status) for line in lines), default=0)
        assert (done.code, report["status"]) == (worst, ["ok", "warning", "problem"][worst]), done
        assert all((line.hint is None) == (line.status == "ok") for line in lines), lines
        return lines

    def blames(self, *words: str) -> list[Line]:
        """What is not ok."""
        return [line for line in self.lines(*words) if line.status != "ok"]

    def snapshot(self) -> dict[str, tuple]:
        """All files of this machine, with what a change of them would show.

        SQLite's table of locks is left out: every reader of the accounts writes into it.
        """
        return {
            str(path): (*_status(path), path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b"")
            for path in sorted(self.base.rglob("*"))
            if not path.name.endswith("-shm")
        }


def _status(path: pathlib.Path) -> tuple:
    found = path.lstat()
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_ctime_ns

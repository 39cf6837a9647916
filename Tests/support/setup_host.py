"""A private host as Debian ships it, on which `countersign setup` is run, and who gets in there by ssh."""

import os
import pathlib
import shutil
import signal
import subprocess

from support import people, prompts
from support.product import Product

STACKS = ["sshd", "sudo", "sudo-i", "su", "su-l", "login"]
DROP_IN = pathlib.Path("/etc/ssh/sshd_config.d/00-countersign.conf")
JOURNAL = pathlib.Path("/var/lib/countersign-setup")
# As Debian ships it, without the subsystem that the daemon of the tests names itself.
SSHD_CONFIG = """\
Include /etc/ssh/sshd_config.d/*.conf
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM yes
"""
ASKED = "asked"


class SetupHost:
    """`host.reset` leaves the stacks alone that no test has written: `put_back` does the rest."""

    def __init__(self, product: Product):
        self.product, self.host = product, product.host
        self._etc = {path: path.read_bytes() for path in [*stacks(), pathlib.Path("/etc/ssh/sshd_config")]}
        self._users: list[str] = []
        pathlib.Path("/etc/ssh/sshd_config").write_text(SSHD_CONFIG, encoding="ascii")
        self._daemons = []
        self._count = 0

    def put_back(self) -> None:
        for pid in rollbacks():
            os.kill(pid, signal.SIGKILL)
        for path, text in self._etc.items():
            path.write_bytes(text)
        DROP_IN.unlink(missing_ok=True)
        shutil.rmtree(JOURNAL, ignore_errors=True)
        people.forget(self._users)
        for name in self._users:
            shutil.rmtree(self.home(name), ignore_errors=True)
            self.host.people.pop(name, None)

    def home(self, name: str) -> pathlib.Path:
        return self.host.people["alice"].home.parent / name

    def add_key_only_user(self, name: str, uid: int) -> None:
        """Its password is locked, as `adduser --disabled-password` makes it."""
        person = people.Person(name, uid, "", self.home(name))
        people.enter("group", f"{name}:x:{uid}:")
        people.enter("passwd", f"{name}:x:{uid}:{uid}::{person.home}:/bin/bash")
        people.enter("shadow", f"{name}:!:19000:0:99999:7:::")
        person.home.mkdir(mode=0o700)
        os.chown(person.home, uid, uid)
        self._users.append(name)
        self.host.people[name] = person
        self.host.authorize_key(name)

    def setup(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run while no sshd listens, as those of the tests have another file of settings; their logins go on."""
        for daemon in self._daemons:
            daemon.stop()
        self._daemons.clear()
        return self.host.countersign("setup", *arguments, check=check)

    def daemon(self):
        """An sshd that has read the settings as they are now."""
        self._count += 1
        self._daemons.append(self.host.sshd("sshd", extra=f"# {self._count}\nInclude /etc/ssh/sshd_config"))
        return self._daemons[-1]

    def by_key(self, user: str, daemon) -> bool:
        """Whether the key alone lets in."""
        terminal = self.host.ssh(user, sshd=daemon, key=self.host.key, methods="publickey", command="echo in as $USER")
        return terminal.reads_one_of(rf"in as {user}", prompts.SSH_REFUSES) == 0

    def by_password(self, user: str, daemon) -> bool | str:
        """Whether the password alone lets in; ASKED if a code is asked for behind it."""
        terminal = self.host.ssh(
            user,
            sshd=daemon,
            methods="keyboard-interactive,password",
            command="echo in as $USER",
            options=("NumberOfPasswordPrompts=1",),
        )
        if terminal.reads_one_of(prompts.PASSWORD, prompts.SSH_REFUSES) == 1:
            return False
        terminal.answer(self.host.people[user].password or "none")
        return [True, ASKED, False][terminal.reads_one_of(rf"in as {user}", prompts.CODE, prompts.SSH_REFUSES)]

    def ways(self, *users: str) -> dict[str, tuple]:
        """By user: what the key alone does, and what the password alone does."""
        daemon = self.daemon()
        return {user: (self.by_key(user, daemon), self.by_password(user, daemon)) for user in users}


def rollbacks() -> list[int]:
    """The processes that wait to put everything back."""
    found = subprocess.run(["pgrep", "-f", "^countersign setup --undo --scheduled"], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def stacks() -> list[pathlib.Path]:
    return [path for name in STACKS if (path := pathlib.Path("/etc/pam.d", name)).exists()]


def state() -> dict[str, tuple]:
    """Bytes, mode, owner and extended attributes of everything that setup may change."""
    paths = [*sorted(pathlib.Path("/etc/pam.d").iterdir()), *sorted(pathlib.Path("/etc/ssh/sshd_config.d").iterdir())]
    return {str(path): properties(path) for path in paths}


def properties(path: pathlib.Path) -> tuple:
    found = path.lstat()
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return path.read_bytes(), found.st_mode, found.st_uid, found.st_gid, attributes

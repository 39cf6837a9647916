"""The people of the private host, written into its /etc only: names, passwords, groups and what sudo lets them do."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import subprocess

PEOPLE = ["alice", "bob", "carol", "mallory"]
SUDOERS = ["alice", "bob", "carol"]
PROGRAMS = ["_countersign", "_countersign-net", "_countersignd"]
FIRST_UID = 42001

SUDO_RULES = """\
Defaults env_reset, lecture=never, !mail_no_user, !mail_badpass
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
"""


@dataclasses.dataclass(frozen=True)
class Person:
    """A user who can log in."""

    name: str
    uid: int
    password: str
    home: pathlib.Path


def move_in(homes: pathlib.Path) -> dict[str, Person]:
    """Makes all users, with homes below `homes` only, and returns them by name, root included."""
    people = [Person(name, FIRST_UID + n, f"pass of {name}", homes / name) for n, name in enumerate(PEOPLE)]
    root = Person("root", 0, "pass of root", homes / "root")
    forget([*PEOPLE, *PROGRAMS, "robots"])
    for person in people:
        enter("group", f"{person.name}:x:{person.uid}:")
        enter("passwd", f"{person.name}:x:{person.uid}:{person.uid}::{person.home}:/bin/bash")
        enter("shadow", f"{person.name}:{digest(person.password)}:19000:0:99999:7:::")
    for person in [*people, root]:
        person.home.mkdir(mode=0o700)
        os.chown(person.home, person.uid, person.uid)
    enter("group", f"robots:x:{FIRST_UID + 100}:carol")
    replace_root("shadow", f"root:{digest(root.password)}:19000:0:99999:7:::")
    replace_root("passwd", f"root:x:0:0:root:{root.home}:/bin/bash")
    for name in PROGRAMS:
        add_program(name)
    write_sudoers()
    hurry()
    return {person.name: person for person in [*people, root]}


def digest(password: str) -> str:
    done = subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def add_program(name: str) -> None:
    """A system user that owns no login: as Debian's `adduser --system --group` makes it."""
    taken = {int(line.split(":")[2]) for table in ["passwd", "group"] for line in lines(table)}
    number = max(set(range(100, 1000)) - taken)
    enter("group", f"{name}:x:{number}:")
    enter("passwd", f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin")
    enter("shadow", f"{name}:!:19000::::::")


def write_sudoers() -> None:
    rules = pathlib.Path("/etc/sudoers")
    rules.unlink(missing_ok=True)
    rules.write_text(SUDO_RULES + "".join(f"{name} ALL=(ALL:ALL) ALL\n" for name in SUDOERS), encoding="ascii")
    rules.chmod(0o440)


def hurry() -> None:
    """Removes pam_unix's delay after each failure; Debian's stacks are otherwise unchanged."""
    stack = pathlib.Path("/etc/pam.d/common-auth")
    lines_of_it = stack.read_text(encoding="utf-8").splitlines()
    changed = [
        f"{line} nodelay" if "pam_unix.so" in line and not line.startswith("#") else line for line in lines_of_it
    ]
    stack.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")


def table_path(table: str) -> pathlib.Path:
    return pathlib.Path("/etc", table)


def lines(table: str) -> list[str]:
    return table_path(table).read_text(encoding="utf-8").splitlines()


def rewrite(table: str, change) -> None:
    changed = [change(line) for line in lines(table)]
    table_path(table).write_text("".join(f"{line}\n" for line in changed if line), encoding="utf-8")


def enter(table: str, line: str) -> None:
    with table_path(table).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def replace_root(table: str, entry: str) -> None:
    rewrite(table, lambda line: entry if line.startswith("root:") else line)


def forget(names: list[str]) -> None:
    """A machine with one of these users keeps it; the private host has its own."""
    for table in ["passwd", "shadow", "group", "gshadow"]:
        if table_path(table).exists():
            rewrite(table, lambda line: "" if line.split(":")[0] in names else line)


@contextlib.contextmanager
def called(host, name: str):
    """Bob by that name; afterwards he has his own again."""
    bob = host.people["bob"]

    def rename(before: str, after: str) -> None:
        for table in ["passwd", "shadow"]:
            rewrite(table, lambda line: after + line.removeprefix(before) if line.startswith(f"{before}:") else line)

    rename("bob", name)
    host.people[name] = dataclasses.replace(bob, name=name)
    try:
        yield name
    finally:
        del host.people[name]
        rename(name, "bob")


def clear_home(person: Person) -> None:
    for entry in person.home.iterdir():
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

"""The AppArmor profiles allow every file that the helpers open in real logins."""

import os
import pathlib
import re

import pytest

from support import prompts
from support.good_server import LoginPhone
from support.host import as_user
from support.product import HASTY, PATIENT, gets_in, give_password
from support.profiles import Profile

pytestmark = pytest.mark.product

OPENED = re.compile(r'open(?:at)?\(.*?"[^"]*", (\S+?)[,)].* = \d+<(/[^>]*)>$')
CONNECTED = re.compile(r'connect\(.*sun_path="([^"]+)"')
STARTED = re.compile(r"execveat\(\d+<(\S+)>.* = 0$")
# A build for tests loads Swift's libraries; what is shipped has them in itself, and countersign-login all others too.
TOOLCHAIN = re.compile(r"/swift/|/\.build|^/etc/ld\.so\.cache$|\.so(?:\.[\d.]+)?$")


def traced_sudo(product):
    """sudo under strace: the terminal, and a function that returns what each helper used."""
    trace = product.host.scratch / "trace"
    calls = "trace=open,openat,connect,execveat"
    terminal = product.host.terminal(
        ["strace", "-f", "-y", "-s", "200", "-o", str(trace), "-e", calls, *as_user("alice"), "sudo", "-k", "id", "-un"]
    )
    give_password(terminal, product.host.people["alice"].password)
    return terminal, lambda: used(trace.read_text(encoding="utf-8", errors="replace"))


def used(trace: str) -> dict[str, set[tuple[str, str]]]:
    helpers: dict[str, str] = {}
    found: dict[str, set[tuple[str, str]]] = {}
    for line in trace.splitlines():
        pid, _, call = line.partition(" ")
        if started := STARTED.search(call):
            helpers[pid] = pathlib.Path(started[1]).name
        if pid not in helpers:
            continue
        files = found.setdefault(helpers[pid], set())
        if (opened := OPENED.search(call)) and "O_PATH" not in opened[1]:
            files.add((named(opened[2], pid), access(opened[1])))
        elif connected := CONNECTED.search(call):
            files.add((connected[1], "rw"))
    return found


def named(path: str, pid: str) -> str:
    """As AppArmor names it: with a slash at the end of a directory."""
    return f"{path}/" if os.path.isdir(path) and not path.startswith("/proc") else path


def access(flags: str) -> str:
    return "rw" if "O_RDWR" in flags else "w" if "O_WRONLY" in flags else "r"


def refused(files: dict[str, set[tuple[str, str]]]) -> list[str]:
    return [
        f"{helper}: {path} {letters}"
        for helper, opened in files.items()
        for path, letters in sorted(opened)
        if not TOOLCHAIN.search(path) and not Profile(helper).allows(path, letters)
    ]


def test_a_login_by_the_phone_over_the_network(product, countersignd):
    phone = LoginPhone(countersignd)
    product.configure(phone, PATIENT)
    product.link("alice", phone.authy_id)
    # Where the documentation puts it.
    ca = pathlib.Path("/etc/countersign/ca.pem")
    ca.write_bytes(pathlib.Path(phone.ca_file).read_bytes())
    settings = pathlib.Path("/etc/countersign/countersign.toml")
    settings.write_text(settings.read_text(encoding="utf-8").replace(str(phone.ca_file), str(ca)), encoding="utf-8")
    terminal, files = traced_sudo(product)
    phone.approve(terminal, phone.wait_for_request())
    assert gets_in(terminal, "root")
    assert set(files()) == {"countersign-login", "countersign-net"}
    assert (str(ca), "r") in files()["countersign-net"]
    assert refused(files()) == []


def test_a_login_by_a_code_of_this_host_while_grace_has_a_date(product):
    product.configure(enrolment='mode = "grace"\ngrace_until = 2099-01-01', login=HASTY)
    token = product.softtoken("alice")
    terminal, files = traced_sudo(product)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")
    assert ("/var/lib/countersign/accounts.db", "rw") in files()["countersign-login"]
    assert refused(files()) == []


@pytest.mark.parametrize(
    "helper, path, letters",
    [
        ("countersign-login", "/home/alice/.ssh/id_ed25519", "r"),
        ("countersign-login", "/etc/countersign/countersign.toml", "w"),
        ("countersign-login", "/etc/shadow", "r"),
        ("countersign-net", "/etc/countersign/countersign.toml", "r"),
        ("countersign-net", "/etc/countersign/api-key", "r"),
        ("countersign-net", "/etc/countersign/privkey.pem", "r"),
        ("countersign-net", "/var/lib/countersign/accounts.db", "r"),
        ("countersignd", "/var/lib/countersign/accounts.db", "r"),
        ("countersignd", "/root/.ssh/id_ed25519", "r"),
        ("countersignd", "/etc/countersign/countersignd.toml", "w"),
    ],
)
def test_what_a_program_does_not_need_is_not_allowed(helper, path, letters):
    assert not Profile(helper).allows(path, letters)

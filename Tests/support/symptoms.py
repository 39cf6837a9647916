"""Hosts on which something is wrong, each under its heading in docs/admin/troubleshooting.md."""

import contextlib
import datetime
import pathlib
import shutil
import subprocess
from collections.abc import Callable, Iterator

from support import prompts
from support.good_server import LoginPhone
from support.host import SETTINGS, STATE
from support.product import REQUIRED, gets_in
from support.stand_in import StandIn

SYMPTOMS: dict[str, Callable] = {}
DROP_IN = pathlib.Path("/etc/ssh/sshd_config.d/countersign.conf")
ACCOUNTS = STATE / "accounts.db"
NOWHERE = '[server]\nurl = "https://localhost:9"\napi_key = "some-api-key"\nconnect_timeout = 1\nrequest_timeout = 1'


def symptom(heading: str):
    """The decorated function breaks a sound host as under this heading; what it yields holds until the test's end."""

    def register(function):
        SYMPTOMS[heading] = contextlib.contextmanager(function)
        return function

    return register


@contextlib.contextmanager
def nothing(product) -> Iterator:
    """A sound host, for headings about what others do."""
    yield


def edit(path: str | pathlib.Path, before: str, after: str) -> None:
    text = pathlib.Path(path).read_text(encoding="utf-8")
    assert before in text, f"{path} has no {before!r}"
    pathlib.Path(path).write_text(text.replace(before, after), encoding="utf-8")


@contextlib.contextmanager
def kept(path: str) -> Iterator[pathlib.Path]:
    """A file of /etc that many tests share: afterwards it is as before."""
    file = pathlib.Path(path)
    before = file.read_bytes()
    try:
        yield file
    finally:
        file.write_bytes(before)


def ends_without_a_code(terminal) -> None:
    if terminal.reads_one_of(prompts.CODE, prompts.SERVER_TROUBLE, r"does not work at the moment", "sudo: ") < 2:
        terminal.interrupt_prompt()
    terminal.ends()


def types(terminal, *codes: str) -> None:
    for code in codes:
        terminal.reads(prompts.CODE)
        terminal.answer(code)
    terminal.ends()


# Nobody, or not everybody, is asked


@symptom("Nobody is asked")
def no_stack(product) -> Iterator:
    for service in ["sshd", "sudo", "sudo-i", "su", "login", "sshd-cs"]:
        edit(f"/etc/pam.d/{service}", "pam_countersign.so", "pam_permit.so")
    yield


@symptom("ssh with a key asks for nothing")
def key_alone(product) -> Iterator:
    edit(DROP_IN, "AuthenticationMethods", "#AuthenticationMethods")
    yield


@symptom("ssh asks some users and not others")
def match_block(product) -> Iterator:
    with DROP_IN.open("a", encoding="ascii") as file:
        file.write("Match User backup\n    AuthenticationMethods publickey\nMatch all\n")
    yield


@symptom("sudo asks, sudo -i does not")
def other_door(product) -> Iterator:
    edit("/etc/pam.d/sudo-i", "pam_countersign.so", "pam_permit.so")
    yield


@symptom("sudo asks for neither password nor factor")
def nopasswd(product) -> Iterator:
    with kept("/etc/sudoers") as rules:
        rules.write_text(f"{rules.read_text(encoding='ascii')}ALL ALL=(ALL) NOPASSWD: ALL\n", encoding="ascii")
        yield


@symptom("The stack lets people in before it asks")
def sufficient(product) -> Iterator:
    path = pathlib.Path("/etc/pam.d/sudo")
    path.write_text(f"auth sufficient pam_unix.so\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    yield


@symptom("One user is not asked")
def excused(product) -> Iterator:
    product.host.countersign("pause", "alice", "--hours", "4", "--reason", "lost phone")
    assert gets_in(product.knock("sudo"), "root")
    yield


@symptom("A user is not asked again")
def remembered(product) -> Iterator:
    product.configure(enrolment=REQUIRED, more="[remember]\nseconds = 3600")
    token = product.softtoken("alice")
    types(product.knock("ssh"), token.fresh_code())
    assert gets_in(product.knock("ssh"), "alice")
    yield


# Everybody is refused


@symptom("Does not work at the moment: a key in the settings")
def wrong_key(product) -> Iterator:
    edit(SETTINGS, "[enrolment]", "[enrollment]")
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Does not work at the moment: the owner of the settings")
def unsafe_settings(product) -> Iterator:
    SETTINGS.chmod(0o666)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Does not work at the moment: a helper")
def no_helper(product) -> Iterator:
    (product.host.helpers / "countersign-login").unlink()
    product.knock("sudo").ends()
    yield


@symptom("Refused at once: the module is missing")
def no_module(product) -> Iterator:
    (product.host.modules / "pam_countersign.so").unlink()
    product.knock("sudo").ends()
    yield


@symptom("Refused at once: a system user is missing")
def no_user(product) -> Iterator:
    with contextlib.ExitStack() as stack:
        for table in ["passwd", "group", "shadow", "gshadow"]:
            file = stack.enter_context(kept(f"/etc/{table}"))
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            file.write_text("".join(line for line in lines if not line.startswith("_countersign:")), encoding="utf-8")
        product.knock("sudo").ends()
        yield


@symptom("Refused: the accounts are gone")
def no_state(product) -> Iterator:
    shutil.rmtree(STATE)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Refused: there are no accounts yet")
def no_accounts(product) -> Iterator:
    (SETTINGS.parent / "accounts.id").unlink()
    for file in STATE.iterdir():
        file.unlink()
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Refused: the accounts are damaged")
def damaged(product) -> Iterator:
    ACCOUNTS.write_bytes(b"no database" * 1000)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Refused: the accounts belong to another user")
def wrong_owner(product) -> Iterator:
    shutil.chown(STATE, "root", "root")
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("Refused: the disk is full")
def disk_full(product) -> Iterator:
    token = product.softtoken("alice")
    copy = product.host.scratch / "state"
    shutil.copytree(STATE, copy)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "full", STATE], check=True)
    try:
        for file in copy.iterdir():
            shutil.copy2(file, STATE / file.name)
        for path in [STATE, *STATE.iterdir()]:
            shutil.chown(path, "_countersign", "_countersign")
        with contextlib.suppress(OSError), (STATE / "rest").open("wb", buffering=0) as rest:
            while rest.write(bytes(512)):
                pass
        terminal = product.knock("sudo")
        if terminal.reads_one_of(prompts.CODE, "does not work at the moment") == 0:
            terminal.answer(token.fresh_code())
        terminal.ends()
        yield
    finally:
        subprocess.run(["umount", "--lazy", STATE], check=True)


@symptom("ssh refuses everybody after the password")
def no_keyboard_interactive(product) -> Iterator:
    edit(DROP_IN, "KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication no")
    yield


# The 2FA server


@symptom("The 2FA server does not answer")
def server_down(product) -> Iterator:
    product.host.settings(f'{NOWHERE}\n[login]\n[enrolment]\nmode = "required"\n')
    product.link("alice", 1234567)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("The 2FA server cannot be used: API key")
def wrong_api_key(product, phone: LoginPhone) -> Iterator:
    edit(SETTINGS, phone.api_key, "another-key")
    product.link("alice", phone.authy_id)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("The 2FA server cannot be used: certificate")
def wrong_certificate(product, authority) -> Iterator:
    with StandIn(certificate=authority.expired) as server:
        server.ca_file = authority.ca_file
        product.configure(server)
        product.link("alice", server.authy_id)
        ends_without_a_code(product.knock("sudo"))
        yield


@symptom("The 2FA server cannot be used: ca_file")
def no_ca_file(product, phone: LoginPhone) -> Iterator:
    edit(SETTINGS, str(phone.ca_file), "/etc/countersign/ca.pem")
    yield


@symptom("No second factor can be asked for here")
def no_factor(product) -> Iterator:
    product.link("alice", 1234567)
    terminal = product.knock("sudo")
    terminal.reads("No second factor can be asked for here")
    terminal.ends()
    yield


@symptom("The phone does not ring")
def no_device(product, countersignd) -> Iterator:
    person = LoginPhone(countersignd, has_device=False)
    product.configure(person)
    product.link("alice", person.authy_id)
    ends_without_a_code(product.knock("sudo"))
    yield


@symptom("A login was just denied on your phone")
def denied(product, phone: LoginPhone) -> Iterator:
    product.link("alice", phone.authy_id)
    terminal = product.knock("sudo")
    phone.deny(phone.wait_for_request())
    terminal.ends()
    yield


@symptom("The server takes no more codes")
def locked_at_the_server(product, phone: LoginPhone) -> Iterator:
    for _ in range(10):
        phone.application.verify("0000000", phone.authy_id)
    yield {"AUTHYID": str(phone.authy_id)}


# One user is refused


@symptom("A right code is not accepted")
def spent(product) -> Iterator:
    token = product.softtoken("alice")
    types(product.knock("sudo"), token.fresh_code())
    product.configure(login="tries = 1")
    types(product.knock("sudo"), token.spent_code())
    yield


@symptom("No code is ever accepted")
def wrong_clock(product) -> Iterator:
    token = product.softtoken("alice")
    product.configure(login="tries = 1")
    types(product.knock("sudo"), token.code_at(token.step() - 20))
    yield


@symptom("Too many wrong codes")
def locked(product) -> Iterator:
    token = product.softtoken("alice")
    for count in (3, 2):
        terminal = product.knock("sudo")
        for _ in range(count):
            terminal.reads(prompts.CODE)
            terminal.answer(token.wrong_code())
            terminal.reads(prompts.NOT_ACCEPTED)
        terminal.drop()
    yield


@symptom("You must set up a second factor")
def grace_over(product) -> Iterator:
    product.configure(enrolment='mode = "grace"\ngrace_logins = 5')
    product.host.countersign("grace", "alice", "--used", "5")
    terminal = product.knock("sudo")
    terminal.reads("You must set up a second factor")
    terminal.ends()
    yield


@symptom("Who is refused next week")
def grace_ends(product) -> Iterator:
    until = datetime.date.today() + datetime.timedelta(days=3)
    product.configure(enrolment=f'mode = "grace"\ngrace_logins = 5\ngrace_until = {until}')
    product.host.countersign("grace", "alice", "--used", "4")
    yield


@symptom("Groups are not certain")
def uncertain_groups(product) -> Iterator:
    with kept("/etc/nsswitch.conf"):
        edit("/etc/nsswitch.conf", "group:", "group: sss")
        yield from asks_carol(product)


def asks_carol(product) -> Iterator:
    product.configure(more='[login.group.robots]\nfactors = ["softtoken"]')
    product.softtoken("carol")
    terminal = product.knock("sudo", "carol")
    terminal.reads(prompts.CODE)
    terminal.interrupt_prompt()
    terminal.ends()
    yield


@symptom("Prompts are English, not in the language of texts.toml")
def wrong_texts(product) -> Iterator:
    (SETTINGS.parent / "texts.toml").write_text('wiating = "Bitte warten."\n', encoding="utf-8")
    yield


# Programs


@symptom("ssh asks for the password again, without a reason")
def later_rounds(product) -> Iterator:
    token = product.softtoken("alice")
    product.configure(login="tries = 1")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(token.wrong_code())
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["alice"].password)
    terminal.reads(prompts.PASSWORD)
    terminal.drop()
    yield


# The server itself


@symptom("countersignd does not start")
def server_settings(product) -> Iterator:
    path = product.host.scratch / "countersignd.toml"
    state = product.host.scratch / "not-mounted"
    path.write_text(f'state = "{state}"\n[server]\nlisten = ["127.0.0.1:8555"]\n', encoding="utf-8")
    yield {"CONFIG": str(path)}


@symptom("A text message does not arrive")
def sent(product, phone: LoginPhone) -> Iterator:
    phone.application.call("GET", f"/protected/json/sms/{phone.authy_id}?force=true")
    yield {"AUTHYID": str(phone.authy_id)}

"""What a person sees at a login, through a real sshd and a real sudo, on a private host."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import sys

from support import chromium as pages
from support import server as servers
from support.host import Host
from support.product import PASSWORD_FIRST, Product

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
FOLDER = pathlib.Path("/run/countersignd")
CODE = re.compile(r"\b\w{4}-\w{4}-\w{4}\b")
GRACE = 'mode = "grace"\ngrace_logins = 2\ngrace_window = 0\ngrace_services = ["sshd"]'


def bold(text):
    return f"\033[1m{text}\033[0m" if COLOUR else text


def title(text):
    print(f"\n{bold(text)}")


class Demo:
    def __init__(self, build):
        self.host = Host(build)
        self.product = Product(self.host)
        self.host.install()
        for service in ("sshd", "sudo"):
            self.host.pam_stack(service, PASSWORD_FIRST)

    def show(self, terminal, command):
        """The terminal's output, with the input, and the log line of the decision."""
        code = terminal.ends()
        print(f"  $ {command}")
        for line in terminal.transcript.splitlines():
            if line.strip():
                print(f"  {line.rstrip()}")
        print(f"  (exit code {code})")
        for line in self.host.journal.lines(r"\boutcome="):
            print(f"  log: {line.text}")
        self.host.journal.clear()

    def ssh(self, user, *answers, when=None):
        once = ("NumberOfPasswordPrompts=1",)
        self.play(
            self.product.knock("ssh", user, sshd=self.host.sshd("sshd"), options=once),
            f"ssh {user}@gate id -un",
            answers,
            when,
        )

    def sudo(self, user, *answers, when=None):
        self.play(self.product.knock("sudo", user), "sudo id -un", answers, when)

    def play(self, terminal, command, answers, when):
        if when:
            when(terminal)
        for answer in answers:
            terminal.reads(r": $")
            terminal.answer(answer() if callable(answer) else answer)
        self.show(terminal, command)


def softtokens(demo):
    demo.product.configure()
    token = demo.product.softtoken("alice")
    title("A SoftToken that this host keeps, by ssh, then by sudo")
    demo.ssh("alice", token.fresh_code)
    demo.sudo("alice", token.fresh_code)
    title("A wrong code, then a right one")
    demo.host.countersign("unlink", "alice", "--yes")
    token = demo.product.softtoken("alice")
    demo.ssh("alice", token.wrong_code, token.fresh_code)


class Socket:
    """The server as the host's settings name it: by its socket."""

    url = f"unix:{FOLDER}/api.sock"
    ca_file = None

    def __init__(self, key):
        self.api_key = key


@contextlib.contextmanager
def countersignd():
    """The server on this machine: a socket for the host, loopback for the phone."""
    FOLDER.mkdir(mode=0o755)
    running = servers.Server(FOLDER, extra_listener=Socket.url)
    try:
        yield running.start()
    finally:
        running.stop(signal.SIGTERM)
        shutil.rmtree(FOLDER)


def enrolled(demo, server, user, browser):
    """A phone that was enrolled as a person would do it."""
    authy_id = server.application.new_user()
    demo.product.configure(Socket(server.application.key), login="onetouch_wait = 20")
    demo.product.link(user, authy_id)
    title(f"{user} opens an enrolment link on the phone (headless Chromium)")
    phone = pages.Phone(browser, shots=REPOSITORY / ".shots")
    phone.open(servers.link(server, authy_id), "Pixel 9")
    code = phone.confirmation_code()
    print(f"  the phone shows the confirmation code {code}")
    print(f"  $ countersignd user confirm {authy_id} {code}")
    print("  " + server.command("user", "confirm", authy_id, code).stdout.strip())
    phone.wait_until_confirmed()
    return phone


def onetouch(demo, server, browser):
    phone = enrolled(demo, server, "carol", browser)
    title("OneTouch by ssh: approved by a tap")
    demo.ssh("carol", when=lambda _: tap(phone, phone.approve))
    title("The same under sudo, which shows a number: the phone asks which of three it is")
    demo.sudo("carol", when=lambda terminal: choose(phone, terminal))
    demo.product.configure(Socket(server.application.key), login="onetouch_wait = 2")
    title("OneTouch ignored: after some seconds the code that the phone shows, which needs no network there")
    demo.ssh("carol", lambda: phone.softtoken_code("Example Corp"))
    demo.product.configure(Socket(server.application.key), login="onetouch_wait = 20")
    title("OneTouch denied on the phone: out at once")
    demo.ssh("carol", when=lambda _: tap(phone, lambda: phone.deny(report=True)))
    phone.close()


def look(phone):
    print("  the phone shows:")
    for line in phone.wait_for_request().inner_text().splitlines():
        if line.strip():
            print(f"    | {line.strip()}")


def tap(phone, act):
    look(phone)
    print(f"  the person taps: {act()}")
    phone.close_results()


def choose(phone, terminal):
    number = terminal.shown_number()
    look(phone)
    print(
        f"  the phone asks which number: {', '.join(phone.choices())}; the person taps {number}: {phone.choose(number)}"
    )
    phone.close_results()


def enrolment(demo, server):
    demo.product.configure(
        Socket(server.application.key),
        enrolment=GRACE + '\nat_login = true\nemail_domain = "example.com"\ncountry_code = "1"',
    )
    title("Somebody who has no phone yet enrols one in the login itself, after skipping it once")
    demo.ssh("bob", "skip")
    demo.ssh("bob", "555 010 0456", lambda: server.codes()[-1])
    title("From then on bob is asked; with the phone out of reach, a recovery code")
    codes = demo.host.countersign("recovery", "bob").stdout
    print("  $ countersign recovery bob")
    print("".join(f"  {line}\n" for line in codes.splitlines() if line.strip()), end="")
    demo.ssh("bob", "recovery", CODE.search(codes).group())
    title("How far it has come")
    print("  $ countersign report")
    print("".join(f"  {line}\n" for line in demo.host.countersign("report").stdout.splitlines()), end="")


def grace(demo):
    demo.product.configure(enrolment=GRACE)
    title("Nobody has enrolled mallory yet: two logins without a second factor, then none")
    for _ in range(3):
        demo.ssh("mallory")


def interactive(demo, server):
    demo.product.configure(Socket(server.application.key))
    user = "bob"
    authy_id = server.application.new_user()
    demo.product.link(user, authy_id)
    daemon = demo.host.sshd("sshd")
    title(
        "A phone: open this link in a browser on this machine, or scan it with a phone that reaches the machine under "
        "this name"
    )
    print(server.command("user", "link", authy_id).stdout)
    title("The phone's confirmation code")
    while True:
        done = server.command("user", "confirm", authy_id, input("  The code that it shows: ").strip(), check=False)
        print("  " + (done.stdout or done.stderr).strip())
        if done.returncode == 0:
            break
    title("An sshd is up for you")
    print(f"  ssh -p {daemon.port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no {user}@127.0.0.1")
    print(f"  password: {demo.host.people[user].password}")
    print("  Then approve on the phone, or type the code that it shows.")
    print("  Ctrl-C ends it.")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def main():
    demo = Demo(pathlib.Path(sys.argv[1]))
    try:
        with countersignd() as server:
            if os.environ.get("INTERACTIVE"):
                interactive(demo, server)
            else:
                softtokens(demo)
                with pages.browser() as browser:
                    onetouch(demo, server, browser)
                enrolment(demo, server)
                grace(demo)
                title("All of it was on a private host, which is gone now.")
    finally:
        demo.host.reset()


main()

"""What a person sees at a login, through a real sshd and a real sudo, on a private host."""

import os
import pathlib
import re
import signal
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests/SystemTests"))

from host import Host  # noqa: E402
from product import PASSWORD_FIRST, Product  # noqa: E402
from stand_in import StandIn  # noqa: E402

COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
AUTHY_ID = 4242
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
        """What the terminal showed, with what was typed, and the log's line of the decision."""
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
        self.play(self.product.knock("ssh", user, sshd=self.host.sshd("sshd"), options=once), f"ssh {user}@gate id -un", answers, when)

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
    token = demo.product.softtoken("bob")
    demo.ssh("bob", token.wrong_code, token.fresh_code)


def onetouch(demo, server):
    demo.product.configure(server, login="onetouch_wait = 4")
    demo.product.link("carol", AUTHY_ID)
    title("OneTouch: the phone is asked, and the person approves")
    demo.ssh("carol", when=lambda _: approve(server))
    title("The same under sudo, which shows text at once: a number to compare comes with it")
    demo.sudo("carol", when=lambda terminal: (terminal.reads("phone"), approve(server)))
    title("OneTouch ignored: after some seconds a code can be typed, the request stays open")
    server.codes.add("8317045")
    demo.ssh("carol", "8317045", when=lambda _: server.wait_for_request())
    title("OneTouch denied on the phone: out at once")
    demo.ssh("carol", when=lambda _: server.deny(server.wait_for_request().uuid))


def approve(server):
    request = server.wait_for_request()
    print(f"  the phone shows: {request.message}")
    for label, value in request.details.items():
        print(f"                   {label}: {value}")
    server.approve(request.uuid)


def grace(demo):
    demo.product.configure(enrolment=GRACE)
    title("Nobody has enrolled mallory yet: two logins without a second factor, then none")
    for _ in range(3):
        demo.ssh("mallory")


def interactive(demo, server):
    demo.product.configure(server)
    user = "bob"
    token = demo.product.softtoken(user)
    daemon = demo.host.sshd("sshd")
    title("An sshd is up for you")
    print(f"  ssh -p {daemon.port} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no {user}@127.0.0.1")
    print(f"  password: {demo.host.people[user].password}")
    print(f"  SoftToken: {token.base32} (for an app, or: oathtool --totp -b {token.base32})")
    print("  Ctrl-C ends it.")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def main():
    demo = Demo(pathlib.Path(sys.argv[1]))
    try:
        with StandIn(unix="/run/countersign-demo.sock") as server:
            if os.environ.get("INTERACTIVE"):
                interactive(demo, server)
            else:
                softtokens(demo)
                onetouch(demo, server)
                grace(demo)
                title("All of it was on a private host, which is gone now.")
    finally:
        demo.host.reset()


main()

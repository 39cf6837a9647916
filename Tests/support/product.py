"""The installed product on the private host: its settings, accounts, history and log, as an admin handles them."""

import dataclasses
import json
import re

from support.good_server import Person
from support.host import Host
from support.prompts import PASSWORD
from support.stand_in import StandIn
from support.terminal import Terminal
from support.totp import SoftToken

FACTOR = "auth required pam_countersign.so"
PASSWORD_FIRST = f"""\
auth [success=1 default=ignore] pam_unix.so nodelay
auth requisite pam_deny.so
{FACTOR}
account required pam_unix.so
session required pam_permit.so
"""
FACTOR_ONLY = f"""\
{FACTOR}
account required pam_unix.so
session required pam_permit.so
"""
REQUIRED = 'mode = "required"'
PATIENT = "onetouch_wait = 60"  # no prompt before the phone has answered
HASTY = "onetouch_wait = 1"
KEY_FIRST = "AuthenticationMethods publickey,keyboard-interactive:pam"

# The keys of a decision's log line, in their order; a value that is not there is written as -.
LOG_KEYS = ["outcome", "reason", "factor", "user", "uid", "service", "rhost", "detail", "request"]


@dataclasses.dataclass
class Product:
    host: Host

    def configure(
        self,
        server: Person | StandIn | None = None,
        login: str = "",
        enrolment: str = REQUIRED,
        more: str = "",
        server_lines: str = "",
    ) -> None:
        """Writes the settings: lines of [login], [enrolment] and [server], and whole tables in `more`."""
        tables = [f"{server_table(server)}{server_lines}", f"[login]\n{login}", f"[enrolment]\n{enrolment}", more]
        self.host.settings("\n\n".join(tables) + "\n")

    def softtoken(self, user: str, token: SoftToken | None = None) -> SoftToken:
        """Gives the user a SoftToken of this host: a new one, or one with the same secret as another."""
        token = token or SoftToken()
        self.host.countersign("softtoken", user, "--secret-stdin", stdin=f"{token.base32}\n")
        return token

    def link(self, user: str, authy_id: int) -> None:
        self.host.countersign("link", user, str(authy_id))

    def show(self, user: str) -> dict:
        return json.loads(self.host.countersign("show", user, "--json").stdout)

    def history(self, user: str) -> list[dict]:
        return json.loads(self.host.countersign("history", user, "--json").stdout)

    def decisions(self) -> list[dict]:
        """The log line of each decision since the test began, as a dictionary, without those of later rounds, which
        only refer to it."""
        decisions = [parse_decision(line.text) for line in self.host.journal.lines(r"\boutcome=")]
        return [decision for decision in decisions if decision["reason"] != "decided_before"]

    def decided(self, **expected: str) -> None:
        """Exactly one decision was made, apart from later rounds that it ended at once; the log has this line, and
        history agrees."""
        decisions = [decision for decision in self.decisions() if decision["reason"] != "decided_before"]
        assert len(decisions) == 1, decisions
        assert {key: decisions[0].get(key) for key in expected} == expected
        row = next(row for row in self.history(expected["user"]) if row["reason"] != "decided_before")
        assert {key: row[key] for key in expected} == expected

    # The first factor, and whole logins

    def knock(self, way: str, user: str = "alice", **options) -> Terminal:
        """The program that asks, after the right password was given: "ssh", "sudo", "su" or "login"."""
        start = {
            "ssh": lambda: self.host.ssh(user, **options),
            "sudo": lambda: self.host.sudo(user, **options),
            "su": lambda: self.host.su("bob", user, **options),
            "login": lambda: self.host.login(user, **options),
        }[way]
        terminal = start()
        give_password(terminal, self.host.people[user].password)
        return terminal

    def knock_with_key(self, user: str = "alice", **options) -> Terminal:
        """ssh where a key is the first factor, so that nothing but ours is asked on the terminal."""
        self.host.pam_stack("sshd-cs", FACTOR_ONLY)
        self.host.authorize_key(user)
        daemon = self.host.sshd(extra=KEY_FIRST)
        return self.host.ssh(user, sshd=daemon, key=self.host.key, methods="publickey,keyboard-interactive", **options)


def give_password(terminal: Terminal, password: str) -> None:
    terminal.reads(PASSWORD)
    terminal.answer(password)


def gets_in(terminal: Terminal, name: str) -> bool:
    """The command ran as this user."""
    terminal.reads(rf"(?m)^{name}\r\n")
    return terminal.ends() == 0


def parse_decision(text: str) -> dict:
    pairs = re.findall(r'\b([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', text)
    assert [key for key, _ in pairs] == LOG_KEYS, f"the keys of this line are not {LOG_KEYS}: {text}"
    return {key: "" if value == "-" else value.strip('"') for key, value in pairs}


def server_table(server: Person | StandIn | None) -> str:
    if server is None:
        return ""
    trust = f'\nca_file = "{server.ca_file}"' if server.url.startswith("https") else ""
    return f'[server]\nurl = "{server.url}"\napi_key = "{server.api_key}"{trust}\n'

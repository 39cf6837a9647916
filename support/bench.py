"""Whole PAM transactions and module loads beside the peers, and the way from an approval to a login."""

import base64
import os
import pathlib
import pwd
import secrets
import sqlite3
import statistics
import subprocess
import sys
import time

from support.good_server import LoginPhone, Server, take_from
from support.host import Host
from support.seal import seal
from support.totp import hotp

RUNS = int(os.environ.get("RUNS", 31))
SCALE = int(os.environ.get("SCALE", 1_000_000))
USER = "alice"
PEERS = ["pam_google_authenticator.so", "pam_oath.so"]


class Bench:
    def __init__(self, build, ground):
        self.ground = ground
        self.host = Host(build)
        take_from(build)
        self.host.install()
        self.accounts = None
        self.secret = secrets.token_bytes(20)
        self.pam, self.state = ground / "pam", ground / "state"
        self.pam.mkdir()
        self.state.mkdir(mode=0o700)
        owner = pwd.getpwnam("_countersign")
        os.chown(self.state, owner.pw_uid, owner.pw_gid)
        self.configure()
        base32 = base64.b32encode(self.secret).decode()
        self.host.countersign("softtoken", USER, "--secret-stdin", stdin=base32 + "\n")
        self.google = ground / "google"
        self.oath = ground / "users.oath"
        self.write_stacks()

    def configure(self, server=None):
        table = f'[server]\nurl = "{server.url}"\napi_key = "{server.api_key}"\n' if server else ""
        self.host.settings(f'state = "{self.state}"\n{table}[enrolment]\nmode = "required"\n')

    def write_stacks(self):
        lines = {
            "countersign": "pam_countersign.so",
            "google": f"pam_google_authenticator.so secret={self.google} user=root allowed_perm=0600",
            "oath": f"pam_oath.so usersfile={self.oath} window=2 digits=6",
        }
        for service, line in lines.items():
            (self.pam / service).write_text(f"auth required {line}\n")
        (self.pam / "other").write_text("auth required pam_deny.so\n")

    # Each login starts from the same store: a code is good once, for all three.

    def fill(self, count):
        self.others = [f"HOTP/T30/6 u{n} - {secrets.token_hex(20)}\n" for n in range(count - 1)]
        # Open for as long as the bench runs: the last one to close would do the checkpoint that logins leave for later.
        self.accounts = self.accounts or sqlite3.connect(self.state / "accounts.db")
        with self.accounts:
            self.accounts.execute("DELETE FROM accounts WHERE name <> ?", (USER,))
            self.accounts.executemany(
                "INSERT INTO accounts (name, uid, key, secret, algorithm, digits, period) "
                "VALUES (?, ?, '', ?, 'sha1', 6, 30)",
                ((f"u{n}", 100_000 + n, secrets.token_bytes(20)) for n in range(count - 1)),
            )
            seal(self.accounts)
        self.accounts.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def renew(self, service):
        if service == "google":
            options = '" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n'
            self.google.unlink(missing_ok=True)
            self.google.write_text(base64.b32encode(self.secret).decode() + "\n" + options)
            self.google.chmod(0o400)
        elif service == "oath":
            self.oath.write_text("".join(self.others) + f"HOTP/T30/6 {USER} - {self.secret.hex()}\n")
            self.oath.chmod(0o600)
        else:
            with self.accounts:
                self.accounts.execute("UPDATE accounts SET last_spent = NULL WHERE name = ?", (USER,))
                seal(self.accounts, USER)
        os.sync()

    def log_in(self, service):
        """Milliseconds."""
        self.renew(service)
        code = hotp(self.secret, int(time.time()) // 30)
        return float(self.transaction(service, code).split()[0]) / 1000

    def transaction(self, service, answer):
        done = subprocess.run(
            [self.ground / "pam_bench", self.pam, service, USER, answer, "pts/0"], capture_output=True, text=True
        )
        assert done.returncode == 0, f"{service}: PAM says {done.returncode}: {done.stderr} {self.host.journal}"
        return done.stdout

    def compare(self, count):
        self.fill(count)
        runs = RUNS if count <= 100_000 else max(5, RUNS // 3)
        times = {service: [] for service in ("countersign", "google", "oath")}
        for _ in range(runs):
            for service, taken in times.items():
                taken.append(self.log_in(service))
        return {service: statistics.median(taken) for service, taken in times.items()}

    # Loading

    def load(self, module):
        """Milliseconds and kB."""
        runs = [self.load_once(module) for _ in range(RUNS)]
        return statistics.median(r[0] for r in runs) / 1000, statistics.median(r[1] for r in runs)

    def load_once(self, module):
        done = subprocess.run(
            [self.ground / "pam_bench", "--load", self.host.modules / module],
            capture_output=True,
            text=True,
            check=True,
        )
        return tuple(float(part) for part in done.stdout.split())

    # From the approval to the login

    def approvals(self):
        """Milliseconds from the tap on the phone to PAM_SUCCESS, for each login."""
        folder = pathlib.Path("/run/countersign-bench")
        folder.mkdir(mode=0o755)
        socket = f"unix:{folder}/api.sock"
        with Server(folder, tables="[limits]\nrequests = 1000\n", extra_listener=socket) as server:
            phone = LoginPhone(server, socket)
            self.configure(phone)
            self.host.countersign("link", USER, str(phone.authy_id))
            return [self.approve_once(phone) for _ in range(RUNS)]

    def approve_once(self, phone):
        with self.accounts:
            self.accounts.execute("DELETE FROM pushes")
        login = subprocess.Popen(
            [self.ground / "pam_bench", self.pam, "countersign", USER, "", "ssh"], stdout=subprocess.PIPE, text=True
        )
        request = phone.wait_for_request()
        phone.wait_for_login()
        begun = time.monotonic()
        phone.approve(login, request)
        out, _ = login.communicate(timeout=20)
        assert login.returncode == 0, self.host.journal
        return (float(out.split()[1]) / 1e6 - begun) * 1000


def table(rows, head):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
    print(flush=True)


def main():
    bench = Bench(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    try:
        print(
            f"\nA whole PAM transaction with a SoftToken, ms (median of {RUNS}; a third of that at 1,000,000 "
            f"accounts)\n"
        )
        rows = []
        for count in [n for n in (1, 1_000, 100_000, 1_000_000) if n <= SCALE]:
            t = bench.compare(count)
            rows.append(
                [
                    f"{count:,}",
                    f"{t['countersign']:.2f}",
                    f"{t['google']:.2f}",
                    f"{t['oath']:.2f}",
                    f"{t['countersign'] / t['google']:.2f}",
                    f"{t['countersign'] / t['oath']:.3f}",
                ]
            )
        table(rows, ["accounts", "countersign", "google_authenticator", "oath", "ours / google", "ours / oath"])
        print("Loading the module\n")
        ours = bench.load("pam_countersign.so")
        rows = [
            [name, f"{ms:.2f}", f"{kb:.0f}", f"{ours[0] / ms:.2f}", f"{ours[1] / kb:.2f}" if kb else "-"]
            for name, (ms, kb) in [("pam_countersign.so", ours), *((peer, bench.load(peer)) for peer in PEERS)]
        ]
        table(rows, ["module", "ms", "kB added", "ours / it, time", "ours / it, memory"])
        took = sorted(bench.approvals())
        print("From the tap on the phone to PAM_SUCCESS: countersignd on this machine, over its socket\n")
        table(
            [[f"{statistics.median(took):.2f}", f"{took[len(took) * 9 // 10]:.2f}", f"{took[-1]:.2f}"]],
            ["median, ms", "p90, ms", "longest, ms"],
        )
    finally:
        bench.host.reset()


main()

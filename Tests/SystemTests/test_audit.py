"""The system log of the administrator's commands."""

import re
import subprocess

import pytest

from support.patience import PATIENCE
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
SERVER = '[server]\nurl = "https://2fa.example.com"\napi_key = "not-a-real-key"\n'


def lines(product):
    return product.host.journal.lines("action=", program="countersign")


@pytest.mark.parametrize(
    ("words", "action", "severity", "detail"),
    [
        (["link", "alice", "12"], "link", "notice", "AuthyID 12, SoftToken before"),
        (["softtoken", "alice", "--replace"], "softtoken", "notice", "replaced"),
        (["unlink", "alice", "--yes"], "unlink", "notice", "SoftToken"),
        (["grace", "alice", "--used", "2"], "grace", "notice", "2 used, 0 before"),
        (["unlock", "alice"], "unlock", "notice", "nothing to unlock"),
        (["prefer", "alice", "sms"], "prefer", "notice", "sms"),
        (["recovery", "alice"], "recovery", "notice", "10 codes made, 0 void"),
        (
            ["pause", "alice", "--hours", "1", "--reason", 'a "new" phone'],
            "pause",
            "warning",
            "until [0-9TZ:-]+: a \\?new\\? phone",
        ),
        (["opt-out", "alice", "--yes"], "opt-out", "warning", "enrolment.opt_out is no; the account is linked"),
    ],
)
def test_each_change_of_an_account_is_one_line(product, words, action, severity, detail):
    product.configure(more=SERVER)
    product.softtoken("alice")
    product.host.journal.clear()
    product.host.countersign(*words)
    (line,) = lines(product)
    assert (line.facility, line.severity) == ("authpriv", severity)
    uid = product.host.people["alice"].uid
    assert re.fullmatch(rf'action={action} user=alice uid={uid} by=root detail="{detail}"', line.text), line.text


@pytest.mark.parametrize(
    "words",
    [
        ["show", "alice"],
        ["list"],
        ["history"],
        ["report"],
        ["grace", "alice"],
        ["recovery", "alice", "--count"],
        ["forget", "alice"],
        ["opt-in", "alice"],
        ["pause", "alice", "--end"],
        ["unlink", "bob"],
    ],
)
def test_what_changes_nothing_leaves_no_line(product, words):
    product.softtoken("alice")
    product.host.journal.clear()
    product.host.countersign(*words)
    assert lines(product) == []


def test_what_is_undone_is_told_too(product):
    product.softtoken("alice")
    product.host.countersign("opt-out", "alice", "--yes")
    product.host.countersign("pause", "alice", "--hours", "1", "--reason", "x")
    product.host.journal.clear()
    product.host.countersign("opt-in", "alice")
    product.host.countersign("pause", "alice", "--end")
    assert [re.findall(r"action=(\S+)", line.text) for line in lines(product)] == [["opt-in"], ["pause"]]


def test_who_called_sudo_is_named(product):
    done = subprocess.run(
        ["countersign", "prefer", "bob", "softtoken"],
        capture_output=True,
        timeout=PATIENCE,
        cwd="/",
        env={**ENVIRONMENT, "SUDO_UID": str(product.host.people["alice"].uid)},
    )
    assert done.returncode == 0
    assert " user=bob uid=" in lines(product)[0].text and " by=alice " in lines(product)[0].text


def test_the_key_of_a_person_on_a_shared_account_is_in_the_line(product):
    product.host.countersign("softtoken", "alice", "--key", KEY)
    assert lines(product)[0].text.endswith(f'detail="{KEY}; made"')


def test_nothing_secret_is_in_any_line(product):
    secret = product.softtoken("alice").base32
    codes = product.host.countersign("recovery", "alice").stdout.split()
    log = "\n".join(line.text for line in product.host.journal.lines(""))
    assert len(codes) == 10 and secret not in log and not any(code in log for code in codes)


def test_what_others_do_to_files_of_their_own_is_not_in_the_log(product):
    scratch = product.host.scratch
    (scratch / "state").mkdir(mode=0o700)
    (scratch / "own.toml").write_text(f'state = "{scratch}/state"\n', encoding="utf-8")
    (scratch / "own.toml").chmod(0o600)
    alice = product.host.people["alice"]
    subprocess.run(["chown", "-R", "alice:alice", scratch], check=True)
    done = subprocess.run(
        [
            "setpriv",
            f"--reuid={alice.uid}",
            f"--regid={alice.uid}",
            "--clear-groups",
            "countersign",
            "opt-out",
            "bob",
            "--yes",
            "--config",
            scratch / "own.toml",
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=ENVIRONMENT,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert lines(product) == []

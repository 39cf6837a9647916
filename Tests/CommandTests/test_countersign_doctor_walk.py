"""The doctor's walk through a stack and libpam's own agree: random stacks, whose other modules always return the
same."""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest
from conftest import ENVIRONMENT, TESTS
from doctoring import Patient
from support import libpam
from support.namespace import pam_modules
from support.patience import PATIENCE
from test_countersign_as_root import ENTER

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

STACKS = int(os.environ.get("COUNTERSIGN_STACKS", "200"))
SEED = int(os.environ.get("COUNTERSIGN_SEED", "20261130"))
RESULTS = (
    "success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient "
    "authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired "
    "cred_err no_module_data conv_err authtok_err authtok_recover_err authtok_lock_busy authtok_disable_aging "
    "try_again ignore abort authtok_expired module_unknown bad_item conv_again"
).split()
# Those that control fields of the stacks name, and one that none names.
NAMED = ["success", "auth_err", "ignore", "perm_denied", "module_unknown", "cred_err"]
REFUSALS = [RESULTS.index(name) for name in [*NAMED, "abort"] if name not in ("success", "ignore")]
OURS = "pam_countersign.so"
# What is broken, and what libpam makes of it. A missing module is taken by the doctor for one that may come back: here
# its success helps nobody.
ODD = [
    "foo required pam_permit.so",
    "foo sufficient pam_permit.so",
    "auth",
    "auth required",
    "auth sufficient",
    "auth include gone",
    "auth substack gone",
    "@include gone",
    "auth [success=ok default=bad pam_permit.so",
    "auth [SUCCESS=ok] pam_permit.so",
    "auth [success=0 default=ok] pam_permit.so",
    "auth [success=okdefault=bad]pam_permit.so",
    "auth [ success = ok  default = bad ] pam_permit.so",
    "auth success=ok pam_permit.so",
    "AUTH Required pam_permit.so",
    "-auth [default=bad] /nowhere/pam_gone.so",
    "-auth [success=bad default=ignore] /nowhere/pam_gone.so",
    "auth [default=bad] pam_permit.so\r",
    "auth \\\n required \\\n pam_permit.so",
    "auth required pam_permit.so # auth required pam_deny.so",
    "account required pam_deny.so",
    "session include gone",
    "auth required pam_permit.so \\",
    "auth required /",
    "auth include /etc",
    "auth [required] pam_deny.so",
    "auth [sufficient] pam_permit.so",
]


def control(chance: random.Random, words: list[str]) -> str:
    if chance.random() < 0.5:
        return chance.choice(words)
    actions = ["ignore", "ok", "done", "bad", "die", "reset", "1", "1", "2", "3"]
    names = chance.sample(NAMED, 3)
    pairs = [f"{name}={chance.choice(actions)}" for name in names]
    pairs.append(f"default={chance.choice(actions)}")
    chance.shuffle(pairs)
    return f"[{' '.join(pairs)}]"


def other_line(chance: random.Random, parts: list[str]) -> str:
    kind = chance.random()
    if kind < 0.08:
        return chance.choice(ODD)
    if kind < 0.3 and parts:
        word = chance.choice(["auth include {}", "auth substack {}", "auth substack {}", "@include {}"])
        return word.format(chance.choice(parts))
    module = chance.choice(["pam_permit.so", "pam_deny.so", f"pam_debug.so auth={chance.choice(RESULTS)}"])
    return f"auth {control(chance, ['required', 'requisite', 'sufficient', 'optional'])} {module}"


def stacks(chance: random.Random) -> dict[str, str]:
    """Services w0, w1, ..., each with the module once, and the files that they include."""
    files = {"other": "auth required pam_deny.so\n"}
    parts: list[str] = []
    for number in range(10):
        lines = [other_line(chance, parts) for _ in range(chance.randint(0, 3))]
        files[f"common-{number}"] = "".join(f"{line}\n" for line in lines)
        parts.append(f"common-{number}")
    for number in range(STACKS):
        # A continued line would swallow that of the module.
        lines = [line for _ in range(chance.randint(0, 5)) if not (line := other_line(chance, parts)).endswith("\\")]
        # With `sufficient` and `optional` for the module itself the doctor is stricter than libpam.
        ours = f"auth {control(chance, ['required', 'requisite'])} {OURS}"
        lines.insert(chance.randint(0, len(lines)), ours)
        files[f"w{number}"] = "".join(f"{line}\n" for line in lines)
    return files


def libpams(host: Patient, services: list[str]) -> dict[str, dict]:
    """What libpam does with each service: whether somebody gets in unasked, refused, or approved."""
    folder = str(pam_modules())
    mounts = f"mount -t overlay -o lowerdir={host.modules}:{folder} overlay {folder}\n"
    program = [sys.executable, "-m", "support.libpam", json.dumps([services, REFUSALS])]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", ENTER, host.base, "sh", "-ec", mounts + 'exec "$@"', "sh", *program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=ENVIRONMENT,
        cwd=TESTS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_walk_agrees_with_libpam(tmp_path):
    host = Patient(tmp_path)
    (tmp_path / "stand-in").mkdir()
    shutil.copyfile(libpam.stand_in(tmp_path / "stand-in"), host.modules / OURS)
    shutil.rmtree(host.stack_folder)
    host.stack_folder.mkdir(mode=0o755)
    files = stacks(random.Random(SEED))
    for name, text in files.items():
        (host.stack_folder / name).write_bytes(text.encode())
    services = [f"w{number}" for number in range(STACKS)]
    real, ours = libpams(host, services), judged(host)
    different = [
        (files[name], real[name], ours.get(name, []))
        for name in services
        if expected(real[name]) != kinds(ours.get(name, []))
    ]
    if different:
        text, said, lines = min(different, key=lambda found: len(found[0]))
        pytest.fail(
            f"{len(different)} of {STACKS} differ (seed {SEED}); libpam: {said}; doctor: {lines}\n{text}", pytrace=False
        )
    # The stacks are of all kinds.
    assert all(
        sum(expected(said) == {kind} for said in real.values()) > STACKS / 50 for kind in ["unasked", "shut", "ok"]
    )


def judged(host: Patient) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for line in host.lines():
        found.setdefault(line.check, []).append((line.status, line.message))
    return found


def kinds(lines: list[tuple[str, str]]) -> set[str]:
    words = {
        "lets people in before pam_countersign is asked": "unasked",
        "lets in people that pam_countersign refuses": "refused",
        "refuses everybody that pam_countersign approves": "shut",
        "libpam refuses every login of this service": "shut",
        "asks for a second factor": "ok",
    }
    return {kind for _, message in lines for text, kind in words.items() if text in message}


def expected(said: dict) -> set[str]:
    kinds = {kind for kind in ["unasked", "refused"] if said[kind]}
    return kinds or {"ok" if said["approved"] else "shut"}

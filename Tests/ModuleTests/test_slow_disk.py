"""A slow disk: a login waits for the accounts while it has time, and no right code is refused."""

import base64
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import records
from conftest import PAM_SUCCESS

CROWD = 60
# Seconds: one fsync, and the usual deadline of a login.
SYNC, DEADLINE = 0.3, 90


@pytest.fixture
def slow(host):
    """300 ms for each fsync of countersign-login."""
    moved = host.folder / "real-login"
    shutil.move(host.helpers / "countersign-login", moved)
    host.compiled_helper("countersign-login", "slow_login.c", REAL=f'"{moved}"')
    return host


def keys(host, token, count):
    """People who share an account, told apart by their keys, with the same SoftToken: each may use its code once."""
    blobs = [b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + os.urandom(32) for _ in range(count)]
    lines = [f"ssh-ed25519 {base64.b64encode(blob).decode()}" for blob in blobs]
    rows = ", ".join(
        f"('{host.user.pw_name}', '{records.fingerprint(line)}', {host.user.pw_uid}, X'{token.secret.hex()}', "
        f"'sha1', 6, 30)"
        for line in lines
    )
    columns = "name, key, uid, secret, algorithm, digits, period"
    records.run(host.database, f"INSERT INTO accounts ({columns}) VALUES {rows}")
    return lines


def test_sixty_right_codes_at_once_on_a_slow_disk_let_in_sixty(slow, softtoken):
    slow.settings('[enrolment]\nmode = "required"\n')
    people = keys(slow, softtoken, CROWD)
    logins = []
    for number, key in enumerate(people):
        connection = f"env=SSH_CONNECTION=192.0.2.{number} 4000 192.0.2.250 22"
        logins.append(slow.login("tty=ssh", connection, f"env=SSH_AUTH_INFO_0=publickey {key}\n"))
    for login in logins:
        login.prompt()
    code = softtoken.fresh_code()

    begun = time.monotonic()

    def finish(login):
        login.answer(code)
        result = int(login.until("result"))
        took = time.monotonic() - begun
        login.finish()
        return result, login.decisions[-1]["reason"], took

    with ThreadPoolExecutor(CROWD) as pool:
        done = list(pool.map(finish, logins))
    waits = sorted(took for _, _, took in done)
    assert [(result, reason) for result, reason, _ in done] == [(PAM_SUCCESS, "proven")] * CROWD
    # Each makes at least one write durable, and the disk is slow indeed; nobody waits longer than a login may.
    assert CROWD * SYNC < waits[-1] < DEADLINE, waits

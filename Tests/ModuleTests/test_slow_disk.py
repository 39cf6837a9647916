"""A slow disk: a login waits for the accounts while it has time, and no right code is refused."""

import base64
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import records
from conftest import HERE, PAM_SUCCESS, open_to

CROWD = 60


@pytest.fixture
def slow(host):
    """300 ms for each fsync of countersign-login."""
    real = host.helpers / "countersign-login"
    if "INTERP" not in subprocess.run(["readelf", "-lW", real], capture_output=True, check=True, text=True).stdout:
        pytest.skip("a static countersign-login preloads nothing: make test BUILT=.build/stage")
    library, moved = host.folder / "slow_sync.so", host.folder / "real-login"
    shutil.move(real, moved)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, HERE / "slow_sync.c", "-ldl"], check=True
    )
    places = [f'-DLIBRARY="{library}"', f'-DREAL="{moved}"']
    subprocess.run(["cc", "-Wall", "-Werror", *places, "-o", real, HERE / "slow_login.c"], check=True)
    open_to(host.folder, host.user)
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

    def finish(login):
        begun = time.monotonic()
        login.answer(code)
        result = int(login.until("result"))
        took = time.monotonic() - begun
        login.finish()
        return result, login.decisions[-1]["reason"], took

    with ThreadPoolExecutor(CROWD) as pool:
        done = list(pool.map(finish, logins))
    waits = sorted(took for _, _, took in done)
    print(
        f"the first after {waits[0]:.1f} s, the median after {waits[CROWD // 2]:.1f} s, the last after {waits[-1]:.1f} "
        f"s"
    )
    assert [(result, reason) for result, reason, _ in done] == [(PAM_SUCCESS, "proven")] * CROWD

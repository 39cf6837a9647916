"""What `make demo` shows: every login in it ends as its title says."""

import os
import re
import subprocess

import pytest
from conftest import BUILT, TESTS
from support.patience import PATIENCE

ENDINGS = [
    "approved proven softtoken",
    "approved proven softtoken",
    "approved proven softtoken",
    "approved proven onetouch",
    "approved proven onetouch",
    "approved proven softtoken",
    "denied denied_on_phone onetouch",
    "excused grace -",
    "approved enrolled sms",
    "approved proven recovery",
    "excused grace -",
    "excused grace -",
    "denied grace_over -",
]


@pytest.mark.skipif(
    os.geteuid() != 0, reason="the demo runs a real sshd and sudo on a private host, for which it needs root"
)
def test_every_login_of_the_demo_ends_as_its_title_says():
    shown = subprocess.run(
        [TESTS.parent / "support/demo", BUILT],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    assert shown.returncode == 0, shown.stdout[-2000:] + shown.stderr[-2000:]
    endings = re.findall(r"outcome=(\S+) reason=(\S+) factor=(\S+)", shown.stdout)
    assert [" ".join(ending) for ending in endings] == ENDINGS
    assert "\033" not in shown.stdout

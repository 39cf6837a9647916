"""The systemd unit of the server."""

import pathlib
import re
import shutil
import subprocess

import pytest

from support.patience import PATIENCE

UNIT = pathlib.Path(__file__).resolve().parents[2] / "systemd/countersignd.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this machine")
def test_the_sandbox_of_the_unit_is_rated_below_2():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert exposure < 2.0

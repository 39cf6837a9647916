"""The picture in README.md."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_the_picture_is_drawn_from_its_text():
    drawn = subprocess.run(
        [sys.executable, ROOT / "support/picture", ROOT / "docs/login.txt"], check=True, capture_output=True
    ).stdout
    assert drawn == (ROOT / "docs/login.svg").read_bytes(), "run make picture"

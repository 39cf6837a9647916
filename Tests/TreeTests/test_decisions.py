"""Decisions in docs/develop/adr: number, status and date of each."""

import pathlib
import re

import pytest

DECISIONS = sorted((pathlib.Path(__file__).resolve().parents[2] / "docs/develop/adr").glob("*.md"))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_number_status_and_date(path):
    title, blank, status = path.read_text().split("\n")[:3]
    assert re.match(rf"# {int(path.name[:4])}\. \S", title) and blank == ""
    assert re.match(r"Status: (proposed|accepted|superseded by \[\d+\]\(\S+\)) · Date: 20\d\d-\d\d-\d\d", status), (
        status
    )


def test_no_number_is_given_twice():
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers))

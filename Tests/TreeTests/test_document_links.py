"""Documents: each link leads somewhere."""

import pathlib
import posixpath
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def anchor(heading):
    """As GitHub makes it: lower case, blanks as hyphens, other marks gone."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(" ", "-")


def anchors(path):
    return {anchor(line.lstrip("#").strip()) for line in path.read_text().splitlines() if line.startswith("#")}


def links():
    files = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    for file in files:
        for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / file).read_text()):
            if "://" not in target and not target.startswith("mailto:"):
                yield file, target


def is_there(file, target):
    path, _, fragment = target.partition("#")
    whole = ROOT / posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else ROOT / file
    return whole.exists() and (not fragment or whole.suffix != ".md" or fragment in anchors(whole))


def test_each_link_leads_to_a_file_and_a_heading_that_are_there():
    assert [f"{file}: {target}" for file, target in links() if not is_there(file, target)] == []


def test_a_link_to_a_file_or_a_heading_that_is_not_there_is_seen():
    assert not is_there("README.md", "docs/absent.md")
    assert not is_there("README.md", "README.md#absent")
    assert is_there("README.md", "README.md#countersign")

"""The documents as a site: mkdocs builds it without a warning, with the pictures of the phone's page."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MKDOCS = ROOT / ".build-python/bin/mkdocs"

pytestmark = pytest.mark.skipif(not MKDOCS.exists(), reason="there is no mkdocs in .build-python: support/deps check")


def lay_out(folder: pathlib.Path, pictures: pathlib.Path) -> pathlib.Path:
    subprocess.run([sys.executable, ROOT / "support/site", folder / "pages", pictures], check=True)
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    text = re.sub("(?m)^docs_dir: .*$", f"docs_dir: {folder}/pages", text)
    settings = folder / "mkdocs.yml"
    settings.write_text(re.sub("(?m)^site_dir: .*$", f"site_dir: {folder}/site", text), encoding="utf-8")
    return settings


def build(settings: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ROOT / ".build-python/bin/python", "-m", "mkdocs", "build", "--strict", "-f", settings],
        capture_output=True,
        text=True,
        cwd=settings.parent,
    )


def test_every_document_is_a_page_and_every_link_holds(tmp_path):
    done = build(lay_out(tmp_path, tmp_path / "no-pictures"))
    assert done.returncode == 0, done.stderr
    for page in (ROOT / "docs").glob("*/*.md"):
        assert (tmp_path / "site" / page.relative_to(ROOT)).with_suffix(".html").is_file(), page
    assert "<img" not in (tmp_path / "site/docs/admin/phone.html").read_text(encoding="utf-8")


def test_the_pictures_that_the_tests_of_the_page_leave_are_shown(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shutil.copy(ROOT / "Sources/Server/PhonePages/pages/icon-192.png", pictures / "request.png")
    assert build(lay_out(tmp_path, pictures)).returncode == 0
    assert 'src="request.png"' in (tmp_path / "site/docs/admin/phone.html").read_text(encoding="utf-8")
    assert (tmp_path / "site/docs/admin/request.png").is_file()


def test_each_picture_of_the_page_is_one_that_a_test_leaves():
    asked = re.findall(r"<!-- picture: ([\w-]+) -->", (ROOT / "docs/admin/phone.md").read_text(encoding="utf-8"))
    tests = (ROOT / "Tests/ServerTests/test_page.py").read_text(encoding="utf-8")
    left = set(re.findall(r'screenshot\("([\w-]+)"\)', tests))
    assert asked and set(asked) - left == set()


@pytest.mark.parametrize("link", ["missing.md", "logins.md#missing"])
def test_a_link_that_leads_nowhere_is_an_error(tmp_path, link):
    settings = lay_out(tmp_path, tmp_path / "no-pictures")
    with (tmp_path / "pages/docs/admin/phone.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[nowhere]({link})\n")
    assert build(settings).returncode != 0

"""The page's files fit together. Run as a program, it writes the version that sw.js has to carry."""

import hashlib
import pathlib
import re

SOURCES = pathlib.Path(__file__).parents[2] / "Sources" / "Server" / "PhonePages"
PAGES = SOURCES / "pages"
WORKER = PAGES / "sw.js"
VERSION = re.compile(r'^const VERSION = "([^"]*)";$', re.MULTILINE)


def files() -> set[str]:
    return {path.name for path in PAGES.iterdir()}


def shell() -> list[str]:
    """The files that the service worker caches; "./" is index.html."""
    listed = re.search(r"^const SHELL = \[(.*?)\];", WORKER.read_text(), re.MULTILINE | re.DOTALL)
    assert listed
    return re.findall(r'"([^"]+)"', listed[1])


def version() -> str:
    """A digest of all cached files and of the service worker itself."""
    digest = hashlib.sha256(VERSION.sub("", WORKER.read_text()).encode())
    for name in sorted(files() - {WORKER.name}):
        digest.update(name.encode() + b"\0" + hashlib.sha256((PAGES / name).read_bytes()).digest())
    return digest.hexdigest()[:12]


def modules() -> dict[str, str]:
    return {path.name: path.read_text() for path in PAGES.glob("*.js")}


def test_every_file_is_built_in_once():
    assert sorted(re.findall(r'^#embed "pages/(.+)"$', (SOURCES / "pages.c").read_text(), re.MULTILINE)) == sorted(
        files()
    )
    assert sorted(re.findall(r'^    \{"(.+?)",', (SOURCES / "pages.c").read_text(), re.MULTILINE)) == sorted(files())


def test_the_service_worker_keeps_every_file_but_itself():
    assert sorted(shell()) == sorted(files() - {"sw.js", "index.html"} | {"./"})


def test_a_changed_file_has_another_version():
    found = VERSION.search(WORKER.read_text())
    assert found and found[1] == version(), f"run python3 {pathlib.Path(__file__).name}"


def test_every_import_names_a_file_and_something_that_it_exports():
    for name, text in modules().items():
        for names, file in re.findall(r'^import (?:\* as \w+|\{([^}]*)\}) from "\./([^"]+)";$', text, re.MULTILINE):
            exports = set(
                re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", modules()[file], re.MULTILINE)
            )
            assert {one.strip() for one in names.split(",") if one.strip()} <= exports, f"{name} imports from {file}"


def test_nothing_is_fetched_from_elsewhere_nor_made_of_markup():
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style\b"
    forbidden = re.compile(markup + r"|localStorage|sessionStorage|console\.")
    for name, text in modules().items():
        assert not forbidden.search(text), name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg\")[\w]", text), name
    assert not re.search(
        r"<style|style=|\son\w+=|<script(?![^>]*\bsrc=\"[a-z]+\.js\")", (PAGES / "index.html").read_text()
    )


def write_version() -> None:
    WORKER.write_text(VERSION.sub(f'const VERSION = "{version()}";', WORKER.read_text()))


if __name__ == "__main__":
    write_version()

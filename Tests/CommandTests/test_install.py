"""What `make install` reports if it cannot install, and what it does under another root."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import as_ordinary_user, give

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def sources(tmp_path):
    """A folder that looks built, and is the ordinary user's."""
    folder = tmp_path / "sources"
    folder.mkdir(mode=0o755)
    shutil.copyfile(ROOT / "Makefile", folder / "Makefile")
    (folder / "build").mkdir()
    (folder / "build/countersign").write_text("#!/bin/sh\n", encoding="ascii")
    (folder / "build/countersign").chmod(0o755)
    give(folder)
    return folder


def install(folder, *words):
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [*as_ordinary_user(), "make", "install", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_ordinary_user_is_told_that_root_installs(sources):
    done = install(sources)
    assert done.returncode == 2 and done.stderr.startswith("error: only root may install\nhint: sudo make install")
    assert "install -d" not in done.stdout


def test_an_ordinary_user_may_install_into_a_folder_of_their_own(sources):
    assert "only root" not in install(sources, f"DESTDIR={sources}/staged").stderr
    assert (sources / "staged/usr/libexec/countersign").is_dir()


def test_without_a_build_it_says_what_comes_first(sources):
    (sources / "build/countersign").unlink()
    assert install(sources).stderr.startswith("error: nothing is built\nhint: run make build first")

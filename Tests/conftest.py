"""What all suites share: the temporary folders of tests that passed go away at once, all others but those of failed
tests at the end."""

import contextlib
import pathlib
import shutil

import pytest

FAILED = pytest.StashKey[bool]()
KEPT = pytest.StashKey[set[pathlib.Path]]()


def pytest_configure(config):
    config.stash[KEPT] = set()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or outcome.get_result().failed
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if call.when == "teardown" and folder:
        if item.stash[FAILED]:
            item.config.stash[KEPT].add(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    base = session.config._tmp_path_factory._basetemp
    if base is None:
        return
    for path in base.iterdir():
        if path.name.startswith("popen-gw"):
            # A worker's directory, which the worker has cleared. It exists while it has contents.
            with contextlib.suppress(OSError):
                path.rmdir()
        elif path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        elif path not in session.config.stash[KEPT]:
            shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        base.rmdir()

"""`countersign metrics` as root runs it: the accounts are read by their user, the file is root's."""

import os
import pathlib
import signal
import stat

import pytest

from support import prompts
from support.monitoring import check, value
from support.product import gets_in

pytestmark = pytest.mark.product


@pytest.fixture
def collector(tmp_path):
    """The directory of node_exporter: only root may write there."""
    folder = tmp_path / "node-exporter"
    folder.mkdir(mode=0o755)
    return folder


def test_root_replaces_the_file_and_everybody_may_read_it(product, collector):
    product.softtoken("alice")
    file = collector / "countersign.prom"
    file.write_text("old\n")
    product.host.countersign("metrics", "--output", str(file))
    found = file.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (0, 0o644)
    page = file.read_text(encoding="utf-8")
    check(page)
    assert value(page, "countersign_users", state="linked") == 1
    assert os.listdir(collector) == [file.name]


def test_a_symlink_in_the_place_of_the_file_is_replaced_and_not_followed(product, collector):
    target = pathlib.Path("/etc/victim")
    target.write_text("untouched\n")
    file = collector / "countersign.prom"
    file.symlink_to(target)
    product.host.countersign("metrics", "--output", str(file))
    assert target.read_text() == "untouched\n" and not file.is_symlink()
    target.unlink()


def test_root_follows_the_history(product):
    token = product.softtoken("alice")
    login = product.knock("sudo")
    login.reads(prompts.CODE)
    login.end_of_file()
    assert login.ends() != 0
    following = product.host.terminal(["countersign", "history", "--follow", "--limit", "1"])
    following.reads("alice +sudo .*denied +cancelled")
    login = product.knock("sudo")
    login.reads(prompts.CODE)
    login.answer(token.fresh_code())
    assert gets_in(login, "root")
    following.reads("alice +sudo .*approved +proven +softtoken")
    following.interrupt()
    assert following.ends() == -signal.SIGINT

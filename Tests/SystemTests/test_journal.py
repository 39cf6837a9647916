"""The journal's fields under the real sshd and sudo, with a stand-in for journald's sockets."""

import os
import pathlib

import pytest

from support import prompts
from support.journal import Journal
from support.native_journal import NativeJournal
from support.product import gets_in

pytestmark = pytest.mark.product

FOLDER = pathlib.Path("/run/systemd/journal")


@pytest.fixture
def journald(host):
    """/dev/log leads to the journal, as on a host with systemd. An sshd that was started before listens."""
    host.sshd()
    FOLDER.mkdir(parents=True, exist_ok=True)
    log = pathlib.Path("/dev/log")
    log.rename("/dev/log.before")
    log.symlink_to(FOLDER / "dev-log")
    (FOLDER / "dev-log").unlink(missing_ok=True)
    native = NativeJournal(FOLDER / "socket")
    native.syslog = Journal(str(FOLDER / "dev-log"))
    yield native
    native.close()
    log.unlink()
    os.rename("/dev/log.before", log)


def test_sshd_tells_the_journal_once_and_as_itself(product, journald):
    product.softtoken("alice")
    terminal = product.host.ssh("alice", options=("NumberOfPasswordPrompts=1",))
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["alice"].password)
    for _ in range(3):
        terminal.reads(prompts.CODE)
        terminal.answer("000000")
    terminal.reads(prompts.SSH_REFUSES)
    entry = journald.entry()
    fields = dict(entry.fields)
    assert (fields["COUNTERSIGN_OUTCOME"], fields["COUNTERSIGN_REASON"]) == ("denied", "wrong_code")
    assert (fields["COUNTERSIGN_USER"], fields["COUNTERSIGN_RHOST"]) == ("alice", "127.0.0.1")
    assert fields["SYSLOG_IDENTIFIER"].startswith("sshd") and fields["COUNTERSIGN_SERVICE"] == "sshd-cs"
    assert entry.uid == 0 and fields["SYSLOG_PID"] == str(entry.pid)
    assert not journald.syslog.lines("outcome=")


def test_the_caller_of_sudo_cannot_name_another_program_in_the_journal_by_a_line_end(product, journald):
    token = product.softtoken("alice")
    name = "sudo\nCOUNTERSIGN_OUTCOME=approved"
    command = ["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "--", "bash", "-c"]
    terminal = product.host.terminal([*command, f"exec -a $'{name}' /usr/bin/sudo id -un".replace("\n", "\\n")])
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["alice"].password)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")
    entry = journald.entry()
    assert [value for field, value in entry.fields if field == "COUNTERSIGN_OUTCOME"] == ["approved"]
    assert "\n" not in dict(entry.fields)["SYSLOG_IDENTIFIER"] and entry.uid == 0

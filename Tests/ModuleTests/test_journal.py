"""The journal's fields: one entry for each line, nothing in it that a user can forge, and no login that depends on
it."""

import itertools

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, decision

from support.native_journal import NativeJournal

PORTS = itertools.count(1024)
FIXED = ["PRIORITY", "SYSLOG_FACILITY", "SYSLOG_PID", "SYSLOG_IDENTIFIER", "MESSAGE"]
FIELDS = {
    "outcome": "COUNTERSIGN_OUTCOME",
    "reason": "COUNTERSIGN_REASON",
    "factor": "COUNTERSIGN_FACTOR",
    "user": "COUNTERSIGN_USER",
    "uid": "COUNTERSIGN_UID",
    "service": "COUNTERSIGN_SERVICE",
    "rhost": "COUNTERSIGN_RHOST",
    "detail": "COUNTERSIGN_DETAIL",
    "request": "COUNTERSIGN_REQUEST",
}


@pytest.fixture
def journal(host):
    # In the host's folder, which the ordinary user may enter.
    journal = NativeJournal(host.folder / "journal")
    yield journal
    journal.close()


def comes(host, journal, **options):
    connection = f"env=SSH_CONNECTION=192.0.2.7 {next(PORTS)} 192.0.2.9 22"
    return host.login("tty=ssh", connection, env={"PAM_HOST_JOURNAL": str(journal.path)}, **options)


def ends(login) -> int:
    result = login.result()
    assert login.finish() == []
    return result


def of_line(message: str) -> dict[str, str]:
    """The fields that the keys of a line stand for."""
    keys = decision(message.split("): ", 1)[1])
    keys["detail"] = keys["detail"].strip('"')
    return {FIELDS[key]: value for key, value in keys.items() if value not in ("", "-")}


def test_a_login_is_one_entry_with_the_line_and_its_keys_as_fields(host, softtoken, journal):
    login = comes(host, journal)
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert ends(login) == PAM_SUCCESS
    [entry] = journal.entries()
    fields = dict(entry)
    assert len(fields) == len(entry) and login.texts("log") == []
    assert fields["MESSAGE"].startswith("pam_countersign(login:auth): outcome=approved reason=proven factor=softtoken")
    assert fields["COUNTERSIGN_USER"] == host.user.pw_name and fields["COUNTERSIGN_RHOST"] == "192.0.2.7"
    assert {name: value for name, value in entry if name.startswith("COUNTERSIGN")} == of_line(fields["MESSAGE"])
    assert [name for name, _ in entry[:5]] == FIXED
    assert (fields["PRIORITY"], fields["SYSLOG_FACILITY"], fields["SYSLOG_IDENTIFIER"]) == ("6", "10", "pam_host")
    assert fields["SYSLOG_PID"] == str(login.process.pid)


def test_a_denial_is_found_by_its_fields_and_has_its_priority(host, softtoken, journal):
    login = comes(host, journal)
    for _ in range(3):
        login.prompt()
        login.answer(softtoken.wrong_code())
    assert ends(login) == PAM_AUTH_ERR
    [entry] = journal.entries()
    found = dict(entry)
    assert (found["COUNTERSIGN_OUTCOME"], found["COUNTERSIGN_REASON"], found["PRIORITY"]) == (
        "denied",
        "wrong_code",
        "5",
    )


@pytest.mark.parametrize(
    "name",
    [
        "x\nCOUNTERSIGN_OUTCOME=approved\n",
        "x outcome=approved reason=proven",
        'x" request=- outcome=approved',
        "x\nMESSAGE\n\x10\x00",
    ],
)
def test_a_user_name_forges_no_field(host, softtoken, journal, name):
    login = comes(host, journal, user=name.split("\x00", 1)[0])
    for _ in range(3):
        login.prompt()
        login.answer("123456")
    assert ends(login) == PAM_AUTH_ERR
    [entry] = journal.entries()
    names = [field for field, _ in entry]
    assert len(names) == len(set(names)) and set(names) <= {*FIXED, *FIELDS.values()}
    fields = dict(entry)
    assert (fields["COUNTERSIGN_OUTCOME"], fields["COUNTERSIGN_REASON"]) == ("denied", "unknown_user")
    assert fields["COUNTERSIGN_USER"].startswith("x\\u{")


def test_what_the_module_itself_decides_has_fields_too(host, softtoken, journal):
    (host.helpers / "countersign-login").unlink()
    login = comes(host, journal)
    assert ends(login) == PAM_AUTH_ERR
    [entry] = journal.entries()
    fields = dict(entry)
    assert (fields["COUNTERSIGN_OUTCOME"], fields["COUNTERSIGN_REASON"]) == ("unavailable", "helper_unusable")
    assert fields["COUNTERSIGN_DETAIL"].startswith("cannot start ") and fields["PRIORITY"] == "3"


def test_a_line_that_is_no_decision_has_no_fields(host, softtoken, journal):
    (host.folder / "texts.toml").write_text("again = 5\n")
    (host.folder / "texts.toml").chmod(0o644)
    login = comes(host, journal)
    login.prompt()
    login.answer(softtoken.fresh_code())
    ends(login)
    notices = [dict(entry) for entry in journal.entries() if "notice=texts" in dict(entry)["MESSAGE"]]
    assert len(notices) == 1 and not [name for name in notices[0] if name.startswith("COUNTERSIGN")]


@pytest.mark.parametrize("trouble", ["gone", "full"])
def test_a_journal_that_takes_nothing_delays_no_login_and_syslog_has_the_line(host, softtoken, journal, trouble):
    if trouble == "full":
        journal.fill()
    else:
        journal.path.rename(journal.path.with_suffix(".away"))
    login = comes(host, journal)
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert ends(login) == PAM_SUCCESS
    assert [each["outcome"] for each in login.decisions] == ["approved"]
    if trouble == "gone":
        journal.path.with_suffix(".away").rename(journal.path)
    assert not [entry for entry in journal.entries() if dict(entry)["MESSAGE"] != "x"]


def test_where_syslog_is_not_the_journals_nothing_is_sent_to_it(host, softtoken, journal):
    login = host.login("tty=ssh", f"env=SSH_CONNECTION=192.0.2.7 {next(PORTS)} 192.0.2.9 22")
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert ends(login) == PAM_SUCCESS
    assert len(login.decisions) == 1 and journal.entries() == []

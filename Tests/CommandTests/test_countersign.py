"""Every command that changes or shows an account."""

import re
import time

import pytest
from conftest import COMMANDS, SERVER


# The command itself


def test_the_version_is_told(desk):
    assert re.fullmatch(r"countersign \d+\.\d+\.\d+\n", desk.does("--version").out)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(desk, command):
    shown = desk.does(command, "--help").out
    assert f"countersign {command}" in shown.split("USAGE:")[0]
    assert "--config" in shown


def test_arguments_that_make_no_sense_exit_with_64_and_say_how_it_is_done(desk):
    said = desk.refuses("link", "games", "12", "34", code=64)
    assert "hint: Usage: countersign link <user> [--key <SHA256:...>] <authyid>" in said


def test_an_unknown_command_exits_with_64(desk):
    assert "nonsense" in desk.refuses("nonsense", code=64)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_completion_for_the_shell(desk, shell):
    assert "softtoken" in desk.does("--generate-completion-script", shell).out


@pytest.mark.parametrize(
    "words",
    [
        ["link", "{}", "1"],
        ["softtoken", "{}"],
        ["unlink", "{}"],
        ["grace", "{}"],
        ["unlock", "{}"],
        ["show", "{}"],
        ["opt-out", "{}", "--yes"],
        ["opt-in", "{}"],
        ["pause", "{}", "--end"],
        ["prefer", "{}", "sms"],
        ["recovery", "{}"],
        ["forget", "{}"],
        ["try", "{}", "--service", "login"],
    ],
)
@pytest.mark.parametrize("name", ["nobody-of-this-name", "../games", "", "games\u202e"])
def test_a_user_unknown_to_the_system_is_refused_with_a_hint(desk, words, name):
    said = desk.refuses(*[word.format(name) for word in words])
    assert "there is no user" in said and "\u202e" not in said


@pytest.mark.parametrize(
    ("typed", "meant"), [("chekc", "check"), ("histroy", "history"), ("soft-token", "softtoken"), ("Show", "show")]
)
def test_a_command_with_a_typo_is_told_what_was_probably_meant(desk, typed, meant):
    assert desk.refuses(typed, code=64).startswith(f"error: there is no command {typed}; did you mean {meant}?\n")


def test_a_command_that_is_near_to_none_is_refused_without_a_guess(desk):
    assert desk.refuses("nonsense", code=64).startswith("error: there is no command nonsense\n")


def test_help_is_still_a_command(desk):
    assert "countersign check" in desk.does("help", "check").out


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (["list", "--state", "graced"], "'none', 'linked', 'confirmed', 'opted-out', 'paused' or 'locked'."),
        (["prefer", "games", "pigeon"], "'sms', 'call', 'softtoken', 'onetouch' or 'none'."),
        (["completion", "tcsh"], "'bash', 'zsh' or 'fish'."),
    ],
)
def test_a_word_that_an_option_does_not_take_is_answered_by_one_line_with_those_that_it_takes(desk, words, taken):
    first, *rest = desk.refuses(*words, code=64).splitlines()
    assert first.endswith(f"Please provide one of {taken}") and "\\u{" not in first
    assert all(line.startswith("hint: ") for line in rest)


# link and unlink


def test_link_says_what_it_did_and_what_was_there_before(desk, alice):
    desk.settings(SERVER)
    assert desk.does("link", alice.pw_name, 4711).out == "games: linked to AuthyID 4711; the account is now linked\n"
    assert (
        desk.does("link", alice.pw_name, 99).out == "games: linked to AuthyID 99 (was 4711); the account stays linked\n"
    )
    assert (
        desk.does("link", alice.pw_name, 99).out
        == "games: linked to AuthyID 99 (as before); the account stays linked\n"
    )


def test_a_confirmed_account_stays_confirmed_with_a_new_authyid(desk, alice):
    desk.does("link", alice.pw_name, 1)
    desk.sql("UPDATE accounts SET confirmed = 1")
    assert "(was 1); the account stays confirmed" in desk.does("link", alice.pw_name, 2).out


@pytest.mark.parametrize(("settings", "warned"), [("", True), (SERVER, False)])
def test_link_warns_exactly_where_no_server_is_set(desk, alice, settings, warned):
    desk.settings(settings)
    assert ("warning: " in desk.does("link", alice.pw_name, 1).err) == warned


def test_link_with_a_preference_warns_of_a_missing_server_once(desk, alice):
    done = desk.does("link", alice.pw_name, 1, "--prefer", "sms")
    assert done.err.count("warning: ") == 1 and "sms is tried first" in done.out
    assert "sms is not tried" in desk.does("prefer", alice.pw_name, "sms").err


@pytest.mark.parametrize("text", ["abc", "0", "-1", "007", "1.5", "99999999999999999999", "１２"])
def test_what_is_no_authyid_is_refused(desk, alice, text):
    assert "authyid" in desk.refuses("link", alice.pw_name, text, code=64).lower()
    assert desk.does("list", "--json").json == []


def test_a_name_that_came_back_with_another_uid_loses_the_earlier_account(desk, alice):
    desk.sql("INSERT INTO accounts (name, uid, key, authy_id) VALUES (?, 4321, '', 5)", alice.pw_name)
    assert "the account of an earlier games, uid 4321, is deleted" in desk.does("link", alice.pw_name, 6).out
    assert [shown["uid"] for shown in desk.does("list", "--json").json] == [alice.pw_uid]


def test_unlink_takes_every_factor_away_and_says_so(desk, alice):
    desk.does("link", alice.pw_name, 7)
    desk.does("softtoken", alice.pw_name)
    desk.sql("UPDATE accounts SET confirmed = 1")
    said = "games: unlinked from AuthyID 7; SoftToken deleted; the account has no factor now\n"
    assert desk.does("unlink", alice.pw_name, "--yes").out == said
    assert desk.does("show", alice.pw_name, "--json").json["state"] == "none"


def test_unlink_of_nothing_says_that_there_was_nothing(desk, alice):
    assert desk.does("unlink", alice.pw_name).out == "games: nothing to unlink; the account has no factor\n"


def test_the_account_of_a_user_who_is_gone_is_shown_and_unlinked_by_its_uid(desk):
    desk.sql("INSERT INTO accounts (name, uid, key, authy_id) VALUES ('gone', 4321, '', 5)")
    assert "--uid" in desk.refuses("show", "gone") and "--uid" in desk.refuses("unlink", "gone")
    assert desk.does("show", "gone", "--uid", 4321, "--json").json["authy_id"] == 5
    assert "unlinked from AuthyID 5" in desk.does("unlink", "gone", "--uid", 4321, "--yes").out
    assert desk.does("list", "--json").json == []


def test_unlink_of_an_account_that_is_not_there_is_an_error_where_it_is_named_by_uid(desk, alice):
    assert "there is no account of games with uid 77\nhint: `countersign list`" in desk.refuses(
        "unlink", alice.pw_name, "--uid", 77
    )
    assert desk.does("list", "--json").json == []


# grace and unlock


def test_grace_shows_sets_and_resets(desk, alice):
    assert desk.does("grace", alice.pw_name).out == "games: grace logins: 0 used, 5 left\n"
    assert desk.does("grace", alice.pw_name, "--used", 4).out == "games: 4 grace logins used (was 0); 1 left\n"
    assert desk.does("grace", alice.pw_name, "--used", 9).out == "games: 9 grace logins used (was 4); 0 left\n"
    assert desk.does("grace", alice.pw_name, "--reset").out == "games: 0 grace logins used (was 9); 5 left\n"


def test_grace_with_json_prints_the_account_and_says_the_change_beside_it(desk, alice):
    done = desk.does("grace", alice.pw_name, "--used", 1, "--json")
    assert (done.json["grace_logins_used"], done.json["grace_logins_left"]) == (1, 4)
    assert done.err == "games: 1 grace login used (was 0); 4 left\n"


@pytest.mark.parametrize(
    "words", [["--reset", "--used", "1"], ["--used=-1"], ["--used", "many"], ["--used", "99999999999"]]
)
def test_grace_refuses_what_makes_no_sense(desk, alice, words):
    desk.refuses("grace", alice.pw_name, *words, code=64)


@pytest.mark.parametrize("number", [-1, 1001])
def test_grace_names_the_range_of_what_may_have_been_used(desk, alice, number):
    assert f"--used takes a number from 0 to 1000, not {number}" in desk.refuses(
        "grace", alice.pw_name, "--used", number, code=64
    )


def test_a_thousand_grace_logins_may_have_been_used(desk, alice):
    assert desk.does("grace", alice.pw_name, "--used", 1000, "--json").json["grace_logins_used"] == 1000


def test_a_changed_number_of_grace_logins_applies_at_once(desk, alice):
    desk.does("grace", alice.pw_name, "--used", 3)
    desk.settings("[enrolment]\ngrace_logins = 10\n")
    assert desk.does("show", alice.pw_name, "--json").json["grace_logins_left"] == 7


@pytest.mark.parametrize(("day", "left"), [(-86400, 0), (0, 5), (86400, 5)])
def test_no_grace_is_left_after_the_last_day_of_it(desk, alice, day, left):
    desk.settings(f"[enrolment]\ngrace_until = {time.strftime('%Y-%m-%d', time.gmtime(time.time() + day))}\n")
    assert desk.does("show", alice.pw_name, "--json").json["grace_logins_left"] == left


def test_unlock_says_what_it_cleared(desk, alice):
    desk.does("softtoken", alice.pw_name)
    until = int(time.time()) + 200
    desk.sql("UPDATE accounts SET failures = 5, locked_until = ?, last_spent = 99999999999", until)
    desk.sql(
        "INSERT INTO pushes (name, uid, attempt, place, time) VALUES (?, ?, 'x', '', ?)",
        alice.pw_name,
        alice.pw_uid,
        until - 210,
    )
    desk.sql("INSERT INTO onecodes (name, uid, time) VALUES (?, ?, ?)", alice.pw_name, alice.pw_uid, until - 210)
    said = desk.does("unlock", alice.pw_name).out
    for part in [
        "5 failures",
        "a lock until ",
        "1 approval request and any pause",
        "1 OneCode",
        "time step 99999999999",
    ]:
        assert part in said
    assert desk.does("show", alice.pw_name, "--json").json["locked_until"] is None
    assert desk.does("unlock", alice.pw_name).out == "games: nothing to unlock\n"


# show and list


def test_show_has_an_answer_for_a_user_without_records(desk, alice):
    assert desk.does("show", alice.pw_name, "--json").json == {
        "user": "games",
        "uid": alice.pw_uid,
        "key": None,
        "label": None,
        "authy_id": None,
        "had_authy_id": False,
        "softtoken": False,
        "state": "none",
        "locked_until": None,
        "grace_logins_used": 0,
        "grace_logins_left": 5,
        "failures": 0,
        "opted_out": None,
        "opted_out_counts": False,
        "paused_until": None,
        "pause_reason": None,
        "prefers": None,
        "recovery_codes_left": 0,
        "server": None,
        "wrong_codes_of_day": 0,
        "wrong_codes_since_login": 0,
        "softtoken_parameters": None,
        "remembered": [],
        "people": [],
        "denied": [],
        "requests_paused_until": None,
        "codes_paused_until": None,
    }


def test_show_tells_people_the_same_as_programs(desk, alice):
    desk.does("link", alice.pw_name, 12)
    desk.does("softtoken", alice.pw_name, "--algorithm", "sha256", "--digits", 8, "--period", 60)
    lines = dict(line.split(":", 1) for line in desk.does("show", alice.pw_name).out.splitlines())
    assert {key: value.strip() for key, value in lines.items()} == {
        "user": f"games (uid {alice.pw_uid})",
        "state": "linked",
        "AuthyID": "12",
        "SoftToken": "sha256, 8 digits, 60 s",
        "recovery": "0 codes left",
        "locked": "-",
        "failures": "0",
        "grace logins": "0 used, 5 left",
    }


def test_show_says_that_grace_does_not_apply_to_a_confirmed_account(desk, alice):
    desk.does("softtoken", alice.pw_name)
    desk.sql("UPDATE accounts SET confirmed = 1, grace_used = 2")
    assert "grace logins: 2 used; grace does not apply to a confirmed account\n" in desk.does("show", alice.pw_name).out


def test_show_says_that_grace_does_not_apply_in_another_mode(desk, alice):
    desk.settings('[enrolment]\nmode = "required"\n')
    assert (
        'grace logins: 0 used; grace applies in enrolment.mode = "grace" only\n' in desk.does("show", alice.pw_name).out
    )


def test_show_with_json_has_failures_and_the_parameters_of_the_softtoken(desk, alice):
    desk.does("softtoken", alice.pw_name, "--algorithm", "sha256", "--digits", 8, "--period", 60)
    desk.sql("UPDATE accounts SET failures = 2")
    shown = desk.does("show", alice.pw_name, "--json").json
    assert shown["failures"] == 2 and shown["softtoken_parameters"] == {
        "algorithm": "sha256",
        "digits": 8,
        "period": 60,
    }


def test_a_lock_is_shown_in_utc_and_never_longer_than_the_rules_say(desk, alice):
    desk.does("softtoken", alice.pw_name)
    desk.settings("[lockout]\nseconds = 60\n")
    desk.sql("UPDATE accounts SET failures = 5, locked_until = ?", int(time.time()) + 86400)
    before = time.gmtime(time.time() + 60)
    shown = desk.does("show", alice.pw_name, "--json").json["locked_until"]
    assert (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", before)
        <= shown
        <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    )


def test_a_lock_that_has_run_out_is_none(desk, alice):
    desk.does("softtoken", alice.pw_name)
    desk.sql("UPDATE accounts SET failures = 5, locked_until = ?", int(time.time()) - 1)
    assert desk.does("show", alice.pw_name, "--json").json["locked_until"] is None


def test_list_stands_in_columns_under_a_header(desk, alice, bob):
    desk.does("link", alice.pw_name, 123456789)
    desk.does("softtoken", bob.pw_name)
    header, *rows = desk.does("list").out.splitlines()
    assert header.split("  ")[0] == "USER" and len(rows) == 2
    for word, column in [("123456789", "AUTHYID"), ("linked", "STATE")]:
        assert rows[0].index(word) == header.index(column)
    assert rows[1].index("yes") == header.index("SOFTTOKEN")


def test_list_with_json_is_a_list_of_what_show_prints(desk, alice, bob):
    desk.does("link", alice.pw_name, 1)
    desk.does("softtoken", bob.pw_name)
    shown = [desk.does("show", user.pw_name, "--json").json for user in (alice, bob)]
    for account in shown:
        for beside in [
            "softtoken_parameters",
            "remembered",
            "people",
            "denied",
            "requests_paused_until",
            "codes_paused_until",
        ]:
            del account[beside]
    assert desk.does("list", "--json").json == shown


def test_list_fits_into_80_columns_and_shows_grace_as_used_of_all(desk, alice, bob):
    for user in (alice, bob):
        desk.does("link", user.pw_name, 123456789)
        desk.does("softtoken", user.pw_name)
    desk.does("grace", bob.pw_name, "--used", 2)
    desk.sql("UPDATE accounts SET failures = 5, locked_until = ?, confirmed = name = 'games'", int(time.time()) + 200)
    header, games, mail = desk.does("list").out.splitlines()
    assert max(map(len, [header, games, mail])) <= 80
    assert header.split() == ["USER", "UID", "STATE", "AUTHYID", "SOFTTOKEN", "GRACE", "USED", "LOCKED", "UNTIL"]
    assert games.split()[5] == "-" and mail.split()[5] == "2/5"
    assert re.search(r"  20\d\d-\d\d-\d\d \d\d:\d\d(?:Z|[+-]\d\d:\d\d)$", mail)


def test_an_empty_list_says_so_on_standard_error(desk):
    assert desk.does("list", "--json").json == []
    done = desk.does("list")
    assert done.out == "" and done.err == "There are no accounts yet.\n"

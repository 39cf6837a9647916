"""How logins ended."""

import time

import pytest

HOSTILE = "a\u202eb\u2066\x1b[2J\u009b1mc\n"


def test_the_newest_login_comes_first_and_others_are_cut_off(desk, alice):
    for number in range(4):
        desk.remember(alice.pw_name, reason=f"r{number}")
    assert [row["reason"] for row in desk.does("history", "--json").json] == ["r3", "r2", "r1", "r0"]
    assert [row["reason"] for row in desk.does("history", alice.pw_name, "--limit", 2, "--json").json] == ["r3", "r2"]


def test_each_login_has_all_its_keys(desk, alice):
    desk.remember(alice.pw_name, rhost="192.0.2.1", when=1_800_000_000)
    assert desk.does("history", "--json").json == [
        {
            "time": "2027-01-15T08:00:00Z",
            "user": "games",
            "uid": None,
            "key": None,
            "label": None,
            "service": "sshd",
            "rhost": "192.0.2.1",
            "outcome": "denied",
            "reason": "locked",
            "factor": None,
        }
    ]


# Several people on one account


KEY, OTHER = f"SHA256:{'A' * 43}", f"SHA256:{'B' * 43}"


@pytest.fixture
def shared(desk, alice):
    desk.does("link", alice.pw_name, 5, "--key", KEY, "--label", "Anna at home")
    desk.remember(alice.pw_name, reason="r0")
    desk.remember(alice.pw_name, key=KEY, reason="r1")
    desk.remember(alice.pw_name, key=OTHER, reason="r2")
    desk.sql("UPDATE history SET uid = ?", alice.pw_uid)
    # Other users with similar names.
    for name, key in [("gamesx", ""), (f"{alice.pw_name}x", KEY), (f"{alice.pw_name} smith", ""), ("mail", "")]:
        desk.remember(name, key=key, reason="other")
    return desk


def test_of_a_shared_account_all_people_are_shown(shared, alice):
    rows = shared.does("history", alice.pw_name, "--json").json
    assert [(row["reason"], row["user"], row["uid"], row["key"], row["label"]) for row in rows] == [
        ("r2", "games", alice.pw_uid, OTHER, None),
        ("r1", "games", alice.pw_uid, KEY, "Anna at home"),
        ("r0", "games", alice.pw_uid, None, None),
    ]


def test_with_a_key_only_the_one_who_has_it_is_shown(shared, alice):
    assert [row["reason"] for row in shared.does("history", alice.pw_name, "--key", KEY, "--json").json] == ["r1"]


def test_other_filters_go_with_all_people_of_an_account(shared, alice):
    assert [row["reason"] for row in shared.does("history", alice.pw_name, "--reason", "locked", "--json").json] == []
    assert (
        len(
            shared.does(
                "history", alice.pw_name, "--service", "sshd", "--outcome", "denied", "--limit", 2, "--json"
            ).json
        )
        == 2
    )


def test_a_label_stays_when_the_factors_go(shared, alice):
    shared.does("unlink", alice.pw_name, "--key", KEY, "--yes")
    [account] = [account for account in shared.does("list", "--json").json if account["key"] == KEY]
    assert (account["label"], account["state"]) == ("Anna at home", "none")


def test_the_label_stands_in_place_of_the_key(shared, alice):
    lines = shared.does("history", alice.pw_name).out.splitlines()
    assert f"games {OTHER}" in lines[1] and "games (Anna at home)" in lines[2] and KEY not in lines[2]
    assert f"{KEY} linked (Anna at home)\n" in shared.does("show", alice.pw_name).out
    assert "label:        Anna at home\n" in shared.does("show", alice.pw_name, "--key", KEY).out
    assert [account["label"] for account in shared.does("list", "--json").json] == ["Anna at home"]
    assert "LABEL" in shared.does("list").out and "Anna at home" in shared.does("list").out


@pytest.mark.parametrize(
    "words",
    [
        ["--label", "x"],
        ["--key", KEY, "--label", ""],
        ["--key", KEY, "--label", "a\nb"],
        ["--key", KEY, "--label", "x" * 101],
        ["--key", KEY, "--label", "a\u202eb"],
    ],
)
def test_what_is_no_label_is_refused(desk, alice, words):
    desk.refuses("link", alice.pw_name, 5, *words, code=64)
    assert desk.does("list", "--json").json == []


def test_only_the_user_who_was_asked_for_is_shown(desk, alice, bob):
    desk.remember(alice.pw_name)
    desk.remember(bob.pw_name)
    assert [row["user"] for row in desk.does("history", bob.pw_name, "--json").json] == ["mail"]


def test_a_user_who_is_gone_still_has_a_history(desk):
    desk.remember("gone")
    assert len(desk.does("history", "gone", "--json").json) == 1


def test_usual_logins_fit_into_80_columns(desk, alice):
    desk.sql(
        "INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address) VALUES (?,?,?,?,?,?,?,'')",
        1_800_000_000,
        alice.pw_name,
        "sshd",
        "192.168.100.200",
        "approved",
        "wrong_code",
        "softtoken",
    )
    header, row = desk.does("history").out.splitlines()
    assert len(row) <= 80 and row.index("approved") == header.index("OUTCOME")
    assert row.split()[-4:] == ["192.168.100.200", "approved", "wrong_code", "softtoken"]


def test_a_user_unknown_to_all_is_probably_misspelled(desk):
    said = "There is no history of nosuch yet.\nhint: check the spelling: there is no user nosuch on this host\n"
    assert desk.does("history", "nosuch").err == said


def test_no_history_says_so_on_standard_error(desk, alice):
    assert desk.does("history", "--json").json == []
    assert desk.does("history").err == "There is no history yet.\n"
    done = desk.does("history", alice.pw_name)
    assert (done.out, done.err) == ("", "There is no history of games yet.\n")


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_a_client_chose_moves_no_cursor(desk, alice, words):
    desk.remember(alice.pw_name, service=HOSTILE, rhost=HOSTILE)
    shown = desk.does("history", *words).out
    assert shown.isascii() and all(character.isprintable() or character == "\n" for character in shown)
    assert shown.count("\n") == (1 if words else 2)


def test_json_keeps_what_a_client_chose_as_it_is(desk, alice):
    desk.remember(alice.pw_name, rhost="b\u00fccher\U0001f40c\u202e")
    assert desk.does("history", "--json").json[0]["rhost"] == "b\u00fccher\U0001f40c\u202e"


@pytest.mark.parametrize(("locale", "shown"), [("C.UTF-8", "b\u00fccher"), ("C", "b\\u{FC}cher")])
def test_letters_are_shown_where_the_locale_has_them(desk, alice, locale, shown):
    desk.remember(alice.pw_name, rhost="b\u00fccher")
    assert shown in desk.does("history", env={"LC_ALL": locale}).out


@pytest.mark.parametrize("limit", ["0", "-3", "all"])
def test_a_limit_is_a_number_from_one_on(desk, limit):
    desk.refuses("history", f"--limit={limit}", code=64)


def test_a_limit_below_one_is_told_the_range(desk):
    assert "--limit takes a number from 1 on" in desk.refuses("history", "--limit", -1, code=64)


# Filters


@pytest.fixture
def logins(desk, alice, bob):
    """Five entries, the oldest first, named by their reasons."""
    desk.remember(alice.pw_name, "sshd", "192.0.2.7", "approved", "proven", 1_700_000_000)
    desk.remember(alice.pw_name, "sudo", "", "denied", "wrong_code", 1_700_090_000)
    desk.remember(bob.pw_name, "sshd", "2001:db8::1", "denied", "locked", 1_700_180_000)
    desk.remember(bob.pw_name, "sshd", "gate.example.com", "excused", "grace", int(time.time()) - 7200)
    desk.remember(bob.pw_name, "login", "", "unavailable", "server", int(time.time()) - 60)
    return desk


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--service", "sudo"], ["wrong_code"]),
        (["--service", "sshd"], ["grace", "locked", "proven"]),
        (["--outcome", "denied"], ["locked", "wrong_code"]),
        (["--outcome", "unavailable"], ["server"]),
        (["--reason", "grace"], ["grace"]),
        (["--from", "192.0.2.7"], ["proven"]),
        (["--from", "2001:DB8:0::1"], ["locked"]),
        (["--from", "::ffff:192.0.2.7"], ["proven"]),
        (["--from", "gate.example.com"], ["grace"]),
        (["--from", "192.0.2.70"], []),
        (["--since", "1h"], ["server"]),
        (["--since", "3h"], ["server", "grace"]),
        (["--since", "150m"], ["server", "grace"]),
        (["--until", "1h", "--since", "1d"], ["grace"]),
        (["--until", "2w", "--outcome", "denied"], ["locked", "wrong_code"]),
        (["--since", "2023-11-15", "--until", "2023-11-17"], ["locked", "wrong_code"]),
        (["--until", "2023-11-14"], ["proven"]),
        (["--since", "2023-11-15T23:13", "--until", "2023-11-15T23:13:20"], ["wrong_code"]),
        (["--since", "2023-11-15 23:13:21", "--until", "2023-12-31"], ["locked"]),
        (["mail", "--outcome", "denied", "--service", "sshd"], ["locked"]),
        (["games", "--outcome", "excused"], []),
        (["--service", "sshd", "--limit", "1"], ["grace"]),
    ],
)
def test_only_what_was_asked_for_is_shown(logins, words, found):
    assert [row["reason"] for row in logins.does("history", "--json", *words).json] == found


def test_a_filter_that_finds_nothing_says_so(logins):
    done = logins.does("history", "--outcome", "approved", "--service", "login")
    assert (done.out, done.err) == ("", "There are no such logins in the history.\n")


@pytest.mark.parametrize(
    "time_text",
    [
        "",
        "yesterday",
        "7",
        "7y",
        "-7d",
        "d",
        "2027-02-30",
        "2027-13-01",
        "2027-1-1",
        "2027-01-01T25:00",
        "2027-01-01T",
        "2027-01-01T10:61",
        "2027-01-01T10",
        "999999999999d",
        "2027-01-01T10:00:00Z",
        "\uff17d",
    ],
)
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_is_no_time_is_refused(desk, option, time_text):
    desk.refuses("history", f"{option}={time_text}", code=64)


def test_a_reason_with_a_typo_is_told_what_was_probably_meant(desk):
    assert "there is no reason wrong-code; did you mean wrong_code?" in desk.refuses(
        "history", "--reason", "wrong-code", code=64
    )


def test_an_outcome_that_there_is_none_of_is_refused(desk):
    desk.refuses("history", "--outcome", "failed", code=64)


@pytest.mark.parametrize("option", ["--service", "--from"])
def test_a_hostile_filter_is_a_text_like_any_other(logins, option):
    assert logins.does("history", option, "' OR 1=1 --", "--json").json == []
    assert logins.does("history", option, "%", "--json").json == []

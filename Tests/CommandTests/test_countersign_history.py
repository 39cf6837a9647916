"""How logins ended."""

import pytest

HOSTILE = "a\u202eb\u2066\x1b[2J\u009b1mc\n"


def test_the_newest_login_comes_first_and_others_are_cut_off(desk, alice):
    for number in range(4):
        desk.remember(alice.pw_name, reason=f"r{number}")
    assert [row["reason"] for row in desk.does("history", "--json").json] == ["r3", "r2", "r1", "r0"]
    assert [row["reason"] for row in desk.does("history", alice.pw_name, "--limit", 2, "--json").json] == ["r3", "r2"]


def test_each_login_has_all_its_keys(desk, alice):
    desk.remember(alice.pw_name, rhost="192.0.2.1", when=1_800_000_000)
    assert desk.does("history", "--json").json == [{
        "time": "2027-01-15T08:00:00Z", "user": "games", "service": "sshd", "rhost": "192.0.2.1", "outcome": "denied",
        "reason": "locked", "factor": None}]


def test_only_the_user_who_was_asked_for_is_shown(desk, alice, bob):
    desk.remember(alice.pw_name)
    desk.remember(bob.pw_name)
    assert [row["user"] for row in desk.does("history", bob.pw_name, "--json").json] == ["mail"]


def test_a_user_who_is_gone_still_has_a_history(desk):
    desk.remember("gone")
    assert len(desk.does("history", "gone", "--json").json) == 1


def test_people_see_columns_in_local_time(desk, alice):
    desk.remember(alice.pw_name, when=1_800_000_000)
    header, row = desk.does("history", env={"TZ": "XXX-5:30"}).out.splitlines()
    assert header.split() == ["TIME", "USER", "SERVICE", "RHOST", "OUTCOME", "REASON", "FACTOR"]
    assert row.split() == ["2027-01-15", "13:30", "games", "sshd", "-", "denied", "locked", "-"]
    assert row.index("denied") == header.index("OUTCOME")


def test_usual_logins_fit_into_80_columns(desk, alice):
    desk.sql(
        "INSERT INTO history (time, user, service, rhost, outcome, reason, factor, address) VALUES (?,?,?,?,?,?,?,'')",
        1_800_000_000, alice.pw_name, "sshd", "192.168.100.200", "approved", "wrong_code", "softtoken")
    header, row = desk.does("history").out.splitlines()
    assert len(row) <= 80 and row.index("approved") == header.index("OUTCOME")
    assert row.split()[-4:] == ["192.168.100.200", "approved", "wrong_code", "softtoken"]


def test_a_user_whom_nobody_knows_is_probably_misspelt(desk):
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

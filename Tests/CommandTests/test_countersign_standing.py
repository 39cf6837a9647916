"""What an administrator says of an account beside its factors: opting out, pauses, preferences, recovery codes,
remembered logins."""

import json
import re
import time

import pytest
from conftest import SERVER

KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
OTHER_KEY = "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"
OPT_OUT = '[enrolment]\nopt_out = "{}"\n'


def show(desk, user, *more) -> dict:
    return desk.does("show", user.pw_name, "--json", *more).json


def ended(terminal) -> tuple[str, int]:
    shown = terminal.read()
    terminal.wait()
    return shown, terminal.exitstatus


def remember_login(desk, user, service="sshd", address="192.0.2.7", key="", when=0):
    desk.sql(
        "INSERT INTO remembered (account, service, address, key, time) "
        "SELECT id, ?, ?, ?, ? FROM accounts WHERE name = ? AND uid = ? AND key = ''",
        service,
        address,
        key,
        when or int(time.time()),
        user.pw_name,
        user.pw_uid,
    )


# opt-out and opt-in


def test_who_opts_out_reads_what_speaks_against_it_and_types_the_name(desk, alice):
    desk.settings(OPT_OUT.format("yes"))
    terminal = desk.terminal("opt-out", alice.pw_name)
    terminal.expect("anyone who learns your password can log in as you")
    terminal.expect("games will log in without a second factor. Type games to confirm: ")
    assert show(desk, alice)["opted_out"] is None
    terminal.sendline(alice.pw_name)
    shown, code = ended(terminal)
    assert shown.splitlines()[-1] == "games: opted out" and code == 0
    account = show(desk, alice)
    assert account["opted_out"] and account["opted_out_counts"] is True


@pytest.mark.parametrize("typed", ["y", "yes", "Games", "games ", "", "gamesgames"])
def test_anything_but_the_name_changes_nothing_and_exits_with_2(desk, alice, typed):
    desk.settings(OPT_OUT.format("yes"))
    terminal = desk.terminal("opt-out", alice.pw_name)
    terminal.expect("to confirm: ")
    terminal.sendline(typed)
    shown, code = ended(terminal)
    assert "error: nothing was changed" in shown and code == 2
    assert show(desk, alice)["opted_out"] is None


def test_the_end_of_the_terminal_confirms_nothing(desk, alice):
    terminal = desk.terminal("opt-out", alice.pw_name)
    terminal.expect("to confirm: ")
    terminal.sendeof()
    assert ended(terminal)[1] == 2


def test_without_a_terminal_only_yes_opts_out(desk, alice):
    desk.settings(OPT_OUT.format("yes"))
    done = desk.run("opt-out", alice.pw_name, stdin=f"{alice.pw_name}\n")
    assert done.code == 1 and "hint: add --yes" in done.err
    assert show(desk, alice)["opted_out"] is None
    assert desk.does("opt-out", alice.pw_name, "--yes").out == "games: opted out\n"
    assert desk.does("opt-out", alice.pw_name, "--yes").out == "games: opted out already\n"


def test_the_text_against_it_is_a_setting(desk, alice):
    desk.settings('[enrolment]\nopt_out = "yes"\nopt_out_text = "Think of the\\npayroll."\n')
    assert desk.does("opt-out", alice.pw_name, "--yes").err == "Think of the\npayroll.\n"


@pytest.mark.parametrize(
    ("rule", "counts", "said"),
    [("no", False, "the settings do not allow it"), ("grace", True, "as long as grace logins last"), ("yes", True, "")],
)
def test_the_settings_say_whether_an_opt_out_counts(desk, alice, rule, counts, said):
    desk.settings(OPT_OUT.format(rule))
    done = desk.does("opt-out", alice.pw_name, "--yes")
    assert said in done.out and ('warning: enrolment.opt_out is "no"' in done.err) == (rule == "no")
    assert show(desk, alice)["opted_out_counts"] is counts


def test_an_opt_out_for_the_time_of_grace_ends_with_it(desk, alice):
    desk.settings(OPT_OUT.format("grace"))
    desk.does("opt-out", alice.pw_name, "--yes")
    desk.does("grace", alice.pw_name, "--used", 5)
    assert show(desk, alice)["opted_out_counts"] is False
    assert re.search(r"opted out: +since \S+; grace is used up\n", desk.does("show", alice.pw_name).out)


def test_opt_in_undoes_it(desk, alice):
    desk.settings(OPT_OUT.format("yes"))
    desk.does("softtoken", alice.pw_name)
    assert (
        "the account stays linked, and is asked again after opt-in" in desk.does("opt-out", alice.pw_name, "--yes").out
    )
    assert desk.does("opt-in", alice.pw_name).out == "games: opted in; the account is linked\n"
    assert desk.does("opt-in", alice.pw_name).out == "games: nothing to undo; the account is not opted out\n"
    assert show(desk, alice)["opted_out"] is None


# pause


def test_a_pause_is_shown_with_its_end_and_reason(desk, alice):
    said = desk.does("pause", alice.pw_name, "--hours", 24, "--reason", "new phone tomorrow").out
    assert re.fullmatch(r"games: paused until \S+; new phone tomorrow\n", said)
    account = show(desk, alice)
    until = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 86400))
    assert account["paused_until"][:16] <= until and account["pause_reason"] == "new phone tomorrow"
    assert re.search(r"paused: +until \S+: new phone tomorrow\n", desk.does("show", alice.pw_name).out)


def test_a_pause_can_be_ended(desk, alice):
    desk.does("pause", alice.pw_name, "--hours", 1, "--reason", "x")
    assert desk.does("pause", alice.pw_name, "--end").out == "games: the pause is ended\n"
    assert desk.does("pause", alice.pw_name, "--end").out == "games: nothing to end; the account is not paused\n"
    assert show(desk, alice)["paused_until"] is None


def test_a_pause_that_has_run_out_is_none(desk, alice):
    desk.does("pause", alice.pw_name, "--hours", 1, "--reason", "x")
    desk.sql("UPDATE accounts SET paused_until = ?", int(time.time()) - 5)
    assert show(desk, alice)["paused_until"] is None
    assert desk.does("pause", alice.pw_name, "--end").out == "games: the pause had run out\n"


def test_a_pause_is_no_longer_than_the_settings_allow(desk, alice):
    assert "72 hours at most, not 73\nhint: raise pause.max_hours in " in desk.refuses(
        "pause", alice.pw_name, "--hours", 73, "--reason", "x"
    )
    desk.settings("[pause]\nmax_hours = 100\n")
    desk.does("pause", alice.pw_name, "--hours", 100, "--reason", "x")
    desk.settings("[pause]\nmax_hours = 1\n")
    assert show(desk, alice)["paused_until"] is None


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--hours", "1"],
        ["--reason", "x"],
        ["--hours", "0", "--reason", "x"],
        ["--hours", "-1", "--reason", "x"],
        ["--hours", "1.5", "--reason", "x"],
        ["--hours", "99999999999999999999", "--reason", "x"],
        ["--hours", "1", "--reason", ""],
        ["--hours", "1", "--reason", "  "],
        ["--hours", "1", "--reason", "a\nb"],
        ["--hours", "1", "--reason", "a\x1b[2Jb"],
        ["--hours", "1", "--reason", "x" * 201],
        ["--end", "--hours", "1"],
        ["--end", "--reason", "x"],
    ],
)
def test_what_is_no_pause_is_refused(desk, alice, words):
    desk.refuses("pause", alice.pw_name, *words, code=64)
    assert desk.does("list", "--json").json == []


def test_a_reason_that_looks_like_an_option_is_a_reason(desk, alice):
    desk.does("pause", alice.pw_name, "--hours", 1, "--reason", "--end")
    assert show(desk, alice)["pause_reason"] == "--end"


def test_a_reason_turns_no_writing_round(desk, alice):
    desk.does("pause", alice.pw_name, "--hours", 1, "--reason", "a\u202eb")
    for words in (["show", alice.pw_name], ["list", "--columns", "user,reason"], ["list", "--csv"]):
        shown = desk.does(*words).out
        assert "\u202e" not in shown and "\\u{202E}" in shown


# prefer


def test_a_preference_is_set_shown_and_taken_back(desk, alice):
    desk.settings(SERVER)
    assert desk.does("prefer", alice.pw_name, "sms").out == "games: sms is tried first\n"
    assert show(desk, alice)["prefers"] == "sms"
    assert desk.does("prefer", alice.pw_name, "softtoken").out == "games: softtoken is tried first (was sms)\n"
    assert (
        desk.does("prefer", alice.pw_name, "none").out
        == "games: what the settings say is tried first (was softtoken)\n"
    )
    assert show(desk, alice)["prefers"] is None


def test_link_takes_a_preference_along(desk, alice):
    desk.settings(SERVER)
    assert desk.does("link", alice.pw_name, 12, "--prefer", "call").out.splitlines()[1] == "games: call is tried first"
    assert show(desk, alice)["prefers"] == "call"


@pytest.mark.parametrize("word", ["recovery", "SMS", "", "fax"])
def test_what_cannot_be_preferred_is_refused(desk, alice, word):
    desk.refuses("prefer", alice.pw_name, word, code=64)


@pytest.mark.parametrize(
    ("settings", "factor", "warned"),
    [
        ("", "sms", "no [server]"),
        ("", "softtoken", ""),
        (SERVER, "sms", ""),
        (SERVER + '[login]\nfactors = ["onetouch", "softtoken"]\n', "sms", "do not have sms"),
        (SERVER + '[login.user.games]\nfactors = ["onetouch"]\n', "call", "do not have call"),
    ],
)
def test_a_preference_that_comes_to_nothing_is_warned_of(desk, alice, settings, factor, warned):
    desk.settings(settings)
    said = desk.does("prefer", alice.pw_name, factor).err
    assert warned in said and bool(said) == bool(warned)


# recovery


def test_recovery_prints_ten_codes_that_are_all_different(desk, alice):
    desk.does("softtoken", alice.pw_name)
    done = desk.does("recovery", alice.pw_name)
    codes = done.out.splitlines()
    assert len(set(codes)) == 10 and all(
        re.fullmatch(r"(?:[0-9a-hjkmnp-tv-z]{4}-){2}[0-9a-hjkmnp-tv-z]{4}", code) for code in codes
    )
    assert "games: 10 recovery codes, shown this once\n" in done.err
    assert show(desk, alice)["recovery_codes_left"] == 10


def test_new_codes_make_the_old_ones_void(desk, alice):
    desk.does("softtoken", alice.pw_name)
    desk.does("recovery", alice.pw_name)
    desk.sql("UPDATE recovery SET used = 1 WHERE id = (SELECT min(id) FROM recovery)")
    assert desk.does("recovery", alice.pw_name, "--count").out == "games: 9 recovery codes left\n"
    assert "shown this once; the 9 from before are void" in desk.does("recovery", alice.pw_name, "--yes").err
    assert desk.sql("SELECT count(*) FROM recovery") == [[10]]


def test_only_slow_hashes_of_the_codes_are_kept(desk, alice):
    desk.does("softtoken", alice.pw_name)
    codes = desk.does("recovery", alice.pw_name).out.split()
    hashes = [row[0] for row in desk.sql("SELECT hash FROM recovery")]
    assert len(hashes) == 10 and all(kept.startswith("$y$") for kept in hashes)
    kept = b"".join(path.read_bytes() for path in desk.state.iterdir())
    assert not any(code.encode() in kept or code.replace("-", "").encode() in kept for code in codes)


def test_recovery_codes_as_json(desk, alice):
    desk.does("softtoken", alice.pw_name)
    made = desk.does("recovery", alice.pw_name, "--json").json
    assert (made["user"], made["uid"], made["key"], len(made["recovery_codes"])) == ("games", alice.pw_uid, None, 10)
    assert desk.does("recovery", alice.pw_name, "--count", "--json").json == {
        "user": "games",
        "uid": alice.pw_uid,
        "key": None,
        "recovery_codes_left": 10,
    }


def test_without_a_factor_there_is_nothing_to_recover(desk, alice):
    assert "has no factor" in desk.refuses("recovery", alice.pw_name)
    assert desk.sql("SELECT count(*) FROM recovery") == [[0]]


def test_codes_that_would_not_be_taken_are_warned_of(desk, alice):
    desk.does("softtoken", alice.pw_name)
    assert "of no use until games has once proven a factor" in desk.does("recovery", alice.pw_name).err
    desk.sql("UPDATE accounts SET confirmed = 1")
    assert "warning" not in desk.does("recovery", alice.pw_name, "--yes").err
    desk.settings('[login]\nfactors = ["softtoken"]\n')
    assert 'do not have "recovery"' in desk.does("recovery", alice.pw_name, "--yes").err


# What destroys asks first


@pytest.mark.parametrize("command", ["unlink", "recovery"])
def test_what_destroys_is_not_done_without_a_yes_where_nobody_can_be_asked(desk, alice, command):
    desk.does("softtoken", alice.pw_name)
    desk.does("recovery", alice.pw_name)
    before = (show(desk, alice), desk.sql("SELECT hash FROM recovery"))
    assert (
        desk.refuses(command, alice.pw_name)
        == "error: nobody is at a terminal to confirm this\nhint: add --yes where it is meant\n"
    )
    assert (show(desk, alice), desk.sql("SELECT hash FROM recovery")) == before
    desk.does(command, alice.pw_name, "--yes")
    assert desk.sql("SELECT hash FROM recovery") != before[1]


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("unlink", "games loses SoftToken, 10 recovery codes. Type games to confirm: "),
        ("recovery", "10 recovery codes of games become void. Type games to confirm: "),
    ],
)
def test_what_destroys_asks_for_the_name_on_a_terminal(desk, alice, command, question):
    desk.does("softtoken", alice.pw_name)
    desk.does("recovery", alice.pw_name)
    before = desk.sql("SELECT hash FROM recovery")
    terminal = desk.terminal(command, alice.pw_name)
    terminal.expect_exact(question)
    terminal.sendline("game")
    assert "error: nothing was changed: that was not games" in terminal.read()
    terminal.wait()
    assert terminal.exitstatus == 2 and desk.sql("SELECT hash FROM recovery") == before
    terminal = desk.terminal(command, alice.pw_name)
    terminal.expect_exact(question)
    terminal.sendline("games")
    terminal.read()
    terminal.wait()
    assert terminal.exitstatus == 0 and desk.sql("SELECT hash FROM recovery") != before


def test_what_destroys_nothing_asks_nothing(desk, alice):
    assert "nothing to unlink" in desk.does("unlink", alice.pw_name).out
    desk.does("softtoken", alice.pw_name)
    desk.does("recovery", alice.pw_name)
    desk.does("recovery", alice.pw_name, "--count")
    desk.sql("UPDATE recovery SET used = 1")
    desk.does("recovery", alice.pw_name)


# Logins that do not ask the phone


def test_a_pause_after_a_denial_is_shown_with_its_end_until_unlock(desk, alice):
    desk.does("softtoken", alice.pw_name)
    now = int(time.time())
    push = (
        "INSERT INTO pushes (name, uid, attempt, place, time, state, ended) VALUES ('games', ?, ?, ?, ?, 'denied', ?)"
    )
    desk.sql(push, alice.pw_uid, "a", "192.0.2.7", now - 40, now - 30)
    desk.sql(push, alice.pw_uid, "b", "", now - 400, now - 350)
    until = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now + 270))
    shown = desk.does("show", alice.pw_name).out
    assert re.search(
        r"denied: +no request goes to the phone for logins from 192\.0\.2\.7 until \S+; unlock ends it\n", shown
    )
    assert "of this host" not in shown and "requests:" not in shown
    assert show(desk, alice)["denied"] == [{"place": "192.0.2.7", "until": f"{until}Z"}]
    desk.does("unlock", alice.pw_name)
    assert "denied:" not in desk.does("show", alice.pw_name).out and show(desk, alice)["denied"] == []


@pytest.mark.parametrize(
    ("table", "title", "name"),
    [("pushes", "requests", "requests_paused_until"), ("onecodes", "codes", "codes_paused_until")],
)
def test_that_nothing_more_is_sent_for_a_while_is_shown(desk, alice, table, title, name):
    desk.does("softtoken", alice.pw_name)
    now = int(time.time())
    columns, marks = (
        ("name, uid, time, attempt, place", "'games', ?, ?, 'x', ''")
        if table == "pushes"
        else ("name, uid, time", "'games', ?, ?")
    )
    for age in [500, 400, 300, 200]:
        assert (show(desk, alice)[name] is None) == (age > 200)
        desk.sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", alice.pw_uid, now - age)
    # The newest three count, and the oldest of them is forgotten first.
    assert show(desk, alice)[name] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 200))
    assert re.search(rf"{title}: +none \S+.* until \S+; unlock ends it\n", desk.does("show", alice.pw_name).out)


# remembered logins


def test_show_lists_where_nothing_is_asked_and_forget_ends_it(desk, alice):
    desk.settings("[remember]\nseconds = 3600\n")
    desk.does("softtoken", alice.pw_name)
    remember_login(desk, alice, key=KEY)
    remember_login(desk, alice, service="sshd", address="192.0.2.9", when=int(time.time()) - 4000)
    (login,) = show(desk, alice)["remembered"]
    assert (login["service"], login["address"], login["key"]) == ("sshd", "192.0.2.7", KEY)
    assert re.search(
        rf"remembered: +sshd from 192.0.2.7 with {re.escape(KEY)}, until \S+\n", desk.does("show", alice.pw_name).out
    )
    assert desk.does("forget", alice.pw_name).out == "games: 2 remembered logins forgotten\n"
    assert desk.does("forget", alice.pw_name).out == "games: nothing was remembered\n"
    assert show(desk, alice)["remembered"] == []


@pytest.mark.parametrize(
    "words",
    [
        ["link", "games", "5"],
        ["softtoken", "games", "--replace"],
        ["unlink", "games", "--yes"],
        ["grace", "games", "--reset"],
        ["prefer", "games", "sms"],
        ["recovery", "games", "--yes"],
        ["pause", "games", "--hours", "1", "--reason", "x"],
        ["opt-out", "games", "--yes"],
        ["opt-in", "games"],
    ],
)
def test_every_change_of_an_account_forgets_them(desk, alice, words):
    desk.settings("[remember]\nseconds = 3600\n")
    desk.does("softtoken", alice.pw_name)
    remember_login(desk, alice)
    desk.does(*words)
    assert show(desk, alice)["remembered"] == []


# people on one account


def test_people_who_share_an_account_are_told_apart_by_their_keys(desk, alice):
    desk.settings(SERVER)
    assert (
        desk.does("link", alice.pw_name, 1, "--key", KEY).out
        == f"games {KEY}: linked to AuthyID 1; the account is now linked\n"
    )
    desk.does("softtoken", alice.pw_name, "--key", OTHER_KEY)
    desk.does("link", alice.pw_name, 2)
    assert [show(desk, alice, *words)["authy_id"] for words in ([], ["--key", KEY], ["--key", OTHER_KEY])] == [
        2,
        1,
        None,
    ]
    assert show(desk, alice)["people"] == [KEY, OTHER_KEY] and show(desk, alice, "--key", KEY)["people"] == []
    assert [
        line.split()[1:] for line in desk.does("show", alice.pw_name).out.splitlines() if line.startswith("person:")
    ] == [[KEY, "linked"], [OTHER_KEY, "linked"]]
    assert [(row["user"], row["key"]) for row in desk.does("list", "--json").json] == [
        ("games", None),
        ("games", KEY),
        ("games", OTHER_KEY),
    ]


def test_every_command_takes_a_key_and_leaves_the_others_alone(desk, alice):
    desk.settings(SERVER + OPT_OUT.format("yes"))
    for words in ([], ["--key", KEY]):
        desk.does("softtoken", alice.pw_name, *words)
    before = show(desk, alice)
    key = ["--key", KEY]
    for words in (
        ["grace", alice.pw_name, "--used", 2],
        ["prefer", alice.pw_name, "sms"],
        ["pause", alice.pw_name, "--hours", 1, "--reason", "x"],
        ["opt-out", alice.pw_name, "--yes"],
        ["recovery", alice.pw_name],
        ["unlock", alice.pw_name],
    ):
        desk.does(*words, *key)
    theirs = show(desk, alice, *key)
    assert (theirs["grace_logins_used"], theirs["prefers"], theirs["recovery_codes_left"]) == (2, "sms", 10)
    assert theirs["pause_reason"] == "x" and theirs["opted_out_counts"]
    for words in (["opt-in", alice.pw_name], ["forget", alice.pw_name], ["unlink", alice.pw_name, "--yes"]):
        desk.does(*words, *key)
    assert show(desk, alice, *key)["state"] == "none"
    assert show(desk, alice) == {**before, "people": [KEY]}


def test_the_list_has_a_column_of_keys_only_where_there_are_any(desk, alice):
    desk.does("softtoken", alice.pw_name)
    assert "KEY" not in desk.does("list").out
    desk.does("softtoken", alice.pw_name, "--key", KEY)
    header, first, second = desk.does("list").out.splitlines()
    assert header.split()[-1] == "KEY" and first.split()[-1] == "-" and second.split()[-1] == KEY


def test_history_is_kept_by_key(desk, alice):
    desk.remember(alice.pw_name)
    desk.remember(alice.pw_name, key=KEY)
    assert [row["key"] for row in desk.does("history", alice.pw_name, "--json").json] == [KEY, None]
    assert [row["key"] for row in desk.does("history", alice.pw_name, "--key", KEY, "--json").json] == [KEY]
    desk.refuses("history", "--key", KEY, code=64)


@pytest.mark.parametrize(
    "key", ["", "SHA256:", KEY[:-1], KEY + "=", KEY.lower(), "MD5:0", KEY[:-1] + "\n", KEY[:-1] + " "]
)
def test_what_is_no_fingerprint_is_refused(desk, alice, key):
    desk.refuses("link", alice.pw_name, "1", "--key", key, code=64)
    assert desk.does("list", "--json").json == []


# what the server said


def test_show_tells_what_the_server_said_and_how_old_that_is(desk, alice):
    desk.settings(SERVER)
    desk.does("link", alice.pw_name, 5)
    desk.sql(
        "UPDATE accounts SET seen_phone = 'XXX-XXX-1118', seen_app = 0, seen = ?", int(time.time()) - 3 * 86400 - 60
    )
    assert re.search(
        r"server says: +phone XXX-XXX-1118, no device for OneTouch: codes only, 3 days ago\n",
        desk.does("show", alice.pw_name).out,
    )
    server = show(desk, alice)["server"]
    assert (server["phone"], server["has_app"]) == ("XXX-XXX-1118", False) and server["time"].endswith("Z")


def test_an_account_that_had_a_phone_says_so(desk, alice):
    desk.settings(SERVER)
    desk.does("link", alice.pw_name, 5)
    desk.does("unlink", alice.pw_name, "--yes")
    assert "AuthyID:      - (there was one)\n" in desk.does("show", alice.pw_name).out
    assert show(desk, alice)["had_authy_id"] is True


def test_show_and_list_have_the_same_words_for_what_becomes_of_the_next_login(desk, alice):
    desk.settings('[enrolment]\nopt_out = "yes"\n')

    def state() -> tuple[str, str]:
        shown = re.search(r"^state: +(.*)$", desk.does("show", alice.pw_name).out, re.MULTILINE)[1]
        return shown, desk.does("list", "--columns", "state").out.split()[-1]

    desk.does("softtoken", alice.pw_name)
    desk.sql("UPDATE accounts SET confirmed = 1")
    assert state() == ("confirmed", "confirmed")
    desk.does("opt-out", alice.pw_name, "--yes")
    assert state() == ("confirmed, opted-out", "opted-out")
    desk.does("opt-in", alice.pw_name)
    desk.does("pause", alice.pw_name, "--hours", "1", "--reason", "lost")
    assert state() == ("confirmed, paused", "paused")


@pytest.mark.parametrize(
    ("settings", "hint"), [("", "countersign softtoken games"), (SERVER, "countersign enroll games")]
)
def test_without_a_factor_there_are_no_recovery_codes_and_the_hint_leads_to_one(desk, alice, settings, hint):
    desk.settings(settings)
    assert desk.refuses("recovery", alice.pw_name).endswith(f"\nhint: {hint}\n")


# JSON of what changes an account


@pytest.mark.parametrize(
    "words, said, now",
    [
        (["link", "{user}", "4711", "--prefer", "sms"], "linked to AuthyID 4711", {"authy_id": 4711, "prefers": "sms"}),
        (["prefer", "{user}", "call"], "call is tried first", {"prefers": "call"}),
        (["pause", "{user}", "--hours", "1", "--reason", "lost"], "paused until", {"pause_reason": "lost"}),
        (["pause", "{user}", "--end"], "nothing to end", {"paused_until": None}),
        (["forget", "{user}"], "nothing was remembered", {"state": "linked"}),
        (["unlock", "{user}"], "nothing to unlock", {"failures": 0}),
        (["opt-in", "{user}"], "nothing to undo", {"opted_out": None}),
        (["unlink", "{user}", "--yes"], "SoftToken deleted", {"state": "none", "softtoken": False}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_json_of_a_change_is_the_account_as_show_prints_it(desk, alice, words, said, now):
    desk.does("softtoken", alice.pw_name)
    done = desk.does(*[word.format(user=alice.pw_name) for word in words], "--json")
    account = json.loads(done.out)
    assert now.items() <= account.items() and account.items() <= show(desk, alice).items()
    assert f"{alice.pw_name}: " in done.err and said in done.err

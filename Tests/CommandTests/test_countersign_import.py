"""Files with many users: their errors, and their effect at the server and on this host."""

import contextlib
import json
import os
import pathlib
import re
import signal

import pytest
from enrolling import enrolment, server, stub, table  # noqa: F401

KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
HEADER = "user,country_code,phone,email\n"
TOKEN = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n" RATE_LIMIT 3 30\n" TOTP_AUTH\n'
HEX = "48656c6c6f21deadbeef48656c6c6f21deadbeef"
# Users that exist on every Debian.
USERS = ["games", "mail", "news", "proxy", "backup"]


@pytest.fixture
def desk(desk, stub):
    """A host with the fake server."""
    desk.settings(table(stub.url, "not-a-real-key"))
    return desk


def write(desk, text: str | bytes, name: str = "users.csv") -> pathlib.Path:
    path = desk.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def roster(desk) -> pathlib.Path:
    return write(desk, HEADER + "".join(f"{user},49,15112345{n:03},\n" for n, user in enumerate(USERS)))


def ids(desk) -> dict[str, int]:
    return {account["user"]: account["authy_id"] for account in desk.does("list", "--json").json}


def faults(desk, path: pathlib.Path, *arguments) -> list[str]:
    """The bad lines that are named; nothing is done then."""
    said = desk.run("import", path, *arguments)
    assert (said.code, said.out) == (1, "")
    *lines, error, hint = said.err.splitlines()
    assert error.endswith("bad; nothing was done") and hint.startswith("hint: correct ")
    assert ids(desk) == {}
    return [line.removeprefix(f"{path}:") for line in lines]


def test_everybody_is_registered_and_linked(desk, stub):
    assert desk.does("import", roster(desk)).out == "5 registered\n"
    assert set(ids(desk)) == set(USERS) and sorted(stub.registered) == [f"4915112345{n:03}" for n in range(5)]


def test_every_bad_line_is_named_by_its_number_and_nothing_is_done(desk, stub):
    path = write(
        desk,
        (
            HEADER
            + (
                "games,49,15112345678,\n"
                "nobody-at-all,49,15112345678,\n"
                "games,49,15112345679,\n"
                "mail,49,12,\n"
                "news,999999,15112345678,\n"
                "proxy,49,15112345678,not an address\n"
                "backup,49\n"
                'man,49,1"5,\n'
                '"irc\n",49,15112345678,\n'
                "lp,49,+33612345678,\n"
                ",49,15112345678,\n"
                "sys,49,,\n"
            )
        ).encode()
        + b"b\xfcro,49,15112345678,\n",
    )
    assert faults(desk, path) == [
        "3: there is no user nobody-at-all on this host",
        "4: games is in line 2 already",
        '5: phone: "12": it lacks the area code',
        '6: country_code: there is no country code "999999": one has 1 to 3 digits, as 49 has',
        "7: email: not an e-mail address",
        "8: 2 fields, but the header has 4",
        "9: a quote in a field that does not begin with one",
        "10: there is no user irc\\u{A} on this host",
        '12: phone: "+XXXXXXXXX78": it begins with the country code 33, but the one beside it is 49',
        "13: the user is missing",
        "14: phone and authy_id are both missing",
        "15: not UTF-8",
    ]
    assert stub.registered == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1: the file is empty"),
        ("games,49,15112345678,\n", "1: there is no column games"),
        ("user,phone,email\ngames,1,\n", "1: the column country_code is missing"),
        (HEADER + f'games,49,"{"x" * (1 << 20)}",\n', "2: longer than 64 kB"),
        (HEADER + 'games,49,"15112345678,\n', "2: the quote is never closed"),
    ],
)
def test_a_file_that_is_none_is_named_by_line(desk, text, fault):
    (said,) = faults(desk, write(desk, text))
    assert said.startswith(fault)


def test_no_number_is_said_of_a_bad_line(desk):
    path = write(desk, HEADER + "games,49,0151 1234 56x78,\n")
    (said,) = faults(desk, path)
    assert said.startswith('2: phone: "XXXX XXXX XXx78": letters cannot stand in it')


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + "games,49,15112345678,\r\n",
        HEADER.replace("\n", "\r\n") + '"games","49","151 12345678",""\r\n',
        "EMAIL,phone,Country_Code,user\n,0151 12345678,+49,games",
        HEADER + "games,,+4915112345678,\n",
        HEADER + "games,,0151-12345678,\n",
        '{"user":"games","phone":"+4915112345678"}\n',
        '{"user":"games","country_code":49,"phone":15112345678,"email":"games@example.com"}',
    ],
)
def test_whatever_form_a_line_has_the_number_is_the_same(desk, stub, text):
    desk.does("import", write(desk, text))
    assert stub.registered == ["4915112345678"] and ids(desk) == {"games": 1000}


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "games,49,15112345678,\n,,,\n,,,\n",
        ",,,\n" + HEADER + "games,49,15112345678,\n",
        HEADER + " , ,\t,\ngames,49,15112345678,\n,,,,,,\n",
        "user,country_code,phone,email,\ngames,49,15112345678,,\n",
        "user,,country_code,phone,email,,\ngames,,49,15112345678,,,\n",
        HEADER.replace(",email", "") + "games,49,15112345678\n",
        HEADER + "games,49,15112345678,,,\n",
        HEADER + "games,'+49,'+4915112345678,\n",
        HEADER + "games,49,'+4915112345678,\n",
        '[{"user":"games","country_code":"49","phone":"15112345678"}]\n',
        '[\n  {\n    "user": "games",\n    "phone": "+4915112345678"\n  }\n]\n',
        '{\n  "user": "games",\n  "phone": "+4915112345678",\n  "email": null\n}\n',
        '\n \t{"user":"games","phone":"+4915112345678"}',
        '\ufeff [ {"user":"games","phone":"+4915112345678"} ]',
        '[{"user":"games","country_code":49,"phone":15112345678}]',
        '{"user":"games","phone":"+4915112345678","email":null}\n\n',
    ],
)
def test_what_a_spreadsheet_or_a_program_writes_is_taken(desk, stub, text):
    assert desk.does("import", write(desk, text)).out == "1 registered\n"
    assert stub.registered == ["4915112345678"] and ids(desk) == {"games": 1000}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "user,country_code,phone,email,\ngames,49,15112345678,,x\n",
            "2: field 5 has a value, but its column has no name",
        ),
        (HEADER + "games,49,15112345678,,x\n", "2: 5 fields, but the header has 4"),
        (",,,\n,,,\n", "1: there is no header"),
        (HEADER + "games,49,15112345678,,,x\n", "2: 6 fields, but the header has 4"),
        (HEADER + "games,49,1511\n", "2: 3 fields, but the header"),
        ((HEADER + "games,49,15112345678,\n").encode("utf-16"), "1: this is UTF-16, and UTF-8 is wanted"),
        ((HEADER + "games,49,15112345678,\n").encode("utf-16-le"), "1: this is UTF-16"),
        ((HEADER + "games,49,15112345678,\n").encode("utf-16-be"), "1: this is UTF-16"),
        ("[]", None),
        ('[{"user":"games","phone":"+4915112345678"}', "1: the array is never closed"),
        (
            '[\n{"user":"games","phone":"+4915112345678"}\n{"user":"mail"}]',
            "3: no object in JSON; one object on each line is wanted",
        ),
        ('[["games"]]', "1: no object in JSON; one object on each line is wanted"),
        ('[{"user":"games"', "1: the object is never closed"),
        ('[{"user":"games","phone":"+4915112345678"},]', "1: no object in JSON"),
        ('{"users":[{"user":"games"}]}', "1: there is no member users"),
        (
            '[\n{"user":"games","phone":"+4915112345678"},\n{"user":"mail","phone":["1"]}]',
            "3: phone: a text or a number is needed",
        ),
        ('[{"user":"' + "x" * 70_000 + '"}]', "1: longer than 64 kB"),
    ],
)
def test_what_is_wrong_with_a_layout_is_named_by_line(desk, stub, text, fault):
    path = write(desk, text)
    if fault is None:
        assert desk.does("import", path).out == "nothing to do\n"
    else:
        (said,) = faults(desk, path)
        assert said.startswith(fault)
    assert stub.registered == []


def test_without_a_domain_the_email_column_is_missed(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key", enrolment='country_code = "49"\n'))
    (said,) = faults(desk, write(desk, HEADER.replace(",email", "") + "games,49,15112345678\n"))
    assert said.startswith("1: the column email is missing")


# Before anybody is sent anything


def test_how_many_users_get_a_text_message_is_said_before(desk, stub):
    desk.does("link", "games", "1")
    path = roster(desk)
    said = desk.does("import", path, "--dry-run")
    assert "text message" not in said.err
    stub.answers = [
        (401, {}, {"message": "Invalid API key", "success": False, "error_code": "60001", "errors": {}})
    ] * 40
    said = (
        "4 users will be registered; the server sends each of them a text message with a link\n"
        "hint: --no-install-link has it send none; --dry-run registers nobody\n"
    )
    assert desk.run("import", path).err.startswith(said) and stub.registered == []
    stub.answers = []
    assert said in desk.does("import", path).err
    assert "will be registered" not in desk.does("import", path).err


def test_without_links_it_is_said_that_nobody_is_sent_anything(desk, stub):
    path = write(desk, HEADER + "games,49,15112345678,\n")
    said = desk.does("import", path, "--no-install-link").err
    assert said == "1 user will be registered; the server is asked to send them nothing\n"
    assert [body["send_install_link_via_sms"] for body in stub.bodies] == [False]


# A spreadsheet


HOSTILE = [
    *("=1+1", "+49", "-x", "@x", "1-2", "20.1.2027", "12:30", "mar1", "1-mar", "sep2", "1e5", "0042", "true", "5 pm"),
    # Guarded or not, as read: the apostrophe is the name's own.
    *("'1-mar", "'0042"),
]


def test_no_cell_of_an_export_is_a_formula_a_day_or_a_number_of_another_form_and_it_can_be_imported_again(desk, alice):
    desk.does("list")
    for number, name in enumerate([*HOSTILE, "20230001", "anna.m"]):
        desk.sql(
            "INSERT INTO accounts (name, uid, key, authy_id, grace_used) VALUES (?, ?, '', ?, 5)",
            name,
            3000 + number,
            5000 + number,
        )
    rows = [line.split(",") for line in desk.does("export").out.splitlines()[1:]]
    assert {row[0] for row in rows} == {*(f"'{name}" for name in HOSTILE), "20230001", "anna.m"}
    assert [json.loads(line)["user"] for line in desk.does("export", "--json").out.splitlines()] == sorted(
        [*HOSTILE, "20230001", "anna.m"]
    )
    cells = [cell for line in desk.does("list", "--csv").out.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if re.fullmatch(r"\d+([-/.:]\d+)+|[=@].*", cell)]
    assert {f"'{name}" for name in HOSTILE} <= {*cells}
    assert not [cell for cell in cells if cell in HOSTILE and not cell.startswith("'")]
    path = write(desk, desk.does("export").out, "again.csv")
    said = desk.run("import", path).err
    assert all(f"there is no user {name} on this host\n" in said for name in HOSTILE)


def test_two_users_with_one_number_are_said_and_get_one_authyid(desk):
    path = write(desk, HEADER + "games,49,15112345678,\nmail,49,0151-12345678,\n")
    said = desk.does("import", path).err
    assert said.startswith(
        f"warning: {path}:3: mail: the number of line 2 again: both accounts get one AuthyID\n"
    ) and set(ids(desk).values()) == {1000}


def test_without_a_server_nobody_can_be_registered(desk):
    desk.settings('[enrolment]\nemail_domain = "example.com"\n')
    assert "the settings have no [server]" in desk.refuses("import", roster(desk))


def test_without_a_country_code_anywhere_it_is_asked_for(desk, stub):
    desk.settings(table(stub.url, "not-a-real-key", enrolment='email_domain = "example.com"\n'))
    path = write(desk, HEADER + "games,,15112345678,\n")
    assert faults(desk, path) == ["2: country_code is missing, and the settings have no enrolment.country_code"]


def test_a_dry_run_does_nothing(desk, stub):
    assert desk.does("import", roster(desk), "--dry-run").out == "5 to be registered; nothing was done\n"
    assert stub.registered == [] and ids(desk) == {}


def test_a_dry_run_says_what_would_be_done(desk):
    desk.does("link", "mail", "12")
    desk.does("softtoken", "news")
    said = desk.does("import", roster(desk), "--dry-run").out
    assert said == "4 to be registered, 1 has an AuthyID already; nothing was done\n"
    linked = write(desk, "user,country_code,phone,email,authy_id\ngames,,,,12\nmail,,,,13\n")
    said = desk.does("import", linked, "--dry-run").out
    assert said == "1 to be linked, 1 has an AuthyID already; nothing was done\n"
    tokens = write(desk, "".join(f"HOTP/T30 {user} - {HEX}\n" for user in ["games", "mail", "news"]), "users.oath")
    said = desk.does("import", tokens, "--from", "oath", "--dry-run").out
    assert said == "1 to get a SoftToken, 2 have a factor already; nothing was done\n"


def test_a_second_run_changes_nothing(desk, stub):
    path = roster(desk)
    desk.does("import", path)
    before = desk.sql("SELECT * FROM accounts")
    registered = list(stub.registered)
    assert desk.does("import", path).out == "5 were there before\n"
    assert desk.sql("SELECT * FROM accounts") == before and stub.registered == registered


def test_a_user_with_an_authyid_keeps_it(desk, stub):
    desk.does("link", "mail", "12")
    assert desk.does("import", roster(desk), "--json").json == {
        "before": 1,
        "linked": 0,
        "refused": 0,
        "registered": 4,
        "softtokens": 0,
    }
    assert ids(desk)["mail"] == 12


def test_users_refused_by_the_server_are_named_by_line_and_the_others_are_registered(desk, stub):
    body = {
        "message": "User was not valid",
        "success": False,
        "error_code": "60027",
        "errors": {"cellphone": "is invalid"},
    }
    stub.answers = [(400, {}, body)]
    path = roster(desk)
    done = desk.run("import", path, "--jobs", "1")
    assert done.code == 1 and f"{path}:2: the server does not take the phone number of games\n" in done.err
    assert "error: 1 user the server did not take" in done.err and done.out == "4 registered, 1 refused\n"
    assert set(ids(desk)) == set(USERS) - {"games"}
    assert desk.does("import", path).out == "1 registered, 4 were there before\n"


def test_it_comes_again_when_the_server_says_so(desk, stub):
    limited = (
        429,
        {"Retry-After": "1"},
        {"message": "Too many requests", "success": False, "error_code": "60003", "errors": {}},
    )
    # As often as countersign-net itself tries.
    stub.answers = [limited] * 4
    done = desk.does("import", roster(desk), "--jobs", "1")
    assert done.out == "5 registered\n" and "the server takes no more requests for now; going on in 1 s\n" in done.err


def test_it_gets_over_an_outage(desk, stub):
    stub.answers = [(500, {}, {"message": "no", "success": False})] * 2
    done = desk.does("import", roster(desk), "--jobs", "1")
    assert done.out == "5 registered\n"


def test_a_server_that_stays_out_of_reach_stops_it(desk, stub):
    stub.shutdown()
    stub.server_close()
    done = desk.run("import", roster(desk), "--timeout", "0")
    assert done.code == 75 and "hint: the same command, run later, goes on from there" in done.err
    assert f"0 registered, 5 left\nerror: the server is out of reach: {stub.url}: " in done.err


def test_a_server_that_is_lost_on_the_way_leaves_a_rest_that_is_counted(desk, stub):
    stub.answers = [
        (200, {}, {"message": "", "user": {"id": 1000}, "success": True}),
        *[(401, {}, {"message": "no", "success": False})] * 9,
    ]
    done = desk.run("import", roster(desk), "--jobs", "1")
    assert done.code == 1 and "1 registered, 4 left\nerror: " in done.err


def test_a_key_that_the_server_refuses_stops_it_at_once(desk, stub):
    stub.answers = [(401, {}, {"message": "Invalid API key", "success": False, "error_code": "60001", "errors": {}})]
    done = desk.run("import", roster(desk), "--jobs", "1")
    assert done.code == 1 and "the server refuses the API key" in done.err and stub.registered == []


@pytest.mark.parametrize("arguments", [[], ["--no-install-link"]])
def test_an_install_link_is_sent_unless_it_is_declined(desk, stub, arguments):
    desk.does("import", write(desk, HEADER + "games,49,15112345678,\n"), *arguments)
    user = {"email": "games@example.com", "cellphone": "15112345678", "country_code": "49"}
    assert stub.bodies == [{"user": user, "send_install_link_via_sms": not arguments}]


def test_lines_with_an_authyid_need_no_server_and_an_export_is_imported_again(desk, tmp_path):
    desk.settings()
    path = write(desk, "user,country_code,phone,email,authy_id\ngames,,,,12\nmail,,,,13\n")
    assert desk.does("import", path).out == "2 linked\n"
    desk.does("softtoken", "news")
    done = desk.does("export")
    assert (
        done.out == "user,country_code,phone,email,authy_id\ngames,,,,12\nmail,,,,13\n"
        and "1 account left out" in done.err
    )
    lines = [json.loads(line) for line in desk.does("export", "--json").out.splitlines()]
    assert lines == [{"authy_id": 12, "user": "games"}, {"authy_id": 13, "user": "mail"}]
    desk.does("unlink", "games", "--yes")
    assert desk.does("import", write(desk, done.out, "again.csv")).out == "1 linked, 1 was there before\n"
    assert (
        desk.does("import", write(desk, desk.does("export", "--json").out, "again.json")).out == "2 were there before\n"
    )


def test_a_file_of_pam_oath_is_taken_over(desk):
    path = write(
        desk,
        f"HOTP/T30 games - {HEX}\n# nobody\nHOTP/T60/8 mail 1234 {HEX} 0 123456 2026-01-02T03:04:05L\n",
        "users.oath",
    )
    done = desk.does("import", path, "--from", "oath")
    assert done.out == "2 SoftTokens taken over\n" and f"warning: {path}:3: mail: the PIN is left behind" in done.err
    assert desk.sql("SELECT name, hex(secret), digits, period, confirmed FROM accounts ORDER BY name") == [
        ["games", HEX.upper(), 6, 30, 0],
        ["mail", HEX.upper(), 8, 60, 0],
    ]
    assert desk.does("import", path, "--from", "oath").out == "2 were there before\n"


def test_a_file_of_pam_oath_with_event_tokens_is_refused(desk):
    path = write(desk, f"HOTP games - {HEX}\nHOTP/T30 mail - {HEX}\nHOTP/T30 mail - {HEX}\n", "users.oath")
    first, second = faults(desk, path, "--from", "oath")
    assert (
        first.startswith("1: a token that counts events (HOTP) is not taken")
        and second == "3: mail is in line 2 already"
    )


def test_the_settings_of_authy_ssh_are_taken_over(desk):
    path = write(desk, "banner=hello\napi_key=0123456789abcdef\nuser=games:12\nuser=mail:13\n", "authy-ssh.conf")
    assert desk.does("import", path, "--from", "authy-ssh").out == "2 linked\n"
    assert ids(desk) == {"games": 12, "mail": 13}


def test_files_of_pam_google_authenticator_are_taken_over_with_their_scratch_codes(desk):
    folder = desk.folder / "stores"
    folder.mkdir()
    write(desk, TOKEN + "12345678\n87654321\n", "stores/games")
    write(desk, TOKEN.replace('" TOTP_AUTH', '" WINDOW_SIZE 17\n" TOTP_AUTH'), "stores/mail")
    done = desk.does("import", folder, "--from", "google-authenticator")
    assert done.out == "2 SoftTokens taken over\n" and f"{folder}/mail:1: mail: WINDOW_SIZE 17" in done.err
    codes = "SELECT name, count(*), min(hash) LIKE '$y$%' FROM recovery JOIN accounts ON accounts.id = account"
    assert desk.sql(codes) == [["games", 2, 1]]
    write(desk, TOKEN.replace("TOTP_AUTH", "HOTP_COUNTER 1"), "stores/news")
    (folder / "proxy").symlink_to("mail")
    said = desk.run("import", folder, "--from", "google-authenticator")
    assert said.code == 1 and f"{folder}/news:3: a token that counts events (HOTP_COUNTER) is not taken" in said.err
    assert f"{folder}/proxy:1: a symlink\n" in said.err


@pytest.mark.parametrize("store", ["google-authenticator", "oath"])
@pytest.mark.parametrize("state", ["linked", "confirmed"])
def test_who_has_a_factor_gets_no_softtoken_of_another_program(desk, store, state):
    desk.does("link", "games", "5")
    desk.sql("UPDATE accounts SET confirmed = ?", int(state == "confirmed"))
    desk.does("recovery", "games")
    hashes = desk.sql("SELECT hash FROM recovery")
    (desk.folder / "stores").mkdir()
    write(desk, TOKEN + "12345678\n", "stores/games")
    oath = write(desk, "HOTP/T30 games - 48656c6c6f21deadbeef48656C6C6F21DEADBEEF\n", "users.oath")
    done = desk.does("import", oath if store == "oath" else desk.folder / "stores", "--from", store)
    assert done.out == "1 was there before\n" and "games:1: games has a factor already" in done.err.replace(
        "users.oath:", "games:"
    )
    shown = desk.does("show", "games", "--json").json
    assert (shown["state"], shown["authy_id"], shown["softtoken"]) == (state, 5, False)
    assert desk.sql("SELECT hash FROM recovery") == hashes


def test_too_many_scratch_codes_are_a_fault_of_the_file(desk):
    (desk.folder / "stores").mkdir()
    codes = [f"{number:08}\n" for number in range(21)]
    write(desk, TOKEN + "".join(codes), "stores/games")
    done = desk.run("import", desk.folder / "stores", "--from", "google-authenticator")
    assert done.code == 1 and "stores/games:24: more than 20 scratch codes" in done.err
    write(desk, TOKEN + "".join(codes[:20]), "stores/games")
    assert (
        desk.does("import", desk.folder / "stores", "--from", "google-authenticator").out == "1 SoftToken taken over\n"
    )


def test_what_is_no_file_is_refused(desk):
    assert "No such file" in desk.refuses("import", desk.folder / "none.csv")
    assert "not a regular file" in desk.refuses("import", desk.folder)
    assert "--homes is for root" in desk.refuses("import", "--from", "google-authenticator", "--homes")


@pytest.mark.parametrize(
    "arguments", [[], ["x.csv", "--homes"], ["--homes"], ["x.csv", "--jobs", "0"], ["x.csv", "--timeout", "-1"]]
)
def test_arguments_that_make_no_sense_are_usage(desk, arguments):
    assert desk.run("import", *arguments).code == 64


def test_a_terminal_shows_a_bar(desk):
    terminal = desk.terminal("import", roster(desk), env={"TERM": "xterm", "NO_COLOR": "1"})
    said = terminal.read()
    assert (
        "\r[##############################] 5 of 5: 5 registered\x1b[K\r\n5 registered\r\n" in said
        and "\x1b[3" not in said
    )


@pytest.mark.parametrize("change", ["linked", "confirmed"])
def test_who_is_enrolled_while_the_server_is_asked_is_left_as_it_is(desk, stub, change):
    answer = stub.answer

    def late(path: str, body: dict):
        desk.does(*(["link", "games", 77] if change == "linked" else ["softtoken", "games"]))
        if change == "confirmed":
            desk.sql("UPDATE accounts SET confirmed = 1")
        return answer(path, body)

    stub.answer = late
    done = desk.does("import", write(desk, HEADER + "games,49,15112345601,\n"))
    assert done.out == "1 was there before\n"
    assert "users.csv:2: the account of games has changed meanwhile, and is left as it is" in done.err
    assert ids(desk) == {"games": 77 if change == "linked" else None}


def test_a_process_that_is_killed_is_done_without(desk, stub):
    answer, killed = stub.answer, []

    def deadly(path: str, body: dict):
        if not killed:
            killed.append(process_of(desk.helpers / "countersign-net"))
            os.kill(killed[0], signal.SIGKILL)
        return answer(path, body)

    stub.answer = deadly
    assert desk.does("import", roster(desk), "--jobs", "2").out == "5 registered\n"
    assert len(ids(desk)) == 5 and killed


def process_of(program: pathlib.Path) -> int:
    """One that runs it."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.path.realpath(process / "exe") == str(program):
                return int(process.name)
    raise AssertionError(f"{program} does not run")


# What the server knows


def test_refresh_stores_what_the_server_says(desk, stub):
    desk.does("link", "games", "1000")
    assert desk.does("refresh", "games").out == "games: AuthyID 1000, phone XXX-XXX-5678, OneTouch possible\n"
    assert desk.sql("SELECT seen_phone, seen_app FROM accounts") == [["XXX-XXX-5678", 1]]


def test_refresh_asks_about_all_who_share_an_account_or_the_one_with_the_key(desk, stub):
    desk.does("link", "games", "1000")
    desk.does("link", "games", "1001", "--key", KEY)
    assert (
        desk.does("refresh", "games", "--key", KEY).out
        == f"games {KEY}: AuthyID 1001, phone XXX-XXX-5678, OneTouch possible\n"
    )
    assert desk.sql("SELECT name, key FROM accounts WHERE seen_phone IS NOT NULL") == [["games", KEY]]
    assert [
        (line["key"], line["authy_id"])
        for line in map(json.loads, desk.does("refresh", "games", "--json").out.splitlines())
    ] == [(None, 1000), (KEY, 1001)]
    stub.unknown = {1001}
    said = desk.run("refresh", "games").err
    assert f"hint: countersign unlink games --key {KEY}, and then countersign enroll games --key {KEY} --phone" in said


def test_refresh_names_users_that_the_server_does_not_know_any_more(desk, stub):
    desk.does("import", roster(desk))
    gone = ids(desk)["mail"]
    stub.unknown = {gone}
    done = desk.run("refresh", "--all")
    assert done.code == 1 and len(done.out.splitlines()) == 4
    assert (
        f"error: mail: the server does not know AuthyID {gone} any more\nhint: countersign unlink mail, and then"
        in done.err
    )
    lines = [json.loads(line) for line in desk.run("refresh", "--all", "--json").out.splitlines()]
    assert {line["user"]: line["known"] for line in lines} == {user: user != "mail" for user in USERS}


def test_a_server_that_wants_a_pause_gets_it(desk, stub):
    desk.does("link", "games", "1000")
    refused = {"message": "Too many requests", "success": False, "error_code": "60003", "errors": {}}
    stub.answers = [(429, {"Retry-After": "3"}, refused)] * 4
    assert "the server takes no more requests for now; trying again in 3 s" in desk.does("refresh", "--all").err


def test_without_a_word_of_the_servers_the_pauses_grow(desk, stub):
    desk.does("link", "games", "1000")
    stub.answers = [
        (429, {}, {"message": "Too many requests", "success": False, "error_code": "60003", "errors": {}})
    ] * 12
    said = desk.does("refresh", "--all").err
    assert re.findall(r"trying again in (\d) s", said) == ["1", "1", "2"]


def test_refresh_says_when_the_server_is_out_of_reach(desk, stub):
    desk.does("link", "games", "1000")
    stub.shutdown()
    stub.server_close()
    done = desk.run("refresh", "games")
    assert done.code == 75 and done.err.startswith(f"error: the server is out of reach: {stub.url}: ")


def test_refresh_is_for_users_with_an_authyid(desk):
    assert "games has no AuthyID" in desk.refuses("refresh", "games")
    said = desk.refuses("refresh", "games", "--key", KEY)
    assert f"games {KEY} has no AuthyID" in said and f"countersign enroll games --key {KEY} --phone" in said
    desk.refuses("refresh", "--all", "--key", KEY, code=64)
    assert desk.run("refresh").code == 64 and desk.run("refresh", "games", "--all").code == 64


# Whether the server accepts the key, on a host without any AuthyID


def test_refresh_of_nobody_says_that_the_server_takes_the_key(desk, stub):
    details = {"app": {"app_id": 1, "name": "Example"}, "message": "Application information.", "success": True}
    stub.answers = [(200, {}, details)] * 2
    assert desk.does("refresh", "--all").out == "server reached, key accepted\n"
    assert desk.does("refresh", "--all", "--json").json == {"reached": True, "key_accepted": True}


def test_refresh_of_nobody_fails_where_the_server_refuses_the_key(desk, stub):
    stub.answers = [(401, {}, {"message": "Invalid API key", "success": False, "error_code": "60001", "errors": {}})]
    said = desk.refuses("refresh", "--all")
    assert f"error: {stub.url} cannot be used: the server refuses the API key\n" in said
    assert "hint: url and API key under [server] must be those of this server" in said


def test_a_url_with_https_where_the_server_speaks_http_is_named(desk, stub):
    desk.settings(table(stub.url.replace("http:", "https:"), "not-a-real-key"))
    said = desk.refuses("refresh", "--all")
    assert (
        f"error: {stub.url.replace('http:', 'https:')} cannot be used: SSL connect error\nhint: url and API key" in said
    )


def test_refresh_of_nobody_is_for_later_where_the_server_is_out_of_reach(desk, stub):
    stub.shutdown()
    stub.server_close()
    said = desk.refuses("refresh", "--all", code=75)
    assert "the server is out of reach" in said and "is the url under [server] right" in said


def test_refresh_of_nobody_is_understood_by_our_server(enrolment):
    assert enrolment.does("refresh", "--all").out == "server reached, key accepted\n"


def test_the_old_name_of_an_option_is_taken_with_a_warning(desk):
    done = desk.run("import", roster(desk), "--patience", "86401")
    assert done.code == 64 and "--timeout takes 0 to 86400 seconds, not 86401." in done.err
    assert done.err.startswith(
        "warning: --patience is called --timeout now; the next release does not take the old name\n"
    )

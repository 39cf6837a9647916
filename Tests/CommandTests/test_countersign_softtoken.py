"""Making a SoftToken, and handing it over."""

import base64
import ctypes
import re
import socket
import urllib.parse

import pexpect
import pytest
from conftest import ENVIRONMENT
from support.patience import PATIENCE

LINK = re.compile(r"otpauth://totp/\S+")
SECRET = "JBSWY3DPEHPK3PXP"


def link_in(text: str) -> tuple[str, dict[str, str]]:
    """Label and parameters of the one link in a text."""
    (link,) = LINK.findall(text)
    parts = urllib.parse.urlsplit(link)
    return urllib.parse.unquote(parts.path).lstrip("/"), dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))


def stored(desk) -> str:
    ((secret,),) = desk.sql("SELECT hex(secret) FROM accounts")
    return base64.b32encode(bytes.fromhex(secret)).decode()


def test_the_link_has_a_new_secret_of_20_bytes_and_names_user_and_host(desk, alice):
    label, parameters = link_in(desk.does("softtoken", alice.pw_name).out)
    host = socket.gethostname()
    assert label == f"{host}:games"
    assert len(base64.b32decode(parameters["secret"])) == 20 and stored(desk) == parameters["secret"]
    assert parameters.keys() == {"secret", "issuer"} and parameters["issuer"] == host


def test_no_two_secrets_are_the_same(desk, alice, bob):
    assert (
        link_in(desk.does("softtoken", alice.pw_name).out)[1]["secret"]
        != link_in(desk.does("softtoken", bob.pw_name).out)[1]["secret"]
    )


def test_options_go_into_the_link_and_the_account(desk, alice):
    done = desk.does(
        "softtoken",
        alice.pw_name,
        "--algorithm",
        "sha512",
        "--digits",
        8,
        "--period",
        60,
        "--issuer",
        "Example & Söhne",
    )
    label, parameters = link_in(done.out)
    assert label == "Example & Söhne:games"
    assert [parameters[key] for key in ["issuer", "algorithm", "digits", "period"]] == [
        "Example & Söhne",
        "SHA512",
        "8",
        "60",
    ]
    assert (
        "SoftToken: " in desk.does("show", alice.pw_name).out
        and "sha512, 8 digits, 60 s" in desk.does("show", alice.pw_name).out
    )
    assert done.err == "games: SoftToken made (sha512, 8 digits, 60 s); the account is now linked\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--digits", "5"],
        ["--digits", "9"],
        ["--period", "14"],
        ["--period", "61"],
        ["--algorithm", "md5"],
        ["--issuer", "a:b"],
        ["--issuer", ""],
        ["--json", "--qr"],
    ],
)
def test_options_that_no_token_has_are_refused(desk, alice, words):
    desk.refuses("softtoken", alice.pw_name, *words, code=64)


def test_a_second_softtoken_needs_replace(desk, alice):
    desk.does("softtoken", alice.pw_name)
    first = stored(desk)
    assert "--replace" in desk.refuses("softtoken", alice.pw_name)
    assert stored(desk) == first
    desk.sql("UPDATE accounts SET confirmed = 1")
    assert "SoftToken replaced" in (said := desk.does("softtoken", alice.pw_name, "--replace").err)
    assert "the account stays confirmed" in said and stored(desk) != first


@pytest.mark.parametrize("typed", [SECRET, f"{SECRET}\n", "jbsw y3dp-ehpk 3pxp\r\n", f"{SECRET}\n\n"])
def test_a_secret_comes_from_standard_input_as_people_write_it(desk, alice, typed):
    _, parameters = link_in(desk.does("softtoken", alice.pw_name, "--secret-stdin", stdin=typed).out)
    assert parameters["secret"] == SECRET and stored(desk) == SECRET


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "\n",
        "JBSWY3DP",
        "not base32 at all!",
        "0123456789ABCDEF",
        f"{SECRET}\n{SECRET}\n",
        "\u0100" * 20,
        "A" * 208,
        "A" * 100_000,
        f"{SECRET}\0",
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(desk, alice, typed):
    said = desk.refuses("softtoken", alice.pw_name, "--secret-stdin", stdin=typed)
    assert "Base32" in said and (len(typed) < 8 or typed[:8] not in said)
    assert desk.does("list", "--json").json == []


def test_with_json_there_is_one_object_and_nothing_else(desk, alice):
    done = desk.does("softtoken", alice.pw_name, "--secret-stdin", "--json", stdin=SECRET)
    assert done.json["user"] == "games" and done.json["uid"] == alice.pw_uid
    assert link_in(done.json["link"])[1]["secret"] == SECRET


def test_a_pipe_gets_the_link_alone(desk, alice):
    assert LINK.fullmatch(desk.does("softtoken", alice.pw_name).out.rstrip("\n"))


def test_standard_error_never_has_the_secret(desk, alice):
    assert SECRET not in desk.does("softtoken", alice.pw_name, "--secret-stdin", stdin=SECRET).err


# The QR code


class Code(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int), ("data", ctypes.POINTER(ctypes.c_ubyte))]


def modules_of(link: str) -> list[list[bool]]:
    """What libqrencode makes of the link: dark modules, by rows."""
    library = ctypes.CDLL("libqrencode.so.4")
    library.QRcode_encodeString8bit.restype = ctypes.POINTER(Code)
    code = library.QRcode_encodeString8bit(link.encode(), 0, 0).contents
    return [[bool(code.data[y * code.width + x] & 1) for x in range(code.width)] for y in range(code.width)]


def framed(modules: list[list[bool]]) -> list[list[bool]]:
    """With the four light modules on each side that readers need."""
    side = [False] * 4
    empty = [False] * (len(modules) + 8)
    return [empty] * 4 + [side + row + side for row in modules] + [empty] * 4


def read_half_blocks(lines: list[str]) -> list[list[bool]]:
    dark = {"█": (False, False), "▀": (False, True), "▄": (True, False), " ": (True, True)}
    return [[dark[character][half] for character in line] for line in lines for half in (0, 1)]


def read_ascii(lines: list[str]) -> list[list[bool]]:
    assert all(line[0::2] == line[1::2] for line in lines)
    return [[character == " " for character in line[::2]] for line in lines]


@pytest.mark.parametrize(("locale", "read"), [("C.UTF-8", read_half_blocks), ("C", read_ascii)])
def test_the_qr_code_is_that_of_the_link(desk, alice, locale, read):
    *drawn, link = desk.does("softtoken", alice.pw_name, "--qr", env={"LC_ALL": locale}).out.splitlines()
    wanted = framed(modules_of(link))
    seen = read(drawn)
    assert seen[: len(wanted)] == wanted and not any(map(any, seen[len(wanted) :]))


def test_a_terminal_shows_the_qr_code_the_link_and_what_was_done(desk, alice):
    terminal = desk.terminal("softtoken", alice.pw_name, env={"TERM": "xterm"})
    shown = terminal.read()
    assert "\x1b[97;40m█" in shown and LINK.search(shown) and "games: SoftToken made" in shown
    terminal.wait()
    assert terminal.exitstatus == 0


def test_a_terminal_ends_with_what_was_done_and_the_next_step(desk, alice):
    terminal = desk.terminal("softtoken", alice.pw_name)
    *drawn, link, typed, done, then = terminal.read().splitlines()
    assert all(set(line) <= set("█▀▄ ") for line in drawn) and LINK.fullmatch(link)
    letters = typed.removeprefix("secret, for typing: ")
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", letters) and letters.replace(" ", "") == stored(desk)
    assert done == "games: SoftToken made (sha1, 6 digits, 30 s); the account is now linked"
    assert then == f"then: countersign try games --service sudo --config {desk.settings_file}"


@pytest.mark.parametrize(("locale", "scale"), [("C.UTF-8", 1), ("C", 2)])
def test_a_terminal_that_is_too_narrow_for_the_code_is_told_the_columns(desk, alice, locale, scale):
    def shown(columns: int) -> str:
        first, *rest = desk.words("softtoken", alice.pw_name, "--replace")
        return pexpect.spawn(
            first,
            rest,
            env={**ENVIRONMENT, "LC_ALL": locale},
            cwd="/",
            timeout=PATIENCE,
            dimensions=(60, columns),
            encoding="utf-8",
        ).read()

    said = shown(30)
    (needed,) = re.findall(r"hint: widen the terminal to (\d+) columns for the QR code", said)
    assert "█" not in said and "####" not in said and LINK.search(said)
    assert int(needed) % scale == 0 and "widen" in shown(int(needed) - 1) and "widen" not in shown(int(needed))


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_colours_are_left_out_where_they_are_not_wanted(desk, alice, env):
    shown = desk.terminal("softtoken", alice.pw_name, env=env).read()
    assert "█" in shown and "\x1b" not in shown


def test_a_person_types_the_secret_at_the_terminal(desk, alice):
    terminal = desk.terminal("softtoken", alice.pw_name, "--secret-stdin")
    terminal.expect("secret in Base32")
    terminal.sendline(SECRET)
    terminal.read()
    assert stored(desk) == SECRET

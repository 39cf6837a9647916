"""countersign join, with the real countersignd, and with servers that lie."""

import json
import os
import pwd
import shutil

import pytest
from conftest import BUILT, ordinary_user
from support.certificates import Authority
from support.joining import Code, Liar, invitation, invite, tls_server
from support.server import Seed, own_folder
from test_countersign_as_root import KEEPER, RootDesk

LIES = [
    "no JSON",
    "nothing",
    "an array",
    "a redirect",
    "another status",
    "a failure",
    "no key",
    "a number for a key",
    "a short key",
    "a long key",
    "two lines for a key",
    "no authority",
    "a text for an authority",
    "half an authority",
    "something else beside it",
    "a key in it",
    "a long authority",
    "another authority",
    "a long answer",
    "a key that it does not accept",
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def seed():
    return Seed()


@pytest.fixture
def server(authority, seed):
    with own_folder() as folder, tls_server(folder, authority, seed=seed) as running:
        yield running


def files(desk) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in desk.folder.iterdir() if path.is_file()}


def table(desk, url: str) -> str:
    folder = desk.folder
    return (
        "\n# The 2FA server, written by countersign join.\n[server]\n"
        f'url = "{url}"\napi_key_file = "{folder}/api-key"\nca_file = "{folder}/server-ca.pem"\n'
    )


def test_a_code_connects_a_host_and_its_settings_keep_every_byte(desk, server, authority):
    desk.settings("# A comment.\n[login]\ntries = 2 # no line end")
    before = desk.settings_file.read_text()
    done = desk.does("join", invite(server)["code"], "--yes")
    assert f"connected to {server.public_url} as Example Corp" in done.out
    assert desk.settings_file.read_text() == before + "\n" + table(desk, server.public_url)
    assert (desk.folder / "api-key").read_text() == server.application.key + "\n"
    assert (desk.folder / "server-ca.pem").read_text().strip() in authority.ca_file.read_text()
    assert [desk.folder.joinpath(name).stat().st_mode & 0o777 for name in ("api-key", "server-ca.pem")] == [
        0o600,
        0o644,
    ]
    assert "key accepted" in desk.does("refresh", "--all").out
    assert invitation(server)["status"] == "used"


def test_settings_that_are_missing_are_made(desk, server):
    desk.settings_file.unlink()
    report = desk.does("join", invite(server)["code"], "--yes", "--json").json
    assert report == {
        "api_key_file": f"{desk.folder}/api-key",
        "application": "Example Corp",
        "ca_file": f"{desk.folder}/server-ca.pem",
        "former_api_key_file": None,
        "settings": str(desk.settings_file),
        "url": server.public_url,
    }
    assert desk.settings_file.read_text().endswith(table(desk, server.public_url))
    assert desk.settings_file.stat().st_mode & 0o777 == 0o600
    assert desk.settings_file.stat().st_uid == ordinary_user().pw_uid


def test_the_code_is_read_from_standard_input_with_the_line_breaks_of_a_messenger_taken_out(desk, server):
    code = invite(server)["code"]
    desk.does("join", "--yes", stdin=f"  {code}\n")
    other = invite(server)["code"]
    desk.does("join", f"{other[:40]}\n {other[40:]}\n", "--yes")


def test_a_second_host_is_told_that_the_code_was_used(desk, server):
    code = invite(server)["code"]
    desk.does("join", code, "--yes")
    before = files(desk)
    said = desk.refuses("join", code, "--yes")
    assert "this code was used before" in said and "countersignd app rotate APP --overlap 0" in said
    assert files(desk) == before


def test_a_host_that_names_the_server_gets_a_new_key_and_nothing_else(desk, server):
    desk.does("join", invite(server)["code"], "--yes")
    before = files(desk)
    server.command("app", "rotate", 1, "--overlap", 0)
    done = desk.does("join", invite(server)["code"], "--yes")
    after, former = files(desk), before.pop("api-key")
    assert after.pop("api-key") != former
    # The code may have been of another application of the same server, which knows none of this host's users.
    assert after.pop("api-key.old") == former and after == before
    assert (desk.folder / "api-key.old").stat().st_mode & 0o777 == 0o600
    assert f"the key before is in {desk.folder}/api-key.old" in done.err


@pytest.mark.parametrize(
    "settings",
    [
        '[server]\nurl = "https://other.example.com"\napi_key_file = "/x"\n',
        '[server]\nurl = "{url}"\napi_key = "not-a-real-key"\n',
        '[server]\nurl = "{url}"\napi_key_file = "/elsewhere/key"\n',
        "[login]\ntries = 99\n",
    ],
)
def test_settings_that_cannot_be_changed_cost_no_code(desk, server, settings):
    code = invite(server)["code"]
    desk.settings(settings.replace("{url}", server.public_url))
    before = files(desk)
    desk.refuses("join", code, "--yes")
    assert files(desk) == before and invitation(server)["status"] == "open"


def test_a_folder_that_cannot_be_written_costs_no_code(desk, server):
    desk.folder.chmod(0o555)
    try:
        assert "cannot be written" in desk.refuses("join", invite(server)["code"], "--yes")
    finally:
        desk.folder.chmod(0o755)
    assert invitation(server)["status"] == "open"


def test_a_code_that_was_cut_off_or_changed_goes_nowhere(desk, server):
    code = invite(server)["code"]
    broken = [code[:-1], code[: len(code) // 2], code + "A", code[:20] + "x" + code[21:], "csj1_", "csj1_AAAAAAAA"]
    for text in [*broken, "", "hello", "csj2_" + code[5:], "https://2fa.example.com", "csj1_" + "A" * 5000]:
        if text != code:
            desk.refuses("join", text, "--yes")
    assert invitation(server)["status"] == "open" and server.events("host_join_refused") == []


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "https://user@localhost:1", "https://localhost:1/a?b", 'https://a"b', "https://-"]
)
def test_a_code_with_an_address_that_no_host_may_use_goes_nowhere(desk, url):
    desk.refuses("join", Code(url, bytes(16)).text, "--yes")


def test_a_server_with_another_certificate_gets_no_secret(desk, server):
    made = invite(server)
    code = Code.read(made["code"])
    before = files(desk)
    said = desk.refuses("join", Code(code.url, code.secret, bytes(32)).text, "--yes")
    assert "does not answer as the server of this code" in said
    # Without a pin the system vouches for the server, which does not know its authority.
    desk.refuses("join", Code(code.url, code.secret).text, "--yes")
    assert files(desk) == before and invitation(server)["status"] == "open"
    assert server.events("host_join_refused") == []


def test_expired_and_revoked_codes_are_named_as_such(desk, server):
    expired, revoked = invite(server), invite(server)
    server.sql("UPDATE host_invitations SET ends = 1 WHERE number = ?", expired["invitation"])
    server.command("app", "uninvite", revoked["invitation"])
    assert "this code has expired" in desk.refuses("join", expired["code"], "--yes")
    assert "this code was revoked" in desk.refuses("join", revoked["code"], "--yes")


def test_a_server_that_is_away_is_tried_later(desk, server):
    code = invite(server)["code"]
    server.stop()
    assert "the server was not reached" in desk.refuses("join", code, "--yes", code=75)


def lies(authority) -> dict[str, tuple[bytes, int]]:
    good = {"api_key": "k" * 32, "application": "Liar", "ca": authority.ca_file.read_text()}

    def answer(**members) -> bytes:
        return json.dumps({**good, **members}).encode()

    ca = good["ca"]
    return {
        "no JSON": (b"<html>", 200),
        "nothing": (b"", 200),
        "an array": (b"[]", 200),
        "a redirect": (answer(), 302),
        "another status": (answer(), 201),
        "a failure": (answer(), 500),
        "no key": (answer(api_key=None), 200),
        "a number for a key": (answer(api_key=12345678), 200),
        "a short key": (answer(api_key="short"), 200),
        "a long key": (answer(api_key="k" * 129), 200),
        "two lines for a key": (answer(api_key='kkkkkkkk"\nurl = "x"'), 200),
        "no authority": (answer(ca=None), 200),
        "a text for an authority": (answer(ca="[server]\n"), 200),
        "half an authority": (answer(ca=ca[: len(ca) // 2]), 200),
        "something else beside it": (answer(ca=ca + "\n[login]\n"), 200),
        "a key in it": (answer(ca=ca + authority.good.key.read_text()), 200),
        "a long authority": (answer(ca=ca * 20), 200),
        "another authority": (answer(ca=authority.self_signed.certificate.read_text()), 200),
        "a long answer": (b" " * 100_000, 200),
        "a key that it does not accept": (answer(), 200),
    }


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_changes_nothing(desk, authority, lie):
    body, status = lies(authority)[lie]
    before = files(desk)
    with Liar(authority.good, body, status, check_status=401) as liar:
        done = desk.run("join", liar.code, "--yes")
    assert done.code in (1, 75) and done.out == "" and done.err.startswith("error: ") and "\nhint: " in done.err, done
    assert files(desk) == before and liar.asked[0] == "/join"


def test_the_name_of_an_application_moves_no_cursor(desk, authority):
    answer = {"api_key": "k" * 32, "application": "\x1b[2JBoo\r\n", "ca": authority.ca_file.read_text()}
    with Liar(authority.good, json.dumps(answer).encode()) as liar:
        done = desk.does("join", liar.code, "--yes")
    assert "\x1b" not in done.out + done.err and "\r" not in done.out + done.err


def test_it_asks_and_another_word_costs_no_code(desk, server):
    code = invite(server)["code"]
    terminal = desk.terminal("join")
    terminal.expect_exact("The code: ")
    terminal.sendline(code)
    terminal.expect_exact("Type join to confirm: ")
    assert server.public_url in terminal.before
    terminal.sendline("no")
    terminal.wait()
    assert terminal.exitstatus == 2 and invitation(server)["status"] == "open"
    terminal = desk.terminal("join", code)
    terminal.expect_exact("Type join to confirm: ")
    terminal.sendline("join")
    terminal.expect_exact("This host is connected to")
    terminal.wait()
    assert terminal.exitstatus == 0 and invitation(server)["status"] == "used"


def test_without_a_terminal_only_yes_joins(desk, server):
    assert "add --yes" in desk.refuses("join", invite(server)["code"])
    assert invitation(server)["status"] == "open"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_files_of_others_are_not_followed_or_used(desk, server):
    target = desk.folder / "target"
    target.write_text("kept")
    (desk.folder / "api-key").symlink_to(target)
    os.chown(target, pwd.getpwnam("games").pw_uid, 0)
    desk.does("join", invite(server)["code"], "--yes")
    assert target.read_text() == "kept" and not (desk.folder / "api-key").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_files_of_root_are_for_logins_only_and_the_helpers_user_reads_the_authority(tmp_path, server):
    desk = RootDesk(tmp_path)
    shutil.copy(BUILT / "countersign-net", desk.folder)
    (desk.folder / "countersign-net").chmod(0o755)
    done = desk.run("join", invite(server)["code"], "--yes", "--helpers", "/mnt")
    assert done.code == 0, done.err
    assert [desk.owner_and_mode(name) for name in ("countersign.toml", "api-key", "server-ca.pem")] == [
        (0, KEEPER, 0o640),
        (0, KEEPER, 0o640),
        (0, 0, 0o644),
    ]
    assert (desk.folder / "countersign.toml").read_text().startswith('state = "/mnt/state"\n\n# The 2FA server')

"""Codes with which hosts fetch an API key: app invite, app invitations, app uninvite, and POST /join."""

import concurrent.futures
import json

import pytest

from support.certificates import Authority
from support.joining import Code, exchange, invitation, invite, pin, tls_server
from support.server import Server


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(folder, seed, authority):
    with tls_server(folder, authority, seed=seed) as running:
        yield running


def test_a_code_is_exchanged_for_the_key_once(server, authority):
    made = invite(server)
    code = Code.read(made["code"])
    assert code.url == server.public_url and code.pin == pin(authority.good.certificate)
    reply = exchange(server, code.secret)
    assert reply.status == 200 and reply.headers["Cache-Control"] == "no-store"
    assert reply.json["api_key"] == server.application.key and reply.json["application"] == "Example Corp"
    assert reply.json["ca"].strip() in authority.ca_file.read_text()
    joined = server.events("host_joined", 1)[0]
    assert (joined["invitation"], joined["application"], joined["address"]) == (made["invitation"], 1, "127.0.0.1")
    again = exchange(server, code.secret)
    assert (again.status, again.json["error"]) == (410, "code_used") and server.application.key not in again.text
    refused = server.events("host_join_refused", 1)[0]
    assert (refused["reason"], refused["invitation"], refused["level"]) == ("code_used", made["invitation"], "warning")
    row = invitation(server)
    assert (row["status"], row["address"]) == ("used", "127.0.0.1")


def test_neither_the_code_nor_the_database_has_what_the_other_needs(server):
    made = invite(server)
    code = Code.read(made["code"])
    assert server.application.key not in made["code"] and server.application.key.encode() not in code.secret
    files = b"".join(path.read_bytes() for path in server.state.glob("countersignd.db*"))
    assert code.secret not in files and made["code"].encode() not in files
    exchange(server, code.secret)
    assert not any(word in line for line in server.lines for word in (made["code"], server.application.key))


def test_of_many_hosts_with_one_code_one_gets_the_key(server):
    code = Code.read(invite(server)["code"])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: exchange(server, code.secret), range(8)))
    assert sorted(reply.status for reply in replies) == [200] + [410] * 7


def test_a_code_expires_and_the_log_says_so(server):
    made = invite(server)
    row = invitation(server)
    assert row["status"] == "open"
    assert server.sql("SELECT ends - created FROM host_invitations") == [(600,)]
    server.sql("UPDATE host_invitations SET ends = 1")
    reply = exchange(server, Code.read(made["code"]).secret)
    assert (reply.status, reply.json["error"]) == (410, "code_expired")
    assert server.wait_for_event("host_invitation_expired")["invitation"] == made["invitation"]
    assert invitation(server)["status"] == "expired"
    server.sql("UPDATE host_invitations SET ends = 99999999999")
    assert exchange(server, Code.read(made["code"]).secret).json["error"] == "code_expired"


def test_open_codes_are_revoked(server):
    first, second, third = (invite(server) for _ in range(3))
    assert json.loads(server.command("app", "uninvite", first["invitation"], "--json").stdout) == {
        "revoked": [first["invitation"]]
    }
    assert exchange(server, Code.read(first["code"]).secret).json["error"] == "code_revoked"
    again = server.command("app", "uninvite", first["invitation"], check=False)
    assert again.returncode == 1 and "is not open" in again.stderr and "hint: " in again.stderr
    assert exchange(server, Code.read(second["code"]).secret).status == 200
    server.command("app", "uninvite", "all")
    assert [invitation(server, one["invitation"])["status"] for one in (first, second, third)] == [
        "revoked",
        "used",
        "revoked",
    ]


def test_a_host_gets_the_newest_key_and_none_of_a_revoked_application(server):
    first, second = invite(server), invite(server)
    key = json.loads(server.command("app", "rotate", 1, "--json").stdout)["api_key"]
    assert exchange(server, Code.read(first["code"]).secret).json["api_key"] == key
    server.command("app", "revoke", 1, "--yes")
    assert exchange(server, Code.read(second["code"]).secret).json["error"] == "code_revoked"


def test_wrong_codes_are_limited_for_each_address(server):
    code = Code.read(invite(server)["code"])
    for number in range(20):
        reply = exchange(server, bytes([number]) * 16)
        assert (reply.status, reply.json["error"]) == (404, "code_unknown")
    limited = exchange(server, code.secret)
    assert limited.status == 429 and int(limited.headers["Retry-After"]) > 0
    assert server.events("host_join_refused", 1)[0]["reason"] == "code_unknown"
    assert server.events("too_many_requests", 1)[0]["call"] == "join"
    assert invitation(server)["status"] == "open"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("secret", 400),
        ("[]", 400),
        ("{}", 404),
        ('{"secret":null}', 404),
        ('{"secret":{"a":"b"}}', 404),
        ('{"secret":"' + "A" * 4000 + '"}', 404),
        ('{"secret":"' + "A" * 9000 + '"}', 413),
        ('{"secret":"AAAA AAAA AAAA AAAA AAAA AA"}', 404),
    ],
)
def test_a_request_without_a_secret_gets_nothing(server, body, status):
    made = invite(server)
    reply = server.call("POST", "/join", body, {"Content-Type": "application/json"})
    assert reply.status == status and server.application.key not in reply.text
    assert invitation(server, made["invitation"])["status"] == "open"


def test_the_call_has_one_path_and_one_method(server):
    assert server.call("GET", "/join").status == 404
    assert server.call("POST", "/join/x", "{}").status == 404


def test_a_restored_backup_has_no_open_codes(server):
    code = Code.read(invite(server)["code"])
    server.command("backup", server.folder / "copy.db")
    server.stop()
    server.command("restore", server.folder / "copy.db")
    server.start()
    assert exchange(server, code.secret).json["error"] == "code_unknown"


def test_where_hosts_know_the_authority_a_code_has_no_pin_and_brings_no_certificate(folder, seed, authority):
    tls = f'certificate = "{authority.good.certificate}"\nprivate_key = "{authority.good.key}"'
    with Server(folder, server=tls, ca_file=authority.ca_file, seed=seed) as server:
        code = Code.read(invite(server, "--url", "https://2fa.example.test:8555/")["code"])
        assert (code.url, code.pin) == ("https://2fa.example.test:8555", None)
        assert exchange(server, code.secret).json["ca"] is None


def refusal(server, *arguments) -> str:
    done = server.command("app", "invite", *arguments, check=False)
    assert done.returncode == 1 and done.stdout == "" and "\nhint: " in done.stderr
    return done.stderr


def test_a_code_that_no_host_could_use_is_not_made(folder, seed, authority):
    server = Server(folder, seed=seed)
    assert "https:// only" in refusal(server)
    assert "https:// only" in refusal(server, "--url", "http://2fa.example.com")
    assert "there is no application 7" in refusal(server, "7", "--url", "https://a.example")
    server.create_application("Other Corp")
    assert "there are 2 applications" in refusal(server, "--url", "https://a.example")
    assert "hosts cannot reach" in refusal(server, "1", "--url", 'https://a"b.example')
    server.write_settings(server=f'host_ca_file = "{authority.ca_file}"')
    assert "is not known here" in refusal(server, "1", "--url", "https://localhost")
    named = ["--certificate", authority.wrong_host.certificate]
    assert "is not for localhost" in refusal(server, "1", "--url", "https://localhost", *named)
    expired = ["--certificate", authority.expired.certificate]
    assert "has expired" in refusal(server, "1", "--url", "https://127.0.0.1:8555", *expired)
    assert server.sql("SELECT count(*) FROM host_invitations") == [(0,)]


def test_a_private_key_in_the_file_of_the_authority_stays_here(folder, seed, authority):
    both = folder / "both.pem"
    both.write_text(authority.good.key.read_text() + authority.ca_file.read_text())
    tls = f'certificate = "{authority.good.certificate}"\nprivate_key = "{authority.good.key}"\n'
    with Server(folder, server=f'{tls}host_ca_file = "{both}"', ca_file=authority.ca_file, seed=seed) as server:
        authorities = exchange(server, Code.read(invite(server)["code"]).secret).json["ca"]
    assert "PRIVATE" not in authorities and authorities.count("BEGIN CERTIFICATE") == 1

"""Settings that are wrong, and what else keeps logins from working."""

import os
import pathlib
import shutil
import socket
import ssl
import subprocess

import pytest
from support import selfsigned
from conftest import SERVER, give
from support.patience import PATIENCE

NOT_ASKED = "hint: the server was not asked: countersign refresh --all --config {} does that\n"


def checked(desk, *words):
    """The settings are valid and users can log in: returns the warnings."""
    done = desk.does("check", "--helpers", desk.helpers, *words)
    assert done.out == "ok\n" and "error: " not in done.err
    # The command says that it did not ask the server if and only if there is one.
    said = done.err.replace(NOT_ASKED.format(desk.settings_file), "")
    assert (said != done.err) == ("[server]" in desk.settings_file.read_text())
    return said


def failing(desk, problems: int = 1):
    """The settings are valid, but no user can log in: returns the reason."""
    done = desk.run("check", "--helpers", desk.helpers)
    many = "problem" if problems == 1 else "problems"
    assert (done.code, done.out) == (1, f"settings ok, but logins will fail: {problems} {many}\n")
    assert done.err.count("error: ") == problems
    return done.err


def test_good_settings_are_ok_and_nothing_is_warned_of(desk):
    desk.settings('[server]\nurl = "https://2fa.example.com"\napi_key = "not-a-real-key"\n')
    assert checked(desk) == ""


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("[login]\ntries = 0\n", 3, "login.tries"),
        ('[enrolment]\nmode = "gracious"\n', 3, "enrolment.mode"),
        ("[lockout]\n\nsecond = 3\n", 4, "lockout.second"),
        ("[[exempt]]\nusers = []\n", 3, "exempt[1].users"),
    ],
)
def test_a_wrong_word_is_named_with_its_file_line_and_key(desk, text, line, key):
    desk.settings(text)
    assert desk.refuses("check").startswith(f"error: {desk.settings_file}:{line}: {key}: ")


def test_what_is_no_toml_is_named_with_its_line(desk):
    desk.settings("[login\n")
    assert f"{desk.settings_file}:2: " in desk.refuses("check")


def test_every_other_command_says_the_same_of_wrong_settings(desk, alice):
    desk.settings("[login]\ntries = 0\n")
    wanted = desk.refuses("check").splitlines()[0]
    for words in [
        ["show", alice.pw_name],
        ["list"],
        ["history"],
        ["link", alice.pw_name, "1"],
        ["softtoken", alice.pw_name],
        ["unlink", alice.pw_name],
        ["grace", alice.pw_name],
        ["unlock", alice.pw_name],
    ]:
        assert desk.refuses(*words).splitlines()[0] == wanted


def test_missing_settings_are_an_error(desk):
    desk.settings_file.unlink()
    assert f"error: {desk.settings_file}: this file is missing; create it\n" in desk.refuses("check")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_settings_that_others_may_read_or_write_are_an_error(desk, mode):
    desk.settings(mode=mode)
    assert "unsafe" in desk.refuses("check")


def test_settings_behind_a_symlink_are_an_error(desk):
    link = desk.folder / "link.toml"
    link.symlink_to(desk.settings_file)
    assert "symlink" in desk.refuses("check", "--config", link)


def test_with_a_missing_state_directory_nobody_can_log_in(desk):
    shutil.rmtree(desk.state)
    assert (
        f"error: the state directory {desk.state} is missing\nhint: it had accounts: mount what it lies on"
        in failing(desk)
    )
    desk.marker.unlink()
    assert f"error: the state directory {desk.state} is missing\nhint: make it with: mkdir -m 0700" in failing(desk)


def remove_accounts(desk):
    for file in desk.state.glob("accounts.db*"):
        file.unlink()


def test_it_says_that_accounts_are_missing_which_were_made(desk):
    remove_accounts(desk)
    assert f"error: {desk.state}/accounts.db: missing, though it was made; mount what it lies on" in failing(desk)


def test_it_says_that_no_marker_names_the_accounts_which_are_there(desk):
    desk.marker.unlink()
    assert (
        f"error: {desk.marker} does not name the accounts in {desk.state}: no login is let in\n"
        f"hint: countersign init --config {desk.settings_file}\n" in failing(desk)
    )


def test_it_says_that_there_are_neither_accounts_nor_a_marker(desk):
    remove_accounts(desk)
    desk.marker.unlink()
    assert (
        "error: there are no accounts yet: no login is let in\n"
        f"hint: countersign init --config {desk.settings_file}\n" in failing(desk)
    )


def test_it_says_that_the_accounts_are_not_those_which_the_marker_names(desk):
    [*comments, line] = desk.marker.read_text().splitlines()
    real, _, folder = line.partition(" ")
    other = "0123456789abcdef" * 2
    desk.marker.write_text("\n".join([*comments, f"{other[: len(real)]} {folder}\n"]))
    said = failing(desk)
    assert f"error: {desk.state}/accounts.db: not the accounts that belong here, but those with the id {real};" in said


def test_a_missing_state_directory_is_not_made_by_anybody_but_root(desk):
    shutil.rmtree(desk.state)
    assert f"error: {desk.state}/accounts.db: missing, though it was made;" in desk.refuses("list")
    desk.marker.unlink()
    assert f"error: {desk.state}: missing\nhint: make it with: mkdir -m 0700 {desk.state}" in desk.refuses("list")
    assert not desk.state.exists()


def test_a_state_directory_that_others_may_enter_is_warned_of(desk):
    desk.state.chmod(0o755)
    assert "its mode is 0755\nhint: change that with: chmod 0700" in checked(desk)


def test_with_a_state_directory_that_others_may_write_nobody_can_log_in(desk):
    desk.state.chmod(0o777)
    assert "its mode is 0777\nhint: change that with: chmod 0700" in failing(desk)


def test_with_damaged_accounts_nobody_can_log_in_and_they_are_never_made_anew(desk):
    desk.does("list")
    (desk.state / "accounts.db").write_bytes(b"")
    assert "error: accounts damaged" in failing(desk)
    assert "accounts damaged" in desk.refuses("list")


def test_with_accounts_that_others_may_read_nobody_can_log_in(desk):
    desk.does("list")
    (desk.state / "accounts.db").chmod(0o644)
    assert "its mode must be 0600" in failing(desk)


@pytest.mark.parametrize("name", ["countersign-login", "countersign-net"])
def test_with_a_helper_that_is_missing_or_cannot_be_started_nobody_can_log_in(desk, name):
    desk.settings(SERVER)
    path = desk.own_helper(name)
    path.chmod(0o644)
    assert f"{name}: not executable" in failing(desk)
    path.chmod(0o777)
    assert f"{name}: not root's, or others may write it" in failing(desk)
    path.unlink()
    assert f"{name}: missing" in failing(desk)


def test_countersign_net_is_not_missed_where_there_is_no_server(desk):
    (desk.helpers / "countersign-net").unlink()
    assert checked(desk) == ""


@pytest.mark.parametrize("name", ["countersign-login", "countersign-net"])
def test_with_a_helper_that_lacks_a_library_nobody_can_log_in(desk, name):
    desk.settings(SERVER)
    path = desk.own_helper(name)
    program = path.read_bytes()
    libraries = [word for word in (b"libcurl.so.4", b"libsqlite3.so.0") if word in program]
    if not libraries:
        pytest.skip("it is linked statically, as it is shipped: it needs no library")
    library = max(libraries, key=program.count)
    path.write_bytes(program.replace(library, library[:-1] + b"9"))
    assert (
        f"error: {path} cannot start: exit code 127\nhint: a library may be missing: ldd {path} names it\n"
        in failing(desk)
    )


def test_with_an_api_key_that_cannot_be_read_logins_fail(desk):
    key = desk.folder / "api-key"
    desk.settings(f'[server]\nurl = "https://2fa.example.com"\napi_key_file = "{key}"\n')
    assert f"error: {key}: this file is missing; create it\n" in failing(desk)
    key.write_text("too few\n", encoding="ascii")
    desk.settings(f'[server]\nurl = "https://2fa.example.com"\napi_key_file = "{key}"\n')
    key.chmod(0o644)
    assert "unsafe" in failing(desk)
    key.chmod(0o600)
    assert "8 to 128 characters" in (said := failing(desk)) and "too few" not in said


def test_with_a_socket_that_others_could_have_put_there_logins_fail(desk):
    folder = desk.folder / "run"
    folder.mkdir()
    desk.settings(f'[server]\nurl = "unix:{folder}/api.sock"\napi_key = "not-a-real-key"\n')
    assert "warning: server.url: " in checked(desk) and "there is no socket" in checked(desk)
    with socket.socket(socket.AF_UNIX) as server:
        # From the folder, as the path of a socket is short.
        before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        os.chdir(folder)
        server.bind("api.sock")
        os.fchdir(before)
        os.close(before)
    assert checked(desk) == ""
    folder.chmod(0o777)
    said = failing(desk)
    assert (
        f"error: {folder}/api.sock: server.url: " in said and "every login of a user with an AuthyID is denied" in said
    )


# The file of certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> str:
    """In PEM."""
    folder = tmp_path_factory.mktemp("ca")
    selfsigned.certificate(folder, "ca")
    for form, words in {
        "p12": ["pkcs12", "-export", "-nokeys", "-passout", "pass:", "-in", folder / "ca.pem"],
        "p7b": ["crl2pkcs7", "-nocrl", "-outform", "der", "-certfile", folder / "ca.pem"],
    }.items():
        subprocess.run(
            ["openssl", *words, "-out", folder / f"ca.{form}"], check=True, capture_output=True, timeout=PATIENCE
        )
    return (folder / "ca.pem").read_text(), folder


def with_ca_file(desk, content: str | bytes, name: str = "ca.pem") -> pathlib.Path:
    path = desk.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o644)
    give(desk.folder)
    desk.settings(SERVER + f'ca_file = "{path}"\n')
    return path


def test_a_ca_file_with_certificates_is_ok(desk, certificate):
    pem, _ = certificate
    for text in [
        pem,
        "Subject: Test\r\n" + pem.replace("\n", "\r\n"),
        pem * 3,
        pem.replace(" CERTIFICATE", " TRUSTED CERTIFICATE"),
    ]:
        with_ca_file(desk, text)
        assert checked(desk) == ""


def test_with_a_ca_file_that_cannot_be_read_logins_fail(desk):
    desk.settings(SERVER + 'ca_file = "/nowhere/ca.pem"\n')
    assert "ca_file: /nowhere/ca.pem: " in failing(desk)


@pytest.mark.parametrize(
    ("name", "form", "command"),
    [
        ("ca.der", "der", "openssl x509 -inform der -in {}.der -out {}.pem"),
        ("ca.crt", "der", "openssl x509 -inform der -in {}.crt -out {}.pem"),
        ("ca.pem", "der", "openssl x509 -inform der -in {}.pem -out {}.pem.pem"),
        ("ca.p12", "p12", "openssl pkcs12 -nokeys -in {}.p12 -out {}.pem"),
        ("ca.p7b", "p7b", "openssl pkcs7 -inform der -print_certs -in {}.p7b -out {}.pem"),
    ],
)
def test_the_hint_converts_a_ca_file_of_another_form(desk, certificate, name, form, command):
    pem, folder = certificate
    content = ssl.PEM_cert_to_DER_cert(pem) if form == "der" else (folder / f"ca.{form}").read_bytes()
    path = with_ca_file(desk, content, name)
    said = failing(desk)
    wanted = command.format(desk.folder / "ca", desk.folder / "ca")
    assert f"error: ca_file: {path}: this is DER, not PEM\nhint: convert it, and name the new file: {wanted}\n" in said
    # The command does what its description says.
    subprocess.run(
        [*wanted.split(), *(["-passin", "pass:"] if form == "p12" else [])],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    converted = pathlib.Path(wanted.split()[-1])
    with_ca_file(desk, converted.read_bytes(), converted.name)
    assert checked(desk) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: "", "it is empty"),
        (lambda _: "\n", "there is no certificate in it"),
        (lambda pem: pem.replace("CERTIFICATE", "PRIVATE KEY"), "there is no certificate in it"),
        (lambda pem: pem[: len(pem) // 2], "it ends within a certificate"),
        (lambda pem: pem + pem.replace("M", "!", 1), "certificate 2 in it is damaged"),
        (lambda pem: "\n".join(pem.splitlines()[:3] + pem.splitlines()[-1:]), "certificate 1 in it is damaged"),
        (lambda pem: pem.encode("utf-16"), "this is UTF-16, not ASCII"),
        (lambda pem: pem.replace("CERTIFICATE", "PKCS7"), "this is PKCS #7"),
        (lambda _: "<html>404</html>", "there is no certificate in it"),
    ],
)
def test_with_a_ca_file_without_a_certificate_logins_fail(desk, certificate, change, said):
    path = with_ca_file(desk, change(certificate[0]))
    assert f"error: ca_file: {path}: {said}\nhint: " in failing(desk)


def test_all_problems_are_counted(desk):
    shutil.rmtree(desk.state)
    (desk.helpers / "countersign-login").unlink()
    failing(desk, 2)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("[enrolment]\ngrace_until = 2020-01-01\n", "enrolment.grace_until: 2020-01-01 is over"),
        ('[outage]\nmode = "allow"\n', 'outage.mode: "allow" does nothing without [server]'),
        ('[login]\nfactors = ["sms", "call"]\n', 'login.factors: nothing of "sms", "call" works without [server]'),
        (
            '[login.service.su]\nfactors = ["onetouch"]\n',
            'login.service.su.factors: nothing of "onetouch" works without [server]',
        ),
        (
            '[login.service."su-k"]\ntries = 1\n',
            "login.service.su-k: there is neither /etc/pam.d/su-k nor /usr/lib/pam.d/su-k",
        ),
        ('[login.user.nosuch]\nprefer = "softtoken"\n', "login.user.nosuch: there is no user nosuch on this host"),
        (
            '[login.group.nosuch]\nfactors = ["softtoken"]\n',
            "login.group.nosuch: there is no group nosuch on this host",
        ),
        (
            '[[exempt]]\nusers = ["games"]\n[[exempt]]\nusers = ["nosuch"]\n',
            "exempt[2].users: there is no user nosuch on this host",
        ),
        ('[[exempt]]\ngroups = ["games", "nosuch"]\n', "exempt[1].groups: there is no group nosuch on this host"),
    ],
)
def test_what_is_probably_a_mistake_is_warned_of(desk, text, warned):
    desk.settings(text)
    said = checked(desk)
    assert f"warning: {warned}" in said and said.count("warning: ") == said.count("hint: ") == 1


@pytest.mark.parametrize(
    "text",
    [
        "[enrolment]\ngrace_until = 2999-01-01\n",
        '[enrolment]\nmode = "required"\ngrace_until = 2020-01-01\n',
        SERVER + '[outage]\nmode = "allow"\n[login]\nfactors = ["sms"]\n',
        '[login]\nfactors = ["sms", "softtoken"]\n',
        "[login.service.su]\ntries = 1\n",
        "[login.service.countersign]\ntries = 1\n",
        '[login.user.games]\nprefer = "softtoken"\n',
        '[login.group.games]\nfactors = ["softtoken"]\n',
        '[[exempt]]\nusers = ["games"]\ngroups = ["games"]\n',
    ],
)
def test_what_may_be_meant_is_not_warned_of(desk, text):
    desk.settings(text)
    assert checked(desk) == ""


def test_a_service_with_a_typo_is_told_what_was_probably_meant(desk):
    desk.settings("[login.service.lgoin]\ntries = 1\n")
    assert "hint: did you mean login? " in checked(desk)


def test_with_json_good_settings_are_ok(desk):
    assert desk.does("check", "--helpers", desk.helpers, "--json").json == {"ok": True, "error": None, "warnings": []}


def test_with_json_a_warning_has_message_and_hint(desk):
    desk.settings('[outage]\nmode = "allow"\n')
    done = desk.does("check", "--helpers", desk.helpers, "--json")
    (warning,) = done.json["warnings"]
    assert (
        done.json["ok"]
        and done.err == ""
        and warning.keys() == {"message", "hint"}
        and "outage.mode" in warning["message"]
    )


def test_with_json_wrong_settings_are_an_error(desk):
    desk.settings("[login]\ntries = 0\n")
    done = desk.run("check", "--json")
    assert (done.code, done.err, done.json["ok"], done.json["warnings"]) == (1, "", False, [])
    assert ":3: login.tries: " in done.json["error"]["message"] and done.json["error"]["hint"]


def test_with_json_problems_are_among_the_warnings_and_make_an_error(desk):
    shutil.rmtree(desk.state)
    done = desk.run("check", "--helpers", desk.helpers, "--json")
    assert (done.code, done.err, done.json["ok"]) == (1, "", False)
    assert done.json["error"]["message"] == "settings ok, but logins will fail: 1 problem"
    assert "is missing" in done.json["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('state = "var/lib"\n', "state: expected an absolute path such as /var/lib/countersign\n"),
        (
            '[server]\nurl = "2fa.example.com"\n',
            "server.url: expected a URL that begins with https:// or http://, or unix:/path\n",
        ),
    ],
)
def test_an_error_names_what_would_do(desk, text, said):
    desk.settings_file.write_text(text, encoding="utf-8")
    assert said in desk.refuses("check")


def test_a_path_without_a_slash_begins_at_the_working_directory(desk):
    assert desk.run("check", "--config", "nowhere.toml").err.startswith("error: /nowhere.toml: ")

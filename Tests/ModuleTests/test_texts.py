"""Texts in another language, and what a fault in them does: nothing but English."""

import os
import pathlib
import shutil
import socket

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, open_to

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs/examples"
GRACE = '[enrolment]\nmode = "grace"\ngrace_logins = 3\ngrace_services = ["login"]\n'
ENGLISH = "You can log in 2 more times without a second factor."
GERMAN = "Sie können sich noch 2 Mal ohne zweiten Faktor anmelden."


def put(host, text, mode=0o644):
    """Writes texts.toml beside the settings, as an administrator would."""
    path = host.config.with_name("texts.toml")
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    open_to(host.folder, host.user)
    return path


def german(host):
    return put(host, (EXAMPLES / "texts.de.toml").read_text(encoding="utf-8"))


def notices(login):
    return [text for text in login.texts("log") if "notice=texts" in text]


def grace_login(host):
    """Logs in without a factor; returns what was told, and the notices in the log."""
    host.settings(GRACE)
    login = host.login()
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []
    assert [(one["outcome"], one["reason"]) for one in login.decisions] == [("excused", "grace")]
    [told] = login.texts("tell")
    return told, notices(login)


def test_without_a_file_texts_are_english_and_nothing_is_noted(host):
    told, noted = grace_login(host)
    assert told.startswith(ENGLISH) and noted == []


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_texts_are_german_with_umlauts(host, mode):
    german(host).chmod(mode)
    told, noted = grace_login(host)
    assert told.startswith(GERMAN) and noted == []


def test_prompts_and_answers_are_german(host, softtoken):
    german(host)
    login = host.login()
    assert login.prompt() == "Bestätigungscode (oder skip): "
    login.answer("x")
    assert login.until("tell") == "Das sieht nicht wie ein Code aus. Codes haben 6 bis 10 Ziffern."
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_SUCCESS
    login.finish()


def test_the_request_on_the_phone_is_german(site):
    german(site.host)
    login = site.login("rhost=192.0.2.7", "tty=ssh", "env=SSH_CONNECTION=192.0.2.7 1 192.0.2.1 22")
    request = site.phone.wait_for_request()
    site.phone.approve(login, request)
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert request.message == f"Melden Sie sich auf {socket.gethostname()} an?"
    assert request.details == {
        "Benutzer": site.host.user.pw_name,
        "Dienst": "SSH-Anmeldung",
        "Adresse": "192.0.2.7",
    }


@pytest.mark.parametrize(
    "text, fault",
    [
        ('grace_left = "Noch {zahl} Mal."\n', "grace_left: there is no place {zahl}"),
        ('grace_left = "Noch ein paar Mal."\n', "grace_left: the place {count} is missing"),
        ('grace_left = "Noch {count}\\u001b[31m Mal."\n', "grace_left: this text has the character U+001B"),
        ('grace_left = "Noch {count}\\u009b31m Mal."\n', "grace_left: this text has the character U+009B"),
        ('grace_left = "{count}' + "x" * 400 + '"\n', "grace_left: this text is too long"),
        ('grace_lefd = "Noch {count} Mal."\n', "grace_lefd: there is no text of this name"),
        ("grace_left = 3\n", "grace_left: expected a text in quotes"),
        ("grace_left\n", "texts.toml:1: "),
        ('grace_left = "Noch\n', "texts.toml:1: "),
        ("[" * 5000, "texts.toml:1: "),
        ("a." * 5000 + "a = 1\n", "texts.toml:1: "),
        ('grace_left = ["a", "\\u0000"]\n', "NUL"),
        ("grace_left = {" * 500, "texts.toml:1: "),
        ("\ufeff\ufeff", "texts.toml:1: "),
    ],
)
def test_a_wrong_text_is_english_and_noted_once(host, text, fault):
    put(host, text)
    told, noted = grace_login(host)
    assert told.startswith(ENGLISH)
    [line] = noted
    assert fault in line and "\x1b" not in line


def test_one_wrong_text_leaves_the_others_and_all_faults_are_one_line(host):
    put(host, 'grace_left = "Noch {count} Mal."\ngrace_contact = ""\nagian = "x"\n')
    told, [line] = grace_login(host)
    assert told == "Noch 2 Mal. Contact your administrator to set one up."
    assert line.endswith('(and 1 more)"')


def test_a_file_that_is_no_text_is_english(host):
    path = put(host, "")
    path.write_bytes(b"\xff\xfe\x00" * 10)
    told, [line] = grace_login(host)
    assert told.startswith(ENGLISH) and "UTF-8" in line


def test_a_file_without_end_is_english(host):
    put(host, "# " + "x" * 300_000)
    told, [line] = grace_login(host)
    assert told.startswith(ENGLISH) and "262144" in line


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o664])
def test_a_file_that_others_may_write_is_english(host, mode):
    german(host).chmod(mode)
    told, [line] = grace_login(host)
    assert told.startswith(ENGLISH) and "unsafe" in line


def test_a_symlink_a_fifo_and_a_folder_are_english(host):
    path = german(host)
    real = path.with_suffix(".real")
    path.rename(real)
    for make in (lambda: path.symlink_to(real), lambda: os.mkfifo(path, 0o644), lambda: path.mkdir(mode=0o755)):
        make()
        open_to(host.folder, host.user)
        told, [line] = grace_login(host)
        assert told.startswith(ENGLISH) and "texts.toml" in line
        host.countersign("grace", host.user.pw_name, "--reset")
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def test_with_wrong_settings_nobody_is_let_in_and_it_is_said_in_german(host):
    german(host)
    host.settings("[login]\ntries = 0\n")
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.texts("tell") == [
        "Die Anmeldung mit zweitem Faktor funktioniert zurzeit nicht. Sagen Sie es Ihrem Administrator."
    ]
    assert login.decisions[0]["reason"] == "settings"

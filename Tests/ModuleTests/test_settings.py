"""Invalid settings deny every login, whatever they say about outages."""

import os

import pytest
from conftest import PAM_AUTH_ERR, open_to


def denied(host):
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    [decision] = login.decisions
    assert decision["outcome"] == "unavailable" and decision["reason"] == "settings"
    assert any("Tell your administrator" in text for text in login.texts("tell"))
    return decision["detail"]


OPEN = '[outage]\nmode = "allow"\n[enrolment]\nmode = "optional"\n'


def test_missing(host):
    host.config.unlink()
    assert str(host.config) in denied(host)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o602, 0o666])
def test_others_may_read_or_write_them(host, mode):
    host.settings(OPEN, mode)
    assert "0640" in denied(host)


def test_a_symlink(host):
    host.settings(OPEN)
    os.rename(host.config, host.config.with_suffix(".real"))
    host.config.symlink_to(host.config.with_suffix(".real"))
    assert "symlink" in denied(host)


def test_a_fifo(host):
    host.config.unlink()
    os.mkfifo(host.config, 0o600)
    open_to(host.folder, host.user)
    assert "regular" in denied(host)


def test_a_folder_above_that_others_may_write(host):
    host.settings(OPEN)
    host.folder.chmod(0o777)
    host.stack("login", f"config={host.config} helpers={host.product}")
    assert "others" in denied(host)


def test_somebody_elses(host):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    host.settings(OPEN)
    os.chown(host.config, 1, host.user.pw_gid)
    host.config.chmod(0o640)
    assert "must belong to" in denied(host)
    host.config.chmod(0o600)
    assert "may not open" in denied(host)


@pytest.mark.parametrize(
    "text, word",
    [
        ('[outage]\nmode = "alow"\n', ":3"),
        (OPEN + "[logn]\n", "logn"),
        (OPEN + '[login]\ntries = "3"\n', "tries"),
        (OPEN + "x = = 1\n", ":6"),
        (OPEN + '[server]\nurl = "https://x"\n', "api_key"),
        (OPEN + "\x00", "UTF-8"),
    ],
)
def test_one_wrong_word(host, text, word):
    host.settings(text)
    assert word in denied(host)


def test_a_key_file_that_others_may_read(host):
    key = host.folder / "key"
    key.write_text("0123456789abcdef\n")
    key.chmod(0o644)
    host.settings(f'[server]\nurl = "http://127.0.0.1:9"\napi_key_file = "{key}"\n' + OPEN)
    host.countersign("link", host.user.pw_name, "7")
    assert str(key) in denied(host)

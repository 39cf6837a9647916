"""Settings that are wrong, and what else keeps logins from working."""

import pytest
from conftest import SERVER


def checked(desk, *words):
    done = desk.does("check", "--helpers", desk.helpers, *words)
    assert done.out == "ok\n"
    return done.err


def test_good_settings_are_ok_and_nothing_is_warned_of(desk):
    desk.settings('[server]\nurl = "https://2fa.example.com"\napi_key = "not-a-real-key"\n')
    assert checked(desk) == ""


@pytest.mark.parametrize(("text", "line", "key"), [
    ("[login]\ntries = 0\n", 3, "login.tries"), ("[enrolment]\nmode = \"gracious\"\n", 3, "enrolment.mode"),
    ("[lockout]\n\nsecond = 3\n", 4, "lockout.second"), ("[[exempt]]\nusers = []\n", 3, "exempt[1].users")])
def test_a_wrong_word_is_named_with_its_file_line_and_key(desk, text, line, key):
    desk.settings(text)
    assert desk.refuses("check").startswith(f"error: {desk.settings_file}:{line}: {key}: ")


def test_what_is_no_toml_is_named_with_its_line(desk):
    desk.settings("[login\n")
    assert f"{desk.settings_file}:2: " in desk.refuses("check")


def test_every_other_command_says_the_same_of_wrong_settings(desk, alice):
    desk.settings("[login]\ntries = 0\n")
    wanted = desk.refuses("check").splitlines()[0]
    for words in [["show", alice.pw_name], ["list"], ["history"], ["link", alice.pw_name, "1"], ["softtoken", alice.pw_name],
                  ["unlink", alice.pw_name], ["grace", alice.pw_name], ["unlock", alice.pw_name]]:
        assert desk.refuses(*words).splitlines()[0] == wanted


def test_missing_settings_are_an_error(desk):
    desk.settings_file.unlink()
    assert f"error: {desk.settings_file}: {desk.settings_file} is missing" in desk.refuses("check")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_settings_that_others_may_read_or_write_are_an_error(desk, mode):
    desk.settings(mode=mode)
    assert "unsafe" in desk.refuses("check")


def test_settings_behind_a_symlink_are_an_error(desk):
    link = desk.folder / "link.toml"
    link.symlink_to(desk.settings_file)
    assert "symlink" in desk.refuses("check", "--config", link)


def test_a_missing_state_directory_is_warned_of(desk):
    desk.state.rmdir()
    assert f"warning: the state directory {desk.state} is missing\nhint: make it with: mkdir -m 0700" in checked(desk)


def test_a_missing_state_directory_is_not_made_by_anybody_but_root(desk):
    desk.state.rmdir()
    assert f"error: {desk.state}: missing\nhint: make it with: mkdir -m 0700 {desk.state}" in desk.refuses("list")
    assert not desk.state.exists()


def test_a_state_directory_that_others_may_enter_is_warned_of(desk):
    desk.state.chmod(0o755)
    assert "its mode is 0755\nhint: change that with: chmod 0700" in checked(desk)


def test_accounts_that_are_damaged_are_warned_of_and_never_made_anew(desk):
    desk.does("list")
    (desk.state / "accounts.db").write_bytes(b"")
    assert "warning: accounts damaged" in checked(desk)
    assert "accounts damaged" in desk.refuses("list")


def test_accounts_that_others_may_read_are_warned_of(desk):
    desk.does("list")
    (desk.state / "accounts.db").chmod(0o644)
    assert "its mode must be 0600" in checked(desk)


@pytest.mark.parametrize("name", ["countersign-login", "countersign-net"])
def test_a_helper_that_is_missing_or_cannot_be_started_is_warned_of(desk, name):
    desk.settings(SERVER)
    (desk.helpers / name).chmod(0o644)
    assert f"{name}: not executable" in checked(desk)
    (desk.helpers / name).chmod(0o777)
    assert f"{name}: not root's, or others may write it" in checked(desk)
    (desk.helpers / name).unlink()
    assert f"{name}: missing" in checked(desk)


def test_countersign_net_is_not_missed_where_there_is_no_server(desk):
    (desk.helpers / "countersign-net").unlink()
    assert checked(desk) == ""


def test_an_api_key_that_cannot_be_read_is_warned_of(desk):
    key = desk.folder / "api-key"
    desk.settings(f'[server]\nurl = "https://2fa.example.com"\napi_key_file = "{key}"\n')
    assert f"warning: {key}: {key} is missing" in checked(desk)
    key.write_text("too few\n", encoding="ascii")
    desk.settings(f'[server]\nurl = "https://2fa.example.com"\napi_key_file = "{key}"\n')
    key.chmod(0o644)
    assert "unsafe" in checked(desk)
    key.chmod(0o600)
    assert "8 to 128 characters" in (said := checked(desk)) and "too few" not in said


def test_a_ca_file_that_cannot_be_read_is_warned_of(desk):
    desk.settings(SERVER + 'ca_file = "/nowhere/ca.pem"\n')
    assert "ca_file: /nowhere/ca.pem: " in checked(desk)


def test_a_path_without_a_slash_begins_at_the_working_directory(desk):
    assert desk.run("check", "--config", "nowhere.toml").err.startswith("error: //nowhere.toml: ")

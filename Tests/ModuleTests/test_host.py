"""The login program may be in any state: the module works, and leaves it unchanged."""

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS


@pytest.mark.parametrize(
    "state", ["close-std", "ignore-sigchld", "reap-sigchld", "block-sigint", "nofile=20", "setcred"]
)
def test_a_login_works_in_a_host_with(host, state):
    login = host.login(state)
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []


@pytest.mark.parametrize("state", ["nofile=6", "fsize=0"])
def test_a_login_that_cannot_work_is_denied_in_a_host_with(host, state):
    login = host.login(state)
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []


def test_setcred_succeeds_without_a_login_before_it(host):
    login = host.login("setcred")
    login.finish()
    assert login.process.stdout.read().strip() == b"0"


def test_without_a_conversation_a_login_that_needs_a_code_is_denied(host, softtoken):
    login = host.login("no-conversation")
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []


def test_a_user_who_is_another_one_at_the_end_is_denied(host, softtoken):
    login = host.login("rename=root")
    login.prompt()
    login.answer(softtoken.fresh_code())
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "user_changed"


@pytest.mark.parametrize("argument", ["config=relative.toml", "helpers=", "nullok", "debug=yes", "use_first_pass"])
def test_an_argument_that_is_not_ours_denies(host, argument):
    host.stack("login", f"config={host.config} helpers={host.helpers} {argument}")
    login = host.login()
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[0]["reason"] == "bad_argument"


@pytest.mark.parametrize(
    "name", ["no/body", "../nobody", "nobody\x01", "nobody ", " nobody", "no\tbody", "x" * 300, "\x1b[31m"]
)
def test_a_name_that_is_no_users_is_played_to_and_denied(host, name):
    login = host.login(user=name)
    for _ in range(3):
        assert "ode" in login.prompt()
        login.answer("123456")
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    assert login.decisions[-1]["reason"] == "unknown_user"
    assert "\x1b" not in str(login.events) and "\x01" not in str(login.texts("log"))

"""One login in a terminal, through the real libpam, the built module and its helpers."""

import pathlib
import signal

import pytest
from support.totp import SoftToken

CODE = r"Verification code[^\r\n]*: "


def try_words(desk, user, service="login"):
    return ["try", user.pw_name, "--service", service, "--module", desk.module, "--helpers", desk.helpers]


def enrol(desk, user) -> SoftToken:
    token = SoftToken()
    desk.does("softtoken", user.pw_name, "--secret-stdin", stdin=token.base32)
    return token


def ended(terminal) -> tuple[str, int]:
    """What else was shown, and the exit code."""
    shown = terminal.read()
    terminal.wait()
    return shown, terminal.exitstatus


def test_a_right_code_lets_in_and_confirms_the_account(desk, alice):
    token = enrol(desk, alice)
    terminal = desk.terminal(*try_words(desk, alice))
    terminal.expect(CODE)
    terminal.sendline(token.fresh_code())
    shown, code = ended(terminal)
    assert "games: let in (approved, proven, softtoken)" in shown and code == 0
    assert desk.does("show", alice.pw_name, "--json").json["state"] == "confirmed"
    (row,) = desk.does("history", "--json").json
    assert [row[key] for key in ["user", "service", "outcome", "factor"]] == ["games", "login", "approved", "softtoken"]


def test_a_spent_code_does_not_let_in_again(desk, alice):
    token = enrol(desk, alice)
    code = token.fresh_code()
    for answer, exit_code in [(code, 0), (code, 1)]:
        terminal = desk.terminal(*try_words(desk, alice))
        terminal.expect(CODE)
        terminal.sendline(answer)
        if exit_code:
            terminal.expect(CODE)
            terminal.sendeof()
        assert ended(terminal)[1] == exit_code


def test_wrong_codes_do_not_let_in(desk, alice):
    token = enrol(desk, alice)
    terminal = desk.terminal(*try_words(desk, alice))
    for _ in range(3):
        terminal.expect(CODE)
        terminal.sendline(token.wrong_code())
    shown, code = ended(terminal)
    assert "games: not let in (denied, wrong_code" in shown and code == 1


def test_a_locked_user_gets_in_after_unlock(desk, alice):
    desk.settings("[lockout]\nfailures = 1\n")
    token = enrol(desk, alice)
    terminal = desk.terminal(*try_words(desk, alice))
    terminal.expect(CODE)
    terminal.sendline(token.wrong_code())
    terminal.expect(CODE)
    terminal.sendeof()
    assert ended(terminal)[1] == 1
    assert desk.does("show", alice.pw_name, "--json").json["locked_until"]
    assert "1 failure, a lock until" in desk.does("unlock", alice.pw_name).out
    terminal = desk.terminal(*try_words(desk, alice))
    terminal.expect(CODE)
    terminal.sendline(token.fresh_code())
    assert ended(terminal)[1] == 0


@pytest.fixture
def restored():
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN])
def test_ctrl_c_at_the_prompt_ends_it(desk, alice, restored, handler):
    """Also where the tests run in the background of a script, and so ignore it."""
    enrol(desk, alice)
    signal.signal(signal.SIGINT, handler)
    terminal = desk.terminal(*try_words(desk, alice))
    terminal.expect(CODE)
    terminal.sendintr()
    terminal.read()
    terminal.wait()
    assert terminal.exitstatus != 0


def test_a_grace_login_is_spent_and_told(desk, alice):
    done = desk.does(*try_words(desk, alice))
    assert "log in 4 more times" in done.err and done.out == "games: let in (excused, grace)\n"
    assert desk.does("show", alice.pw_name, "--json").json["grace_logins_used"] == 1


def test_the_rules_of_the_service_apply(desk, alice):
    desk.settings('[[exempt]]\nservices = ["sudo"]\n')
    assert "let in (excused, exempt)" in desk.does(*try_words(desk, alice, "sudo")).out
    assert "let in (excused, grace)" in desk.does(*try_words(desk, alice, "login")).out


def test_a_user_without_a_factor_is_not_let_in_where_one_is_required(desk, alice):
    desk.settings('[enrolment]\nmode = "required"\n')
    done = desk.run(*try_words(desk, alice))
    assert done.code == 1 and "games: not let in (denied, not_enrolled)" in done.out


def test_wrong_settings_let_nobody_in_and_a_hint_leads_to_check(desk, alice):
    desk.settings("[login]\ntries = 0\n")
    done = desk.run(*try_words(desk, alice))
    assert done.code == 1 and "games: not let in (unavailable, settings)\n" in done.out
    told, error, _ = done.err.splitlines()
    assert told.startswith("Two-factor login does not work") and error.startswith(
        f"error: {desk.settings_file}:3: login.tries: "
    )
    assert done.err.endswith(f"\nhint: countersign check --helpers {desk.helpers} --config {desk.settings_file}\n")


def test_with_json_wrong_settings_are_the_reason(desk, alice):
    desk.settings("[login]\ntries = 0\n")
    done = desk.run(*try_words(desk, alice), "--json")
    assert (done.json["outcome"], done.json["reason"], done.json["let_in"]) == ("unavailable", "settings", False)


def test_helpers_that_are_where_they_always_are_need_no_word(desk, alice):
    desk.settings("[login]\ntries = 0\n")
    words = ["try", alice.pw_name, "--service", "login", "--module", desk.module]
    assert desk.run(*words).err.endswith(f"\nhint: countersign check --config {desk.settings_file}\n")


def test_a_service_that_no_program_has_is_warned_of_and_near_ones_are_named(desk, alice):
    assert "warning: " not in desk.does(*try_words(desk, alice)).err
    said = desk.does(*try_words(desk, alice, "log")).err
    assert said.startswith(
        "warning: there is neither /etc/pam.d/log nor /usr/lib/pam.d/log: no login has this service\nhint: did you "
        "mean login? "
    )
    assert "did you mean login? " in desk.does(*try_words(desk, alice, "lgoin")).err


def test_without_helpers_nobody_is_let_in(desk, alice):
    (desk.helpers / "countersign-login").unlink()
    terminal = desk.terminal(*try_words(desk, alice))
    shown, code = ended(terminal)
    *_, error, hint, result = shown.splitlines()
    assert error == "error: not let in; the reason is in the system log, in a line of pam_countersign"
    assert hint == f"hint: countersign check --helpers {desk.helpers} --config {desk.settings_file}"
    assert result == "games: not let in" and code == 1


def test_a_login_that_an_earlier_one_let_in_is_not_taken_for_it(desk, alice):
    desk.does(*try_words(desk, alice))
    (desk.helpers / "countersign-login").unlink()
    assert "excused" not in desk.run(*try_words(desk, alice)).out


def test_with_json_there_is_one_object_and_the_conversation_is_beside_it(desk, alice):
    done = desk.does(*try_words(desk, alice), "--json")
    assert done.json == {"user": "games", "let_in": True, "outcome": "excused", "reason": "grace", "factor": None}
    assert "log in 4 more times" in done.err


def test_with_json_a_login_without_history_has_no_reason(desk, alice):
    (desk.helpers / "countersign-login").unlink()
    done = desk.run(*try_words(desk, alice), "--json")
    assert done.code == 1 and done.json == {
        "user": "games",
        "let_in": False,
        "outcome": None,
        "reason": None,
        "factor": None,
    }


def test_with_json_the_factor_is_told(desk, alice):
    token = enrol(desk, alice)
    terminal = desk.terminal(*try_words(desk, alice), "--json")
    terminal.expect(CODE)
    terminal.sendline(token.fresh_code())
    shown, code = ended(terminal)
    assert '"factor":"softtoken","let_in":true,"outcome":"approved","reason":"proven"' in shown and code == 0


def test_a_module_that_is_not_there_is_an_error(desk, alice):
    desk.module.unlink()
    assert "--module" in desk.refuses(*try_words(desk, alice))


@pytest.mark.parametrize("service", ["", "../sshd", ".sshd", "SSHD", "a b", "\u00e4"])
def test_what_is_no_service_is_refused(desk, alice, service):
    desk.refuses(*try_words(desk, alice, service), code=64)


@pytest.mark.parametrize("path", ["/a b.so", "/a]b.so", "/a\nb.so"])
def test_a_path_that_would_change_the_stack_is_refused(desk, alice, path):
    assert "pam.d" in desk.refuses("try", alice.pw_name, "--service", "login", "--module", path)


def test_nothing_is_left_behind(desk, alice):
    before = set(pathlib.Path("/tmp").glob("countersign-try.*"))
    desk.does(*try_words(desk, alice))
    assert set(pathlib.Path("/tmp").glob("countersign-try.*")) <= before

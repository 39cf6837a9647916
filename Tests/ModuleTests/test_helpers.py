"""countersign-login ends or misbehaves in any way: the login is denied, the login program lives on, and nothing is left
behind."""

import os
import re
import signal
from pathlib import Path

import pytest
from conftest import PAM_ABORT, PAM_AUTH_ERR, PAM_SUCCESS, open_to


def install(host, behaviour):
    host.compiled_helper("countersign-login", "fake_login.c", BEHAVIOUR=behaviour)


def denied(login, reason="helper_failed"):
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    assert login.process.returncode == 0
    assert [d["reason"] for d in login.decisions] == [reason]
    return True


def test_a_helper_that_says_yes_and_ends_well_lets_in(host):
    """The others below are denied for what they do beyond that."""
    install(host, "yes")
    login = host.login()
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []


@pytest.mark.parametrize(
    "behaviour",
    [
        "yes_then_abort",
        "yes_then_exit_1",
        "yes_twice",
        "no_verdict",
        "exit_at_once",
        "flood",
        "wrong_version",
        "cut_frame",
        "long_frame",
        "unknown_verdict",
        "ask_too_early",
        "start_net_twice",
        "ready_twice",
        "long_deadline",
        "unknown_frame",
    ],
)
def test_a_helper_that_breaks_the_rules_denies(host, behaviour):
    install(host, behaviour)
    assert denied(host.login())


@pytest.mark.parametrize("behaviour", ["hang", "hang_after_ready", "yes_and_stay"])
def test_a_helper_that_hangs_denies_in_the_end_and_is_gone(host, behaviour):
    install(host, behaviour)
    assert denied(host.login())


def unkillable(host):
    """A login in which nothing dies of a signal, as a process in uninterruptible sleep does not."""
    return host.login(env={"LD_PRELOAD": str(host.product / "faults.so"), "FAULTS_UNKILLABLE": "1"})


def ends_what_was_left(login, name):
    """The log names it."""
    [pid] = [
        match[1] for text in login.texts("log") if (match := re.search(rf"{name} \(pid (\d+)\) does not end", text))
    ]
    os.kill(int(pid), signal.SIGKILL)


@pytest.mark.parametrize("behaviour", ["hang_after_ready", "yes_and_stay"])
def test_a_helper_that_cannot_be_ended_is_left_behind_and_denies(host, behaviour):
    install(host, behaviour)
    login = unkillable(host)
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == ["a child"] and login.process.returncode == 0
    ends_what_was_left(login, "countersign-login")
    assert login.decisions[-1]["reason"] == "helper_failed"


def test_a_countersign_net_that_cannot_be_ended_is_left_behind_and_decides_nothing(host):
    install(host, "all_of_it")
    host.compiled_helper("countersign-net", "fake_net.c", STAYS=1)
    login = unkillable(host)
    login.prompt()
    login.answer("123456")
    assert login.result() == PAM_SUCCESS
    assert login.finish() == ["a child"] and login.decisions == []
    ends_what_was_left(login, "countersign-net")


def test_what_ends_the_login_program_ends_it_after_a_yes_too(host):
    install(host, "yes_and_terminate")
    login = host.login()
    login.finish()
    assert login.process.returncode == -signal.SIGTERM


def test_a_missing_helper_denies(host):
    (host.helpers / "countersign-login").unlink()
    assert denied(host.login(), "helper_unusable")


def test_a_helper_that_is_not_executable_denies(host):
    (host.helpers / "countersign-login").unlink()
    (host.helpers / "countersign-login").write_bytes((host.product / "countersign-login").read_bytes())
    os.chmod(host.helpers / "countersign-login", 0o644)
    open_to(host.folder, host.user)
    assert denied(host.login())


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
def test_a_helper_that_others_can_write_is_not_started(host, mode):
    path = host.helpers / "countersign-login"
    bytes_ = path.read_bytes()
    path.unlink()
    path.write_bytes(bytes_)
    path.chmod(mode)
    open_to(host.folder, host.user)
    assert denied(host.login(), "helper_unusable")


def test_a_helper_that_is_a_symlink_is_not_started(host):
    path = host.helpers / "countersign-login"
    path.unlink()
    path.symlink_to(host.product / "countersign-login")
    assert denied(host.login(), "helper_unusable")


def test_a_helper_in_a_folder_that_others_can_write_is_not_started(host):
    host.helpers.chmod(0o777)
    assert denied(host.login(), "helper_unusable")


def test_what_a_helper_says_reaches_terminal_and_log_as_plain_text(host):
    install(host, "rude_text")
    login = host.login()
    assert login.until("tell") == "?[2Jhi? é"
    assert login.until("tell") == "a??b?c?é?d??e???f????g??h??iԯj??k?"
    login.finish()
    assert any(text.endswith("a b???") for text in login.texts("log"))


def test_under_sudo_a_refusal_ends_sudo_at_once(host):
    install(host, "no_verdict")
    host.stack("sudo")
    login = host.login(service="sudo")
    assert login.result() == PAM_ABORT
    assert login.finish() == []


def test_a_helper_that_is_killed_while_it_asks_denies(host, softtoken):
    login = host.login()
    login.prompt()
    kill_child(login, "countersign-login")
    login.answer("123456")
    assert denied(login)


def kill_child(login, name):
    for pid in Path(f"/proc/{login.process.pid}/task/{login.process.pid}/children").read_text().split():
        if Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]:
            os.kill(int(pid), signal.SIGKILL)
            return
    raise AssertionError(f"no {name} under the login program")


def test_a_helper_that_asks_for_groups_without_end_is_cut_off_at_its_deadline(host):
    install(host, "group_flood")
    assert denied(host.login())


def test_groups_that_are_not_looked_up_any_more_are_said_to_be_unsure(host):
    """And not to be without the user: a restriction on them must hold."""
    install(host, "too_many_groups")
    assert host.login().result() == PAM_SUCCESS


def children(login):
    try:
        return Path(f"/proc/{login.process.pid}/task/{login.process.pid}/children").read_text().split()
    except OSError:
        return []


def test_countersign_login_killed_at_any_moment_leaves_the_host_alive_and_never_a_code_that_is_good_twice(host):
    """Forty moments, from the first instruction to after the verdict: spread over a login, and none chosen."""
    import time

    from support.totp import SoftToken

    host.settings('[lockout]\nfailures = 100\n[enrolment]\nmode = "required"\n')
    results = []
    for moment in range(40):
        token = SoftToken()
        host.countersign("softtoken", host.user.pw_name, "--secret-stdin", "--replace", stdin=token.base32 + "\n")
        code = token.fresh_code()
        login = host.login(f"rhost=192.0.2.{moment}")
        login.answer(code)  # lies ready for the prompt
        while login.process.poll() is None and not (pids := children(login)):
            pass
        until = time.monotonic() + moment * 0.0004
        while time.monotonic() < until:
            pass
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        results.append(login.result())
        assert login.finish() == [] and login.process.returncode == 0
        if results[-1] == PAM_SUCCESS:
            again = host.login(f"rhost=198.51.100.{moment}")
            again.prompt()
            again.answer(code)
            assert "not accepted" in again.until("tell")
            again.reply("eof")
            assert again.result() == PAM_AUTH_ERR
    assert set(results) <= {PAM_SUCCESS, PAM_AUTH_ERR} and PAM_AUTH_ERR in results

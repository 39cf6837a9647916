"""The unchanged example stacks of pam.d/, with pam_deny, pam_permit or pam_warn in place of the module. pam_warn lets
the user in after a password and logs the call, so these tests are about the stacks alone."""

import pathlib

import pytest

WITH_COMMON_CONFIG = "Include /etc/ssh/sshd_config.d/countersign.conf"
ASKED = r"pam_countersign\(.*:auth\): function=\[pam_sm_authenticate\]"
SERVICES = ["sshd", "sudo", "su", "login"]


def knock(host, service):
    """A user at the password prompt for root or alice, and the password."""
    terminal = {
        "sshd": lambda: host.ssh("alice", sshd=daemon(host), options=("NumberOfPasswordPrompts=1",)),
        "sudo": lambda: host.sudo("alice"),
        "sudo-i": lambda: host.sudo("alice", "-i", "id", "-un"),
        "su": lambda: host.su("alice", "root"),
        "su-l": lambda: host.su("alice", "root", options=("-",)),
        "login": lambda: host.login("alice"),
    }[service]()
    terminal.reads("assword.*: $")
    return terminal, host.people[
        "root" if service.startswith("su") and not service.startswith("sudo") else "alice"
    ].password


def daemon(host):
    """The plain sshd with the sshd_config lines that a recipe has written."""
    return host.sshd("sshd", extra=WITH_COMMON_CONFIG)


def set_up(host, service, module):
    host.put_in_place_of_the_module(module)
    host.example_stack(service)
    if service == "sshd":
        host.recipe("sshd", 1)


def gets_in(terminal, service):
    if service == "login":
        terminal.reads(r"\$ ")
        terminal.answer("exit")
    else:
        terminal.reads(r"(alice|root)\r\n")
    return terminal.ends() == 0


def is_refused(terminal):
    """Until the program says so; what would be its next question is not answered."""
    terminal.reads("try again|Authentication failure|Permission denied|Login incorrect|Module is unknown")
    return True


def module_was_asked(host):
    return bool(host.journal.lines(ASKED))


@pytest.mark.parametrize("service", SERVICES)
def test_the_right_password_leads_to_the_second_factor(host, service):
    set_up(host, service, "pam_warn.so")
    terminal, password = knock(host, service)
    terminal.answer(password)
    assert gets_in(terminal, service)
    assert module_was_asked(host)


@pytest.mark.parametrize("service", SERVICES)
def test_without_the_second_factor_the_right_password_is_not_enough(host, service):
    set_up(host, service, "pam_deny.so")
    terminal, password = knock(host, service)
    terminal.answer(password)
    assert is_refused(terminal)


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_password_never_reaches_the_second_factor(host, service):
    set_up(host, service, "pam_warn.so")
    terminal, _ = knock(host, service)
    terminal.answer("wrong")
    assert is_refused(terminal)
    assert not module_was_asked(host)


@pytest.mark.parametrize("service", SERVICES)
def test_ctrl_c_and_end_of_file_at_the_password_never_reach_the_second_factor(host, service):
    set_up(host, service, "pam_warn.so")
    terminal, _ = knock(host, service)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    terminal, _ = knock(host, service)
    terminal.end_of_file()
    if service != "login":  # which asks for the name again
        assert terminal.ends() != 0
    assert not module_was_asked(host)


@pytest.mark.parametrize("service", SERVICES)
def test_a_module_that_is_missing_lets_nobody_in(host, service):
    set_up(host, service, "pam_warn.so")
    (host.modules / "pam_countersign.so").unlink()
    terminal, password = knock(host, service)
    terminal.answer(password)
    assert is_refused(terminal)


def test_a_key_alone_is_not_enough_where_a_password_is_asked_for(host):
    set_up(host, "sshd", "pam_warn.so")
    host.authorize_key("alice")
    terminal = host.ssh("alice", sshd=daemon(host), key=host.key, methods="publickey")
    assert terminal.ends() == 255
    assert not module_was_asked(host)


def test_the_sshd_lines_say_what_they_mean_to_say(host):
    set_up(host, "sshd", "pam_warn.so")
    effective = daemon(host).effective("alice")
    for line in [
        "usepam yes",
        "kbdinteractiveauthentication yes",
        "passwordauthentication no",
        "permitrootlogin no",
        "authenticationmethods keyboard-interactive:pam",
    ]:
        assert f"\n{line}\n" in effective


def key_and_factor(host, module):
    set_up(host, "sshd", module)
    host.recipe("sshd", 2)
    host.recipe("sshd", 3)
    host.authorize_key("alice")


def test_with_variant_b_key_and_second_factor_are_enough(host):
    key_and_factor(host, "pam_permit.so")
    terminal = host.ssh("alice", sshd=daemon(host), key=host.key, methods="publickey,keyboard-interactive")
    assert gets_in(terminal, "sshd")
    assert "assword" not in terminal.transcript


def test_with_variant_b_a_key_alone_is_not_enough(host):
    key_and_factor(host, "pam_deny.so")
    terminal = host.ssh("alice", sshd=daemon(host), key=host.key, methods="publickey,keyboard-interactive")
    assert terminal.ends() == 255


def test_with_variant_b_the_second_factor_alone_is_not_enough(host):
    key_and_factor(host, "pam_permit.so")
    assert host.ssh("alice", sshd=daemon(host)).ends() == 255


def test_with_variant_b_the_second_factor_alone_is_not_enough_even_if_sshd_would_take_it(host):
    key_and_factor(host, "pam_permit.so")
    careless = host.sshd("sshd", extra="AuthenticationMethods any")
    assert host.ssh("alice", sshd=careless).ends() == 255


def test_the_emergency_key_opens_from_its_network_only(host):
    set_up(host, "sshd", "pam_deny.so")
    host.recipe("sshd", 4)
    config = pathlib.Path("/etc/ssh/sshd_config.d/countersign.conf")
    config.write_text(config.read_text().replace("emergency", "carol").replace("192.0.2.0/28", "127.0.0.16/28"))
    for name in ["carol", "bob"]:
        host.authorize_key(name)
    asked = {"sshd": daemon(host), "key": host.key, "methods": "publickey,keyboard-interactive"}
    assert host.ssh("carol", source="127.0.0.17", **asked).ends() == 0
    for user, source in [("carol", "127.0.0.1"), ("bob", "127.0.0.17")]:
        elsewhere = host.ssh(user, source=source, **asked)
        elsewhere.reads("Password: ")


def test_sudo_i_asks_too_once_its_recipe_was_followed(host):
    host.put_in_place_of_the_module("pam_warn.so")
    host.pam_stack("sudo-i", "")
    host.example_stack("sudo")
    host.recipe("sudo", 1)
    terminal, password = knock(host, "sudo-i")
    terminal.answer(password)
    assert gets_in(terminal, "sudo-i")
    assert host.journal.lines(r"pam_countersign\(sudo-i:auth\)")


def test_su_with_a_dash_asks_too(host):
    set_up(host, "su", "pam_warn.so")
    terminal, password = knock(host, "su-l")
    terminal.answer(password)
    assert gets_in(terminal, "su-l")
    assert host.journal.lines(r"pam_countersign\(su-l:auth\)")


def test_su_asks_root_nothing(host):
    set_up(host, "su", "pam_deny.so")
    terminal = host.terminal(["su", "alice", "-c", "id -un"])
    assert gets_in(terminal, "su")


def console_recipe(host):
    set_up(host, "login", "pam_deny.so")
    host.recipe("login", 1)


def test_with_the_console_recipe_root_gets_in_on_the_console_without_us(host):
    console_recipe(host)
    terminal = host.login_on_console("tty1", "root")
    terminal.reads("Password: ")
    terminal.answer(host.people["root"].password)
    terminal.reads("# ")
    terminal.answer("tty; exit")
    terminal.reads("/dev/tty1")
    assert terminal.ends() == 0
    host.journal.wait('pam_succeed_if.*was met by user "root"')


@pytest.mark.parametrize(
    "user, console, password", [("root", "tty1", "wrong"), ("alice", "tty1", ""), ("root", "", "")]
)
def test_the_console_recipe_is_no_second_door(host, user, console, password):
    console_recipe(host)
    terminal = host.login_on_console(console, user) if console else host.login(user)
    terminal.reads("Password: ")
    terminal.answer(password or host.people[user].password)
    assert is_refused(terminal)

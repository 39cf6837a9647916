"""Codes of a SoftToken of this host, through real sshd, sudo, su and login: who is asked, and who is not."""

import pathlib

import pytest

from support import processes, prompts
from support.product import PASSWORD_FIRST, gets_in, give_password
from support.totp import SoftToken

pytestmark = pytest.mark.product

GETS = {"ssh": "alice", "sudo": "root", "su": "alice"}  # the user that the command runs as
SERVICE = {"ssh": "sshd-cs", "sudo": "sudo", "su": "su"}
RHOST = {"ssh": "127.0.0.1"}


@pytest.mark.parametrize("way", GETS)
def test_a_code_of_the_softtoken_lets_in(product, way):
    token = product.softtoken("alice")
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, GETS[way])
    product.decided(
        outcome="approved", factor="softtoken", user="alice", service=SERVICE[way], rhost=RHOST.get(way, "")
    )


@pytest.mark.parametrize("way", GETS)
def test_texts_in_german_reach_the_terminal_with_their_umlauts(product, way):
    german = pathlib.Path(__file__).resolve().parents[2] / "docs/examples/texts.de.toml"
    texts = pathlib.Path("/etc/countersign/texts.toml")
    texts.write_bytes(german.read_bytes())
    texts.chmod(0o644)
    token = product.softtoken("alice")
    terminal = product.knock(way)
    terminal.reads(r"Bestätigungscode( \(oder [a-z, ]+\))?: $")
    terminal.answer("abc")
    terminal.reads("Das sieht nicht wie ein Code aus.")
    terminal.reads(r"Bestätigungscode( \(oder [a-z, ]+\))?: $")
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, GETS[way])


def test_a_code_lets_in_at_a_console(product):
    token = product.softtoken("alice")
    terminal = product.knock("login")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    terminal.reads(prompts.SHELL)
    terminal.answer("exit")
    assert terminal.ends() == 0
    product.decided(outcome="approved", factor="softtoken", user="alice", service="login")


def test_a_code_lets_in_after_a_key(product):
    token = product.softtoken("alice")
    terminal = product.knock_with_key()
    terminal.reads(prompts.CODE)
    assert "assword" not in terminal.transcript
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")


def test_the_code_is_shown_while_it_is_typed(product):
    token = product.softtoken("alice")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(code := token.fresh_code())
    assert gets_in(terminal, "alice")
    assert code in terminal.transcript


@pytest.mark.parametrize("way", ["ssh", "sudo"])
def test_a_wrong_code_may_be_corrected(product, way):
    token = product.softtoken("alice")
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    terminal.answer(token.wrong_code())
    terminal.reads(prompts.NOT_ACCEPTED)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, GETS[way])
    product.decided(outcome="approved", factor="softtoken", user="alice")


@pytest.mark.parametrize("way", ["sudo", "su"])
def test_three_wrong_codes_end_the_login(product, way):
    token = product.softtoken("alice")
    terminal = product.knock(way)
    for _ in range(3):
        terminal.reads(prompts.CODE)
        terminal.answer(token.wrong_code())
    assert terminal.ends() != 0
    product.decided(outcome="denied", user="alice", service=way)


def test_after_three_wrong_codes_ssh_is_refused_without_another_prompt(product):
    token = product.softtoken("alice")
    terminal = product.knock_with_key()
    for _ in range(3):
        terminal.reads(prompts.CODE)
        terminal.answer(token.wrong_code())
    assert terminal.ends() == 255
    product.decided(outcome="denied", reason="wrong_code", user="alice")


@pytest.mark.parametrize("way", ["ssh", "sudo"])
def test_a_spent_code_is_refused(product, way):
    token = product.softtoken("alice")
    first = product.knock("ssh")
    first.reads(prompts.CODE)
    first.answer(token.fresh_code())
    assert gets_in(first, "alice")
    second = product.knock(way)
    second.reads(prompts.CODE)
    second.answer(token.spent_code())
    second.reads(prompts.NOT_ACCEPTED)
    second.reads(prompts.CODE)
    second.answer(token.fresh_code())
    assert gets_in(second, GETS[way])


def test_many_wrong_codes_lock_out_until_the_admin_unlocks(product):
    product.configure(more="[lockout]\nfailures = 3\nseconds = 300")
    token = product.softtoken("alice")
    guesser = product.knock("sudo")
    for _ in range(3):
        guesser.reads(prompts.CODE)
        guesser.answer(token.wrong_code())
    assert guesser.ends() != 0
    assert product.show("alice")["locked_until"] is not None
    locked_out = product.knock("sudo")
    if locked_out.reads_one_of(prompts.CODE, "sudo: ") == 0:
        locked_out.answer(token.fresh_code())
    assert locked_out.ends() != 0
    product.host.countersign("unlock", "alice")
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


@pytest.mark.parametrize("typed", ["", "../sms", "９９９９９９", "0" * 900, "word"])
def test_what_is_no_code_is_refused_and_asked_again(product, typed):
    token = product.softtoken("alice")
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(typed)
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "alice")


@pytest.mark.parametrize("way, give_up", [("sudo", "interrupt_prompt"), ("sudo", "end_of_file"), ("su", "end_of_file")])
def test_giving_up_at_the_prompt_is_denied_and_counts_as_no_failure(product, way, give_up):
    product.configure(more="[lockout]\nfailures = 1\nseconds = 300")
    product.softtoken("alice")
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    getattr(terminal, give_up)()
    assert terminal.ends() != 0
    product.decided(outcome="denied", reason="cancelled", user="alice")
    assert product.show("alice")["locked_until"] is None


def test_ctrl_c_at_the_prompt_kills_su_and_leaves_no_helper(product):
    product.softtoken("alice")
    terminal = product.knock("su")
    terminal.reads(prompts.CODE)
    helpers = [process for process in product.host.visitors() if process.name.startswith("countersign")]
    terminal.interrupt()
    assert terminal.ends() != 0
    assert helpers and processes.wait_for_end(helpers, 10) == []


@pytest.mark.parametrize("way", ["ssh", "sudo"])
def test_a_user_without_a_factor_where_one_is_required_is_told_who_can_help(product, way):
    terminal = product.knock(way, **({"options": ("NumberOfPasswordPrompts=1",)} if way == "ssh" else {}))
    terminal.reads(prompts.ASK_ADMINISTRATOR)
    assert terminal.ends() != 0
    product.decided(outcome="denied", user="alice", service=SERVICE[way])


HERS = ['users = ["alice"]\nservices = ["sshd-cs"]', 'networks = ["127.0.0.64/26"]', 'groups = ["alice"]']
OTHERS = [
    'users = ["bob"]',
    'networks = ["127.0.0.64/26"]',
    'groups = ["robots"]',
    'users = ["alice"]\nservices = ["su"]',
]


@pytest.mark.parametrize("rule", HERS)
def test_an_exempt_login_is_excused_and_said_to_be_so(product, rule):
    product.softtoken("alice")
    product.configure(more=f"[[exempt]]\n{rule}")
    assert gets_in(product.knock("ssh", source="127.0.0.77"), "alice")
    product.decided(outcome="excused", user="alice", service="sshd-cs", rhost="127.0.0.77")


@pytest.mark.parametrize("rule", OTHERS)
def test_an_exemption_for_others_excuses_nobody_else(product, rule):
    product.softtoken("alice")
    product.configure(more=f"[[exempt]]\n{rule}")
    product.knock("ssh").reads(prompts.CODE)


def test_root_refused_by_sshd_and_unknown_users_see_what_others_see(product):
    token = product.softtoken("alice")
    shown = []
    for user in ["alice", "root", "nobody-knows-me"]:
        terminal = product.host.ssh(user, options=("NumberOfPasswordPrompts=1",))
        give_password(terminal, "wrong")
        assert terminal.ends() == 255
        shown.append(terminal.transcript.replace(user, "USER"))
    assert shown[0] == shown[1] == shown[2]
    assert token and product.decisions() == []


def test_unknown_users_see_the_prompt_of_those_who_have_a_factor(product):
    product.host.pam_stack(
        "sshd-cs", PASSWORD_FIRST.replace("auth requisite pam_deny.so\n", "auth required pam_permit.so\n")
    )
    product.softtoken("alice")
    shown = []
    for user in ["alice", "nobody-knows-me"]:
        terminal = product.host.ssh(user, options=("NumberOfPasswordPrompts=1",))
        give_password(terminal, "wrong")
        terminal.reads(prompts.CODE)
        terminal.answer(SoftToken().fresh_code())
        terminal.reads(prompts.NOT_ACCEPTED)
        shown.append(terminal.transcript.replace(user, "USER"))
    assert shown[0].split()[:4] == shown[1].split()[:4]


def test_settings_that_are_wrong_by_one_word_deny_everybody_and_say_where(product):
    token = product.softtoken("alice")
    product.configure(login='prompt = "later"', more='[outage]\nmode = "allow"')
    terminal = product.knock("sudo")
    if terminal.reads_one_of(prompts.CODE, "sudo: ") == 0:
        terminal.answer(token.fresh_code())
    assert terminal.ends() != 0
    product.host.journal.wait(r"countersign\.toml.*prompt")


def test_after_a_login_nothing_of_ours_is_left(product):
    """Compared with the same sshd and sudo where pam_permit is asked in our place."""
    token = product.softtoken("alice")
    ours = traces_of_a_session(product.host, product.knock("ssh", command=None), token)
    product.host.put_in_place_of_the_module("pam_permit.so")
    assert ours == traces_of_a_session(product.host, product.knock("ssh", command=None), None)


def traces_of_a_session(host, terminal, token):
    """Names, states, users, descriptors and signals of all processes of one ssh session, while it lasts."""
    if token:
        terminal.reads(prompts.CODE)
        terminal.answer(token.fresh_code())
    terminal.reads(prompts.SHELL)
    daemon = host.sshd()
    traces = [
        (process.name, process.is_zombie, process.uid, sorted(process.descriptors()), process.signals())
        for process in processes.below(daemon.pid)
    ]
    terminal.answer("exit")
    assert terminal.ends() == 0
    return traces

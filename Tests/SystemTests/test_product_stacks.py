"""The unchanged example stacks of pam.d/ with the built product: a SoftToken's code is accepted after the password."""

import pytest

from support import prompts
from support.product import gets_in
from support.totp import SoftToken

pytestmark = pytest.mark.product

CONFIGURED = "Include /etc/ssh/sshd_config.d/countersign.conf"


@pytest.fixture
def token(product) -> SoftToken:
    return product.softtoken("alice")


def answer_with_code(terminal, token):
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())


def test_sshd_with_password_and_code(product, token):
    product.host.example_stack("sshd")
    product.host.recipe("sshd", 1)
    terminal = product.knock("ssh", sshd=product.host.sshd("sshd", extra=CONFIGURED))
    answer_with_code(terminal, token)
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", user="alice", service="sshd")


def test_sshd_with_key_and_code(product, token):
    product.host.example_stack("sshd")
    product.host.recipe("sshd", 2)
    product.host.recipe("sshd", 3)
    product.host.authorize_key("alice")
    daemon = product.host.sshd("sshd", extra=CONFIGURED)
    terminal = product.host.ssh("alice", sshd=daemon, key=product.host.key, methods="publickey,keyboard-interactive")
    answer_with_code(terminal, token)
    assert gets_in(terminal, "alice")


def test_sudo_and_sudo_i(product, token):
    product.host.pam_stack("sudo-i", "")
    product.host.example_stack("sudo")
    product.host.recipe("sudo", 1)
    terminal = product.knock("sudo")
    answer_with_code(terminal, token)
    assert gets_in(terminal, "root")
    terminal = product.host.sudo("alice", "-k", "-i", "id", "-un")
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["alice"].password)
    answer_with_code(terminal, token)
    assert gets_in(terminal, "root")


def test_sudo_i_ends_at_a_refusal_as_sudo_does(product):
    product.host.pam_stack("sudo-i", "")
    product.host.example_stack("sudo")
    product.host.recipe("sudo", 1)
    terminal = product.host.sudo("alice", "-i", "id", "-un")
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["alice"].password)
    assert terminal.ends() != 0
    assert terminal.transcript.count("assword for") == 1


def test_su_asks_for_the_callers_factor_where_the_settings_say_so(product, token):
    product.host.example_stack("su")
    product.configure(login='[login.service.su]\nfactor_of = "caller"')
    terminal = product.host.su("alice", "root")
    terminal.reads(prompts.PASSWORD)
    terminal.answer(product.host.people["root"].password)
    answer_with_code(terminal, token)
    assert gets_in(terminal, "root")


def test_login_on_a_terminal(product, token):
    product.host.example_stack("login")
    terminal = product.knock("login")
    answer_with_code(terminal, token)
    terminal.reads(prompts.SHELL)
    terminal.answer("exit")
    assert terminal.ends() == 0

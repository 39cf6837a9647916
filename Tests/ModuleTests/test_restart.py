"""The server restarts during logins: nobody gets in because of it, and no request on a phone is lost."""

import base64
import contextlib
import itertools
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support import records
from conftest import PAM_SUCCESS, Site
from support.good_server import LoginPhone, run
from support.patience import until
from support.stand_in import StandIn
from test_server import refused

RULES = '[outage]\nmode = "{outage}"\n[login]\nonetouch_wait = 60\n[enrolment]\nmode = "required"\n'


@pytest.fixture(scope="module")
def own_server(authority):
    """A countersignd that only these tests use, since they end it."""
    with run(authority) as server:
        yield server


@pytest.fixture
def people(host, own_server):
    """Starts logins of any number of people, each with a phone: they share a system account, and are told apart by
    their keys."""
    site = Site(host, LoginPhone(own_server, has_device=False), is_linked=False)

    def make(count, outage="allow"):
        site.rules(RULES.format(outage=outage))
        with ThreadPoolExecutor(8) as pool:
            phones = list(pool.map(lambda _: LoginPhone(own_server), range(count)))
        keys = [f"ssh-ed25519 {base64.b64encode(os.urandom(51)).decode()}" for _ in phones]
        for phone, key in zip(phones, keys):
            records.account(
                host.database,
                host.user.pw_name,
                host.user.pw_uid,
                records.fingerprint(key),
                authy_id=phone.authy_id,
            )
        return list(zip(phones, keys))

    return make


def begin(host, people):
    """Their ssh logins, each in its own connection."""
    return [
        host.login(
            "tty=ssh",
            f"env=SSH_CONNECTION=192.0.2.1 {1024 + number} 192.0.2.9 22",
            f"env=SSH_AUTH_INFO_0=publickey {key}\n",
        )
        for number, (_, key) in enumerate(people)
    ]


def approve_all(people):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda person: person[0].approve(None), people))


def all_in(logins):
    ends = [(login.result(), login.finish(), login.decisions[-1]["reason"]) for login in logins]
    assert ends == [(PAM_SUCCESS, [], "proven")] * len(logins)


def children_of(login, name):
    found = Path(f"/proc/{login.process.pid}/task/{login.process.pid}/children").read_text().split()
    return [pid for pid in found if Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]]


def wait_for_first_helper(logins):
    """Not for all: the first may have given up before the last one begins."""
    until(lambda: any(children_of(login, "countersign-net") for login in logins), lambda: "no login asks the server")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_forty_logins_that_wait_while_the_server_restarts_all_hear_of_their_approval(host, own_server, people, how):
    forty = people(40)
    logins = begin(host, forty)
    own_server.wait_for_waiting(40)
    own_server.restart(how)
    approve_all(forty)
    all_in(logins)


@pytest.mark.parametrize("outage", ["allow", "deny"])
def test_of_twenty_logins_that_begin_while_the_server_restarts_none_is_excused_or_refused_and_each_has_its_request(
    host, own_server, people, outage
):
    twenty = people(20, outage)
    own_server.stop(signal.SIGKILL)
    logins = begin(host, twenty)
    wait_for_first_helper(logins)
    own_server.start()
    approve_all(twenty)
    all_in(logins)


def test_a_gateway_without_its_server_is_no_outage_when_the_server_comes_back(rude):
    """502 and 504 are its words for that; the server is asked whether the person has a device before anything rings."""
    rude.server.phone = "approve"
    rude.server.fault("*", "status", 502, times=3)
    rude.rules('[outage]\nmode = "allow"\n')
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[-1]["reason"] == "proven" and len(rude.server.requests("create")) == 1


@pytest.mark.parametrize("kind, argument", [("status", 502), ("status", 500), ("hang_up", None), ("cut", None)])
def test_a_server_that_fails_at_one_request_only_excuses_nobody_and_is_not_asked_for_another(rude, kind, argument):
    """It may have rung the phone."""
    rude.server.fault("create", kind, argument)
    rude.rules('[outage]\nmode = "allow"\n')
    refused(rude.login())
    assert len(rude.server.requests("create")) == 1


@pytest.mark.parametrize("word", ["sms", "call"])
def test_a_way_that_fails_alone_excuses_nobody(rude, word):
    """The server is up and answers about the user. Otherwise a user could choose the way that fails."""
    rude.server.fault(word, "status", 500)
    rude.rules('[outage]\nmode = "allow"\n[login]\nfactors = ["sms", "call"]\n[enrolment]\nmode = "required"\n')
    login = rude.login()
    login.prompt()
    login.answer(word)
    login.prompt()
    login.reply("eof")
    refused(login)


def test_a_code_that_alone_cannot_be_checked_excuses_nobody(rude):
    rude.server.fault("verify", "status", 500)
    rude.rules('[outage]\nmode = "allow"\n[login]\nprompt = "now"\n')
    login = rude.login()
    login.prompt()
    login.answer("1234567")
    login.prompt()
    login.reply("eof")
    refused(login)


def test_a_code_that_was_one_too_many_is_asked_about_once(rude):
    """The server may have looked at it, and counted it as wrong."""
    rude.server.fault("verify", "status", 429)
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login()
    login.prompt()
    login.answer("1234567")
    login.prompt()
    login.reply("eof")
    login.finish()
    assert len(rude.server.requests("verify")) == 1


@pytest.mark.parametrize("word", ["sms", "call"])
def test_what_may_have_been_sent_is_not_sent_again_when_the_connection_ends(rude, word):
    rude.server.fault(word, "hang_up")
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login()
    login.prompt()
    login.answer(word)
    login.prompt()
    login.reply("eof")
    login.finish()
    assert len(rude.server.requests(word)) == 1


def test_a_code_is_verified_again_when_the_connection_ends(rude):
    rude.server.codes.add("1234567")
    rude.server.fault("verify", "hang_up", times=2)
    rude.rules('[login]\nfactors = ["softtoken"]\n')
    login = rude.login()
    login.prompt()
    login.answer("1234567")
    assert login.result() == PAM_SUCCESS
    login.finish()


@pytest.mark.parametrize(
    "kind, argument",
    [("hang_up", None), ("cut", None), ("status", 500), ("status", 502), ("status", 503), ("huge", None)],
)
def test_a_look_that_fails_is_made_again(rude, kind, argument):
    rude.server.fault("poll", kind, argument, times=3)
    rude.server.phone = "approve"
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.texts("ask") == []


def test_an_enter_while_the_server_restarts_looks_when_it_is_back(rude):
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login("tty=ssh")
    login.prompt()
    rude.server.wait_until(lambda: rude.server.requests("create"))
    rude.server.fault("poll", "hang_up", times=3)
    rude.server.phone = "approve"
    login.answer("")
    assert login.result() == PAM_SUCCESS
    login.finish()


def test_connections_that_end_before_they_are_encrypted_are_made_again(host, authority):
    """As those that a server had not taken yet when it ended."""
    with StandIn(certificate=authority.good) as server:
        server.ca_file, server.phone = authority.ca_file, "approve"
        site = Site(host, server)
        site.rules('[outage]\nmode = "allow"\n')
        server.wire.refuse()
        server.wire._listener.listen(8)
        login = site.login()
        for _ in range(3):
            server.wire._listener.accept()[0].close()
        server.wire.listen()
        assert login.result() == PAM_SUCCESS
        login.finish()
        assert login.decisions[-1]["reason"] == "proven"


def test_the_pauses_between_attempts_differ_so_that_not_all_logins_return_at_once(host, authority):
    """The longest pauses are drawn from half a second to a second, and end with the 8 seconds of a restart."""
    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        server.wire.refuse()
        server.wire._listener.listen(8)
        server.wire._listener.settimeout(4)
        login = Site(host, server).login()
        moments = []
        with contextlib.suppress(TimeoutError):
            while True:
                server.wire._listener.accept()[0].close()
                moments.append(time.monotonic())
        login.process.kill()
        login.finish()
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)][4:]
    assert len(pauses) >= 5
    assert min(pauses) > 0.45, pauses
    assert max(pauses) - min(pauses) > 0.02, pauses
    assert moments[-1] - moments[0] < 8.5


def test_a_login_that_ends_before_the_server_is_back_asks_nobody(rude):
    rude.server.wire.refuse()
    login = rude.login()
    wait_for_first_helper([login])
    net = children_of(login, "countersign-net")
    login.process.kill()
    login.finish()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in net), lambda: "countersign-net outlives its login")
    rude.server.wire.listen()
    assert rude.server.requests("create") == []


def test_a_request_is_taken_back_though_the_server_restarts(rude):
    rude.server.fault("cancel", "hang_up", times=2)
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login("tty=ssh")
    login.prompt()
    rude.server.wait_until(lambda: rude.server.requests("create"))
    login.reply("eof")
    login.result()
    login.finish()
    rude.server.wait_until(lambda: len(rude.server.requests("cancel")) == 3)


@pytest.mark.parametrize("rules", ["onetouch_wait = 1", 'prompt = "now"'])
@pytest.mark.parametrize("is_back", [True, False])
def test_a_prompt_that_is_due_meanwhile_waits_where_the_outage_may_excuse(rude, rules, is_back):
    """No user must type a code and is then let in by the phone; a restart is not an outage, whenever the prompt
    comes."""
    rude.rules(f'[outage]\nmode = "allow"\n[login]\n{rules}\n')
    rude.server.wire.refuse()
    login = rude.login("tty=ssh")
    wait_for_first_helper([login])
    if not is_back:
        assert login.result() == PAM_SUCCESS
        login.finish()
        assert login.decisions[-1]["reason"] == "outage" and login.texts("ask") == []
        return
    threading.Timer(2, rude.server.wire.listen).start()
    login.prompt()
    rude.server.phone = "approve"
    login.answer("")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[-1]["reason"] == "proven"

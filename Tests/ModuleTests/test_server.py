"""Server down, refusing, rude or lying: the code prompt with a clear word, or the outage rule; never in by accident."""

import json
import signal

from support import good_server
import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site, open_to
from support.good_server import LoginPhone, Server, own_folder
from support.stand_in import StandIn
from support.totp import SoftToken

OUTAGES = {
    "refuse": ("connect", "refuse", None),
    "silent": ("connect", "hang", None),
    "500": ("*", "status", 500),
    "503": ("*", "status", 503),
    "never": ("*", "hang", None),
}
# For a server that says nothing; and for one that answers, where a late answer would be another case.
QUICK = "connect_timeout = 1\nrequest_timeout = 1\n"
PATIENT = "connect_timeout = 60\nrequest_timeout = 120\n"
REFUSALS = {
    "401": ("*", "status", 401),
    "404": ("*", "status", 404),
    "429": ("*", "status", 429),
    "html": ("*", "html", None),
    "cut": ("*", "cut", None),
    "huge": ("*", "huge", None),
    "hang_up": ("*", "hang_up", None),
    "deep": ("*", "deep", None),
    "bad_utf8": ("*", "bad_utf8", None),
    "trailing": ("*", "trailing", None),
    "gzip": ("*", "gzip_bomb", None),
    "headers": ("*", "header_flood", None),
}
LIES = [
    "wrong_uuid",
    "malformed_uuid",
    "other_user",
    "string_id",
    "no_id",
    "shouting",
    "status_list",
    "no_status",
    "success_false",
    "success_false_text",
    "success_text",
    "success_number",
    "success_missing",
    "html",
    "cut",
    "huge",
    "trailing",
    "bad_utf8",
    "deep",
]


def refused(login):
    """No input at the prompts lets the user in."""
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            login.answer("1234567")
    assert event[1] == str(PAM_AUTH_ERR)
    assert login.finish() == []
    return login


@pytest.mark.parametrize("name", OUTAGES)
def test_with_the_server_out_of_reach_the_prompt_says_so(rude, name):
    rude.server.fault(*OUTAGES[name])
    rude.rules("[login]\nonetouch_wait = 10\n", server=QUICK)
    login = rude.login()
    while "does not answer" not in login.until("tell"):
        pass
    login.prompt()
    login.answer("1234567")
    refused(login)


def test_a_server_that_has_had_too_much_is_told_as_that(rude):
    rude.server.fault("*", "status", 429)
    rude.rules(server=PATIENT)
    login = rude.login()
    while "Too many codes or requests lately" not in login.until("tell"):
        pass
    login.prompt()
    login.answer("1234567")
    refused(login)


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_excuses_only_where_the_settings_allow_it(rude, name):
    rude.server.fault(*OUTAGES[name])
    rude.rules('[outage]\nmode = "allow"\n', server=QUICK)
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("excused", "outage")
    assert [text[0] for text in login.texts("log") if "outcome" in text] == ["1"]


def at_the_prompt(rude):
    """A login at its prompt, where the server is out of reach and an outage excuses."""
    rude.server.fault(*OUTAGES["500"])
    rude.rules('[outage]\nmode = "allow"\n[login]\nfactors = ["sms"]\n[enrolment]\nmode = "required"\n')
    login = rude.login()
    assert login.prompt() == "Type sms: "
    return login


def test_an_outage_excuses_who_is_still_as_at_the_beginning(rude):
    login = at_the_prompt(rude)
    login.answer("sms")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[0]["reason"] == "outage"


@pytest.mark.parametrize("change", ["unlink", "link", "softtoken", "lock"])
def test_an_outage_does_not_excuse_whose_account_has_changed_while_the_prompt_stood_open(rude, change):
    login = at_the_prompt(rude)
    host, name = rude.host, rude.host.user.pw_name
    {
        "unlink": lambda: host.countersign("unlink", name, "--yes"),
        "link": lambda: host.countersign("link", name, rude.server.authy_id + 1),
        "softtoken": lambda: rude.softtoken(SoftToken()),
        "lock": lambda: host.account(failures=5, locked_until=2**40),
    }[change]()
    login.answer("sms")
    refused(login)
    assert login.decisions[0]["outcome"] == "denied"


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_outage_excuses_nobody(rude, name):
    rude.server.fault(*REFUSALS[name])
    rude.rules('[outage]\nmode = "allow"\n[login]\nonetouch_wait = 10\n', server=PATIENT)
    refused(rude.login())


@pytest.mark.parametrize("name", ["self_signed", "wrong_host", "expired"])
def test_a_certificate_that_does_not_hold_excuses_nobody(host, authority, name):
    with StandIn(certificate=getattr(authority, name)) as server:
        server.ca_file = authority.ca_file
        server.phone = "approve"
        site = Site(host, server)
        site.rules('[outage]\nmode = "allow"\n')
        refused(site.login())
        assert not server.received


def test_a_server_whose_authority_is_unknown_is_not_talked_to(host, authority):
    with StandIn(certificate=authority.good) as server:
        site = Site(host, server)
        site.rules('[outage]\nmode = "allow"\n')
        refused(site.login())
        assert not server.received


@pytest.mark.parametrize("lie", LIES)
def test_an_approval_that_does_not_count_lets_nobody_in(rude, lie):
    rude.server.fault("poll", lie)
    rude.rules('[outage]\nmode = "allow"\n[login]\nonetouch_wait = 3\n', server=PATIENT)
    refused(rude.login())


@pytest.mark.parametrize(
    "lie",
    [
        "shouting",
        "status_list",
        "no_status",
        "success_false",
        "success_false_text",
        "success_number",
        "success_missing",
        "html",
        "cut",
        "huge",
        "bad_utf8",
        "deep",
        "trailing",
    ],
)
def test_a_verified_code_that_does_not_count_lets_nobody_in(rude, lie):
    rude.server.fault("verify", lie)
    rude.rules('[outage]\nmode = "allow"\n[login]\nprompt = "now"\n', server=PATIENT)
    refused(rude.login("tty=ssh"))
    assert rude.server.requests("verify")


def test_redirects_are_not_followed(rude):
    with StandIn() as other:
        rude.server.fault("*", "redirect", other.url)
        refused(rude.login())
        assert not other.received


def test_a_failure_that_passes_is_tried_again(rude):
    rude.server.phone = "approve"
    rude.server.fault("create", "status", 503, times=2)
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(rude.server.requests("create")) == 3


def test_a_slow_server_ends_with_the_deadline(rude):
    """Waits out the shortest deadline that there is."""
    rude.server.fault("create", "drip", 3)
    rude.rules("[login]\ndeadline = 10\nonetouch_wait = 9\n")
    login = rude.login()
    while (event := login.next())[0] not in ("result", "ask"):
        pass
    if event[0] == "ask":
        login.reply("eof")
        event = ("result", str(login.result()))
    assert event[1] == str(PAM_AUTH_ERR)
    assert login.finish() == []


def test_the_proxies_of_the_environment_are_not_used(site, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    login = site.login()
    site.phone.approve(login)
    assert login.result() == PAM_SUCCESS


def test_a_wrong_key_is_named_in_the_log_and_excuses_nobody(site):
    site.phone.api_key = "another-key-9876543210"
    site.rules('[outage]\nmode = "allow"\n')
    login = refused(site.login())
    assert "API key" in login.decisions[-1]["detail"]
    assert "another-key" not in str(login.events)


def test_a_unix_socket_in_a_folder_of_the_callers_own_is_used(host, user):
    """Root's logins need a folder of root's; here the login program is not root."""
    url = f"unix:{host.folder}/api.sock"
    with own_folder() as folder, Server(folder, extra_listener=url) as server:
        open_to(host.folder, user)
        site = Site(host, LoginPhone(server, url))
        login = site.login()
        site.phone.approve(login)
        assert login.result() == PAM_SUCCESS


def test_a_user_without_a_device_gets_a_prompt_and_no_wait(host, countersignd):
    """Nor is a request tried: the server would have to refuse it."""
    login = Site(host, LoginPhone(countersignd, has_device=False)).login("tty=pts/1")
    assert "press Enter" not in login.prompt()
    assert login.texts("tell") == []
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["detail"] == '"the user has no device"'


def test_a_user_unknown_to_the_server_gets_a_prompt_and_no_code_is_good(host, countersignd):
    stranger = LoginPhone(countersignd, has_device=False)
    stranger.authy_id += 1_000_000
    site = Site(host, stranger)
    login = site.login()
    refused(login)
    assert not any("phone" in text for text in login.texts("tell"))


@pytest.mark.parametrize(
    "answer",
    [
        "answer ../sms",
        "long 10000",
        "answer 1234567/99",
        "answer ١٢٣٤٥٦٧",
        "answer 1234567?force=false",
        "answer %2e%2e",
    ],
)
def test_what_is_no_code_never_goes_on_the_wire(rude, answer):
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login("tty=ssh")
    for _ in range(5):
        login.prompt()
        login.reply(answer)
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert not rude.server.requests("verify")


def test_a_server_that_is_killed_and_started_again_in_the_wait_has_lost_nothing(host, authority):
    with good_server.run(authority) as server:  # one of its own, since it ends
        site = Site(host, LoginPhone(server))
        login = site.login()
        request = site.phone.wait_for_request()
        site.phone.wait_for_login()
        server.restart(signal.SIGKILL)
        site.phone.approve(login, request)
        assert login.result() == PAM_SUCCESS
        assert login.finish() == [] and login.texts("ask") == []


def test_a_dead_countersign_net_excuses_nobody(site):
    site.rules('[outage]\nmode = "allow"\n')
    site.host.helper("countersign-net", "")
    refused(site.login())


def test_countersign_net_killed_in_the_wait_leads_to_the_prompt_and_excuses_nobody(site):
    from test_helpers import kill_child

    site.rules('[outage]\nmode = "allow"\n')
    login = site.login()
    site.phone.wait_for_login()
    kill_child(login, "countersign-net")
    refused(login)


def test_guesses_at_this_hosts_softtoken_are_counted_whatever_the_server_fails_to_say(rude):
    token = rude.softtoken(SoftToken())
    rude.server.fault("verify", "status", 404)
    rude.rules('[login]\nfactors = ["softtoken"]\n[lockout]\nfailures = 3\n[enrolment]\nmode = "required"\n')
    login = rude.login()
    for _ in range(3):
        login.prompt()
        login.answer(token.wrong_code())
    assert login.result() == PAM_AUTH_ERR
    assert login.finish() == []
    assert (login.decisions[-1]["outcome"], login.decisions[-1]["reason"]) == ("denied", "wrong_code")
    assert json.loads(rude.host.countersign("show", rude.host.user.pw_name, "--json"))["locked_until"] is not None


def test_a_server_that_makes_requests_and_then_fails_rings_the_phone_no_more_than_three_times(rude):
    """As behind a proxy that gives up too early: what may have reached the phone is neither sent again nor
    forgotten."""
    rude.server.fault("create", "status", 502)
    rude.rules("[login]\nonetouch_wait = 1\n")
    for number in range(5):
        login = rude.login("tty=ssh", f"rhost=192.0.2.{number}")
        login.prompt()
        login.reply("eof")
        login.finish()
    assert len(rude.server.requests("create")) == 3


def test_a_server_that_hangs_does_not_keep_out_a_user_with_a_right_code(rude):
    token = rude.softtoken(SoftToken())
    rude.rules('[login]\nprompt = "now"\ndeadline = 20\n', server="request_timeout = 120\n")
    login = rude.login("tty=ssh")
    login.prompt()
    rude.server.fault("poll", "hang")
    login.answer(token.fresh_code())
    assert login.result() == PAM_SUCCESS
    assert login.finish() == []


# Neither server exists, but finding that out takes a thread and descriptors.
NOWHERE = '[server]\nurl = "https://nobody.invalid"\napi_key = "0123456789abcdef"\n'


@pytest.mark.parametrize("short", [{"THREADS": 0}, *({"FILES": count} for count in range(5, 14))], ids=str)
def test_what_a_local_user_can_use_up_is_no_outage(host, short):
    """Threads and descriptors: in a container whose root may not raise limits, su passes on the user's limits."""
    host.countersign("link", host.user.pw_name, "7")
    host.settings(NOWHERE + QUICK + '[outage]\nmode = "allow"\n[enrolment]\nmode = "required"\n')
    real = host.helpers / "net"
    (host.helpers / "countersign-net").rename(real)
    host.compiled_helper("countersign-net", "short_net.c", REAL=f'"{real}"', **short)
    assert refused(host.login()).decisions[0]["outcome"] in ("denied", "unavailable")


def test_a_name_that_is_not_known_is_an_outage(host):
    host.countersign("link", host.user.pw_name, "7")
    host.settings(NOWHERE + QUICK + '[outage]\nmode = "allow"\n[enrolment]\nmode = "required"\n')
    login = host.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert login.decisions[0]["reason"] == "outage"

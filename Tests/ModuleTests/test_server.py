"""Server down, refusing, rude or lying: the code prompt with a clear word, or the outage rule; never in by accident."""

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from stand_in import StandIn

OUTAGES = {"refuse": ("connect", "refuse", None), "silent": ("connect", "hang", None), "500": ("*", "status", 500), "503": ("*", "status", 503),
           "never": ("*", "hang", None)}
QUICK = "connect_timeout = 1\nrequest_timeout = 1\n"
REFUSALS = {
    "401": ("*", "status", 401), "404": ("*", "status", 404), "429": ("*", "status", 429), "html": ("*", "html", None), "cut": ("*", "cut", None),
    "huge": ("*", "huge", None), "hang_up": ("*", "hang_up", None), "deep": ("*", "deep", None), "bad_utf8": ("*", "bad_utf8", None),
    "trailing": ("*", "trailing", None), "gzip": ("*", "gzip_bomb", None), "headers": ("*", "header_flood", None),
}
LIES = ["wrong_uuid", "malformed_uuid", "other_user", "string_id", "no_id", "shouting", "status_list", "no_status", "success_false",
        "success_false_text", "success_text", "success_number", "success_missing", "html", "cut", "huge", "trailing", "bad_utf8", "deep"]


def refused(login):
    """Whatever is typed at the prompts that come, nobody gets in."""
    while (event := login.next())[0] != "result":
        if event[0] == "ask":
            login.answer("1234567")
    assert event[1] == str(PAM_AUTH_ERR)
    assert login.finish() == []
    return login


@pytest.mark.parametrize("name", OUTAGES)
def test_with_the_server_out_of_reach_the_prompt_says_so(site, name):
    site.server.fault(*OUTAGES[name])
    site.rules(server=QUICK)
    login = site.login()
    while "does not answer" not in login.until("tell"):
        pass
    login.prompt()
    login.answer("1234567")
    refused(login)


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_excuses_only_where_the_settings_allow_it(site, name):
    site.server.fault(*OUTAGES[name])
    site.rules('[outage]\nmode = "allow"\n', server=QUICK)
    login = site.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert (login.decisions[0]["outcome"], login.decisions[0]["reason"]) == ("excused", "outage")
    assert [text[0] for text in login.texts("log") if "outcome" in text] == ["1"]


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_no_outage_excuses_nobody(site, name):
    site.server.fault(*REFUSALS[name])
    # To press 200 MB takes that server some seconds, and a server that is late is out of reach.
    site.rules('[outage]\nmode = "allow"\n[login]\nonetouch_wait = 30\n', server="" if name == "gzip" else QUICK)
    refused(site.login())


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
def test_an_approval_that_does_not_count_lets_nobody_in(site, lie):
    site.server.fault("poll", lie)
    site.rules('[outage]\nmode = "allow"\n[login]\nonetouch_wait = 3\n', server=QUICK)
    refused(site.login())


@pytest.mark.parametrize("lie", ["shouting", "status_list", "no_status", "success_false", "success_false_text", "success_number",
                                 "success_missing", "html", "cut", "huge", "bad_utf8", "deep", "trailing"])
def test_a_verified_code_that_does_not_count_lets_nobody_in(site, lie):
    site.server.fault("verify", lie)
    site.rules('[outage]\nmode = "allow"\n[login]\nprompt = "now"\n', server=QUICK)
    refused(site.login("tty=ssh"))
    assert site.server.requests("verify")


def test_redirects_are_not_followed(site):
    with StandIn() as other:
        site.server.fault("*", "redirect", other.url)
        refused(site.login())
        assert not other.received


def test_a_failure_that_passes_is_tried_again(site):
    site.server.phone = "approve"
    site.server.fault("create", "status", 503, times=2)
    login = site.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(site.server.requests("create")) == 3


def test_a_slow_server_ends_with_the_deadline(site):
    """Waits out the shortest deadline that there is."""
    site.server.fault("create", "drip", 3)
    site.rules("[login]\ndeadline = 10\nonetouch_wait = 9\n")
    login = site.login()
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
    site.server.phone = "approve"
    login = site.login()
    assert login.result() == PAM_SUCCESS


def test_a_wrong_key_is_named_in_the_log_and_excuses_nobody(site):
    site.server.api_key = "another-key-9876543210"
    site.rules('[outage]\nmode = "allow"\n')
    site.server.api_key = "changed-since-0000000"
    login = refused(site.login())
    assert "API key" in login.decisions[-1]["detail"]
    assert "another-key" not in str(login.events)


def test_a_unix_socket_in_a_folder_of_the_callers_own_is_used(host, tmp_path, user):
    """Roots logins need a folder of root's; here the login program is not root."""
    from conftest import open_to

    path = host.folder / "api.sock"
    with StandIn(unix=path) as server:
        server.ca_file = None
        open_to(host.folder, user)
        server.phone = "approve"
        host.settings(f'[server]\nurl = "unix:{path}"\napi_key = "{server.api_key}"\n')
        host.countersign("link", user.pw_name, 5)
        login = host.login()
        assert login.result() == PAM_SUCCESS


def test_a_user_without_a_device_gets_a_prompt_and_no_wait(site):
    site.server.strangers.add(4242)
    login = site.login()
    assert "Approve the request" in login.until("tell")
    assert "No request could be sent" in login.until("tell")
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR


@pytest.mark.parametrize("answer", ["answer ../sms", "long 10000", "answer 1234567/99", "answer ١٢٣٤٥٦٧", "answer 1234567?force=false", "answer %2e%2e"])
def test_what_is_no_code_never_goes_on_the_wire(site, answer):
    site.rules('[login]\nprompt = "now"\n')
    login = site.login("tty=ssh")
    for _ in range(3):
        login.prompt()
        login.reply(answer)
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert not site.server.requests("verify")


def test_a_dead_countersign_net_excuses_nobody(site):
    site.rules('[outage]\nmode = "allow"\n')
    site.host.helper("countersign-net", "")
    refused(site.login())


def test_countersign_net_killed_in_the_wait_leads_to_the_prompt_and_excuses_nobody(site):
    from test_helpers import kill_child

    site.rules('[outage]\nmode = "allow"\n')
    login = site.login()
    site.server.wait_until(lambda: site.server.requests("poll"))
    kill_child(login, "countersign-net")
    refused(login)

"""What goes over the wire, byte by byte, and how long it is waited for."""

import re
import ssl
import time

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from support.stand_in import StandIn
from test_server import refused


def waits(server):
    return [int(r.headers["prefer"].split("=")[1]) for r in server.requests("poll") if "prefer" in r.headers]


def test_a_poll_waits_no_longer_than_to_the_next_thing_that_the_login_must_do(rude):
    rude.rules("[login]\nonetouch_wait = 4\n")
    login = rude.login("tty=ssh")
    login.prompt()
    assert waits(rude.server) and max(waits(rude.server)) <= 4
    login.answer("")
    login.prompt()
    login.reply("eof")
    login.finish()
    assert all(wait <= 4 for wait in waits(rude.server))


def test_the_time_that_a_server_was_asked_to_wait_does_not_count_as_late(site, countersignd):
    """The server holds its answer longer than request_timeout: until the prompt is due it has been asked to."""
    site.rules("[login]\nonetouch_wait = 9\n", server="request_timeout = 3\n")
    before = countersignd.answered_to_others()
    login = site.login("tty=ssh")
    prompt = login.prompt()
    assert "press Enter" in prompt and login.texts("tell") == []
    # a look at the user's status, the request, and at most three reads of it
    assert countersignd.answered_to_others() - before <= 5
    login.reply("eof")
    login.finish()


def test_a_server_that_does_not_wait_is_asked_every_second(rude):
    began = time.monotonic()
    login = rude.login()
    rude.server.wait_until(lambda: len(rude.server.requests("poll")) == 4)
    rude.server.phone = "approve"
    assert login.result() == PAM_SUCCESS
    login.finish()
    times = [request.time for request in rude.server.requests("poll")]
    # One request may arrive late and the next in time; none is early.
    assert times[3] - began > 2.9 and min(later - earlier for earlier, later in zip(times, times[1:])) < 2


def test_one_connection_serves_a_whole_login(rude):
    rude.server.codes.add("1234567")
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login("tty=ssh")
    login.prompt()
    login.answer("")
    login.prompt()
    login.answer("1234567")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert all(rude.server.requests(name) for name in ("create", "poll", "verify"))
    assert {request.connection for request in rude.server.received} == {1}


def test_whatever_has_to_do_with_codes_is_forced(rude):
    """Without it, Authy accepts any code of an unfinished registration, and sends none to users of the app."""
    rude.rules('[login]\nprompt = "now"\n')
    login = rude.login("tty=ssh")
    for typed in ("sms", "call", "1234567"):
        login.prompt()
        login.answer(typed)
    login.prompt()
    login.reply("eof")
    login.finish()
    asked = [request for name in ("sms", "call", "verify") for request in rude.server.requests(name)]
    assert [request.path.split("/")[3] for request in asked] == ["sms", "call", "verify"]
    assert all(request.query["force"] == "true" for request in asked)


@pytest.mark.parametrize("tty, shown", [("pts/1", "tell"), ("ssh", "ask")])
def test_the_number_goes_as_a_detail_for_authys_phones_and_by_a_name_of_its_own_for_countersigns(rude, tty, shown):
    rude.rules("[login]\nnumber_matching = true\n")
    login = rude.login(f"tty={tty}")
    text = login.until(shown)
    rude.server.wait_until(lambda: rude.server.requests("create"))
    [request] = rude.server.requests("create")
    number = request.parameters["details"]["Number"]
    assert re.fullmatch(r"\d\d", number) and number in text and request.parameters["countersign"]["number"] == number
    if shown == "tell":
        login.interrupt()
    else:
        login.reply("eof")
    login.finish()


def test_a_request_is_one_that_a_server_of_authys_takes(rude):
    rude.server.phone = "approve"
    login = rude.login("rhost=192.0.2.7", "tty=ssh")
    assert login.result() == PAM_SUCCESS
    login.finish()
    [request] = rude.server.requests("create")
    assert (request.method, request.path) == ("POST", f"/onetouch/json/users/{rude.server.authy_id}/approval_requests")
    assert set(request.parameters) == {"message", "details", "hidden_details", "seconds_to_expire"}
    assert (
        request.parameters["details"]["Address"] == "192.0.2.7"
        and 1 <= int(request.parameters["seconds_to_expire"]) <= 90
    )


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_code_is_verified_again_after_a_failure_that_passes(rude, status):
    rude.server.codes.add("1234567")
    rude.server.fault("verify", "status", status, times=1)
    rude.rules('[login]\nfactors = ["softtoken"]\n')
    login = rude.login()
    login.prompt()
    login.answer("1234567")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(rude.server.requests("verify")) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_is_sent_again_where_the_server_says_that_it_did_nothing(rude, status):
    rude.server.phone = "approve"
    rude.server.fault("create", "status", status, times=1)
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(rude.server.requests("create")) == 2


def test_the_key_goes_in_the_header_and_nowhere_else(rude):
    rude.server.phone = "approve"
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    for request in rude.server.received:
        assert request.headers["x-authy-api-key"] == rude.server.api_key
        assert rude.server.api_key not in request.path + str(request.query) + str(request.parameters)
    assert rude.server.api_key not in str(login.events)


def test_a_server_with_nothing_newer_than_tls_1_1_is_not_talked_to(host, authority):
    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        server.phone = "approve"
        old = server.wire._tls
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        site = Site(host, server)
        site.rules('[outage]\nmode = "allow"\n[login]\nonetouch_wait = 10\n')
        refused(site.login())
        assert not server.received


def test_the_netrc_of_anybody_is_not_read(rude, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    rude.server.phone = "approve"
    login = rude.login()
    assert login.result() == PAM_SUCCESS
    assert all("authorization" not in request.headers for request in rude.server.received)


def test_a_name_in_capitals_is_another_name(site):
    login = site.login(user=site.host.user.pw_name.upper())
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "unknown_user"
    assert site.phone.requests() == []


def test_a_folder_of_the_servers_socket_that_others_may_write_is_not_trusted(host, user):
    from conftest import open_to

    folder = host.folder / "run"
    folder.mkdir()
    with StandIn(unix=folder / "api.sock") as server:
        server.phone = "approve"
        Site(host, server).rules('[outage]\nmode = "allow"\n')
        open_to(host.folder, user)
        folder.chmod(0o777)
        login = host.login()
        assert login.result() == PAM_AUTH_ERR
        login.finish()
        assert login.decisions[0]["reason"] == "settings" and not server.received


@pytest.mark.parametrize("moment", ["create", "poll"])
def test_countersign_login_killed_while_the_server_is_asked_denies(rude, moment):
    from test_helpers import denied, kill_child

    rude.server.fault(moment, "hang")
    login = rude.login()
    rude.server.wait_until(lambda: rude.server.requests(moment))
    kill_child(login, "countersign-login")
    assert denied(login)

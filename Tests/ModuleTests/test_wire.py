"""What goes over the wire, and how long it is waited for."""

import ssl

import pytest
from conftest import PAM_AUTH_ERR, PAM_SUCCESS, Site
from stand_in import StandIn
from test_server import refused


def waits(server):
    return [int(r.headers["prefer"].split("=")[1]) for r in server.requests("poll") if "prefer" in r.headers]


def test_a_poll_waits_no_longer_than_to_the_next_thing_that_the_login_must_do(site):
    site.rules("[login]\nonetouch_wait = 4\n")
    login = site.login("tty=ssh")
    login.prompt()
    assert waits(site.server) and max(waits(site.server)) <= 4
    login.answer("")
    login.prompt()
    login.reply("eof")
    login.finish()
    assert all(wait <= 4 for wait in waits(site.server))


def test_the_time_that_a_server_was_asked_to_wait_does_not_count_as_late(site):
    """The server holds its answer longer than request_timeout: until the prompt is due it has been asked to."""
    site.rules("[login]\nonetouch_wait = 5\n", server="request_timeout = 1\n")
    login = site.login("tty=ssh")
    prompt = login.prompt()
    assert "press Enter" in prompt and login.texts("tell") == []
    assert len(site.server.requests("poll")) <= 2
    login.reply("eof")
    login.finish()


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_code_is_verified_again_after_a_failure_that_passes(site, status):
    site.server.codes.add("1234567")
    site.server.fault("verify", "status", status, times=1)
    site.rules('[login]\nfactors = ["softtoken"]\n')
    login = site.login()
    login.prompt()
    login.answer("1234567")
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(site.server.requests("verify")) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_is_sent_again_where_the_server_says_that_it_did_nothing(site, status):
    site.server.phone = "approve"
    site.server.fault("create", "status", status, times=1)
    login = site.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    assert len(site.server.requests("create")) == 2


def test_the_key_goes_in_the_header_and_nowhere_else(site):
    site.server.phone = "approve"
    login = site.login()
    assert login.result() == PAM_SUCCESS
    login.finish()
    for request in site.server.received:
        assert request.headers["x-authy-api-key"] == site.server.api_key
        assert site.server.api_key not in request.path + str(request.query) + str(request.parameters)
    assert site.server.api_key not in str(login.events)


def test_a_server_with_nothing_newer_than_tls_1_1_is_not_talked_to(host, authority):
    with StandIn(certificate=authority.good) as server:
        server.ca_file = authority.ca_file
        server.phone = "approve"
        old = server.wire._tls
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        site = Site(host, server)
        site.rules('[outage]\nmode = "allow"\n')
        refused(site.login())
        assert not server.received


def test_the_netrc_of_anybody_is_not_read(site, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    site.server.phone = "approve"
    login = site.login()
    assert login.result() == PAM_SUCCESS
    assert all("authorization" not in request.headers for request in site.server.received)


def test_a_name_in_capitals_is_another_name(site):
    login = site.login(user=site.host.user.pw_name.upper())
    login.prompt()
    login.reply("eof")
    assert login.result() == PAM_AUTH_ERR
    login.finish()
    assert login.decisions[-1]["reason"] == "unknown_user"
    assert not site.server.approvals


def test_a_folder_of_the_servers_socket_that_others_may_write_is_not_trusted(host, user):
    from conftest import open_to

    folder = host.folder / "run"
    folder.mkdir()
    with StandIn(unix=folder / "api.sock") as server:
        server.phone = "approve"
        host.settings(f'[server]\nurl = "unix:{folder}/api.sock"\napi_key = "{server.api_key}"\n[outage]\nmode = "allow"\n')
        host.countersign("link", user.pw_name, 5)
        open_to(host.folder, user)
        folder.chmod(0o777)
        login = host.login()
        assert login.result() == PAM_AUTH_ERR
        login.finish()
        assert login.decisions[0]["reason"] == "settings" and not server.received


@pytest.mark.parametrize("moment", ["create", "poll"])
def test_countersign_login_killed_while_the_server_is_asked_denies(site, moment):
    from test_helpers import denied, kill_child

    site.server.fault(moment, "hang")
    login = site.login()
    site.server.wait_until(lambda: site.server.requests(moment))
    kill_child(login, "countersign-login")
    assert denied(login)

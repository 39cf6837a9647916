"""Whole logins against countersignd by its socket, and against one that is killed."""

import os
import pathlib
import pwd
import shutil
import signal

import pytest

from support import prompts
from support import server as servers
from support.good_server import LoginPhone
from support.host import SETTINGS, install_file
from support.product import HASTY, PATIENT, gets_in
from support.server import Handset, Server, link

pytestmark = pytest.mark.product


@pytest.fixture
def by_socket(product, countersignd):
    """alice's phone, of a server that the host asks by its socket."""
    return enrolled(product, LoginPhone(countersignd, countersignd.socket))


def enrolled(product, phone):
    product.configure(phone, PATIENT)
    product.link("alice", phone.authy_id)
    return phone


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_approved_on_the_phone_is_in_by_a_socket_as_well(product, by_socket, way, gets):
    terminal = product.knock(way)
    by_socket.approve(terminal, by_socket.wait_for_request())
    assert gets_in(terminal, gets)
    product.decided(outcome="approved", factor="onetouch", user="alice")


def test_a_code_of_the_phone_is_in_by_a_socket_as_well(product, by_socket):
    product.configure(by_socket, HASTY)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(by_socket.code())
    assert gets_in(terminal, "alice")
    product.decided(outcome="approved", factor="softtoken", user="alice")


FOLDER = pathlib.Path("/run/countersignd")


class UnitServer(Server):
    """As countersignd.service runs it: as a user of its own that owns the socket's directory."""

    def __init__(self, folder):
        self.user = pwd.getpwnam("_countersignd")
        for path in [folder, folder / "state"]:
            path.mkdir(mode=0o755 if path == folder else 0o700)
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        super().__init__(folder, extra_listener=f"unix:{folder}/api.sock")
        program = pathlib.Path("/usr/libexec/countersignd")  # where that user may execute it
        install_file(servers.PROGRAM, program, 0o755)
        identity = [f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        self.start_with = ["setpriv", *identity, "--", program]

    def write_settings(self, *arguments):
        self.settings = SETTINGS.with_name("countersignd.toml")
        super().write_settings(*arguments)
        os.chown(self.settings, 0, self.user.pw_gid)
        self.settings.chmod(0o640)


@pytest.fixture
def units_server(product):
    with UnitServer(FOLDER) as server:
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        assert f"\nUid:\t{server.user.pw_uid}\t" in status
        yield enrolled(product, LoginPhone(server, f"unix:{FOLDER}/api.sock"))
        server.stop(signal.SIGKILL)
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_the_socket_of_the_unit_is_taken_as_systemd_lays_it_out(product, units_server, way, gets):
    assert product.host.countersign("check").stdout == "ok\n"
    assert "server.url" not in product.host.countersign("check").stderr
    terminal = product.knock(way)
    units_server.approve(terminal, units_server.wait_for_request())
    assert gets_in(terminal, gets)
    product.decided(outcome="approved", factor="onetouch", user="alice")


@pytest.mark.parametrize(
    "owner, mode",
    [
        ("mallory", 0o755),
        ("_countersign-net", 0o755),
        ("_countersignd", 0o775),
        ("_countersignd", 0o757),
        ("root", 0o1777),
        ("root", 0o775),
    ],
)
def test_a_socket_that_others_than_root_and_the_server_could_have_made_is_not_asked(product, units_server, owner, mode):
    shutil.chown(FOLDER, owner)
    FOLDER.chmod(mode)
    assert product.knock("sudo").ends() != 0
    product.decided(outcome="unavailable", reason="settings", user="alice")
    checked = product.host.countersign("check", check=False)
    assert checked.returncode == 1 and "server.url" in checked.stderr


def test_a_folder_of_the_servers_in_one_of_somebody_elses_is_not_trusted(product, units_server):
    above = pathlib.Path("/run/mallorys")
    above.mkdir()
    shutil.chown(above, "mallory")
    FOLDER.rename(above / "countersignd")
    units_server.url = f"unix:{above}/countersignd/api.sock"
    product.configure(units_server, PATIENT)
    assert product.knock("sudo").ends() != 0
    product.decided(outcome="unavailable", reason="settings", user="alice")
    shutil.rmtree(above)


def test_a_server_that_is_stopped_takes_its_folder_away_and_a_code_of_the_host_still_does(product):
    phone = LoginPhone.__new__(LoginPhone)
    phone.url, phone.api_key = f"unix:{FOLDER}/api.sock", "key-of-a-server-that-is-gone"
    product.configure(phone, HASTY)
    product.link("alice", 1234567)
    token = product.softtoken("alice")
    assert not FOLDER.exists()
    terminal = product.knock("sudo")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")
    product.decided(outcome="approved", factor="softtoken", user="alice")
    assert "there is no socket" in product.host.countersign("check").stderr


def test_a_server_that_is_killed_lets_nobody_in(product):
    folder = pathlib.Path("/run/countersignd")  # one of its own, since it ends
    folder.mkdir(mode=0o755)
    with Server(folder, extra_listener=f"unix:{folder}/api.sock") as server:
        phone = enrolled(product, LoginPhone(server, f"unix:{folder}/api.sock"))
        product.configure(phone, HASTY)
        terminal = product.knock("sudo")
        phone.wait_for_request()
        server.stop(signal.SIGKILL)
    terminal.reads(prompts.CODE)
    terminal.answer(phone.code())
    terminal.reads(prompts.SERVER_TROUBLE)
    terminal.reads(prompts.CODE)
    terminal.interrupt_prompt()
    assert terminal.ends() != 0
    assert all(decision["outcome"] != "approved" for decision in product.decisions())


def new_phone(phone):
    """A phone that has opened the user's link, with the confirmation code that it shows."""
    new = Handset(phone.server, "Burner")
    assert new.enrol(link(phone.server, phone.authy_id)).status == 200
    return new, new.state()["confirmation"]


def is_confirmed(handset):
    return handset.state()["device"]["confirmed"]


def type_sent_code(phone, terminal):
    """Has a code sent, and types it."""
    terminal.reads(prompts.WORD_SMS)
    terminal.answer("sms")
    terminal.reads(prompts.CODE_SENT)
    terminal.reads(prompts.CODE)
    terminal.answer(phone.sent_code())


@pytest.mark.parametrize("way, gets", [("ssh", "alice"), ("sudo", "root")])
def test_a_link_and_the_password_are_no_way_past_a_factor_that_was_proven(product, countersignd, way, gets):
    """A user with both types the link's code and is not let in; with the factor too, the user is, and that confirms the
    phone."""
    phone = enrolled(product, LoginPhone(countersignd, countersignd.socket, has_device=False))
    first = product.knock("ssh")
    type_sent_code(phone, first)
    assert gets_in(first, "alice")
    new, confirmation = new_phone(phone)
    terminal = product.knock(way)
    terminal.reads(prompts.CODE)
    terminal.answer(confirmation)
    terminal.reads(prompts.CONFIRMS_ONLY)
    assert not is_confirmed(new)
    type_sent_code(phone, terminal)
    assert gets_in(terminal, gets) and is_confirmed(new)


def test_the_code_of_a_first_phone_is_a_first_login(product, countersignd):
    phone = enrolled(product, LoginPhone(countersignd, countersignd.socket, has_device=False))
    new, confirmation = new_phone(phone)
    terminal = product.knock("ssh")
    terminal.reads(prompts.CODE)
    terminal.answer(confirmation)
    assert gets_in(terminal, "alice") and is_confirmed(new)
    assert product.show("alice")["state"] == "confirmed"

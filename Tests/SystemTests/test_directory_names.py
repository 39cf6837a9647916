"""Users whose names come from a directory, as sssd and winbind write them."""

import pytest
from support.people import called
from test_self_enrolment import ASKS_NUMBER, countersignd, enrol, gateway  # noqa: F401

pytestmark = pytest.mark.product

ADDRESSES = {
    "alice@corp.example.com": "alice@corp.example.com",
    "CORP\\dora": "dora@example.com",
    "dora@CORP": "dora@example.com",
    "anna.m.oeller": "anna.m.oeller@example.com",
    "Alice.Smith": "Alice.Smith@example.com",
    "zoe+admin": "zoe+admin@example.com",
}


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_name_that_gives_an_address_gets_the_offer(product, gateway, name):
    with called(product.host, name):
        terminal = product.knock("ssh", name, options=("NumberOfPasswordPrompts=1",))
        enrol(terminal, gateway)
        assert terminal.ends() == 0
        account = product.show(name)
        assert account["state"] == "confirmed"
        status = gateway.server.application.call("GET", f"/protected/json/users/{account['authy_id']}/status").json[
            "status"
        ]
        assert status["email"] == ADDRESSES[name]


@pytest.mark.parametrize("name", ["dora smith", "dora$", "M\u00fcller", "x" * 65, "a..b"])
def test_for_a_name_that_gives_no_address_check_and_log_say_so(product, gateway, name):
    with called(product.host, name):
        done = product.host.countersign("check", check=False)
        assert "warning: enrolment.at_login: no offer to " in done.stderr and "--email ADDRESS" in done.stderr
        terminal = product.knock("ssh", name, options=("NumberOfPasswordPrompts=1",))
        assert terminal.ends() == 0
        [decision] = product.decisions()
        assert (decision["outcome"], decision["reason"]) == ("excused", "grace")
        assert decision["detail"] == "no offer to enroll: the user's name gives no e-mail address"

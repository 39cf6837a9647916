"""One phone is one number and one user, in any spelling; invalid numbers are refused everywhere alike."""

import json
import re
import urllib.parse

import pytest

from support.numbers_table import forms
from support.outside import Web, gateway, secret
from support.server import Handset, Server, link, own_folder

START = "/protected/json/phones/verification/start"


@pytest.fixture(scope="module")
def site():
    """A server whose text messages go to a web server."""
    with own_folder() as folder, Web() as web:
        key = secret(folder, "hook", "x" * 32)
        tables = "[limits]\nsends = 1000\ncalls_per_second = 0\n" + gateway(
            "webhook", **{"for": ["sms"]}, url=web.url, secret_file=str(key)
        )
        with Server(folder, tables=tables) as server:
            server.web = web
            yield server


def register(site, code, number, email="zoe@example.com"):
    user = {"email": email, "cellphone": number, "country_code": code}
    return site.application.call(
        "POST", "/protected/json/users/new", {"user": user, "send_install_link_via_sms": False}
    )


def test_one_phone_is_one_user_however_it_is_written(site):
    ids = {}
    for form in forms("given", True):
        reply = register(site, form["given"], form["text"])
        assert reply.status == 200, form
        ids.setdefault(form["is"], set()).add(reply.json["user"]["id"])
    assert all(len(found) == 1 for found in ids.values()), ids
    assert len(set.union(*ids.values())) == len(ids) > 20


@pytest.mark.parametrize("form", forms("given", False), ids=lambda form: ascii(form["text"])[:30])
def test_what_is_no_number_makes_no_user_and_gets_no_code(site, form):
    before = site.command("user", "list").stdout
    reply = register(site, form["given"], form["text"])
    fields = {"cellphone", "country_code"} & set(reply.json)
    assert (reply.status, reply.json["error_code"]) == (400, "60027") and fields, reply.text
    if not form["given"] or not form["text"]:
        code = "60004"
    else:
        code = "60078" if "no country code" in form["refused"] else "60033"
    for path in (START, START.replace("start", "check"), START.replace("start", "status")):
        parameters = {"country_code": form["given"], "phone_number": form["text"], "verification_code": "1"}
        refusal = site.application.call("POST", path, parameters)
        assert (refusal.status, refusal.json["error_code"]) == (400, code), (path, refusal.text)
    assert site.command("user", "list").stdout == before


def test_codes_go_to_the_number_of_e164_and_the_answer_names_it_as_it_was_written(site):
    """Written as one likes, a check is of the same number from start to end."""
    for form in forms("given", True):
        heard = len(site.web.calls)
        reply = site.application.call(
            "POST", START, {"via": "sms", "country_code": form["given"], "phone_number": form["text"]}
        )
        assert reply.status == 200, form
        code = re.sub("[ +]", "", form["given"])
        assert reply.json["message"] == f"Text message sent to +{code} {form['text']}."
        message = site.web.wait(heard + 1)[heard].json
        assert message["to"] == form["is"]
        number = {"country_code": form["given"], "phone_number": form["is"], "verification_code": message["code"]}
        assert site.application.call("GET", START.replace("start", "check"), number).status == 200, form


def test_change_phone_takes_what_enroll_takes(server):
    user = register(server, 1, "5551230077").json["user"]["id"]
    for form in forms(None, True):
        words = form["text"].split(" ") if form["text"].startswith("+") else [form["text"]]
        said = server.command("user", "change-phone", user, *[word for word in words if word]).stdout
        shown = json.loads(server.command("user", "show", user, "--json").stdout)["phone"]
        assert said == f"The phone number is {shown} now.\n" and shown.endswith(f"-XXX-XXX-XX{form['is'][-2:]}"), form
        server.command("user", "change-phone", user, "+15551230077")


@pytest.mark.parametrize(
    "form", [form for form in forms(None, False) if "\0" not in form["text"]], ids=lambda form: ascii(form["text"])[:30]
)
def test_change_phone_refuses_what_is_no_number_and_says_why(site, form):
    user = register(site, 1, "5551230077").json["user"]["id"]
    done = site.command("user", "change-phone", user, form["text"], check=False)
    assert (
        done.returncode == 1
        and done.stderr.startswith("error: not a phone number: ")
        and form["refused"] in done.stderr
    ), done.stderr
    assert register(site, 1, "5551230077").json["user"]["id"] == user


@pytest.mark.parametrize("between", [" ", "-", "\u00a0", "\u2011"])
def test_a_confirmation_code_is_taken_in_groups(server, user, between):
    phone = Handset(server)
    assert phone.enrol(link(server, user)).status == 200
    code = phone.state()["confirmation"]
    written = between.join([code[:3], code[3:]])
    assert "is confirmed" in server.command("user", "confirm", user, *written.split(" ")).stdout


@pytest.mark.parametrize("between", [" ", "-", "\u00a0", "\u2011", "\u2013"])
def test_a_code_is_taken_in_groups(server, user, between):
    app = server.application
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    code = server.codes()[-1]
    written = urllib.parse.quote(f" {code[:3]}{between}{code[3:]}", safe="")
    assert app.verify(written, user).status == 200
    number = {"country_code": 1, "phone_number": "5551230078"}
    assert app.call("POST", START, {"via": "sms", **number}).status == 200
    code = server.codes()[-1]
    written = f" {code[:2]}{between}{code[2:]}"
    assert app.call("GET", START.replace("start", "check"), {**number, "verification_code": written}).status == 200


def test_what_cannot_be_a_code_is_no_guess_at_a_number(server, app):
    number = {"country_code": 1, "phone_number": "5551230078"}
    assert app.call("POST", START, {"via": "sms", **number}).status == 200
    code = server.codes()[-1]

    def check(written):
        reply = app.call("GET", START.replace("start", "check"), {**number, "verification_code": written})
        return reply.status, reply.json.get("error_code")

    for written in ("abcd", f'"{code}"', "1", "+" + code, code + "0" * 10, "x" * 4_000):
        assert check(written) == (401, "60022")
    assert check(code) == (200, None)


@pytest.mark.parametrize("token", ["%2B{}", "+{}", "%22{}%22", "{}%00", "{}%2F..", "%zz{}", "{}%0A"])
def test_what_only_holds_a_code_is_none(server, app, user, token):
    assert app.call("GET", f"/protected/json/sms/{user}?force=true").status == 200
    assert app.verify(token.format(server.codes()[-1]), user).status == 401


def test_the_log_says_why_a_number_was_refused_and_holds_none(site):
    register(site, 39, "6 1234 5678")
    event = site.wait_for_event("number_refused")
    assert "1234" not in json.dumps(site.log) and event["reason"]

"""A phone number is the same one in a file, as an option and at the prompt, however it is written; or it is refused
with the reason."""

import json

import pytest

from enrolling import enrolment, server, stub, table  # noqa: F401
from support.numbers_table import FORMS, forms

USERS = ["games", "mail", "news", "proxy", "backup"]


def settings(desk, stub, form):
    code = f'country_code = "{form["usually"]}"\n' if "usually" in form else ""
    desk.settings(table(stub.url, "not-a-real-key", enrolment=code + 'email_domain = "example.com"\n'))


def lines(forms) -> str:
    rows = zip(USERS, forms)
    return "".join(
        json.dumps({"user": user, "country_code": form.get("given", ""), "phone": form["text"]}) + "\n"
        for user, form in rows
    )


def imported(desk, forms):
    path = desk.folder / "users.jsonl"
    path.write_text(lines(forms))
    return desk.run("import", path)


def groups(all_forms):
    """As many as there are users, with the same settings."""
    for usual in sorted({form.get("usually", "") for form in all_forms}):
        same = [form for form in all_forms if form.get("usually", "") == usual]
        yield from (same[start : start + len(USERS)] for start in range(0, len(same), len(USERS)))


def is_for_a_file(form) -> bool:
    """A line without a number is a different error, and so is a file that is not text."""
    return bool(form["text"].strip()) and "\0" not in form["text"]


def test_an_import_registers_the_same_number_however_it_is_written(desk, stub):
    for group in groups([form for form in FORMS if "is" in form]):
        settings(desk, stub, group[0])
        stub.registered.clear()
        said = imported(desk, group)
        assert said.code == 0, (group, said.err)
        assert set(stub.registered) == {form["is"][1:] for form in group}, group
        for user in USERS[: len(group)]:
            desk.does("unlink", user, "--yes")


def test_an_import_refuses_what_is_no_number_and_says_why(desk, stub):
    for group in groups(
        [form for form in FORMS if "refused" in form and is_for_a_file(form) and form.get("given") != ""]
    ):
        settings(desk, stub, group[0])
        said = imported(desk, group)
        faults = said.err.splitlines()[:-2]
        assert (said.code, len(faults)) == (1, len(group)), (group, said.err)
        for form, fault in zip(group, faults):
            reason = (
                "country_code is missing"
                if form["refused"] == "no country code" and "given" not in form
                else form["refused"]
            )
            assert reason in fault, (form, fault)
            assert "15123456789" not in fault and "5550100123" not in fault
    assert stub.registered == []


@pytest.mark.parametrize(
    "form", forms(None, True)[::3] + forms("usually", True), ids=lambda form: ascii(form["text"])[:30]
)
def test_enroll_registers_the_same_number_however_it_is_written(desk, stub, form):
    settings(desk, stub, form)
    desk.does("enroll", "games", f"--phone={form['text']}", "--later")
    assert stub.registered == [form["is"][1:]]


@pytest.mark.parametrize(
    "form",
    [form for form in forms(None, False) if form["text"] and "\0" not in form["text"]],
    ids=lambda form: ascii(form["text"])[:30],
)
def test_enroll_refuses_what_is_no_number_and_says_why(desk, stub, form):
    settings(desk, stub, form)
    said = desk.refuses("enroll", "games", f"--phone={form['text']}", "--later")
    assert said.startswith("error: --phone: not a phone number: ") and form["refused"] in said and "\nhint: " in said
    assert stub.registered == []

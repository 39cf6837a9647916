"""What people read when they log in: printed, and checked."""

import json
import pathlib
import re
import tomllib

import pytest
from conftest import give
from test_countersign_check import checked

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples"


def put(desk, text: str, mode: int = 0o644) -> pathlib.Path:
    path = desk.settings_file.with_name("texts.toml")
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    give(desk.folder)
    return path


def printed(desk) -> dict:
    return {one["id"]: one for one in json.loads(desk.does("texts", "--json").out)}


def test_all_texts_are_printed_as_toml_that_can_be_put_beside_the_settings(desk):
    done = desk.does("texts")
    assert done.err == ""
    texts = tomllib.loads(done.out)
    assert texts["again"] == "Please log in again."
    assert texts["recovery_left"] == {
        "one": "You have {count} recovery code left.",
        "other": "You have {count} recovery codes left.",
    }
    assert list(texts) == list(printed(desk))
    put(desk, done.out)
    assert tomllib.loads(desk.does("texts").out) == texts
    assert all(one["own"] for one in printed(desk).values())
    assert checked(desk) == ""


def test_own_texts_are_marked_and_stand_below_the_english_ones(desk):
    put(desk, 'again = "Sag \\"noch\\" \\\\ einmal."\nwrong_codes = "{count} falsche Codes."\n')
    lines = desk.does("texts").out.splitlines()
    place = lines.index('again = "Sag \\"noch\\" \\\\ einmal."')
    assert lines[place - 1] == "# English: Please log in again."
    assert 'wrong_codes = "{count} falsche Codes."' in lines
    texts = printed(desk)
    assert {name for name, one in texts.items() if one["own"]} == {"again", "wrong_codes"}
    assert texts["again"] == {"id": "again", "text": 'Sag "noch" \\ einmal.', "own": True, "places": []}
    assert texts["grace_left_until"]["places"] == ["count", "day"] and "one" in texts["grace_left_until"]
    assert "one" not in texts["wrong_codes"]


def quoted() -> list[str]:
    """The texts of logins that docs/admin/logins.md names, before its recipes for other programs."""
    tables = (DOCS / "admin/logins.md").read_text(encoding="utf-8").partition("### The order")[0]
    return [span for span in re.findall(r"`([^`]+)`", " ".join(tables.split())) if re.match(r"[A-Z]\w+ .*\w", span)]


def pattern(text: str) -> str:
    """A text as a pattern, with anything in its places; nothing in them where that ends a sentence."""
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))


def test_the_document_for_users_quotes_texts_that_there_are(desk):
    sentences = [one for one in printed(desk).values() if one["id"] != "word_or_word"]
    texts = [one[form] for one in sentences for form in ("one", "text") if form in one]
    whole = "|".join(pattern(text) for text in texts)
    beginnings = "|".join(
        pattern(" ".join(words[:count]))
        for words in (text.split() for text in texts)
        for count in range(2, len(words) + 1)
    )
    found = quoted()
    assert len(found) > 30
    for span in found:
        head = span.removesuffix("...").strip()
        assert re.fullmatch(f"(?:{whole})(?: (?:{whole}))*" if head == span else beginnings, head), span


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_examples_are_whole_and_right_but_for_old_clients(desk, language):
    text = (EXAMPLES / f"texts.{language}.toml").read_text(encoding="utf-8")
    path = put(desk, text)
    assert all(one["own"] for one in printed(desk).values())
    assert tomllib.loads(desk.does("texts").out) == tomllib.loads(text)
    warnings = checked(desk).splitlines()
    assert [line.split(": ", 1)[0] for line in warnings] == ["warning", "hint"]
    assert warnings[0].startswith(f"warning: {path}: ") and " texts with letters outside ASCII: " in warnings[0]
    assert "old ssh clients" in warnings[1]


def test_every_fault_is_an_error_with_file_line_key_and_hint(desk):
    path = put(desk, 'again = "x"\nagian = "x"\nwaiting_number = "x"\ntimeout = "a\\tb"\n[recovery_left]\none = "x"\n')
    done = desk.run("check", "--helpers", desk.helpers)
    assert (done.code, done.out) == (1, "settings ok, but some texts stay English: 4 problems\n")
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert errors == [
        f"error: {path}:2: agian: there is no text of this name",
        f"error: {path}:5: recovery_left: the form for other numbers than one is missing",
        f"error: {path}:4: timeout: this text has the character U+0009, which may not stand here",
        f"error: {path}:3: waiting_number: the place {{number}} is missing",
    ]
    assert 'hint: did you mean "again"?\n' in done.err
    assert "hint: the English text is: Check your phone and enter {number} there to approve.\n" in done.err
    report = json.loads(desk.run("check", "--helpers", desk.helpers, "--json").out)
    assert report["ok"] is False and report["error"]["message"].startswith("settings ok, but some texts stay English")


def test_faults_do_not_keep_the_texts_from_being_printed(desk):
    put(desk, "again = \n")
    done = desk.does("texts")
    assert tomllib.loads(done.out)["again"] == "Please log in again."
    assert done.err.startswith("error: ") and "hint: until then all texts are English\n" in done.err


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_a_file_that_others_may_write_is_an_error(desk, mode):
    path = put(desk, 'again = "x"\n', mode)
    done = desk.run("check", "--helpers", desk.helpers)
    assert done.code == 1 and f"error: {path}: unsafe" in done.err
    assert not any(one["own"] for one in printed(desk).values())


def test_the_warning_before_opting_out_is_that_of_the_file(desk, alice):
    put(desk, 'opt_out = "Ohne zweiten Faktor geht es auch, aber schlechter."\n')
    desk.settings('[enrolment]\nopt_out = "yes"\n')
    done = desk.does("opt-out", alice.pw_name, "--yes")
    assert "Ohne zweiten Faktor geht es auch, aber schlechter.\n" in done.err

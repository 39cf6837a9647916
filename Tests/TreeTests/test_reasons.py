"""docs/admin/log.md has a paragraph for each reason that a program logs, and the man page has its name."""

import pathlib
import re

from support.reasons import OUTCOMES, of_decisions, of_module

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/admin/log.md").read_text(encoding="utf-8")
HEADINGS = [*map(str.capitalize, OUTCOMES), "Unavailable, by the module itself"]


def paragraphs(heading: str) -> dict[str, str]:
    """The reasons under one heading of the document, with what is said of each."""
    part = DOCUMENT.partition(f"### {heading}\n")[2]
    part = re.split(r"^#{2,3} ", part, maxsplit=1, flags=re.MULTILINE)[0]
    pieces = re.split(r"^#### `(\w+)`$", part, flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(pieces[1::2], pieces[2::2])}


def test_each_reason_of_a_decision_has_its_paragraph_and_no_other_is_there():
    source = of_decisions()
    assert sorted(source) == sorted(OUTCOMES)
    assert {outcome: set(paragraphs(outcome.capitalize())) for outcome in OUTCOMES} == source


def test_each_reason_of_the_module_has_its_paragraph_and_no_other_is_there():
    assert "helper_failed" in of_module() and "no_items" in of_module()
    assert set(paragraphs("Unavailable, by the module itself")) == of_module()


def test_a_paragraph_says_what_it_means_and_what_to_do():
    told = [(name, text) for heading in HEADINGS for name, text in paragraphs(heading).items()]
    assert [name for name, text in told if len(text.split()) < 8] == []


def test_no_reason_has_two_paragraphs():
    names = re.findall(r"^#### `(\w+)`$", DOCUMENT, re.MULTILINE)
    assert len(names) == len(set(names)) > 35


def test_the_man_page_names_the_same_reasons():
    page = (ROOT / "docs/reference/man/pam_countersign.8").read_text(encoding="utf-8")
    told = page.partition("Reasons are, for\n")[2].partition("If a login has two lines")[0]
    words = {word for line in re.findall(r"^\.Li (.*)$", told, re.MULTILINE) for word in re.findall(r"\w+", line)}
    assert words == set().union(*of_decisions().values(), of_module())

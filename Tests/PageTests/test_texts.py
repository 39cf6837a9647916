"""The page's texts: every language has all of them, with the same places."""

import json
import re

import pytest
from test_files import PAGES, modules

LANGUAGES = ["de", "es"]
# What the keys of an object of plural forms are.
FORMS = {"one", "other"}


def texts(language: str) -> dict:
    """The object of a language's file, which has only strings, lists and objects in it; + joins long strings."""
    source = (PAGES / f"texts-{language}.js").read_text()
    literal = source[source.index("{", source.index(f"export const {language} = ")) :].removesuffix(";\n")
    joined = re.sub(r'" \+\n *"', "", literal)
    quoted = re.sub(r'("(?:[^"\\]|\\.)*")|(\w+):', lambda found: found[1] or f'"{found[2]}":', joined)
    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or "", quoted))


def flat(value: object, path: str = "") -> dict[str, list[str]]:
    """The places of each text by its path; all plural forms count as one text."""
    if isinstance(value, str):
        return {path: sorted(re.findall(r"\{(\w+)\}", value))}
    if isinstance(value, dict) and value.keys() == FORMS:
        return flat(value["other"], path)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {name: places for key, one in items for name, places in flat(one, f"{path}.{key}").items()}


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for one in (value.values() if isinstance(value, dict) else value) for text in strings(one)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_keys_and_places_of_english(language):
    assert flat(texts(language)) == flat(texts("en"))


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_text_is_not_empty_and_has_whole_places(language):
    for text in strings(texts(language)):
        assert text and text == text.strip()
        assert "{" not in re.sub(r"\{\w+\}", "", text) and "}" not in re.sub(r"\{\w+\}", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_not_english_in_disguise(language):
    same = set(strings(texts(language))) & {text for text in strings(texts("en")) if " " in text}
    assert {text for text in same if re.sub(r"\{\w+\}", "", text).strip()} == set()


def test_the_service_worker_has_a_text_in_every_language():
    listed = re.search(r"^const SOMEBODY = \{(.*?)\};", modules()["sw.js"], re.MULTILINE | re.DOTALL)
    assert listed and re.findall(r"^  (\w+):", listed[1], re.MULTILINE) == ["en", *LANGUAGES]


def test_no_other_file_has_a_sentence_in_it():
    for name, source in modules().items():
        if not name.startswith(("texts", "sw.")):
            code = re.sub(r"//.*|/\*.*?\*/", "", source, flags=re.DOTALL if "/*" in source else 0)
            assert re.findall(r'"[A-Z][a-z]+ [a-z]+ [^"]*"', code) == [], name

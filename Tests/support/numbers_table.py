"""Spellings of phone numbers, which all commands and calls accept or refuse alike."""

import json
import pathlib

FORMS = json.loads((pathlib.Path(__file__).resolve().parents[1] / "phone-numbers.json").read_text())


def forms(place: str | None, taken: bool) -> list[dict]:
    """- place: `given` or `usually`, for where the country code stands; None for numbers that have to name their
    own."""
    return [
        form
        for form in FORMS
        if ("is" in form) == taken and (place in form if place else not {"given", "usually"} & set(form))
    ]

"""The words that can follow reason= in the log, read out of the sources."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECISION = ROOT / "Sources/Host/LoginPolicy/Decision.swift"
MODULE = [*(ROOT / "CShim").glob("*.c"), *(ROOT / "Sources/Module").rglob("*.swift")]
OUTCOMES = ["approved", "excused", "denied", "unavailable"]


def of_decisions() -> dict[str, set[str]]:
    """The reasons of countersign-login by outcome: a comment in the enumeration begins each group."""
    source = DECISION.read_text(encoding="utf-8")
    body = re.search(r"enum Reason\b.*?\{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL)[1]
    found, outcome = {}, None
    for line in body.splitlines():
        if line.strip().removeprefix("// ") in OUTCOMES:
            outcome = line.strip().removeprefix("// ")
        elif case := re.match(r' +case (\w+)(?: = "(\w+)")?$', line):
            found.setdefault(outcome, set()).add(case[2] or case[1])
    return found


def of_module() -> set[str]:
    """The words in the calls that log a decision of the module itself, all of them `unavailable`."""
    calls = r'\b(?:log_failure|host_fail)\(h, "(\w+)"|\breport\("(\w+)"'
    texts = [path.read_text(encoding="utf-8") for path in MODULE]
    return {word for text in texts for pair in re.findall(calls, text) for word in pair if word}

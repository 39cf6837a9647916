"""AppArmor profiles: which file rules one has, as apparmor_parser sees it with its abstractions (apparmor.d(5))."""

import itertools
import pathlib
import re
import subprocess

PROFILES = pathlib.Path(__file__).resolve().parents[2] / "apparmor"
RULE = re.compile(r"^\s*((?:(?:deny|owner|audit|allow)\s+)*)((?:/|@\{)\S*)\s+([rwaklmixPpCcUu]+),")


class Profile:
    def __init__(self, name: str):
        self.file = PROFILES / name
        text = subprocess.run(
            ["apparmor_parser", "-p", "--base", "/etc/apparmor.d", self.file],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        self.variables: dict[str, list[str]] = {}
        for name, values in re.findall(r"^\s*@\{(\w+)\}\s*\+?=\s*(.+)$", text, re.MULTILINE):
            self.variables.setdefault(name, []).extend(values.split())
        self.allowed: list[tuple[re.Pattern, set[str]]] = []
        self.denied: list[tuple[re.Pattern, set[str]]] = []
        for match in filter(None, map(RULE.match, text.splitlines())):
            kind = self.denied if "deny" in match[1].split() else self.allowed
            kind += [(re.compile(pattern(path)), set(match[3])) for path in self.expanded(match[2])]

    def expanded(self, path: str) -> list[str]:
        match = re.search(r"@\{(\w+)\}", path)
        if not match:
            return [re.sub("//+", "/", path)]
        values = self.variables.get(match[1], [])
        return list(
            itertools.chain.from_iterable(
                self.expanded(path[: match.start()] + value.strip('"') + path[match.end() :]) for value in values
            )
        )

    def allows(self, path: str, access: str) -> bool:
        """`access`: letters of "rw"."""
        if any(rule.fullmatch(path) and letters & set(access) for rule, letters in self.denied):
            return False
        given = set().union(*(letters for rule, letters in self.allowed if rule.fullmatch(path)))
        return set(access) <= given


def pattern(glob: str) -> str:
    """The regular expression of a path with `*`, `**`, `?`, `[...]` and `{a,b}`."""
    parts = re.split(r"(\*\*|\*|\?|\{|\}|,|\[[^\]]*\])", glob)
    signs = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    depth, found = 0, []
    for part in parts:
        depth += {"{": 1, "}": -1}.get(part, 0)
        is_sign = part in signs and (part != "," or depth > 0)
        found.append(signs[part] if is_sign else part if part.startswith("[") else re.escape(part))
    return "".join(found)

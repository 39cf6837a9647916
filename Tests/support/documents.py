"""The commands in documents: fenced blocks in the language `sh` (commands) or `console` (commands with output)."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = {"sh", "console"}


@dataclasses.dataclass(frozen=True)
class Block:
    document: str
    heading: str
    language: str
    lines: tuple[str, ...]

    @property
    def first(self) -> str:
        """The first line that is no comment: what names the block."""
        return next(line for line in self.lines if self.language == "console" or not line.startswith("#"))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def steps(self) -> list[tuple[str, list[str]]]:
        """Of a console block: each command of root's, and the lines that it prints."""
        found: list[tuple[str, list[str]]] = []
        for line in self.lines:
            if line.startswith("# "):
                found.append((line.removeprefix("# "), []))
            else:
                found[-1][1].append(line)
        return found


def blocks(path: pathlib.Path) -> list[Block]:
    document, heading, language, lines, found = str(path.relative_to(ROOT)), "", None, [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        fence = re.match(r"( *)```(\w*)$", line)
        if fence and language is None:
            language, indent, lines = fence[2], fence[1], []
        elif fence:
            if language in RUN:
                found.append(Block(document, heading, language, tuple(lines)))
            language = None
        elif language is not None:
            lines.append(line.removeprefix(indent))
        elif line.startswith("#"):
            heading = line.lstrip("#").strip()
    return found


def missing(shown: list[str], output: str) -> str | None:
    """The first of these lines that the output has not, in this order. `...` stands for anything, blanks for any
    number of them."""
    rest = output.splitlines()
    for line in shown:
        pattern = re.compile(expression(line))
        while rest and not pattern.fullmatch(rest[0].strip()):
            rest.pop(0)
        if not rest:
            return line
        rest.pop(0)
    return None


def expression(line: str) -> str:
    parts = [r"\s+".join(map(re.escape, part.split())) for part in line.split("...")]
    return r".*".join(rf"\s*{part}\s*" if part else "" for part in parts)

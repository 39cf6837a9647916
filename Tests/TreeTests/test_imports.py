"""The suites' imports: what several of them need is in Tests/support, and pytest.ini alone puts it on the path."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "Tests"
SUITES = sorted({path.parent for path in TESTS.glob("*/test_*.py")})


def imported(path: pathlib.Path) -> set[str]:
    """The names of the modules that a file imports, at any depth of the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


def test_no_suite_imports_from_another():
    own = {suite: {path.stem for path in suite.glob("*.py")} for suite in SUITES}
    others = {suite: set().union(*own.values()) - own[suite] for suite in SUITES}
    foreign = [
        f"{path.relative_to(ROOT)}: {name}"
        for suite in SUITES
        for path in sorted(suite.glob("*.py"))
        for name in sorted(imported(path) & others[suite])
    ]
    assert foreign == [], "move it to Tests/support"


def test_the_package_imports_from_no_suite():
    suites = {path.stem for suite in SUITES for path in suite.glob("*.py")}
    package = sorted((TESTS / "support").glob("*.py"))
    assert [f"{path.name}: {name}" for path in package for name in sorted(imported(path) & suites)] == []


def test_nothing_changes_the_path_of_modules():
    scripts = [*TESTS.rglob("*.py"), *(ROOT / "support").glob("*.py")]
    path = "sys" + ".path"
    assert [file.name for file in scripts if path in file.read_text(encoding="utf-8")] == []

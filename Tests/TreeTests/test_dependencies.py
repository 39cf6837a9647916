"""What docs/develop/dependencies.md says of versions, and the bill of materials that is made from it."""

import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/develop/dependencies.md"
loader = importlib.machinery.SourceFileLoader("sbom", str(ROOT / "support/sbom"))
sbom = importlib.util.module_from_spec(importlib.util.spec_from_loader("sbom", loader))
loader.exec_module(sbom)


def test_the_exact_versions_are_those_of_the_build():
    resolved = ROOT / "Package.resolved"
    if not resolved.exists():
        pytest.skip("nothing was built in this folder, so that no versions were resolved")
    pins = {pin["identity"]: pin["state"]["version"] for pin in json.loads(resolved.read_text())["pins"]}
    assert {name: version for name, version, _, _ in sbom.swift_packages(DOCUMENT.read_text())} == pins


def test_the_bill_of_materials_names_each_of_them_and_is_the_same_each_time():
    command = [
        sys.executable,
        str(ROOT / "support/sbom"),
        str(DOCUMENT),
        str(ROOT / "Sources/Common/CommandSupport/Usage.swift"),
    ]
    one, other = (subprocess.run(command, check=True, capture_output=True).stdout for _ in range(2))
    assert one == other
    bill = json.loads(one)
    names = {package["name"] for package in bill["packages"]}
    assert {name for name, _, _, _ in sbom.swift_packages(DOCUMENT.read_text())} | {
        "countersign",
        *sbom.STATIC,
    } == names
    described = [each for each in bill["relationships"] if each["relationshipType"] == "DESCRIBES"]
    assert [each["relatedSpdxElement"] for each in described] == ["SPDXRef-countersign"]

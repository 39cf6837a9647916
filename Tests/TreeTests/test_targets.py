"""The targets of Package.swift: what imports what, and whether the picture of it is true."""

import importlib.machinery
import importlib.util
import pathlib
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
loader = importlib.machinery.SourceFileLoader("graph", str(ROOT / "support/graph"))
graph = importlib.util.module_from_spec(importlib.util.spec_from_loader("graph", loader))
loader.exec_module(graph)


@pytest.fixture(scope="module")
def targets():
    return graph.targets()


def outward(targets):
    return [
        f"{name} ({wing}) imports {each} ({targets[each][0]})"
        for name, (wing, imports) in targets.items()
        for each in imports
        if targets[each][0] not in graph.ALLOWED[wing]
    ]


def test_no_arrow_runs_outward(targets):
    assert outward(targets) == []


def test_an_arrow_from_the_server_into_the_host_is_seen(targets):
    changed = dict(targets, AuthyService=("Server", ["Accounts"]))
    assert outward(changed) == ["AuthyService (Server) imports Accounts (Host)"]


def test_the_picture_shows_the_targets_and_arrows_that_there_are(targets):
    title = "{http://www.w3.org/2000/svg}title"
    shown = {element.text for element in ElementTree.parse(ROOT / "docs/develop/targets.svg").iter(title)}
    wings = {f"cluster_{wing}" for wing in graph.WINGS}
    arrows = {f"{name}->{each}" for name, each in graph.arrows(targets)}
    assert shown == {"targets"} | wings | targets.keys() | arrows, "run make graph"


def test_each_folder_of_the_sources_is_a_target_in_its_wing(targets):
    folders = {f"{path.parent.name}/{path.name}" for path in (ROOT / "Sources").glob("*/*") if path.is_dir()}
    assert folders == {f"{wing}/{name}" for name, (wing, _) in targets.items() if name != "CShim"}

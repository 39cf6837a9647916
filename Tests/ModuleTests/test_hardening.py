"""How the files that ship are built and linked, read from the files themselves."""

import re
import subprocess

import pytest

from conftest import BUILT, ROOT

# A static program of Swift has a fixed place: docs/develop/adr/0065-how-what-ships-is-linked.md.
FIXED = "countersign-login"
PROGRAMS = ["countersign-login", "countersign-net", "countersign", "countersignd"]
LOADED = ["countersign-net", "countersign", "countersignd", "pam_countersign.so"]
FILES = [*PROGRAMS, "pam_countersign.so"]
COMMANDS = ROOT / ".build-release/release.yaml"


def readelf(option: str, name: str) -> str:
    return subprocess.run(
        ["readelf", "--wide", option, BUILT / name], check=True, capture_output=True, text=True
    ).stdout


def is_for_development() -> bool:
    return "libswiftCore" in readelf("--dynamic", "countersignd")


@pytest.fixture(autouse=True, scope="module")
def release():
    if is_for_development():
        pytest.skip("a build for development is not what ships: make build")


@pytest.mark.parametrize("name", LOADED)
def test_its_place_in_memory_is_random(name):
    assert re.search(r"Type:\s+DYN ", readelf("--file-header", name))
    assert "TEXTREL" not in readelf("--dynamic", name)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != FIXED])
def test_a_program_is_a_pie(name):
    assert re.search(r"FLAGS_1.*\bPIE\b", readelf("--dynamic", name))


def test_the_program_that_decides_loads_nothing():
    assert "INTERP" not in readelf("--program-headers", "countersign-login")
    assert "NEEDED" not in readelf("--dynamic", "countersign-login")


@pytest.mark.parametrize("name", FILES)
def test_what_the_linker_fills_in_is_read_only_before_the_first_act(name):
    assert "GNU_RELRO" in readelf("--program-headers", name)
    # The linker fills in nothing when a static program starts.
    assert name == FIXED or re.search(r"BIND_NOW|\bNOW\b", readelf("--dynamic", name))


@pytest.mark.parametrize("name", FILES)
def test_it_looks_for_libraries_where_the_system_has_them(name):
    assert not re.search(r"RUNPATH|RPATH", readelf("--dynamic", name))


@pytest.mark.parametrize("name", FILES)
def test_no_memory_can_be_written_and_run(name):
    headers = readelf("--program-headers", name)
    assert re.search(r"GNU_STACK .* RW +0", headers) and "RWE" not in headers


@pytest.mark.parametrize("name", LOADED)
def test_overwritten_stacks_and_buffers_are_noticed(name):
    symbols = readelf("--dyn-syms", name)
    assert "__stack_chk_fail" in symbols and re.search(r"\b__\w+_chk\b", symbols.replace("__stack_chk_fail", ""))


def test_every_file_of_c_and_cpp_is_compiled_with_those_checks():
    """Those of dependencies too. SwiftPM writes its commands down."""
    if not COMMANDS.exists():
        pytest.skip("the build was made elsewhere: its commands are not here")
    lines = re.findall(r'^    args: (\["[^"]*/clang".*\])$', COMMANDS.read_text(), re.MULTILINE)
    assert len(lines) > 100
    for flag in ["-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"]:
        assert [line[-200:] for line in lines if f'"{flag}"' not in line] == []


@pytest.mark.parametrize("name", FILES)
def test_the_folder_of_the_build_is_not_in_it(name):
    assert f"{ROOT}/".encode() not in (BUILT / name).read_bytes()

"""The libraries that the module loads into the login program."""

import subprocess

from conftest import BUILT

MODULE = BUILT / "pam_countersign.so"


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_the_module_exports_two_functions_and_needs_libc_libm_and_libpam_only():
    exports = [line.split()[-1] for line in lines("nm", "-D", "--defined-only", MODULE)]
    assert sorted(exports) == ["pam_sm_authenticate", "pam_sm_setcred"]
    needs = {line.split("[")[1].rstrip("]") for line in lines("readelf", "-d", MODULE) if "(NEEDED)" in line}
    assert needs <= {"libpam.so.0", "libc.so.6", "libm.so.6"}


def test_the_module_stays_loaded_and_is_bound_at_once():
    flags = " ".join(line for line in lines("readelf", "-d", MODULE) if "FLAGS" in line)
    assert "NODELETE" in flags and "NOW" in flags


def test_the_module_has_no_swift_runtime_no_threads_and_no_signal_handlers():
    imports = {line.split()[-1].split("@")[0] for line in lines("nm", "-D", "--undefined-only", MODULE)}
    assert not {name for name in imports if name.startswith(("swift_", "$s"))}
    assert not imports & {
        "pthread_create",
        "signal",
        "setenv",
        "putenv",
        "system",
        "popen",
        "execvp",
        "stdout",
        "stderr",
        "exit",
    }


def test_the_relay_allocates_nothing_and_cannot_trap():
    """Embedded Swift ends the process without memory, and if a check of its library fails. Only C allocates, and
    checks."""
    imports = {line.split()[-1].split("@")[0] for line in lines("nm", "-D", "--undefined-only", MODULE)}
    assert imports & {
        "malloc",
        "calloc",
        "realloc",
        "posix_memalign",
        "aligned_alloc",
        "putchar",
        "arc4random_buf",
    } == {"malloc", "realloc"}
    code = lines("objdump", "--disassemble", "--no-show-raw-insn", MODULE)
    traps = [line for line in code if line.split()[1:2] in (["ud2"], ["brk"], ["udf"])]
    # One is in the personality routine for stack unwinding, which is never used.
    assert len(traps) <= 1, traps

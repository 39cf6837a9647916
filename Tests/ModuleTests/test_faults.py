"""Whatever fails under the module, allocations and calls of the C library, one after another: nobody is let in, the login program lives on, and
nothing is left behind. See faults.c."""

import contextlib
import grp
import itertools
import os
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import BUILT, HERE, PAM_AUTH_ERR, PAM_SUCCESS

# Of the module's, and libpam's own: it opens the audit, and allocates, before it calls the module.
REFUSALS = {PAM_AUTH_ERR, 4, 5}
# What tells the module nothing that it needs when it fails: a descriptor is closed anyway, no signal is pending mostly,
# and where there is no terminal nobody presses Enter at it.
HARMLESS = {"close", "sigtimedwait", "open /dev/tty"}
# Each says by its failure that there is no terminal, or no client, to listen to.
LISTENING = {"getpeername", "getsockopt", "isatty", "tcgetattr", "tcgetpgrp", "tcgetsid", "tcflush"}

# What the module calls besides what faults.c makes fail: it cannot fail, or is not asked whether it did.
CANNOT_FAIL = {
    "exit", "clock_gettime", "errno_location", "free", "getenv", "geteuid", "getgroups", "getpid", "getresgid", "getresuid", "getsid", "getuid", "umask",
    "memcpy", "memset", "snprintf", "vsnprintf", "strcmp", "strcspn", "strchr", "strerror", "strlen", "strncmp", "strnlen", "strrchr", "strspn",
    "strtoull", "explicit_bzero", "sigaddset", "sigemptyset", "sigfillset", "stack_chk_fail", "syslog", "cxa_finalize", "gmon_start__", "inet_pton", "getpgrp", "sigismember", "strtoul",
}
# Only where the login program runs as root; the system tests do that.
OF_ROOT = {"sched_setaffinity", "sched_setscheduler", "setpriority", "syscall", "setgroups", "setresgid", "setresuid"}


def one_fault(host, path, number):
    """A login in which that call fails. Gives the names of those that failed, in the login program and in its children, and the login."""
    path.write_bytes(struct.pack("i1020s", number, b""))
    os.chmod(path, 0o666)
    login = host.login(env={"LD_PRELOAD": str(host.product / "faults.so"), "FAULTS": str(path)})
    with contextlib.suppress(BrokenPipeError):  # it has ended without a prompt
        login.answer("123456")
    result, left = login.result(), login.finish()
    return path.read_bytes()[4:].rstrip(b"\0").decode().splitlines(), result, left, login


@pytest.fixture
def busy_host(host):
    """One whose login makes the module do whatever it can be asked to do."""
    group = grp.getgrgid(host.user.pw_gid).gr_name
    host.compiled_helper("countersign-login", "fake_login.c", BEHAVIOUR="all_of_it", GROUP=f'"{group}"')
    host.compiled_helper("countersign-net", "fake_net.c")
    return host


def test_every_allocation_and_every_call_that_fails_denies_and_leaves_nothing_behind(busy_host, tmp_path):
    files = [tmp_path / f"faults-{number}" for number in range(4)]
    failed = set()
    with ThreadPoolExecutor(len(files)) as pool:
        for first in itertools.count(1, len(files)):
            faults = list(pool.map(lambda path, number: one_fault(busy_host, path, number), files, range(first, first + len(files))))
            for names, result, left, login in faults:
                assert login.process.returncode == 0, (names, login.events)
                assert left == [], (names, login.events)
                assert result in right_results(names), (names, login.events)
            if not any(names for names, *_ in faults):
                break
            failed.update(name for names, *_ in faults for name in names)
    assert failed > {"malloc for pam_countersign.so", "fork", "poll", "recvmsg", "send", "waitpid", "getpwnam_r", "execveat"}


def right_results(names):
    """Where one of the C library's sources of users gets no memory, it may ask another one."""
    results = {PAM_SUCCESS} if HARMLESS.issuperset(names) else REFUSALS
    return results | {PAM_SUCCESS} if all(" for libc." in name for name in names) else results


def test_every_call_of_the_module_is_made_to_fail_here_or_cannot():
    imports = [line.split()[-1].split("@")[0] for line in run("nm", "-D", "--undefined-only", BUILT / "pam_countersign.so")]
    # Without what the compiler puts round a name.
    names = {re.sub(r"^_+(isoc99_|isoc23_)?|_chk$|_2$", "", name) for name in imports if not name.startswith(("pam_", "_ITM_"))}
    made_to_fail = set(re.findall(r"^(?:CALL\(\w+, |CODE\(|WITH_MODE\(|int |void \*)(\w+)", (HERE / "faults.c").read_text(), re.M))
    assert names - made_to_fail - OF_ROOT - LISTENING - CANNOT_FAIL == set()


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

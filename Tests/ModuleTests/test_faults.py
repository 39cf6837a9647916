"""Allocations and calls of the C library fail under the module, one after another: no user is let in, the login
program lives on, and nothing is left behind. See faults.c."""

import contextlib
import itertools
import os
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import BUILT, HERE, PAM_AUTH_ERR, PAM_SUCCESS
from test_presence import Connection

# Of the module's, and libpam's own: it opens the audit, and allocates, before it calls the module.
REFUSALS = {PAM_AUTH_ERR, 4, 5}
# What tells the module nothing that it needs when it fails: a descriptor is closed anyway, no signal is pending mostly,
# where there is no terminal nobody presses Enter at it, and how countersign-net ended is no matter.
HARMLESS = {"close", "sigtimedwait", "open /dev/tty", "waitpid 2"}
# The failure of each means that there is no terminal, or no client, to listen to.
AT_A_TERMINAL = {"isatty", "tcgetattr", "tcgetpgrp", "tcgetsid", "tcflush"}
OF_A_CLIENT = {"getpeername", "getsockopt"}

# What the module calls besides what faults.c makes fail: it cannot fail, or is not asked whether it did.
CANNOT_FAIL = {
    "exit",
    "clock_gettime",
    "errno_location",
    "free",
    "getenv",
    "geteuid",
    "getegid",
    "getgroups",
    "getpid",
    "getresgid",
    "getresuid",
    "getsid",
    "getuid",
    "umask",
    "memcpy",
    "memcmp",
    "bcmp",
    "memset",
    "snprintf",
    "vsnprintf",
    "strcmp",
    "strcspn",
    "strchr",
    "strerror",
    "strlen",
    "strncmp",
    "strnlen",
    "strrchr",
    "strspn",
    "strtoull",
    "explicit_bzero",
    "sigaddset",
    "sigemptyset",
    "sigfillset",
    "stack_chk_fail",
    "syslog",
    "cxa_finalize",
    "gmon_start__",
    "inet_pton",
    "getpgrp",
    "sigismember",
    "strtoul",
    "ctype_b_loc",
    "dlclose",
    "dlsym",
    "fclose",
    "feof",
    "ferror",
    "memchr",
    "strncasecmp",
    # test_journal.py: without the journal, syslog has the line.
    "readlink",
    "socket",
    "sendmsg",
    "program_invocation_short_name",
}
# Only where the login program runs as root: SystemTests/test_hygiene.py has them fail. `syscall` is ioprio_set.
OF_ROOT = {"sched_setaffinity", "sched_setscheduler", "setpriority", "syscall", "setgroups", "setresgid", "setresuid"}


def one_fault(host, path, process, number, *settings, only=None, descriptors=()):
    """A login in which that call fails of that process: 0 is the login program. `only`: the calls that are counted.
    Gives its name, empty where it did not come, and the login."""
    path.write_bytes(struct.pack("ii1016s", number, process, b""))
    os.chmod(path, 0o666)
    env = {"LD_PRELOAD": str(host.product / "faults.so"), "FAULTS": str(path)}
    if only:
        env["FAULTS_ONLY"] = f",{','.join(only)},"
    login = host.login(*settings, env=env, descriptors=descriptors)
    with contextlib.suppress(BrokenPipeError):  # it has ended without a prompt
        login.answer("123456")
    result, left = login.result(), login.finish()
    return path.read_bytes()[8:].rstrip(b"\0").decode(), result, left, login


@pytest.fixture
def busy_host(host):
    """A user whose login makes the module use all its functions."""
    host.compiled_helper("countersign-login", "fake_login.c", BEHAVIOUR="all_of_it")
    host.compiled_helper("countersign-net", "fake_net.c")
    return host


IN_THE_LOGIN_PROGRAM = {
    "malloc for pam_countersign.so",
    "realloc for pam_countersign.so",
    "getpwnam_r",
    "fopen",
    "fgets",
    "fgetgrent_r",
    "gethostname",
    "open /proc/self/stat",
    "read",
    "openat",
    "fstat",
    "socketpair",
    "fork",
    "pidfd_open",
    "send",
    "recvmsg",
    "poll",
    "signalfd",
    "sigaction",
    "sigpending",
    "pthread_sigmask",
    "waitpid 1",
}
IN_A_CHILD = {
    "getrlimit",
    "setrlimit",
    "fcntl",
    "open /dev/null",
    "dup2",
    "dup3",
    "close_range",
    "sigaction",
    "sigprocmask",
    "setsid",
    "chdir",
    "execveat",
}


@pytest.mark.parametrize("process, calls", [(0, IN_THE_LOGIN_PROGRAM), (1, IN_A_CHILD), (2, IN_A_CHILD)])
def test_every_allocation_and_every_call_that_fails_denies_and_leaves_nothing_behind(
    busy_host, tmp_path, process, calls
):
    files = [tmp_path / f"faults-{number}" for number in range(4)]
    failed = set()
    with ThreadPoolExecutor(len(files)) as pool:
        for first in itertools.count(1, len(files)):
            numbers = range(first, first + len(files))
            faults = list(pool.map(lambda path, number: one_fault(busy_host, path, process, number), files, numbers))
            for name, result, left, login in faults:
                assert login.process.returncode == 0, (name, login.events)
                assert left == [], (name, login.events)
                assert result in right_results(name), (name, login.events)
            failed.update(part for name, *_ in faults for part in (name, name.split(" ")[0]))
            if "" in failed:
                break
    assert failed >= calls, calls - failed


def faults_while_listening(host, path, calls, *settings, descriptors=()):
    """Makes each of these calls fail in turn: the login goes on."""
    failed = set()
    for number in itertools.count(1):
        name, result, left, login = one_fault(host, path, 0, number, *settings, only=calls, descriptors=descriptors)
        assert (login.process.returncode, result, left) == (0, PAM_SUCCESS, []), (name, login.events)
        if not name:
            assert failed == calls
            return
        failed.add(name)


def test_a_terminal_at_which_nobody_can_listen_keeps_nobody_out(busy_host, tmp_path):
    primary, secondary = os.openpty()
    try:
        os.chown(path := os.ttyname(secondary), busy_host.user.pw_uid, -1)
        faults_while_listening(busy_host, tmp_path / "faults", AT_A_TERMINAL, f"terminal={path}")
    finally:
        os.close(primary), os.close(secondary)


def test_a_client_that_cannot_be_watched_is_not_kept_out(busy_host, tmp_path):
    connection = Connection()
    with connection.client, connection.server:
        descriptors = [connection.server.fileno()]
        faults_while_listening(
            busy_host, tmp_path / "faults", OF_A_CLIENT, *connection.settings, descriptors=descriptors
        )


def right_results(name):
    """A library that gets no memory may get along without: one source of users is asked where another fails. Either
    child may be waited for."""
    if name in HARMLESS | {""}:
        return {PAM_SUCCESS}
    is_others = " for " in name and not name.endswith("pam_countersign.so")
    return REFUSALS | {PAM_SUCCESS} if is_others or name == "poll 1" else REFUSALS


def test_every_call_of_the_module_is_made_to_fail_here_or_cannot():
    imports = [
        line.split()[-1].split("@")[0] for line in run("nm", "-D", "--undefined-only", BUILT / "pam_countersign.so")
    ]
    # Without the compiler's additions to a name.
    names = {
        re.sub(r"^_+(isoc99_|isoc23_)?|_chk$|_2$", "", name)
        for name in imports
        if not name.startswith(("pam_", "_ITM_"))
    }
    made_to_fail = set(
        re.findall(
            r"^(?:CALL\(\w+, |CODE\(|WITH_MODE\(|int |pid_t |void \*|FILE \*|char \*)(\w+)",
            (HERE / "faults.c").read_text(),
            re.M,
        )
    )
    assert names - made_to_fail - OF_ROOT - CANNOT_FAIL == set()
    there = (HERE.parent / "SystemTests" / "test_hygiene.py").read_text()
    assert [name for name in OF_ROOT - {"syscall"} | {"ioprio_set"} if f'"{name}"' not in there] == []


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

"""The machine's libpam on stacks of a test's own: what a login program would get to hear."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys

from support.patience import PATIENCE

SUCCESS = 0
STAND_IN = """
#include <security/pam_modules.h>
#include <stdlib.h>
/* Says that it was called, and returns what the environment of PAM says. */
int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    const char *result = pam_getenv(pamh, "RESULT");
    (void)flags, (void)argc, (void)argv;
    return pam_putenv(pamh, "ASKED=yes") != PAM_SUCCESS || result == NULL ? PAM_SYSTEM_ERR : atoi(result);
}
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    return (void)pamh, (void)flags, (void)argc, (void)argv, PAM_SUCCESS;
}
"""


class _Conversation(ctypes.Structure):
    _fields_ = [("conv", ctypes.c_void_p), ("data", ctypes.c_void_p)]


def stand_in(folder: pathlib.Path) -> pathlib.Path:
    """A module in place of pam_countersign.so that says whether it was asked."""
    module = folder / "pam_countersign.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", module, "-xc", "-", "-lpam"],
        input=STAND_IN.encode(),
        check=True,
        timeout=PATIENCE,
    )
    return module


def authenticate(service: str, results: list[int]) -> dict[int, tuple[int, bool]]:
    """pam_authenticate(3) for a service, if the stand-in returns each of these: its result, and whether the stand-in
    was asked. Empty if libpam cannot read the stack."""
    libpam = ctypes.CDLL("libpam.so.0")
    libpam.pam_getenv.restype = ctypes.c_char_p
    handle = ctypes.c_void_p()
    started = libpam.pam_start(service.encode(), b"root", ctypes.byref(_Conversation()), ctypes.byref(handle))
    if started != SUCCESS:
        return {}
    said = {}
    for result in results:
        libpam.pam_putenv(handle, b"ASKED")
        assert libpam.pam_putenv(handle, f"RESULT={result}".encode()) == SUCCESS
        ended = libpam.pam_authenticate(handle, 0)
        said[result] = ended, libpam.pam_getenv(handle, b"ASKED") is not None
    libpam.pam_end(handle, ended)
    return said


def apart(service: str, results: list[int]) -> dict[int, tuple[int, bool]]:
    """The same in a process of its own: empty too if libpam crashes."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, json.dumps(list(authenticate(service, results).items())).encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        said = dict(json.loads(answer.read() or "[]"))
    os.wait()
    return said


def walk(services: list[str], refusals: list[int]) -> dict[str, dict]:
    """Of each service: whether somebody gets in unasked, refused by the stand-in, or approved by it."""
    found = {}
    for service in services:
        said = apart(service, [SUCCESS, *refusals])
        letting = {result: asked for result, (ended, asked) in said.items() if ended == SUCCESS}
        found[service] = {
            "unasked": not all(letting.values()),
            "refused": any(asked for result, asked in letting.items() if result != SUCCESS),
            "approved": SUCCESS in letting,
        }
    return found


if __name__ == "__main__":
    print(json.dumps(walk(*json.loads(sys.argv[1]))))

"""Debian machines for tests: a root by debootstrap, booted with systemd as its first process in namespaces of its own.

Roots are kept in .build-machines, one for each release and list of packages; a machine writes into memory over its
root.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time

from support.patience import PATIENCE
from support.terminal import Terminal

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
ROOTS = REPOSITORY / ".build-machines"
# What an ordinary host has, and what our programs need of it (docs/develop/dependencies.md).
PACKAGES = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "libpam-systemd",
    "libnss-systemd",
    "openssh-server",
    "openssh-client",
    "sudo",
    "login",
    "passwd",
    "procps",
    "iproute2",
    "ca-certificates",
    "make",
    "curl",
    "libqrencode4",
    "libsqlite3-0",
    "libpam0g",
    "libcrypt1",
    "libphonenumber8",
    "libstdc++6",
]
RELEASES = {"bookworm": ["libcurl4"], "trixie": ["libcurl4t64"]}
ENVIRONMENT = [
    "env",
    "-i",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "TERM=dumb",
    "LANG=C.UTF-8",
    "USER=root",
    "LOGNAME=root",
]


def mirror() -> str | None:
    """Where this machine has its packages from, or None for debootstrap's own choice."""
    if "MIRROR" in os.environ:
        return os.environ["MIRROR"]
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
    )
    found = [line.removeprefix("Debian ") for line in targets.stdout.splitlines() if line.startswith("Debian ")]
    return next((uri for uri in sorted(set(found)) if "security" not in uri), None)


def root(release: str) -> pathlib.Path:
    """The root of a release, made at the first call: that takes some minutes."""
    packages = PACKAGES + RELEASES[release]
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    place = ROOTS / f"{release}-{key}"
    if (place / ".countersign-test-root").exists():
        return place
    ROOTS.mkdir(exist_ok=True)
    draft = ROOTS / f"{place.name}.{os.getpid()}"
    uri = mirror()
    done = subprocess.run(
        [
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(packages)}",
            release,
            draft,
            *([uri] if uri else []),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"debootstrap {release}: {done.stdout[-2000:]}{done.stderr}"
    (draft / ".countersign-test-root").touch()
    shutil.rmtree(place, ignore_errors=True)
    draft.rename(place)
    return place


class Machine:
    """One that is up. `build` is what `make install` installs there."""

    def __init__(self, release: str, build: pathlib.Path, console: pathlib.Path):
        self.release, self.build, self.console = release, build, console
        # It ends with this process, however that ends.
        boot = ["setpriv", "--pdeathsig", "TERM", "--", HERE / "boot"]
        self._boot = subprocess.Popen([*boot, f"test-{release}", root(release), REPOSITORY, console])
        self.pid = self._first_process()
        try:
            self._wait_until_up()
        except BaseException:
            self.stop()
            raise

    def _first_process(self) -> int:
        """systemd's number here: the child of unshare."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._boot.poll() is None:
            for shell in children(self._boot.pid):
                for pid in children(shell):
                    if pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                        return pid
            time.sleep(0.05)
        self._boot.kill()
        raise AssertionError(f"{self.release} did not boot: {self.console.read_text()[-2000:]}")

    def _wait_until_up(self) -> None:
        until = time.monotonic() + PATIENCE
        while self.run("systemctl", "is-system-running", check=False).stdout.strip() not in ("running", "degraded"):
            assert time.monotonic() < until, f"{self.release} is not up: {self.console.read_text()[-2000:]}"
            time.sleep(0.2)
        failed = self.run("systemctl", "--failed", "--no-legend", "--plain").stdout
        assert not failed, failed

    def stop(self) -> None:
        self.run("systemctl", "poweroff", check=False)
        try:
            self._boot.wait(30)
        except subprocess.TimeoutExpired:
            self._boot.terminate()
            self._boot.wait(10)

    # What is done there

    def inside(self, *command, user: str | None = None) -> list[str]:
        """The arguments that run a command there as root, or as a user with that user's groups."""
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"] if user else []
        namespaces = ["-m", "-p", "-n", "-u", "-i", "-C", "-r", "-w"]
        return ["nsenter", "-t", str(self.pid), *namespaces, *ENVIRONMENT, *become, *map(str, command)]

    def run(self, *command, check=True, stdin: str | None = None) -> subprocess.CompletedProcess:
        done = subprocess.run(self.inside(*command), input=stdin, capture_output=True, text=True, timeout=PATIENCE)
        assert not check or done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    def shell(self, script: str) -> str:
        """As root types it, in a folder with the sources."""
        return self.run("bash", "-euo", "pipefail", "-c", f"cd /mnt/countersign\n{script}").stdout

    def terminal(self, *command, user: str | None = None) -> Terminal:
        return Terminal(self.inside(*command, user=user), limit=40)

    def write(self, path: str, text: str) -> None:
        self.run("tee", path, stdin=text)

    def copy(self, path: pathlib.Path, to: pathlib.Path | str) -> None:
        """A file of this machine, there."""
        with path.open("rb") as file:
            subprocess.run(self.inside("tee", to), stdin=file, stdout=subprocess.DEVNULL, check=True)

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def journal(self, *arguments) -> str:
        return self.run("journalctl", "--no-pager", "-o", "cat", *arguments, check=False).stdout

    def stock(self, path: str) -> str:
        """A file as Debian ships it."""
        return (root(self.release) / path.lstrip("/")).read_text()

    # The product

    def install(self) -> None:
        """`make install`, from the sources that the machine sees. A build for development brings the libraries of its
        compiler."""
        for path in runtime_libraries(self.build):
            self.run("mkdir", "-p", path.parent)
            self.copy(path, path)
        self.shell(f"make --silent install BUILT={self.build.relative_to(REPOSITORY)} && systemctl daemon-reload")


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def runtime_libraries(build: pathlib.Path) -> list[pathlib.Path]:
    """The libraries of Swift that programs load, which a release has inside."""
    programs = ["countersign", "countersignd", "countersign-login", "countersign-net"]
    listed = "".join(subprocess.run(["ldd", build / name], capture_output=True, text=True).stdout for name in programs)
    return sorted({pathlib.Path(path) for path in re.findall(r"=> (/\S*/swift/\S+)", listed)})

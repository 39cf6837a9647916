"""container/Containerfile: its steps on a private host, then the server as the image would run it."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from support import symptoms
from support.host import REPOSITORY, install_file
from support.patience import PATIENCE, until
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

FILE = REPOSITORY / "container/Containerfile"
VOLUME = pathlib.Path("/var/lib/countersignd")
SETTINGS = pathlib.Path("/etc/countersign/countersignd.toml")
# Everything becomes read-only but the volume, /dev and /proc; then the process becomes the image's user.
AS_IN_A_CONTAINER = """
mount --bind /var/lib/countersignd /var/lib/countersignd
for place in $(findmnt -rno TARGET | grep -vE '^/(dev|proc|sys|var/lib/countersignd)(/|$)'); do
  mount -o remount,bind,ro "$place" 2>/dev/null || true
done
exec setpriv --reuid=855 --regid=855 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
"""


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", "")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def told(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def words(name: str) -> list[str]:
    """The last instruction of this name, in the form of a list."""
    return json.loads(re.search(r"\[.*\]", told(name)[-1])[0])


@pytest.fixture
def image(host):
    """The private host with what the file makes, but for apt-get."""
    with contextlib.ExitStack() as stack:
        for table in ["passwd", "group", "shadow", "gshadow"]:
            file = stack.enter_context(symptoms.kept(f"/etc/{table}"))
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            file.write_text("".join(line for line in lines if not line.startswith("_countersignd:")), encoding="utf-8")
        (users,) = [command for command in told("RUN") if "useradd" in command]
        subprocess.run(["sh", "-euc", users], check=True, env=ENVIRONMENT)
        install_file(host.build / "countersignd", pathlib.Path("/usr/bin/countersignd"), 0o755)
        port = '["127.0.0.1:0", "unix:/var/lib/countersignd/api.sock"]'
        SETTINGS.write_text(f'[server]\nlisten = {port}\npublic_url = "http://localhost"\n', encoding="utf-8")
        shutil.chown(SETTINGS, "root", 855)
        SETTINGS.chmod(0o640)
        yield host
        for path in [VOLUME, pathlib.Path("/usr/bin/countersignd")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def start(*arguments: str) -> subprocess.Popen:
    entry = [*words("ENTRYPOINT"), *arguments]
    # As `USER` and `--read-only` say.
    return subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", AS_IN_A_CONTAINER, "sh", *entry],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def is_healthy() -> bool:
    return subprocess.run(words("HEALTHCHECK"), env={"PATH": "/usr/bin:/bin"}, capture_output=True).returncode == 0


def test_it_serves_as_an_ordinary_user_on_a_file_system_that_is_read_only(image):
    made = start("init")
    assert made.wait(PATIENCE) == 0, made.stdout.read()
    assert not is_healthy()
    server = start(*words("CMD"))
    try:
        until(lambda: is_healthy() or server.poll() is not None)
        assert server.poll() is None, server.stdout.read()
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
        assert "\nUid:\t855\t855\t855\t855\n" in status and "\nCapBnd:\t0000000000000000\n" in status
        mounts = pathlib.Path(f"/proc/{server.pid}/mounts").read_text(encoding="utf-8")
        assert re.search(r"^\S+ /etc \S+ ro[, ]", mounts, re.MULTILINE), mounts
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
    finally:
        server.kill()
        server.wait()
    assert not is_healthy()


def test_the_last_user_is_not_root_and_no_secret_is_copied():
    assert told("USER")[-1] == "855:855"
    copied = " ".join(told("COPY") + told("ADD"))
    assert not re.search(r"key|secret|token|\.pem|http", copied)
    assert json.loads(told("VOLUME")[0]) == [str(VOLUME)]


def test_every_library_that_the_program_loads_is_in_a_package_of_the_file(host):
    loaded = subprocess.run(["ldd", host.build / "countersignd"], capture_output=True, text=True, check=True).stdout
    paths = [path for path in re.findall(r"=> (/\S+)", loaded) if "/swift/" not in path]
    (command,) = [command for command in told("RUN") if "apt-get install" in command]
    named = set(command.partition("--no-install-recommends")[2].partition("&&")[0].split())
    given = named | depended_on(named)
    owners = {path: owner(path) for path in paths}
    assert {path: package for path, package in owners.items() if package not in given} == {}


def owner(path: str) -> str:
    for each in [os.path.realpath(path), path, f"/usr{path}", path.removeprefix("/usr")]:
        done = subprocess.run(["dpkg", "-S", each], capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return "?"


def depended_on(packages: set[str]) -> set[str]:
    """By the packages as they are installed here."""
    found, open_ones = set(), set(packages)
    while open_ones:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Depends}, ${Pre-Depends}\n", *open_ones], capture_output=True, text=True
        )
        names = {re.split(r"[ (:]", part.strip())[0] for part in re.split(r"[,|\n]", done.stdout) if part.strip()}
        open_ones = names - found
        found |= names
    return found

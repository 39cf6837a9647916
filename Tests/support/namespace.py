"""The private Debian host's ground: overlays, an own /dev, /run, /home and loopback, inside namespaces that `inside`
made.

Everything is kept on one tmpfs, mounted over /run, and goes with the namespace.
"""

import fcntl
import os
import pathlib
import socket
import struct
import subprocess

GROUND = pathlib.Path("/run/ground")
HOST_NAME = "gate"
EMPTY = ["/home", "/root", "/tmp", "/var/log"]
DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]


class NotPrivate(Exception):
    """This process is not in a mount namespace of its own, or may not mount there."""


def make(keep: list[pathlib.Path]) -> pathlib.Path:
    """Builds the ground once, and returns its directory. What `keep` names stays where it is, read-only, also below an
    emptied directory."""
    if GROUND.is_dir():
        return GROUND
    refuse_the_machine()
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in keep]
    mount("-t", "tmpfs", "-o", "mode=0755", "ground", "/run")
    for directory in [GROUND, "/run/sshd", "/run/lock", "/run/user"]:
        os.mkdir(directory)
    for path in overlaid():
        overlay(path)
    for path in EMPTY:
        empty(path)
    own_devices()
    for path, descriptor in kept:
        bring_back(path, descriptor)
    own_network()
    own_name()
    return GROUND


def refuse_the_machine() -> None:
    outer = os.environ.get("COUNTERSIGN_OUTER_MOUNTS")
    if os.geteuid() != 0 or not outer or os.readlink("/proc/self/ns/mnt") == outer:
        raise NotPrivate(
            "not in a private mount namespace: start this with Tests/SystemTests/run, or `inside` beside it"
        )


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise NotPrivate(f"mount {' '.join(arguments)}: {done.stderr.strip()}")


def pam_modules() -> pathlib.Path:
    """Where libpam looks for modules that are named without a path."""
    return next(pathlib.Path("/usr/lib").glob("*/security/pam_unix.so")).parent


def overlaid() -> list[pathlib.Path]:
    """Where the product is installed or keeps its state, and /etc. The machine's files stay visible below."""
    return [*map(pathlib.Path, ["/etc", "/var/lib", "/usr/libexec", "/usr/bin", "/usr/share"]), pam_modules()]


def overlay(path: pathlib.Path) -> None:
    layer = GROUND / "overlays" / path.as_posix().strip("/").replace("/", "-")
    for part in ["upper", "work"]:
        (layer / part).mkdir(parents=True)
    mount("-t", "overlay", "-o", f"lowerdir={path},upperdir={layer}/upper,workdir={layer}/work", "overlay", str(path))


def empty(path: str) -> None:
    status = os.stat(path)
    mount(
        "-t", "tmpfs", "-o", f"mode={status.st_mode & 0o7777:o},uid={status.st_uid},gid={status.st_gid}", "empty", path
    )


def own_devices() -> None:
    """A /dev of a few harmless nodes, own terminals, and room for /dev/log."""
    new = GROUND / "dev"
    new.mkdir()
    mount("-t", "tmpfs", "-o", "mode=0755", "dev", str(new))
    for name in DEVICES:
        (new / name).touch()
        mount("--bind", f"/dev/{name}", str(new / name))
    for name in ["pts", "shm"]:
        (new / name).mkdir()
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts", str(new / "pts"))
    mount("-t", "tmpfs", "-o", "mode=1777", "shm", str(new / "shm"))
    links = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
    for name, target in links.items():
        (new / name).symlink_to(target)
    mount("--move", str(new), "/dev")


def bring_back(path: pathlib.Path, descriptor: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    mount("--no-canonicalize", "--bind", f"/proc/{os.getpid()}/fd/{descriptor}", str(path))
    mount("-o", "remount,bind,ro", str(path))
    os.close(descriptor)


def own_network() -> None:
    """Brings the private loopback up; a shared one is left alone."""
    if os.readlink("/proc/self/ns/net") == os.environ.get("COUNTERSIGN_OUTER_NET"):
        return
    siocsifflags, up = 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocsifflags, struct.pack("16sh14x", b"lo", up))


def own_name() -> None:
    socket.sethostname(HOST_NAME)
    with open("/etc/hosts", "w", encoding="ascii") as hosts:
        hosts.write(f"127.0.0.1 localhost {HOST_NAME}\n::1 localhost\n")

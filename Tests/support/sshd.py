"""A real sshd on the private host's loopback, under any name: the name of the program is that of its PAM service."""

import pathlib
import shutil
import signal
import socket
import subprocess

from support.journal import Journal

CONFIG = """\
{extra}
Port {port}
ListenAddress {address}
HostKey {host_key}
PidFile {directory}/sshd.pid
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
MaxStartups 200
PrintMotd no
PrintLastLog no
Subsystem sftp /usr/lib/openssh/sftp-server
"""


class Sshd:
    """Started when made, and ready then. `extra` lines come first in sshd_config, where the first value wins."""

    def __init__(
        self, name: str, extra: str, directory: pathlib.Path, host_key: pathlib.Path, journal: Journal, address: str
    ):
        self.name, self.address = name, address
        self.port = free_port(address)
        self._program = directory / name
        self._program.symlink_to(shutil.which("sshd", path="/usr/sbin:/usr/bin"))
        self.config = directory / "sshd_config"
        text = CONFIG.format(extra=extra, port=self.port, address=address, host_key=host_key, directory=directory)
        self.config.write_text(text, encoding="ascii")
        self._check_config()
        self._process = subprocess.Popen(
            [self._program, "-D", "-f", self.config],
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        journal.wait(rf"Server listening on {address} port {self.port}\.", program=name)

    @property
    def pid(self) -> int:
        return self._process.pid

    def effective(self, user: str, address: str = "127.0.0.1") -> str:
        """What `sshd -T -C` says for one user and client."""
        connection = f"user={user},host={address},addr={address}"
        return self._run("-T", "-C", connection)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _check_config(self) -> None:
        self._run("-t")

    def _run(self, *options: str) -> str:
        done = subprocess.run([self._program, *options, "-f", self.config], capture_output=True, text=True)
        assert done.returncode == 0, f"sshd_config is wrong: {done.stderr}"
        return done.stdout


def free_port(address: str) -> int:
    """On a private loopback the port stays free meanwhile; on a shared one sshd reports it and the start fails."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as taken:
        taken.bind((address, 0))
        return taken.getsockname()[1]

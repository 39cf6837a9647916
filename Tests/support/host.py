"""A private Debian host with users, PAM stacks, sudo and sshd, for this process and its children only.

Needs the namespaces that `inside` makes. One Host for a whole run; `reset` puts it back after each test.
"""

import os
import pathlib
import pwd
import shutil
import subprocess

from support import namespace, people, processes
from support.journal import Journal
from support.patience import PATIENCE
from support.sshd import Sshd
from support.terminal import ENVIRONMENT, Terminal

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = pathlib.Path("/etc/countersign/countersign.toml")
STATE = pathlib.Path("/var/lib/countersign")
MODULE = "pam_countersign.so"
PROGRAMS = ["countersign-login", "countersign-net"]
HELPERS = pathlib.Path("/usr/libexec/countersign")
LOGIN_RECORDS = ["/run/utmp", "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog", "/var/log/faillog"]


class Host:
    def __init__(self, build: pathlib.Path = REPOSITORY / "build"):
        self.build = build
        outside = build.is_dir() and not build.is_relative_to(REPOSITORY)
        self._ground = namespace.make([REPOSITORY, *([build] if outside else [])])
        self.modules, self.helpers = namespace.pam_modules(), HELPERS
        self.people = people.move_in(self._directory("homes"))
        self.journal = Journal()
        self.scratch = self._directory("scratch")
        self._keys = self._directory("keys")
        self.key = self._new_key("client")
        self._host_key = self._new_key("host")
        self._trust_host_key()
        for path in LOGIN_RECORDS:
            pathlib.Path(path).touch(0o660)
        self._stacks_before: dict[str, str | None] = {}
        self._terminals: list[Terminal] = []
        self._daemons: dict[tuple, Sshd] = {}
        self._consoles: list[pathlib.Path] = []
        self._residents = {process.pid for process in processes.everybody()}

    # The product

    def install(self) -> None:
        """Installs the files of the build directory as `make install` does."""
        places = {MODULE: self.modules, "countersign": pathlib.Path("/usr/bin"), **dict.fromkeys(PROGRAMS, HELPERS)}
        missing = [name for name in places if not (self.build / name).exists()]
        assert not missing, f"{self.build} lacks {', '.join(missing)}: run `make build` first"
        HELPERS.mkdir(exist_ok=True)
        for name, directory in places.items():
            install_file(
                self.build / name,
                directory / name,
                0o644 if name == MODULE else 0o711 if directory == HELPERS else 0o755,
            )

    def put_in_place_of_the_module(self, name: str) -> None:
        """Another PAM module, such as pam_warn.so, under our module's name until the test's end."""
        shutil.copyfile(self.modules / name, self.modules / MODULE)

    def settings(self, text: str) -> None:
        """Writes countersign.toml as an installation has it: root:_countersign, 0640."""
        SETTINGS.parent.mkdir(exist_ok=True)
        SETTINGS.write_text(text, encoding="utf-8")
        os.chown(SETTINGS, 0, pwd.getpwnam("_countersign").pw_gid)
        SETTINGS.chmod(0o640)
        STATE.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(STATE, "_countersign", "_countersign")

    def countersign(self, *arguments: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess:
        """Runs the admin's command as root."""
        done = subprocess.run(
            ["countersign", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=ENVIRONMENT,
            cwd="/",
        )
        assert not check or done.returncode == 0, f"countersign {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    # The machine

    def pam_stack(self, service: str, text: str) -> None:
        """Writes /etc/pam.d/SERVICE until the test's end."""
        path = pathlib.Path("/etc/pam.d", service)
        self._stacks_before.setdefault(service, path.read_text(encoding="utf-8") if path.exists() else None)
        path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")

    def example_stack(self, service: str) -> None:
        """Copies pam.d/SERVICE unchanged."""
        self.pam_stack(service, (REPOSITORY / "pam.d" / service).read_text(encoding="utf-8"))

    def recipe(self, service: str, number: int) -> None:
        """Runs a command from the example stack's comments, marked `#$`, as an administrator would: the first is 1."""
        text = (REPOSITORY / "pam.d" / service).read_text(encoding="utf-8")
        command = [line.removeprefix("#$ ") for line in text.splitlines() if line.startswith("#$ ")][number - 1]
        subprocess.run(["sh", "-ec", command], check=True, env=ENVIRONMENT, cwd=REPOSITORY)

    def sshd(self, name: str = "sshd-cs", extra: str = "", address: str = "127.0.0.1") -> Sshd:
        """An sshd for the rest of the test; one and the same for the same arguments."""
        wish = (name, extra, address)
        if wish not in self._daemons:
            directory = self._directory(f"daemons/{len(self._daemons)}")
            self._daemons[wish] = Sshd(name, extra, directory, self._host_key, self.journal, address)
        return self._daemons[wish]

    def authorize_key(self, user: str) -> None:
        """Lets `key` in as that user, as far as sshd is concerned."""
        person = self.people[user]
        directory = person.home / ".ssh"
        directory.mkdir(mode=0o700)
        shutil.copyfile(f"{self.key}.pub", directory / "authorized_keys")
        for path in [directory, directory / "authorized_keys"]:
            os.chown(path, person.uid, person.uid)

    # Actions of users, each a program in its own terminal

    def ssh(self, user: str, command: str | None = "id -un", sshd: Sshd | None = None, **options) -> Terminal:
        """The real client; `command` None is an interactive shell. Options: see `client_options`."""
        daemon = sshd or self.sshd()
        words = [] if command is None else [command]
        target = ["-p", str(daemon.port), f"{user}@{daemon.address}"]
        return self.terminal(["ssh", *self.client_options(**options), *target, *words])

    def scp(self, user: str, *files: os.PathLike, to: str = ".", sshd: Sshd | None = None, **options) -> Terminal:
        daemon = sshd or self.sshd()
        connection = [*self.client_options(**options), "-P", str(daemon.port)]
        return self.terminal(["scp", *connection, *map(str, files), f"{user}@{daemon.address}:{to}"])

    def sftp(self, user: str, sshd: Sshd | None = None, **options) -> Terminal:
        daemon = sshd or self.sshd()
        return self.terminal(
            ["sftp", *self.client_options(**options), "-P", str(daemon.port), f"{user}@{daemon.address}"]
        )

    def client_options(
        self,
        methods: str = "keyboard-interactive",
        key: pathlib.Path | None = None,
        source: str = "",
        options: tuple[str, ...] = (),
    ) -> list[str]:
        """`source`: the client's own address, any of 127.0.0.0/8. `options`: more of ssh_config, as Name=value."""
        identity = f"IdentityFile={key}" if key else "IdentityFile=none"
        named = [
            f"PreferredAuthentications={methods}",
            identity,
            "IdentitiesOnly=yes",
            "HostKeyAlias=gate",
            "StrictHostKeyChecking=yes",
            f"UserKnownHostsFile={self._keys}/known_hosts",
            "GlobalKnownHostsFile=none",
            "ControlPath=none",
            *([f"BindAddress={source}"] if source else []),
            *options,
        ]
        return ["-F", "none", *(word for name in named for word in ("-o", name))]

    def sudo(self, user: str, *command: str, env: dict[str, str] | None = None) -> Terminal:
        """`command` may begin with options of sudo. No PAM is run to become the user first."""
        return self.terminal([*as_user(user), "sudo", *(command or ("id", "-un"))], env)

    def su(self, user: str, target: str = "root", command: str = "id -un", options: tuple[str, ...] = ()) -> Terminal:
        return self.terminal([*as_user(user), "su", *options, target, "-c", command])

    def login(self, *arguments: str) -> Terminal:
        """login(1) as getty starts it; without arguments it asks for the name."""
        return self.terminal(["login", *arguments])

    def login_on_console(self, console: str, *arguments: str) -> Terminal:
        """The same on a terminal that is called /dev/CONSOLE, such as tty1, until the test's end."""
        device = pathlib.Path("/dev", console)
        device.touch()
        self._consoles.append(device)
        on_device = 'mount --bind "$(tty)" "$0" && exec "$@" <"$0" >"$0" 2>&1'
        return self.terminal(["sh", "-c", on_device, str(device), "login", *arguments])

    def terminal(self, argv: list[str], env: dict[str, str] | None = None) -> Terminal:
        self._terminals.append(Terminal(argv, env))
        return self._terminals[-1]

    # Between tests

    def reset(self) -> list[processes.Process]:
        """Ends what the test started and forgets what it changed. Returns processes that had to be killed: helpers that
        outlived their login."""
        for terminal in self._terminals:
            terminal.drop()
        for daemon in self._daemons.values():
            daemon.stop()
        survivors = self._end_processes()
        self._restore()
        return survivors

    def let_stay(self, pid: int) -> None:
        """A process that serves more than one test."""
        self._residents.add(pid)

    def visitors(self) -> list[processes.Process]:
        """Processes that were not there when the host was made, without what process 1 is about to reap."""
        strangers = [process for process in processes.everybody() if process.pid not in self._residents]
        return [process for process in strangers if process.state != "Z" or process.is_zombie]

    def _end_processes(self) -> list[processes.Process]:
        """Login programs are killed: an sshd whose client has gone sits in its prompt until the grace time ends. Others
        have to go by themselves."""
        for process in self.visitors():
            if process.name.startswith("sshd"):
                processes.kill(process)
        survivors = processes.wait_for_end(self.visitors(), PATIENCE)
        for process in survivors:
            processes.kill(process)
        return survivors

    def _restore(self) -> None:
        for service, text in self._stacks_before.items():
            path = pathlib.Path("/etc/pam.d", service)
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        self._stacks_before.clear()
        for console in self._consoles:
            subprocess.run(["umount", "--lazy", console], check=False, stderr=subprocess.DEVNULL)
            console.unlink()
        for forgotten in [self._terminals, self._daemons, self._consoles]:
            forgotten.clear()
        (self.modules / MODULE).unlink(missing_ok=True)
        pathlib.Path("/etc/ssh/sshd_config.d/countersign.conf").unlink(missing_ok=True)
        run = [pathlib.Path("/run", name) for name in ["sudo", "countersign", "countersignd"]]
        for path in [STATE, SETTINGS.parent, self.scratch, self._ground / "daemons", *run]:
            shutil.rmtree(path, ignore_errors=True)
        self.scratch.mkdir()
        for person in self.people.values():
            people.clear_home(person)
        self.journal.clear()

    def _directory(self, name: str) -> pathlib.Path:
        path = self._ground / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _new_key(self, name: str) -> pathlib.Path:
        path = self._keys / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
        return path

    def _trust_host_key(self) -> None:
        public = pathlib.Path(f"{self._host_key}.pub").read_text(encoding="ascii")
        (self._keys / "known_hosts").write_text(f"gate {public}", encoding="ascii")


def install_file(source: pathlib.Path, target: pathlib.Path, mode: int) -> None:
    """Copies, unless the very same is there already."""
    there = target.stat() if target.exists() else None
    new = source.stat()
    if there is None or (there.st_size, there.st_mtime_ns) != (new.st_size, new.st_mtime_ns):
        target.unlink(missing_ok=True)
        shutil.copy2(source, target)
    target.chmod(mode)


def as_user(user: str) -> list[str]:
    """A command's beginning that makes it run as this user, without any PAM."""
    entry = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups", "--"]

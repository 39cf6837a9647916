"""The commands in docs/admin and README do what they say, on a sound host or on one with the symptom of the heading."""

import inspect
import pathlib
import shutil
import subprocess

import pytest

from support import documents, symptoms
from support.documents import ROOT, Block
from support.good_server import LoginPhone
from support.host import REPOSITORY
from support.patience import PATIENCE
from support.product import REQUIRED
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

TROUBLESHOOTING = "docs/admin/troubleshooting.md"
PAGES = [*sorted((ROOT / "docs/admin").glob("*.md")), ROOT / "README.md"]
BLOCKS = [block for page in PAGES for block in documents.blocks(page)]
FRESH = "MachineTests runs README's commands on a fresh machine"
PHONE = "asks somebody for a code or a tap: ServerTests and test_rollout.py answer"
PACKAGES = "make test-packages does, on fresh machines"
# Blocks that are not run here, by the beginning of their first command, with the reason.
NOT_RUN: dict[tuple[str, str], str] = {
    ("README.md", "make demo"): "CommandTests/test_demo.py runs it",
    ("README.md", "journalctl -u ssh"): FRESH,
    ("README.md", "make build"): FRESH,
    ("README.md", "test -e /etc/countersign/countersignd.toml"): FRESH,
    ("README.md", "countersign enroll bob"): PHONE,
    ("README.md", "cp -a /root/pam.d.before/. /etc/pam.d/"): FRESH,
    ("README.md", "sed -i -e '/pam_countersign"): FRESH,
    ("docs/admin/break-glass.md", "mount -o remount,rw /"): "remounts the machine's root; its sed is run above",
    ("docs/admin/confinement.md", "install -m 644 apparmor/"): "needs AppArmor: CommandTests/test_confinement.py",
    ("docs/admin/confinement.md", "checkmodule"): "CommandTests/test_confinement.py runs it in a folder of its own",
    (
        "docs/admin/doctor.md",
        "countersign doctor",
    ): "a private host is not whole: CommandTests has healthy and broken ones",
    ("docs/admin/log.md", "countersign history --follow"): "does not end by itself: test_metrics.py",
    ("docs/admin/log.md", "apt-get install fail2ban"): "installs packages; ModuleTests/test_fail2ban.py has the rest",
    ("docs/admin/monitoring.md", "apt-get install"): "installs a package; CommandTests/test_countersign_metrics.py",
    (
        "docs/admin/monitoring.md",
        "cp /usr/share/doc/countersign/monitoring/prometheus",
    ): "ServerTests/test_monitoring.py",
    ("docs/admin/packages.md", "make deb"): PACKAGES,
    ("docs/admin/packages.md", "./install.sh"): PACKAGES,
    ("docs/admin/logins.md", "ssh -o ControlMaster=auto"): "test_ansible.py does, with the port of its own sshd",
    ("docs/admin/rollout.md", "countersign enroll alice"): PHONE,
    ("docs/admin/rollout.md", "countersign show alice"): PHONE,
    ("docs/admin/server.md", "make build"): FRESH,
    ("docs/admin/server.md", "countersignd app invite"): "needs two machines: CommandTests/test_countersign_join.py",
    ("docs/admin/setup.md", "countersign setup"): "test_setup.py runs each, with logins between",
    ("docs/admin/server.md", "countersignd init"): FRESH,
    ("docs/admin/server.md", "curl"): "the name is an example; ServerTests make the call",
    ("docs/admin/server.md", "countersignd user confirm"): PHONE,
    ("docs/admin/server.md", "install -m 640 -g _countersign KEYFILE"): FRESH,
    ("docs/admin/server.md", "countersignd backup"): "ends the server of the tests; ServerTests/test_keeping.py does",
}
# What the reader is meant to have: files, and programs of a machine with systemd.
STUBS = {
    "systemctl": "#!/bin/sh\nexit 0\n",
    # As journalctl prints it, and with its end: 1 without an entry.
    "journalctl": """#!/bin/bash
pattern=.
while (($#)); do
  [[ $1 != -g ]] || { pattern=$2; shift; }
  shift
done
grep -P -- "$pattern" "$(dirname "$0")/../journal"
""",
}
STACKS = ["sshd", "sudo", "sudo-i", "su", "su-l", "login"]


def run(command: str, product, folder: pathlib.Path) -> subprocess.CompletedProcess:
    """A command in root's shell. journalctl shows the log of this host."""
    lines = product.host.journal.lines()
    (folder / "journal").write_text(
        "".join(f"{line.program}[{line.pid}]: {line.text}\n" for line in lines), encoding="utf-8"
    )
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**ENVIRONMENT, "PATH": f"{folder}/bin:{ENVIRONMENT['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,  # a command that does not end by itself
    )


@pytest.fixture
def shell(product, countersignd):
    """Root's shell on a sound host whose stacks and sshd are as README's variant A makes them."""
    folder = product.host.scratch / "shell"
    (folder / "bin").mkdir(parents=True)
    wrapper = (
        f'#!/bin/sh\nexec {product.host.build}/countersignd "$@" --config "${{CONFIG:-{countersignd.settings}}}"\n'
    )
    for name, text in {**STUBS, "countersignd": wrapper}.items():
        (folder / "bin" / name).write_text(text, encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    for service in STACKS:  # put back at the end of the test
        product.host.pam_stack(service, pathlib.Path("/etc/pam.d", service).read_text(encoding="utf-8"))
    product.host.pam_stack("sudo-i", pathlib.Path("/etc/pam.d/sudo").read_text(encoding="utf-8"))
    recipe = rf"cd {REPOSITORY}; sed -n 's/^#A\$ //p' pam.d/sshd | sh -eu"
    done = run(recipe, product, folder)
    assert done.returncode == 0, done.stdout
    product.configure()
    return folder


def name(block: Block) -> str:
    return f"{pathlib.Path(block.document).stem}: {block.first[:60]}"


SECTIONS = list(dict.fromkeys(block.heading for block in BLOCKS if block.document == TROUBLESHOOTING))


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_symptom_is_shown_by_its_command_and_ended_by_the_other(request, product, shell, heading):
    make = symptoms.SYMPTOMS.get(heading, symptoms.nothing)
    wanted = [name for name in inspect.signature(make).parameters if name != "product"]
    with make(product, **{name: request.getfixturevalue(name) for name in wanted}) as places:
        for block in (block for block in BLOCKS if (block.document, block.heading) == (TROUBLESHOOTING, heading)):
            follow(filled(block, places or {}), product, shell)


def filled(block: Block, places: dict[str, str]) -> Block:
    lines = list(block.lines)
    for place, value in places.items():
        lines = [line.replace(place, value) for line in lines]
    if "CONFIG" in places:
        lines = [line.replace("# countersignd", f"# CONFIG={places['CONFIG']} countersignd") for line in lines]
    return Block(block.document, block.heading, block.language, tuple(lines))


def follow(block: Block, product, shell) -> None:
    """Runs a block: each line that it shows is printed; commands without output to show succeed."""
    if block.language == "sh":
        done = run(block.text, product, shell)
        assert done.returncode == 0, f"{block.text}\n{done.stdout}"
        return
    for command, shown in block.steps():
        done = run(command, product, shell)
        lacks = documents.missing(shown, done.stdout)
        assert lacks is None, f"# {command}\n{done.stdout}\nhas no line {lacks!r}"


def test_every_symptom_that_can_be_made_has_its_heading():
    assert set(symptoms.SYMPTOMS) - set(SECTIONS) == set()
    assert len(SECTIONS) >= 30


def reason(block: Block) -> str | None:
    return next((why for (page, first), why in NOT_RUN.items() if is_at(block, page, first)), None)


def is_at(block: Block, page: str, first: str) -> bool:
    return block.document == page and block.first.startswith(first)


GENERAL = [block for block in BLOCKS if block.document != TROUBLESHOOTING and reason(block) is None]


@pytest.fixture
def furnished(product, shell, countersignd):
    """What the documents speak of: accounts, files in the homes, a file of pam_oath, a group."""
    phone = LoginPhone(countersignd)
    product.configure(phone, enrolment=REQUIRED)
    product.knock("sudo", "bob").ends()  # refused: there is a history, and a log
    product.softtoken("bob")
    (shell / "users.csv").write_text("user,country_code,phone,email\nalice,1,5550100123,alice@example.com\n")
    examples = pathlib.Path("/usr/share/doc/countersign")
    examples.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "docs/examples/texts.de.toml", examples)
    pathlib.Path("/etc/users.oath").write_text("HOTP/T30/6 carol - 3132333435363738393031323334353637383930\n")
    home = product.host.people["mallory"].home
    secret = home / ".google_authenticator"
    secret.write_text('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n" TOTP_AUTH\n12345678\n')
    subprocess.run(["chown", "mallory:", secret], check=True)
    secret.chmod(0o400)
    before = {path: pathlib.Path(path).read_bytes() for path in ["/etc/group", "/etc/gshadow"]}
    yield phone
    for path, text in before.items():
        pathlib.Path(path).write_bytes(text)
    for path in pathlib.Path("/root").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("block", GENERAL, ids=name)
def test_a_block_of_commands_runs(product, shell, furnished, block):
    if block.first.startswith("countersign restore"):
        product.host.countersign("backup", "/root/accounts.db")
    places = {"AUTHYID": str(furnished.authy_id)}
    follow(filled(block, places), product, shell)


def test_what_is_not_run_is_in_the_documents():
    lost = [place for place in NOT_RUN if not any(is_at(block, *place) for block in BLOCKS)]
    assert lost == []
    assert len(GENERAL) > 15


def test_commands_stand_in_blocks_that_say_so():
    """Else they would be skipped: an indented block, or one without a language, has no command of ours."""
    strays = []
    for page in PAGES:
        language = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.lstrip().startswith("```"):
                language = None if language is not None else line.strip().removeprefix("```")
                continue
            is_code = language == "" if language is not None else line.startswith("    ")
            if is_code and line.split()[:1] and line.split()[0] in ("countersign", "countersignd", "sudo", "sshd"):
                strays.append(f"{page.name}: {line}")
    assert strays == []


def test_a_line_that_is_not_printed_is_missed():
    assert documents.missing(["a ... c"], "a b c\n") is None
    assert documents.missing(["a ... c"], "a b d\n") == "a ... c"
    assert documents.missing(["b", "a"], "a\nb\n") == "a"

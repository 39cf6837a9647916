"""Hosts that `countersign setup` leaves as they are, and users whose password it cannot see."""

import contextlib
import json
import pathlib
import shutil
import subprocess

import pytest

from support import people
from support.patience import PATIENCE
from support.product import Product
from support.setup_host import DROP_IN, SSHD_CONFIG, SetupHost, state
from support.terminal import ENVIRONMENT

pytestmark = pytest.mark.product

CONFIG, SSHD, SWITCH, SHADOW = map(
    pathlib.Path, ["/etc/ssh/sshd_config", "/etc/pam.d/sshd", "/etc/nsswitch.conf", "/etc/shadow"]
)


@pytest.fixture
def machine(host):
    """Alice has a password, bob a password and a key, backup-job a key only."""
    host.install()
    product = Product(host)
    product.configure()
    host.countersign("init")
    one = SetupHost(product)
    host.authorize_key("bob")
    one.add_key_only_user("backup-job", 42010)
    yield one
    one.put_back()


@contextlib.contextmanager
def written(path: pathlib.Path, text: str):
    before = path.read_bytes() if path.exists() else None
    try:
        path.write_text(text)
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def directory():
    """Users come from a directory too, which the system does not list."""
    return written(SWITCH, "passwd: files sss # and no others\ngroup: files\nshadow: files\nhosts: files\n")


def plan(machine, *words: str):
    return json.loads(machine.setup("--dry-run", "--json", *words).stdout)


def asked(found) -> dict[str, bool]:
    return {user["user"]: user["asked"] for user in found["users"]}


def refusal(machine, *words: str) -> str:
    """Why nothing is changed."""
    before = state()
    done = machine.setup("--yes", *words, check=False)
    assert done.returncode == 1 and state() == before, done
    return done.stderr


BLOCKS = {
    "key and password": (
        "User bob\n    AuthenticationMethods publickey,password\n",
        "bob could not log in by ssh any more",
    ),
    "password for file transfer": (
        "User alice\n    AuthenticationMethods password\n    ForceCommand internal-sftp\n",
        "alice could not log in by ssh any more",
    ),
    "key and a password that stays on": (
        "User bob\n    PasswordAuthentication yes\n    AuthenticationMethods publickey,password\n",
        "keeps a way open for bob by which the stack cannot ask for a second factor",
    ),
    "a password before the question": (
        "User alice\n    PasswordAuthentication yes\n    KbdInteractiveAuthentication yes\n"
        "    AuthenticationMethods password,keyboard-interactive\n",
        "keeps a way open for alice by which the stack cannot ask for a second factor",
    ),
    "a program that has the keys": (
        "Group users\n    AuthorizedKeysCommand /bin/true\n    AuthorizedKeysCommandUser nobody\n",
        "/etc/ssh/sshd_config:5: `Match Group users` sets authorizedkeyscommand /bin/true",
    ),
    "an authority that signs keys": (
        "User carol\n    TrustedUserCAKeys /etc/ssh/authority.pub\n",
        "/etc/ssh/sshd_config:5: `Match User carol` sets trustedusercakeys /etc/ssh/authority.pub",
    ),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_a_block_by_which_logins_would_fail_or_not_be_asked_is_refused(machine, case):
    block, why = BLOCKS[case]
    CONFIG.write_text(f"{SSHD_CONFIG}Match {block}")
    said = refusal(machine)
    assert why in said and "docs/admin/setup.md" in said


SETTINGS_OF_A_STACK_THAT_ASKS = {
    "keys": ("", "sshd lets in by publickey alone"),
    "the method that cannot ask": (
        "AuthenticationMethods publickey,password\nKbdInteractiveAuthentication yes\n",
        "AuthenticationMethods has `password`, which cannot ask",
    ),
}


@pytest.mark.parametrize("case", SETTINGS_OF_A_STACK_THAT_ASKS)
def test_a_stack_that_asks_already_is_no_reason_to_trust_the_settings_of_sshd(machine, case):
    lines, why = SETTINGS_OF_A_STACK_THAT_ASKS[case]
    CONFIG.write_text(lines + SSHD_CONFIG)
    with written(SSHD, SSHD.read_text() + "auth required pam_countersign.so\n"):
        assert f"/etc/pam.d/sshd asks already, but {why}" in refusal(machine)


def test_a_daemon_with_settings_of_its_own_is_refused(machine):
    daemon = machine.daemon()
    done = machine.host.countersign("setup", "--yes", check=False)
    assert done.returncode == 1 and f"-f {daemon.config}, which counts before the files" in done.stderr


def test_an_option_for_the_next_daemon_is_refused(machine):
    text = 'SSHD_OPTS="-D -oCiphers=aes256-ctr -o AuthorizedKeysCommand=/bin/true"\n'
    with written(pathlib.Path("/etc/default/ssh"), text):
        assert "/etc/default/ssh: an sshd is started with -o AuthorizedKeysCommand" in refusal(machine)
    with written(pathlib.Path("/etc/default/ssh"), "SSHD_OPTS='-D -oCiphers=aes256-ctr -f /etc/ssh/sshd_config'\n"):
        plan(machine)


def test_a_file_that_sshd_reads_before_ours_is_refused(machine):
    with written(DROP_IN.with_name("00-cloud-init.conf"), "PasswordAuthentication yes\n"):
        assert f"{DROP_IN.with_name('00-cloud-init.conf')}: sshd reads it before" in refusal(machine)


def test_where_users_are_not_listed_sshd_is_set_up_although_nobody_here_has_a_password(machine):
    locked = "".join(
        f"{name}:!:{rest.partition(':')[2]}\n"
        for name, _, rest in (line.partition(":") for line in SHADOW.read_text().splitlines())
    )
    with written(SHADOW, locked):
        assert plan(machine, "--service", "sshd")["services"] == []
        with directory():
            found = plan(machine, "--service", "sshd")
            assert found["services"] == ["sshd"] and not any(asked(found).values())
            assert {"bob", "backup-job"} <= asked(found).keys()
            assert any("users of sss are not listed here" in note for note in found["notes"])
            assert "--ask-keys: users of sss are not listed" in refusal(machine, "--ask-keys")


@pytest.mark.parametrize("line", ["PasswordAuthentication no", "AuthenticationMethods publickey,password"])
def test_where_users_are_not_listed_a_block_on_their_passwords_is_refused(machine, line):
    with directory():
        CONFIG.write_text(f"{SSHD_CONFIG}Match User backup-job\n    PasswordAuthentication no\n")
        plan(machine)
        CONFIG.write_text(f"{SSHD_CONFIG}Match Group staff\n    {line}\n")
        assert "/etc/ssh/sshd_config:5: `Match Group staff` decides on passwords, and users of sss" in refusal(machine)


def test_a_user_without_a_line_in_shadow_is_asked_and_not_exempt(machine):
    text = "".join(line for line in SHADOW.read_text().splitlines(True) if not line.startswith("backup-job:"))
    with written(SHADOW, text):
        found = plan(machine)
        assert asked(found)["backup-job"]
        assert any(note.startswith("backup-job: has a key, and no password here") for note in found["notes"])
        assert not asked(plan(machine, "--leave", "backup-job"))["backup-job"]


def test_where_a_directory_knows_passwords_a_locked_one_here_exempts_nobody(machine):
    assert not asked(plan(machine))["backup-job"]
    with written(SSHD, "auth optional pam_sss.so\n" + SSHD.read_text()):
        found = plan(machine)
        assert asked(found)["backup-job"] and any("--leave USER" in note for note in found["notes"])
        assert not asked(plan(machine, "--leave", "backup-job"))["backup-job"]


@contextlib.contextmanager
def user(name: str, uid: int, hash: str, shell: str):
    """A user whose home directory is not there."""
    people.enter("passwd", f"{name}:x:{uid}:{uid}::/nowhere/{name}:{shell}")
    people.enter("shadow", f"{name}:{hash}:19000:0:99999:7:::")
    try:
        yield
    finally:
        people.forget([name])


def test_a_home_that_is_not_mounted_may_hold_a_key(machine):
    with user("away", 42013, "!", "/bin/bash"), user("robot", 42014, "!", "/usr/sbin/nologin"):
        found = asked(plan(machine))
        assert found["away"] is False and "robot" not in found


def test_a_key_that_cannot_be_seen_is_not_relied_on(machine):
    locked = "".join(
        line.replace("alice:", "alice:!", 1).replace("carol:", "carol:!", 1).replace("mallory:", "mallory:!", 1)
        for line in SHADOW.read_text().splitlines(True)
    )
    with written(SHADOW, locked), user("away", 42013, "$6$not-a-real-hash", "/bin/bash"):
        assert "whether away has a key cannot be seen" in refusal(machine, "--ask-keys", "--service", "sshd")


def test_a_stack_of_the_distribution_is_copied_from_usr_etc(machine):
    folder = machine.host.scratch / "usr"
    (folder / "etc" / "pam.d").mkdir(parents=True)
    (folder / "etc" / "pam.d" / "vendor").write_text("auth required pam_unix.so\n")
    program = machine.host.scratch / "countersign"
    shutil.copy(shutil.which("countersign", path=ENVIRONMENT["PATH"]), program)
    done = subprocess.run(
        [
            *["unshare", "--mount", "sh", "-ec"],
            f"mount -t overlay none -o lowerdir={folder}:/usr /usr; "
            f"exec {program} setup --dry-run --json --service vendor",
        ],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    (change,) = json.loads(done.stdout)["changes"]
    assert change["file"] == "/etc/pam.d/vendor" and "+auth required pam_unix.so" in change["diff"]

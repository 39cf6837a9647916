"""Groups from a source that fails: a user who may be a member does not count as a non-member."""

import errno
import itertools
import json
import pathlib
import resource
import subprocess

import pytest

from support import prompts
from support.host import REPOSITORY
from support.patience import PATIENCE
from support.product import gets_in

HERE = pathlib.Path(__file__).resolve().parent
SWITCH, RUDENESS, GROUP = map(pathlib.Path, ["/etc/nsswitch.conf", "/etc/rude-nss", "/etc/group"])
PLACE = pathlib.Path("/usr/lib/x86_64-linux-gnu/libnss_hesiod.so.2")
TRYAGAIN, UNAVAIL, RETURN = -2, -1, 2
REASONS = [0, errno.ENOENT, errno.ESRCH, errno.EIO, errno.EAGAIN, errno.ECONNREFUSED, errno.ETIMEDOUT, errno.ENOMEM]
FAILURES = [
    *itertools.product([TRYAGAIN, UNAVAIL], REASONS),
    (TRYAGAIN, errno.ERANGE),
    (UNAVAIL, errno.ERANGE),
    (RETURN, 0),
    (7, 0),
]
SOFTTOKEN_OFF = '[login.group.admins]\nfactors = ["onetouch"]'


def compile_c(target, *sources, flags=()):
    subprocess.run(
        ["cc", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-D_Nullable=", *flags, "-o", target, *sources],
        check=True,
    )


class Directory:
    """nsswitch.conf, and a source `hesiod` of the test's own."""

    def __init__(self, folder):
        self.folder, self.program = folder, folder / "groups_of"
        compile_c(
            self.program,
            HERE / "groups_of.c",
            REPOSITORY / "Sources/Common/CGroups/groups.c",
            flags=[f"-I{REPOSITORY}/Sources/Common/CGroups/include"],
        )
        self.library()

    def library(self, *flags):
        """Builds the source again, and installs it."""
        built = self.folder / f"rude{''.join(flags)}.so"
        if not built.exists():
            compile_c(built, HERE / "rude_nss.c", flags=["-shared", "-fPIC", *flags])
        self.remove()
        subprocess.run(["mount", "--bind", built, PLACE], check=True)

    def remove(self):
        subprocess.run(["umount", PLACE], check=False, stderr=subprocess.DEVNULL)

    def lines(self, group, *more):
        SWITCH.write_text(
            "\n".join(["passwd: files", "shadow: files", *([f"group: {group}"] if group else []), *more]) + "\n"
        )

    def fail(self, *calls):
        RUDENESS.write_text("".join(f"{call}\n" for call in calls))

    def says(self, user, *groups, data=resource.RLIM_INFINITY, **environment):
        def lower():
            resource.setrlimit(resource.RLIMIT_DATA, (data, data))

        done = subprocess.run(
            [self.program, user, "42001", *groups],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            preexec_fn=lower,
            env=environment,
        )
        assert done.returncode == 0, done
        answers = [int(line) for line in done.stdout.split()]
        return answers if len(groups) > 1 else answers[0]


@pytest.fixture(scope="session")
def private_directory(request):
    folder = pathlib.Path("/run/directory")
    folder.mkdir()
    return Directory(folder)


@pytest.fixture
def directory(host, private_directory):
    before = {path: path.read_bytes() for path in [SWITCH, GROUP]}
    RUDENESS.unlink(missing_ok=True)
    private_directory.library()
    private_directory.lines("files hesiod")
    yield private_directory
    for path, text in before.items():
        path.write_bytes(text)
    RUDENESS.unlink(missing_ok=True)
    private_directory.remove()


LINES = [
    "hesiod",
    "files hesiod",
    "hesiod files",
    "files hesiod files",
    "files [SUCCESS=merge] hesiod",
    "hesiod [UNAVAIL=return] files",
    "files [NOTFOUND=continue] hesiod [!UNAVAIL=continue]",
    "hesiod [TRYAGAIN=continue UNAVAIL=continue] files",
]


@pytest.mark.parametrize("line", LINES)
def test_a_source_that_answers_is_believed(directory, line):
    directory.lines(line)
    assert directory.says("alice", "admins", "crowd", "nosuch") == [1, 1, 0]
    assert directory.says("bob", "admins", "crowd", "nosuch") == [0, 0, 0]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("call", ["getgrnam_r", "initgroups_dyn"])
def test_who_is_in_a_group_is_uncertain_where_a_call_of_any_source_fails(directory, line, call):
    directory.lines(line)
    for status, reason in FAILURES:
        directory.fail(f"{call} {status} {reason}")
        for user in ["alice", "bob"]:
            assert directory.says(user, "admins") not in (0, 1), (line, call, status, reason)


def test_a_group_that_two_sources_know_is_uncertain_where_the_first_of_them_fails(directory):
    """Behind the source that failed, another group may have its name."""
    GROUP.write_text(GROUP.read_text() + "admins:x:42777:\n")
    directory.lines("hesiod files")
    directory.fail("getgrnam_r -1 2")
    assert directory.says("alice", "admins") < 0


@pytest.mark.parametrize("action", ["continue", "merge"])
def test_a_group_that_two_sources_know_differently_is_uncertain_where_both_are_asked(directory, action):
    """After [SUCCESS=continue] the C library uses the last source, where a member in the first one is none, and vice
    versa."""
    GROUP.write_text(GROUP.read_text() + "admins:x:42777:\n")
    directory.lines(f"files [SUCCESS={action}] hesiod")
    assert directory.says("alice", "admins") < 0
    GROUP.write_text(GROUP.read_text().replace(":42777:", ":42500:"))
    assert directory.says("alice", "admins") == 1
    assert directory.says("bob", "admins") == 0


def test_what_a_source_said_before_it_failed_counts(directory):
    directory.fail("halfway -1 5 1")
    assert directory.says("alice", "admins") == 1
    assert directory.says("alice", "crowd") < 0


@pytest.mark.parametrize("call", ["setgrent", "getgrent_r"])
def test_a_source_that_can_only_be_read_from_end_to_end_may_fail_too(directory, call):
    directory.library("-DNO_INITGROUPS")
    assert directory.says("alice", "admins", "crowd") == [1, 1]
    assert directory.says("bob", "admins", "crowd") == [0, 0]
    for status, reason in FAILURES:
        directory.fail(f"{call} {status} {reason} 1" if call == "getgrent_r" else f"{call} {status} {reason}")
        assert directory.says("alice", "admins") < 0, (status, reason)


def test_a_source_that_is_not_there_has_not_answered(directory):
    directory.lines("files nosuchsource")
    assert directory.says("alice", "admins", "alice") == [-errno.ELIBACC, 1]
    directory.lines("files ../hesiod")
    assert directory.says("alice", "admins") < 0


def test_lines_that_nobody_understands_are_doubt(directory):
    for line in [
        "",
        "[NOTFOUND=return]",
        "files [",
        "files [NOTFOUND]",
        "files [NOTFOUND=maybe] hesiod",
        "files [NOSUCH=return] hesiod",
        " ".join(["files"] * 17),
        "files" + " " * 5_000,
    ]:
        SWITCH.write_text(f"group: {line}\n")
        assert directory.says("bob", "admins") < 0, line
    directory.lines("files", "group: files hesiod")
    assert directory.says("bob", "admins") < 0
    SWITCH.unlink()
    SWITCH.mkdir()
    try:
        assert directory.says("bob", "admins") < 0
    finally:
        SWITCH.rmdir()


def test_initgroups_has_sources_of_its_own(directory):
    """nsswitch.conf(5): `initgroups`, if present, selects the sources, and one that knows the user ends the search."""
    directory.lines("files hesiod", "initgroups: files")
    assert directory.says("alice", "admins") == 0
    directory.lines("files hesiod", "initgroups: hesiod files")
    assert directory.says("alice", "admins") == 1
    directory.fail("initgroups_dyn -1 2")
    assert directory.says("alice", "admins") < 0
    directory.lines("files hesiod", "initgroups: files [NOTFOUND=return] hesiod")
    assert directory.says("alice", "admins") == 0


@pytest.mark.parametrize(
    "line",
    [
        "files",
        "files systemd",
        "files [SUCCESS=merge] systemd",
        "compat",
        "compat systemd",
        "FILES# all",
        None,
    ],
)
def test_the_lines_of_ordinary_hosts_leave_no_doubt(directory, line):
    if line is None:
        SWITCH.unlink()
    else:
        directory.lines(line.lower())
    assert directory.says("carol", "robots", "nosuch") == [1, 0]
    assert directory.says("bob", "robots", "nosuch") == [0, 0]


def test_a_file_of_groups_that_cannot_be_read_is_doubt(directory):
    directory.lines("files")
    text = GROUP.read_text()
    GROUP.unlink()
    try:
        assert directory.says("bob", "robots") < 0
        GROUP.mkdir()
        assert directory.says("bob", "robots") < 0
        GROUP.rmdir()
    finally:
        GROUP.write_text(text)
    assert directory.says("bob", "robots") == 0
    assert directory.says("bob", "robots", NOFILE="3") < 0


def test_broken_lines_and_those_for_compat_are_no_groups(directory):
    directory.lines("files")
    GROUP.write_text(
        "robots\n+\n+admins:x:42500:alice\n-@x\n:x:::\n# robots:x:1:bob\n" + GROUP.read_text() + "end:x:42900:bob"
    )
    assert directory.says("alice", "+admins", "admins") == [0, 0]
    assert directory.says("carol", "robots") == 1
    assert directory.says("bob", "end") == 1


def test_a_hundred_thousand_members_are_read_to_the_last(directory):
    directory.lines("files")
    members = ",".join(f"u{number:07}" for number in range(100_000))
    GROUP.write_text(f"{GROUP.read_text()}crowd:x:42501:{members},alice\nbehind:x:42502:alice\n")
    assert directory.says("alice", "crowd", "behind") == [1, 1]
    assert directory.says("bob", "crowd", "behind") == [0, 0]
    assert directory.says("bob", "behind", data=1 << 20) < 0


# Whole logins

pytest_product = pytest.mark.product
HALFWAY = [
    "initgroups_dyn -1 2",
    "initgroups_dyn -2 11",
    "initgroups_dyn -1 111",
    "getgrnam_r -1 2",
    "getgrnam_r -2 11",
    "getgrnam_r -1 111",
]


@pytest.fixture
def restricted(product, directory):
    """Members of `admins` may use OneTouch only. Everybody here has a SoftToken and no phone."""
    product.configure(more=SOFTTOKEN_OFF)
    return product


def is_let_in_by_a_code(product, way, user):
    terminal = product.knock(way, user)
    name = {"ssh": user, "sudo": "root"}[way]
    if terminal.reads_one_of(prompts.CODE, f"{prompts.SSH_REFUSES}|sudo: |{prompts.PASSWORD}") == 0:
        terminal.answer(product.tokens[user].fresh_code())
        if (
            terminal.reads_one_of(
                rf"(?m)^{name}\r\n", f"{prompts.CODE}|{prompts.SSH_REFUSES}|sudo: |{prompts.PASSWORD}"
            )
            == 0
        ):
            return terminal.ends() == 0
    terminal.drop()
    return False


@pytest_product
@pytest.mark.parametrize("way", ["ssh", "sudo"])
def test_a_restriction_of_a_group_holds_where_its_members_cannot_be_found_out(restricted, directory, way):
    restricted.tokens = {name: restricted.softtoken(name) for name in ["alice", "bob"]}
    assert not is_let_in_by_a_code(restricted, way, "alice")
    assert is_let_in_by_a_code(restricted, way, "bob")
    for failure in HALFWAY:
        directory.fail(failure)
        assert not is_let_in_by_a_code(restricted, way, "alice"), failure
        assert not is_let_in_by_a_code(restricted, way, "bob"), failure
    assert restricted.host.journal.lines(
        r"the groups of (alice|bob) are not certain: source hesiod in /etc/nsswitch\.conf: "
    )
    directory.fail()
    assert is_let_in_by_a_code(restricted, way, "bob")


@pytest_product
def test_an_exemption_of_a_group_is_for_certain_members_only(product, directory):
    product.configure(more='[[exempt]]\ngroups = ["admins"]')
    assert gets_in(product.knock("ssh"), "alice")
    for failure in HALFWAY:
        directory.fail(failure)
        product.knock("ssh").reads(f"{prompts.SSH_REFUSES}|{prompts.PASSWORD}")
    assert [decision["outcome"] for decision in product.decisions()].count("excused") == 1


@pytest_product
def test_a_command_asks_for_the_number_where_the_group_that_wants_it_cannot_be_found_out(product, directory, stand_in):
    """As a login does: with the number if that may be so."""
    rules = "[login.service.countersign]\ncheck_number = false\n[login.group.admins]\ncheck_number = true"
    product.configure(stand_in, login="number_matching = true", more=rules)
    product.link("bob", stand_in.authy_id)

    def asks_for_a_number():
        before = len(stand_in.requests("create"))
        product.host.countersign("confirm", "bob", "--by", "onetouch", "--code-stdin", check=False)
        [request] = stand_in.requests("create")[before:]
        product.host.countersign("unlock", "bob")
        return "number" in json.dumps(request.parameters).lower()

    stand_in.phone = "deny"
    stand_in.fault("poll", "status", 404)
    assert not asks_for_a_number()
    directory.fail("initgroups_dyn -1 2")
    assert asks_for_a_number()


@pytest_product
def test_check_warns_of_a_source_that_does_not_answer(restricted, directory):
    assert "cannot look up the group" not in restricted.host.countersign("check").stderr
    directory.lines("files nosuchsource")
    assert "cannot look up the group admins" in restricted.host.countersign("check").stderr

"""The helpers while a login waits: they are not root, and hold no descriptors that are not theirs."""

import pathlib

import pytest

from support import processes, prompts
from support.good_server import LoginPhone
from support.product import FACTOR, gets_in

pytestmark = pytest.mark.product


def status(process):
    text = pathlib.Path("/proc", str(process.pid), "status").read_text(encoding="utf-8")
    return {key: value.split() for key, value in (line.split(":", 1) for line in text.splitlines())}


def helpers():
    # the kernel keeps 15 characters
    names = {"countersign-log": "countersign-login", "countersign-net": "countersign-net"}
    return {names[process.name]: process for process in processes.everybody() if process.name in names}


@pytest.fixture
def waiting(product, countersignd):
    """A sudo that waits for an approval, with both helpers at work."""
    phone = LoginPhone(countersignd, countersignd.socket)
    product.configure(phone, login="onetouch_wait = 30")
    product.link("alice", phone.authy_id)
    terminal = product.knock("sudo")
    phone.wait_for_login()
    yield helpers()
    phone.approve(terminal)
    assert gets_in(terminal, "root")


@pytest.mark.parametrize("name, user", [("countersign-login", "_countersign"), ("countersign-net", "_countersign-net")])
def test_a_helper_has_a_user_of_its_own_and_no_other_rights(waiting, name, user):
    import pwd

    found, entry = status(waiting[name]), pwd.getpwnam(user)
    assert found["Uid"] == [str(entry.pw_uid)] * 4 and found["Gid"] == [str(entry.pw_gid)] * 4
    assert found["Groups"] == []
    assert {found[key][0] for key in ("CapPrm", "CapEff", "CapInh")} == {"0" * 16}
    assert found["NoNewPrivs"] == ["1"]
    # The kernel makes root the owner of the /proc entries of an undumpable process.
    assert pathlib.Path("/proc", str(waiting[name].pid), "mem").stat().st_uid == 0


@pytest.mark.parametrize("name", ["countersign-login", "countersign-net"])
def test_a_helper_has_an_empty_environment_default_signals_and_root_for_a_folder(waiting, name):
    process = waiting[name]
    assert pathlib.Path("/proc", str(process.pid), "environ").read_bytes() == b""
    assert pathlib.Path("/proc", str(process.pid), "cwd").readlink() == pathlib.Path("/")
    assert pathlib.Path("/proc", str(process.pid), "cmdline").read_bytes() == name.encode() + b"\0"
    assert int(status(process)["SigBlk"][0], 16) == 0
    limits = pathlib.Path("/proc", str(process.pid), "limits").read_text(encoding="utf-8")
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]


def test_of_the_login_programs_descriptors_a_helper_has_only_its_sockets(waiting):
    login, net = (waiting[name].descriptors() for name in ("countersign-login", "countersign-net"))
    assert {login[fd] for fd in (0, 1, 2)} == {net[fd] for fd in (0, 1, 2)} == {"/dev/null"}
    assert login[3].startswith("socket:") and login[4].startswith("socket:") and net[3].startswith("socket:")
    assert all("accounts.db" in target for fd, target in login.items() if fd > 4)
    assert all(target.startswith(("socket:", "anon_inode:", "pipe:")) for fd, target in net.items() if fd > 3)


def test_the_login_program_never_holds_the_api_key(waiting, product):
    """The two helpers share a socket, and the login program keeps neither end of it."""
    [sudo] = [p for p in processes.everybody() if p.name == "sudo"]
    held, of_net = sudo.descriptors(), waiting["countersign-net"].descriptors()
    assert [fd for fd, target in held.items() if target.startswith("socket:") and target in of_net.values()] == []


@pytest.mark.parametrize("limit", ["--fsize=0:", "--nofile=30:", "--cpu=1:"])
def test_a_user_who_narrows_the_limits_of_su_breaks_no_login(product, limit):
    token = product.softtoken("root")
    product.host.pam_stack("su", f"{FACTOR}\naccount required pam_unix.so\nsession required pam_permit.so\n")
    from support.host import as_user

    terminal = product.host.terminal([*as_user("bob"), "prlimit", limit, "su", "root", "-c", "id -un"])
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


def test_with_the_callers_factor_every_rule_judges_the_caller(product):
    """su to root: carol's group exempts carol, and bob is asked for his own factor, not for root's."""
    product.configure(
        login='[login.service.su]\nfactor_of = "caller"',
        more='[[exempt]]\ngroups = ["robots"]\n[[exempt]]\nusers = ["root"]',
    )
    token = product.softtoken("bob")
    product.host.pam_stack("su", f"{FACTOR}\naccount required pam_unix.so\nsession required pam_permit.so\n")
    assert gets_in(product.host.su("carol"), "root")
    terminal = product.host.su("bob")
    terminal.reads(prompts.CODE)
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")
    assert [(d["user"], d["reason"]) for d in product.decisions()] == [("carol", "exempt"), ("bob", "proven")]


def test_login_tells_that_it_waits(product, phone):
    terminal = product.knock("login")
    terminal.reads(prompts.WAITING)
    phone.approve(terminal, phone.wait_for_request())
    terminal.reads(prompts.SHELL)


def test_a_user_who_slows_su_down_does_not_slow_the_helper_down(product):
    """While it holds the accounts' lock, a helper that hardly runs would delay all logins."""
    import os

    from support.host import as_user

    token = product.softtoken("root")
    product.host.pam_stack("su", f"{FACTOR}\naccount required pam_unix.so\nsession required pam_permit.so\n")
    slow = ["nice", "-n", "19", "chrt", "--idle", "0", "ionice", "-c", "3", "taskset", "1", "choom", "-n", "1000", "--"]
    terminal = product.host.terminal([*as_user("bob"), *slow, "su", "root", "-c", "id -un"])
    terminal.reads(prompts.CODE)
    pid = helpers()["countersign-login"].pid
    assert os.sched_getscheduler(pid) == os.SCHED_OTHER and os.getpriority(os.PRIO_PROCESS, pid) == 0
    assert os.sched_getaffinity(pid) == os.sched_getaffinity(0)
    assert pathlib.Path("/proc", str(pid), "oom_score_adj").read_text(encoding="ascii").strip() == "0"
    terminal.answer(token.fresh_code())
    assert gets_in(terminal, "root")


class FaultySu:
    """bob's su to root, in which the first such call of each process fails."""

    def __init__(self, product, folder, call):
        product.host.pam_stack("su", f"{FACTOR}\naccount required pam_unix.so\nsession required pam_permit.so\n")
        self.call, self.trace = call, folder / "trace"
        faults = ["-e", f"trace={call},execveat", "-e", f"inject={call}:error=EPERM:when=1"]
        strace = ["strace", "-f", "-q", "-u", "bob", "-o", str(self.trace), *faults]
        self.terminal = product.host.terminal([*strace, "su", "root", "-c", "id -un"])

    def processes_with_a_fault(self):
        """By their ids, what each did after it."""
        later: dict[str, list[str]] = {}
        for line in self.trace.read_text(encoding="utf-8").splitlines():
            pid, _, text = line.partition(" ")
            if pid in later:
                later[pid].append(text.strip())
            elif "(INJECTED)" in text:
                later[pid] = []
        return later


@pytest.mark.parametrize("call", ["setgroups", "setresgid", "setresuid"])
def test_a_helper_that_cannot_give_up_its_rights_is_not_executed_and_denies(product, tmp_path, call):
    product.softtoken("root")
    su = FaultySu(product, tmp_path, call)
    assert su.terminal.ends() == 1
    [decision] = product.decisions()
    assert (decision["outcome"], decision["reason"]) == ("unavailable", "helper_failed")
    assert "it could not be given its rights" in decision["detail"]
    [later] = su.processes_with_a_fault().values()
    assert later == ["+++ exited with 126 +++"]


# `syscall` of the module is ioprio_set.
@pytest.mark.parametrize("call", ["sched_setaffinity", "sched_setscheduler", "setpriority", "ioprio_set"])
def test_a_helper_that_keeps_what_slows_su_down_lets_in_all_the_same(product, tmp_path, call):
    token = product.softtoken("root")
    su = FaultySu(product, tmp_path, call)
    su.terminal.reads(prompts.CODE)
    su.terminal.answer(token.fresh_code())
    assert gets_in(su.terminal, "root")
    assert any("execveat(5" in text for later in su.processes_with_a_fault().values() for text in later)

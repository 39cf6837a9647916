"""The packages for Debian on fresh machines: installed, asked by a real ssh, upgraded, removed and purged, in that
order. Then the tarball."""

import pathlib
import re
import subprocess

import pytest

from support import prompts
from support.product import gets_in
from test_machines import SETTINGS, configure, give, new_code, ssh

NAMES = ["libpam-countersign", "countersign-server"]
MODULE = "/usr/lib/x86_64-linux-gnu/security/pam_countersign.so"
DOCUMENTS = "/usr/share/doc/countersign"
BEFORE = "0.0.9"


def package(folder: pathlib.Path, name: str) -> pathlib.Path:
    found = sorted(folder.glob(f"{name}_*.deb"))
    assert len(found) == 1, f"make deb makes one {name}: {found}"
    return found[0]


def earlier(path: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """The same package as of a version before."""
    tree = folder / path.stem
    subprocess.run(["dpkg-deb", "--raw-extract", path, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {BEFORE}", control.read_text()))
    done = folder / f"{path.name.split('_')[0]}_{BEFORE}.deb"
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "--build", tree, done], check=True, stdout=subprocess.DEVNULL)
    return done


def apt(machine, *words, check=True):
    words = ["apt-get", "--yes", "--quiet", "-o", "APT::Sandbox::User=root", *words]
    return machine.run("env", "DEBIAN_FRONTEND=noninteractive", *words, check=check)


def logins(machine) -> str:
    """All that says how a service asks."""
    return machine.shell("find /etc/pam.d /usr/lib/pam.d /etc/ssh /etc/sudoers* -type f | sort | xargs sha256sum")


def version(machine, name: str) -> str:
    return machine.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", name).stdout


def asks_for_code(machine):
    code = new_code(machine)
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    return gets_in(terminal, "alice")


def asks_for_password_only(machine):
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    return gets_in(terminal, "alice")


@pytest.fixture(scope="module")
def packaged(request, fresh, tmp_path_factory):
    """The version before is installed; the packages of this one are at /var/tmp."""
    fresh.run("useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo", "alice")
    fresh.run("chpasswd", stdin="alice:pass of alice\n")
    # Debian's sshd lets people with passwords in by the method that can ask one question only.
    fresh.before = logins(fresh)
    folder = request.config.getoption("--packages")
    for name in NAMES:
        path = package(folder, name)
        fresh.copy(path, f"/var/tmp/{name}.deb")
        fresh.copy(earlier(path, tmp_path_factory.mktemp("earlier")), f"/var/tmp/{name}-before.deb")
    apt(fresh, "install", *[f"/var/tmp/{name}-before.deb" for name in NAMES])
    return fresh


def test_installing_changes_no_login(packaged, machine):
    assert logins(machine) == machine.before
    assert asks_for_password_only(machine)
    assert machine.run("systemctl", "is-enabled", "countersignd", check=False).stdout == "disabled\n"
    assert machine.run("systemctl", "is-active", "countersignd", check=False).stdout == "inactive\n"


def test_every_file_has_the_owner_and_mode_that_it_needs(packaged, machine):
    wanted = {
        MODULE: "root:root 644",
        "/usr/libexec/countersign/countersign-login": "root:root 711",
        "/usr/libexec/countersign/countersign-net": "root:root 711",
        "/usr/bin/countersign": "root:root 755",
        "/usr/sbin/countersignd": "root:root 755",
        "/etc/countersign": "root:root 755",
        "/var/lib/countersign": "_countersign:_countersign 700",
        "/etc/countersign/accounts.id": "root:_countersign 640",
    }
    assert {path: machine.run("stat", "-c", "%U:%G %a", path).stdout.strip() for path in wanted} == wanted
    users = [line.split(":") for line in machine.run("getent", "passwd").stdout.splitlines() if "_countersign" in line]
    assert {user[0] for user in users} == {"_countersign", "_countersign-net", "_countersignd"}
    assert {user[6] for user in users} == {"/usr/sbin/nologin"}


def test_a_login_by_ssh_asks_for_the_second_factor(packaged, machine):
    machine.run("install", "-m", "640", "-g", "_countersign", f"{DOCUMENTS}/countersign.toml", "/etc/countersign/")
    machine.shell("cp -aT /etc/pam.d /root/pam.d.before")
    machine.shell(rf"cd {DOCUMENTS}; sed -n 's/^#A\$ //p' pam.d/sshd | sh -eu")
    configure(machine, SETTINGS)
    assert asks_for_code(machine)


def test_an_upgrade_keeps_settings_and_accounts_and_a_login_under_way_ends_with_the_old_module(packaged, machine):
    kept = "sha256sum /etc/countersign/*; countersign list --json"
    code = new_code(machine)
    was = machine.shell(kept), logins(machine), machine.run("stat", "-c", "%i", MODULE).stdout
    terminal = ssh(machine)
    give(terminal, prompts.PASSWORD, "pass of alice")
    terminal.reads(prompts.CODE)
    apt(machine, "install", *[f"/var/tmp/{name}.deb" for name in NAMES])
    assert not version(machine, NAMES[0]).startswith(BEFORE)
    assert (machine.shell(kept), logins(machine)) == was[:2]
    assert machine.run("stat", "-c", "%i", MODULE).stdout != was[2]
    terminal.answer(code)
    assert gets_in(terminal, "alice")
    assert asks_for_code(machine)


def test_removal_is_refused_while_a_stack_names_the_module(packaged, machine):
    done = apt(machine, "remove", NAMES[0], check=False)
    assert done.returncode != 0
    assert "error: the second factor is still in use: /etc/pam.d/sshd" in done.stdout + done.stderr
    assert version(machine, NAMES[0]).endswith(" installed")
    assert asks_for_code(machine)


def test_removal_takes_the_profile_out_of_the_stacks_before_the_module_goes(packaged, machine):
    machine.shell("cp -a /root/pam.d.before/. /etc/pam.d/; rm -r /root/pam.d.before")
    machine.shell("rm /etc/ssh/sshd_config.d/countersign.conf; systemctl reload ssh")
    machine.run("pam-auth-update", "--enable", "countersign")
    code = new_code(machine)
    terminal = machine.terminal("sudo", "-k", "id", "-un", user="alice")
    give(terminal, prompts.PASSWORD, "pass of alice")
    give(terminal, prompts.CODE, code)
    assert gets_in(terminal, "root")
    apt(machine, "remove", *NAMES)
    assert machine.run("test", "-e", MODULE, check=False).returncode == 1
    assert logins(machine) == machine.before
    terminal = machine.terminal("sudo", "-k", "id", "-un", user="alice")
    give(terminal, prompts.PASSWORD, "pass of alice")
    assert gets_in(terminal, "root")
    assert asks_for_password_only(machine)


def test_what_was_removed_can_be_installed_again_with_its_accounts(packaged, machine):
    apt(machine, "install", *[f"/var/tmp/{name}.deb" for name in NAMES])
    assert "alice" in machine.run("countersign", "list").stdout
    assert logins(machine) == machine.before


def files_of_ours(machine) -> str:
    places = ["/etc", "/root", "/run", "/usr", "/var/lib", "/var/cache"]
    return machine.run("find", *places, "-xdev", "-iname", "*countersign*", "-not", "-path", "/run/systemd/*").stdout


def test_purge_leaves_nothing(packaged, machine):
    machine.shell("while pgrep -u _countersign,_countersign-net >&2; do :; done")
    apt(machine, "purge", *NAMES)
    assert files_of_ours(machine) == "" and logins(machine) == machine.before
    assert "_countersign" not in machine.shell("cat /etc/passwd /etc/group /etc/shadow /etc/gshadow")
    assert asks_for_password_only(machine)


# The tarball, on the machine as it was before


@pytest.fixture(scope="module")
def script(request, packaged) -> str:
    """install.sh of the unpacked tarball."""
    found = sorted(request.config.getoption("--packages").glob("countersign-*-linux-*.tar.xz"))
    assert len(found) == 1, f"make tarball makes one: {found}"
    with subprocess.Popen(["xz", "-dc", found[0]], stdout=subprocess.PIPE) as unpacked:
        subprocess.run(packaged.inside("tar", "-x", "-C", "/var/tmp"), stdin=unpacked.stdout, check=True)
    return f"/var/tmp/{found[0].name.removesuffix('.tar.xz')}/install.sh"


def test_the_tarball_changes_nothing_where_a_library_is_missing(script, machine):
    machine.shell("mv /usr/lib/x86_64-linux-gnu/libqrencode.so.4 /root/")
    done = machine.run(script, check=False)
    machine.shell("mv /root/libqrencode.so.4 /usr/lib/x86_64-linux-gnu/")
    assert done.returncode == 1 and "libqrencode.so.4 => not found" in done.stderr
    assert files_of_ours(machine) == ""


def test_the_tarball_changes_nothing_where_the_disk_is_full(script, machine):
    machine.run("mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", "/usr/libexec")
    done = machine.run(script, check=False)
    machine.run("umount", "/usr/libexec")
    assert done.returncode == 1 and "could not be written: nothing was changed" in done.stderr
    assert machine.shell("find / -xdev -type f -name '*.countersign-new'") == ""
    assert machine.run("test", "-e", MODULE, check=False).returncode == 1


def test_the_tarball_installs_and_goes_again(script, machine):
    assert "No login has changed" in machine.run(script).stdout and logins(machine) == machine.before
    machine.run("install", "-m", "640", "-g", "_countersign", f"{DOCUMENTS}/countersign.toml", "/etc/countersign/")
    machine.shell(f"cp -aT /etc/pam.d /root/pam.d.before; cd {DOCUMENTS}; sed -n 's/^#A\\$ //p' pam.d/sshd | sh -eu")
    configure(machine, SETTINGS)
    assert asks_for_code(machine)
    done = machine.run(script, "--uninstall", check=False)
    assert done.returncode == 1 and "still in use: /etc/pam.d/sshd" in done.stderr
    assert asks_for_code(machine)
    machine.shell("cp -a /root/pam.d.before/. /etc/pam.d/; rm -r /root/pam.d.before")
    machine.shell("rm /etc/ssh/sshd_config.d/countersign.conf; systemctl reload ssh")
    machine.run(script, "--uninstall")
    assert machine.run("test", "-e", MODULE, check=False).returncode == 1 and logins(machine) == machine.before
    assert asks_for_password_only(machine)

"""The public clients of Authy's API: where they come from, how they are built, and how a test makes their calls.

Each runs unchanged, from a checkout in the folder that CLIENTS names. A program in the client's own language
(programs/) takes a line of JSON for each call and answers with what the client reports.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
CHECKOUTS = os.environ.get("CLIENTS")
# Clients that take long to build are kept from run to run.
BUILT = HERE.parents[1] / ".build" / "clients"
NODE_MODULES, CRATES, GO_SOURCES, JAXB = (
    "/usr/share/nodejs",
    "/usr/share/cargo/registry",
    "/usr/share/gocode",
    "/usr/share/java/jaxb-api.jar",
)


class Missing(Exception):
    """Why a client cannot run here."""


def checkout(repository: str, *files: str) -> pathlib.Path:
    if not CHECKOUTS:
        raise Missing("CLIENTS names no folder of checkouts")
    path = pathlib.Path(CHECKOUTS).resolve() / repository.split("/")[1]
    for file in files or (".",):
        if not (path / file).exists():
            raise Missing(f"there is no {path / file}, from github.com/{repository}")
    return path


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Missing(f"there is no {name}")
    return found


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"


# How each client is started, and the environment that it needs


def ruby():
    return [program("ruby"), PROGRAMS / "authy_ruby.rb", checkout("twilio/authy-ruby", "lib/authy.rb")], {}


def python():
    return [sys.executable, PROGRAMS / "authy_python.py"], {}


def php():
    return [program("php"), PROGRAMS / "authy_php.php", checkout("twilio/authy-php", "lib/Authy/AuthyApi.php")], {}


def node():
    client = checkout("evilpacket/node-authy", "index.js")
    return [program("node"), PROGRAMS / "node_authy.js", client], {"NODE_PATH": NODE_MODULES}


def client_of_node():
    client = checkout("ruimarinho/authy-client", "dist/src/index.js")
    modules = BUILT / "node"
    shutil.rmtree(modules, ignore_errors=True)
    for repository, name in (
        ("ruimarinho/google-libphonenumber", "google-libphonenumber"),
        ("guillaumepotier/validator.js", "validator.js"),
        ("uphold/validator.js-asserts", "validator.js-asserts"),
        ("uphold/request-logger", "@uphold/request-logger"),
    ):
        (modules / name).parent.mkdir(parents=True, exist_ok=True)
        (modules / name).symlink_to(checkout(repository))
    return [program("node"), PROGRAMS / "authy_client.js", client / "dist" / "src"], {
        "NODE_PATH": f"{PROGRAMS / 'standins'}:{modules}:{NODE_MODULES}"
    }


def java():
    client, org_json = checkout("twilio/authy-java", "src/main/java"), checkout("stleary/JSON-java", "JSONObject.java")
    if not pathlib.Path(JAXB).exists():
        raise Missing(f"there is no {JAXB}")
    classes = BUILT / "java"
    shutil.rmtree(classes, ignore_errors=True)
    sources = [*client.glob("src/main/java/**/*.java"), *org_json.glob("*.java"), PROGRAMS / "AuthyJava.java"]
    run(
        program("javac"),
        "-nowarn",
        "-encoding",
        "UTF-8",
        "--add-exports",
        "java.base/sun.net.www.protocol.http=ALL-UNNAMED",
        "-cp",
        JAXB,
        "-d",
        classes,
        *sources,
    )
    return [program("java"), "-Dfile.encoding=UTF-8", "-cp", f"{classes}:{JAXB}", "AuthyJava"], {}


def go():
    path = BUILT / "go"
    shutil.rmtree(path, ignore_errors=True)
    for repository, name in (
        ("dcu/go-authy", "dcu/go-authy"),
        ("gojek/heimdall", "gojektech/heimdall"),
        ("gojek/valkyrie", "gojektech/valkyrie"),
    ):
        shutil.copytree(
            checkout(repository), path / "src" / "github.com" / name, ignore=shutil.ignore_patterns(".git", "*_test.go")
        )
    run(
        program("go"),
        "build",
        "-o",
        path / "calls",
        PROGRAMS / "go" / "main.go",
        env={
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": f"{path}:{GO_SOURCES}",
            "GOCACHE": str(BUILT / "go-cache"),
            "GOFLAGS": "-buildvcs=false",
        },
    )
    return [path / "calls"], {}


def rust():
    client = checkout("lholden/authy-rs", "Cargo.toml")
    if not any(pathlib.Path(CRATES).glob("reqwest-0.11.*")):
        raise Missing(f"there is no reqwest 0.11 in {CRATES}")
    folder = BUILT / "rust"
    for name in ("authy", "reqwest", "src"):
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(PROGRAMS / "rust", folder, dirs_exist_ok=True)
    shutil.copytree(client, folder / "authy", ignore=shutil.ignore_patterns(".git", "tests"))
    run(
        program("cargo"),
        "build",
        "--quiet",
        "--offline",
        "--manifest-path",
        folder / "Cargo.toml",
        "--config",
        'source.crates-io.replace-with="debian"',
        "--config",
        f'source.debian.directory="{CRATES}"',
        env={**os.environ, "CARGO_TARGET_DIR": str(folder / "target"), "RUSTFLAGS": "--cap-lints=allow"},
    )
    return [folder / "target" / "debug" / "authy-rs-calls"], {}


def openvpn():
    source = checkout("twilio/authy-openvpn", "Makefile")
    if os.geteuid() != 0:
        raise Missing("only root can lay out the settings of authy-openvpn")
    folder = BUILT / "openvpn"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".git"))
    run(program("make"), "-C", folder)
    return [sys.executable, PROGRAMS / "authy_openvpn.py", folder / "build" / "authy-openvpn.so"], {}


def ssh():
    return [checkout("authy/authy-ssh", "authy-ssh") / "authy-ssh"], {}


class Client:
    """A client that runs against one server with one key."""

    def __init__(self, command, environment, url, key, folder):
        self.errors = open(folder / "client.log", "w+")
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "API_URL": url, "API_KEY": key, **environment},
        )

    def call(self, name: str, **parameters) -> dict:
        """The client's report: `ok` is its own verdict, `raised` its exception, and the rest what it returned."""
        self.process.stdin.write(json.dumps({"call": name, **parameters}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            self.errors.seek(0)
            raise AssertionError(f"the client has ended: {self.errors.read()[-4000:]}")
        report = json.loads(answer)
        assert "no such call: " not in str(report.get("raised")), report
        return report

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.errors.close()


class AuthySSH:
    """The script, with curl's own settings to send it to our server."""

    def __init__(self, command, server, key, folder):
        self.script, self.settings = folder / "authy-ssh", folder / "authy-ssh.conf"
        shutil.copy(command[0], self.script)
        self.settings.write_text(f"banner=Welcome\napi_key={key}\ndefault_verify_action=disable\n")
        (folder / ".curlrc").write_text(
            f'connect-to = "api.authy.com:443:127.0.0.1:{server.port}"\ncacert = "{server.ca_file}"\n'
        )
        self.environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin",
            "HOME": str(folder),
            "CURL_HOME": str(folder),
            "USER": "root",
            "SHELL": "/bin/sh",
        }

    def run(self, *arguments, stdin="", **environment) -> str:
        done = subprocess.run(
            ["bash", self.script, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**self.environment, **environment},
        )
        return done.stdout

    def call(self, name: str, **it) -> dict:
        match name:
            case "register":
                said = self.run("enable", "root", it["email"], it["country_code"], it["phone"], stdin="y\n")
                ids = re.findall(r"^user=root:(\d+)$", self.settings.read_text(), re.MULTILINE)
                ok = "User was registered" in said
                return {"ok": ok, "id": int(ids[-1]) if ok else None, "message": said}
            case "verify":
                said = self.run("login", it["id"], stdin=f"{it['code']}\n", SSH_ORIGINAL_COMMAND="echo the command ran")
                return {"ok": "the command ran" in said, "message": said}
            case "sms":
                said = self.run("login", it["id"], stdin="sms\n")
                return {"ok": "SMS message was sent" in said, "message": said}
        raise ValueError(name)

    def close(self):
        pass


USERS, PHONES, ONETOUCH = {"register", "status", "verify", "sms", "call"}, {"start", "check"}, {"ask", "look"}
# Name, command, and supported calls.
ALL = {
    "authy-python": (
        python,
        USERS | PHONES | ONETOUCH | {"delete", "qr", "info", "application", "statistics", "callback"},
    ),
    "authy-ruby": (ruby, USERS | PHONES | ONETOUCH | {"delete", "qr", "email", "update"}),
    "authy-php": (php, USERS | PHONES | ONETOUCH | {"delete", "info"}),
    "node-authy": (node, USERS | PHONES | ONETOUCH | {"delete", "info", "pending"}),
    "authy-client": (
        client_of_node,
        USERS | PHONES | ONETOUCH | {"delete", "info", "application", "statistics", "activity", "callback"},
    ),
    "authy-java": (java, USERS | PHONES | ONETOUCH | {"delete", "info", "callback"}),
    "go-authy": (go, USERS | PHONES | ONETOUCH),
    "authy-rs": (rust, USERS | PHONES | {"delete", "info", "application", "statistics", "activity", "ask"}),
    "authy-openvpn": (openvpn, {"verify", "sms", "call"}),
    "authy-ssh": (ssh, {"register", "verify", "sms"}),
}


def with_calls(*calls: str) -> list[str]:
    """The names of the clients that have all of these calls. Without checkouts there is authy-python alone, which comes
    from PyPI."""
    return [name for name, (_, has) in ALL.items() if has.issuperset(calls) and (CHECKOUTS or name == "authy-python")]


@functools.cache
def built(name: str) -> tuple[list, dict] | Missing:
    """The command that starts a client and its environment, or why it cannot be started."""
    try:
        return ALL[name][0]()
    except Missing as missing:
        return missing


def start(name: str, server, key: str, folder: pathlib.Path):
    """A client that is `built`."""
    command, environment = built(name)
    return (
        AuthySSH(command, server, key, folder)
        if name == "authy-ssh"
        else Client(command, environment, server.url, key, folder)
    )


def other_commits() -> list[str]:
    """The checkouts that are not at the commit that the file `checkouts` names."""
    if not CHECKOUTS:
        return []
    told = []
    for line in (HERE / "checkouts").read_text().splitlines()[1:]:
        repository, commit = line.split()[:2]
        asked = subprocess.run(
            ["git", "-C", str(pathlib.Path(CHECKOUTS) / repository.split("/")[1]), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
        )
        if asked.stdout.strip() != commit:
            told.append(f"{repository} is not at {commit}")
    return told

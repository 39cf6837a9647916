"""A phone of a machine's countersignd, which it reaches through the machine's socket."""

import json

from support.patience import PATIENCE
from support.server import Handset

SOCKET = "/run/countersignd/api.sock"


class Reply:
    def __init__(self, status: int, text: str):
        self.status, self.text = status, text

    @property
    def json(self):
        return json.loads(self.text)


class MachineServer:
    """The countersignd of a machine, as a phone and an administrator use it."""

    def __init__(self, machine):
        self.machine = machine

    def command(self, *arguments):
        return self.machine.run("countersignd", *arguments)

    def call(self, method, path, body=None, headers=None, timeout=PATIENCE) -> Reply:
        words = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
        body = body.decode() if isinstance(body, bytes) else body
        done = self.machine.run(
            "curl",
            "-sS",
            "--max-time",
            timeout,
            "--unix-socket",
            SOCKET,
            "-X",
            method,
            *words,
            "-w",
            "\n%{http_code}",
            *(["--data-binary", "@-"] if body is not None else []),
            f"http://localhost{path}",
            stdin=body,
        )
        text, _, status = done.stdout.rpartition("\n")
        return Reply(int(status), text)


class Phone(Handset):
    """A user's phone: its browser is a device that the administrator has confirmed."""

    def __init__(self, machine, authy_id: int):
        super().__init__(MachineServer(machine))
        self.join(authy_id)

    def approve(self, terminal) -> None:
        """The request that comes, with the number that the login shows where there are numbers to choose from."""
        state = self.state()
        while not state["requests"]:
            state = self.state(state["revision"], 20)
        request = state["requests"][-1]
        choice = terminal.shown_number() if json.loads(request["text"]).get("choices") else None
        assert self.answer(request["id"], "approved", choice, request["text"]).json == {"status": "approved"}

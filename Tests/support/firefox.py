"""A phone in Firefox, driven by WebDriver BiDi (w3.org/TR/webdriver-bidi): Debian's firefox-esr as it comes,
headless."""

import base64
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import typing

from support import looks
from websockets.sync.client import connect

from support.patience import PATIENCE

FIREFOX = "/usr/bin/firefox-esr"
SIZE = {"width": 390, "height": 844}
CONTROL = "\ue009"  # as WebDriver names the key
# Nothing is asked of the browser's maker, no first-run page opens, and notifications need no desktop.
PREFERENCES = """
user_pref("alerts.useSystemBackend", false);
user_pref("app.normandy.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"""


class Firefox:
    """One browser for any number of phones, each in a container of its own."""

    def __init__(self, process, socket):
        self._process, self._socket, self._count = process, socket, 0
        self.complaints: dict[str, list[str]] = {}
        self._front = None
        self.call("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
        self.call("session.subscribe", events=["log.entryAdded"])

    def call(self, method: str, **parameters) -> dict:
        self._count += 1
        number = self._count
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("method") == "log.entryAdded":
                self._hear(message["params"])
            if message.get("id") == number:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def bring_to_front(self, context: str) -> None:
        """A tab behind another one sleeps, as on a phone."""
        if self._front != context:
            self.call("browsingContext.activate", context=context)
            self._front = context

    def _hear(self, entry: dict) -> None:
        context = entry["source"].get("context")
        if entry["level"] == "error" and context is not None:
            self.complaints.setdefault(context, []).append(entry.get("text") or "")


@contextlib.contextmanager
def browser(letters: int = 16, languages: str = "en-GB, en") -> typing.Iterator[Firefox]:
    """- letters: the size of text in pixels that the person has set in the browser; 16 is usual.
    - languages: those that the person prefers."""
    profile = pathlib.Path(tempfile.mkdtemp(prefix="firefox"))
    size = f'user_pref("font.size.variable.x-western", {letters});\n'
    (profile / "user.js").write_text(PREFERENCES + size + f'user_pref("intl.accept_languages", "{languages}");\n')
    environment = {"HOME": str(profile), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MOZ_HEADLESS": "1"}
    process = subprocess.Popen(
        [
            FIREFOX,
            "--headless",
            "--no-remote",
            "--profile",
            str(profile),
            "--remote-debugging-port",
            "0",
            "about:blank",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        address = next((found[0] for line in process.stderr if (found := re.search(r"ws://\S+", line))), None)
        assert address, "Firefox did not say where it listens"
        with connect(f"{address.rstrip('/')}/session", max_size=None, open_timeout=60) as socket:
            yield Firefox(process, socket)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


class Phone:
    """The same steps as `phone.Phone`, as far as both browsers have them."""

    def __init__(self, firefox: Firefox, shots: pathlib.Path | None = None, size: dict[str, int] | None = None):
        self._firefox, self._shots = firefox, shots
        self._user = firefox.call("browser.createUserContext")["userContext"]
        self._context = firefox.call("browsingContext.create", type="tab", userContext=self._user)["context"]
        firefox.call("browsingContext.setViewport", context=self._context, viewport=size or SIZE, devicePixelRatio=2)

    @property
    def complaints(self) -> list[str]:
        return self._firefox.complaints.get(self._context, [])

    def close(self) -> None:
        self._firefox.call("browsingContext.close", context=self._context)
        self._firefox.call("browser.removeUserContext", userContext=self._user)

    # The page

    def goto(self, url: str) -> None:
        self._firefox.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def reload(self) -> None:
        self._firefox.call("browsingContext.reload", context=self._context, wait="complete")

    def run(self, function: str, *arguments):
        """Gives what a function of the page's own gives, as JSON. It may be async."""
        self._firefox.bring_to_front(self._context)
        call = f"(async () => JSON.stringify((await ({function})(...{json.dumps(arguments)})) ?? null))()"
        result = self._firefox.call(
            "script.evaluate", expression=call, target={"context": self._context}, awaitPromise=True
        )
        if result["type"] == "exception":
            raise AssertionError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def wait(self, condition: str, *arguments):
        """Waits until a function of the page returns a value, and returns that."""
        return self.run(
            f"""async (...given) => {{
                const end = performance.now() + {PATIENCE * 900};
                for (;;) {{
                    const found = ({condition})(...given);
                    if (found) return found === true ? true : found;
                    if (performance.now() > end) {{
                        throw new Error("never came: " + {json.dumps(condition)} + "; " + document.body.innerText);
                    }}
                    await new Promise((done) => setTimeout(done, 20));
                }}
            }}""",
            *arguments,
        )

    def wait_for(self, selector: str) -> None:
        self.wait(
            "(selector) => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility())", selector
        )

    def text(self, selector: str) -> str:
        self.wait_for(selector)
        return self.run(
            "(selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility()).innerText",
            selector,
        )

    def attribute(self, selector: str, name: str) -> str:
        self.wait_for(selector)
        return self.run("(selector, name) => document.querySelector(selector).getAttribute(name)", selector, name)

    def tap(self, selector: str) -> None:
        """Clicks with a real pointer at the first visible match, and again if that moved away before the click."""
        self.wait_for(selector)
        for _ in range(10):
            x, y = self.run(
                """(selector) => {
                const one = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
                one.scrollIntoView({ block: "center", behavior: "instant" });
                globalThis.missed = true;
                const hit = (event) => { missed &&= event.target.closest(selector) === null; };
                document.addEventListener("click", hit, { capture: true, once: true });
                const box = one.getBoundingClientRect();
                return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
            }""",
                selector,
            )
            steps = [
                {"type": "pointerMove", "x": x, "y": y},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerUp", "button": 0},
            ]
            self._firefox.call(
                "input.performActions",
                context=self._context,
                actions=[{"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}, "actions": steps}],
            )
            # A click that opened another page has hit.
            if not self.run("() => globalThis.missed"):
                return
        raise AssertionError(f"no click reaches {selector}")

    def type(self, selector: str, text: str) -> None:
        self.run(
            "(selector) => { const field = document.querySelector(selector); field.focus(); field.select(); }", selector
        )
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._firefox.call(
            "input.performActions", context=self._context, actions=[{"type": "key", "id": "keys", "actions": keys}]
        )

    def picture(self) -> bytes:
        """A screenshot of the window, as PNG."""
        self._firefox.bring_to_front(self._context)
        return base64.b64decode(self._firefox.call("browsingContext.captureScreenshot", context=self._context)["data"])

    def screenshot(self, name: str) -> None:
        if self._shots is not None:
            self._shots.mkdir(parents=True, exist_ok=True)
            (self._shots / f"firefox-{name}.png").write_bytes(self.picture())

    # Eyes

    def out_of_sight(self) -> list[str]:
        """Elements that extend beyond the side of the window, or of their own box."""
        return self.run(looks.OUT_OF_SIGHT)

    def in_sight(self, selector: str) -> bool:
        """Whether all matches are inside the window and not covered."""
        return self.run(looks.IN_SIGHT, selector)

    def bring_into_sight(self, selector: str) -> None:
        self.run(looks.BRING_INTO_SIGHT, selector)

    def focused(self) -> str:
        """The text of what has the keyboard's focus."""
        return self.run("() => document.activeElement.textContent")

    def paste(self) -> str:
        """What the clipboard holds: only a field that a key pastes into may know."""
        self.run(
            "() => { const field = document.createElement('input'); field.id = 'paste'; document.body.append(field); }"
        )
        self.run("() => document.querySelector('#paste').focus()")
        keys = [("keyDown", CONTROL), ("keyDown", "v"), ("keyUp", "v"), ("keyUp", CONTROL)]
        actions = [{"type": kind, "value": key} for kind, key in keys]
        self._firefox.call(
            "input.performActions", context=self._context, actions=[{"type": "key", "id": "keys", "actions": actions}]
        )
        return self.wait("() => document.querySelector('#paste').value")

    def hold_the_seconds(self) -> None:
        self._firefox.call(
            "script.addPreloadScript", functionDeclaration=looks.HOLD_THE_SECONDS, contexts=[self._context]
        )
        self.reload()

    def pass_seconds(self, count: int) -> None:
        self.run(looks.PASS_SECONDS, count)

    def permit(self, name: str, state: str) -> None:
        origin = self.run("() => location.origin")
        self._firefox.call(
            "permissions.setPermission", descriptor={"name": name}, state=state, origin=origin, userContext=self._user
        )

    # What a person does

    def open(self, link: str, name: str | None = None) -> None:
        self.goto(link)
        self.wait_for("[data-do=enroll], section[data-step=no-link]")
        if name is not None:
            self.type("#name", name)
        if self.run("() => document.querySelector('[data-do=enroll]') !== null"):
            self.tap("[data-do=enroll]")

    def confirmation_code(self) -> str:
        return self.attribute("[data-confirmation]", "data-confirmation")

    def wait_until_confirmed(self) -> None:
        self.wait_for("#views")

    def problem(self) -> str:
        return self.text(".problem")

    def show(self, view: str) -> None:
        self.tap(f"#views a[href='#{view}']")

    def request(self, text: str = "") -> str:
        """The selector of the first request that waits and shows `text`."""
        self.show("requests")
        found = self.wait(
            """(text) => [...document.querySelectorAll("[data-request][data-phase=asking]")]
                .find((card) => card.innerText.includes(text))?.dataset.request""",
            text,
        )
        return f"[data-request='{found}']"

    def tap_settled(self, card: str, what: str) -> None:
        """A card ignores taps until it has stood still for a moment. The tap is done when the card has changed, or is
        gone."""
        self.wait_for(f"{card} {what}")
        phase = self._phase(card)
        while self._phase(card) == phase:
            self.wait_for(f"{card}[data-settled]")
            self.tap(f"{card} {what}")

    def _phase(self, card: str) -> str | None:
        return self.run("(card) => document.querySelector(card)?.dataset.phase", card)

    def end(self, card: str) -> str:
        self.wait_for(f"{card}[data-phase=over]")
        return self.attribute(card, "data-status")

    def approve(self, text: str = "") -> str:
        card = self.request(text)
        self.tap_settled(card, "[data-do=approve]")
        return self.end(card)

    def choices(self, text: str = "") -> tuple[str, list[str]]:
        card = self.request(text)
        self.tap_settled(card, "[data-do=approve]")
        self.wait_for(f"{card} [data-choice]")
        return card, self.run(
            "(card) => [...document.querySelectorAll(card + ' [data-choice]')].map((one) => one.innerText)", card
        )

    def deny(self, report: bool = False, text: str = "") -> str:
        card = self.request(text)
        self.tap_settled(card, "[data-do=deny]")
        self.tap_settled(card, "[data-do=report]" if report else "[data-do=was-me]")
        return self.end(card)

    def softtoken_code(self, application: str) -> str:
        self.show("codes")
        return self.attribute(f"[data-application='{application}'] [data-code]", "data-code")

    def devices(self) -> list[str]:
        self.show("devices")
        self.wait_for("[data-device]")
        return self.run("() => [...document.querySelectorAll('[data-device] h2 bdi')].map((one) => one.textContent)")

    # Another phone

    def add_another(self) -> str:
        """Taps the button for it. Returns the link that the page then shows, also as a QR code."""
        self.show("devices")
        self.wait_for("[data-device]")
        self.tap("[data-add-phone=closed] [data-do=add-phone]")
        return self.attribute("[data-add-phone=open] [data-link]", "data-link")

    def question(self, text: str = "") -> str:
        """The selector of the first question that waits for an answer and shows `text`."""
        found = self.wait(
            """(text) => [...document.querySelectorAll("[data-question][data-phase=asking]")]
                .find((card) => card.innerText.includes(text))?.dataset.question""",
            text,
        )
        return f"[data-question='{found}']"

    def decide(self, text: str, answer: str) -> str:
        """Answers a question: `allow` or `refuse`. Returns how the page says it ended."""
        self.show("requests")
        card = self.question(text)
        self.tap_settled(card, f"[data-do={answer}]")
        return self.end(card)

    def add_phone(self, code: str) -> str:
        """Types the code that a new phone shows. Returns the selector of the question."""
        card = self.question()
        self.type(f"{card} input", code)
        self.tap(f"{card} [data-do=add]")
        return card

    def wait_for_shell(self) -> None:
        """Until the page's own files are kept for offline use."""
        self.run("() => navigator.serviceWorker.ready.then(() => true)")
        self.wait("() => navigator.serviceWorker.controller !== null")

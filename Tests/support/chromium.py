"""A phone: headless Chromium at a phone's size, driven as a thumb would."""

import contextlib
import pathlib
import re
import typing

from support import looks
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Worker, expect, sync_playwright

from support.patience import PATIENCE

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 390, "height": 844}
MILLISECONDS = PATIENCE * 1000
expect.set_options(timeout=MILLISECONDS)
AGENT = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
    "Safari/537.36"
)


@contextlib.contextmanager
def browser(ignore_https_errors: bool = False) -> typing.Iterator[Browser]:
    """One Chromium for any number of phones. The option is the browser's own: a service worker's script heeds no
    other."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"] + (
        ["--ignore-certificate-errors"] if ignore_https_errors else []
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield opened
        finally:
            opened.close()


class Phone:
    """One browser with its own storage. Errors of the page on the console are in `complaints`, which should be
    empty."""

    def __init__(
        self,
        browser: Browser,
        shots: pathlib.Path | None = None,
        size: dict[str, int] | None = None,
        dark: bool = False,
        ignore_https_errors: bool = False,
        agent: str = AGENT,
        locale: str = "en-GB",
    ):
        self._shots = shots
        self.context: BrowserContext = browser.new_context(
            viewport=size or SIZE,
            has_touch=True,
            is_mobile=True,
            device_scale_factor=2,
            user_agent=agent,
            color_scheme="dark" if dark else "light",
            ignore_https_errors=ignore_https_errors,
            locale=locale,
        )
        self.context.set_default_timeout(MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._hear(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, text: str) -> None:
        """The browser itself logs every call that was refused or got no answer."""
        if not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    def close(self) -> None:
        self.context.close()

    # Enrolment

    def open(self, link: str, name: str | None = None) -> None:
        """Opens an enrollment link and enrolls. The confirmation code shows next, or, for an invalid link, the
        error."""
        self.page.goto(link)
        self.page.locator("[data-do=enroll], section[data-step=no-link]").first.wait_for()
        if self.step() == "no-link":
            return
        if name is not None:
            self.page.locator("#name").fill(name)
        self.page.locator("[data-do=enroll]").click()

    def confirmation_code(self) -> str:
        return self._attribute(self.page.locator("[data-confirmation]"), "data-confirmation")

    def wait_until_confirmed(self) -> None:
        self.page.locator("#views").wait_for()

    def step(self) -> str:
        """The step of a phone without a device: `enroll`, `confirm`, `no-link`, `removed`, `unusable`."""
        return self._attribute(self.page.locator("section[data-step]"), "data-step")

    def problem(self) -> str:
        """The page's error message."""
        return self.page.locator(".problem:visible").first.inner_text()

    # OneTouch

    def wait_for_request(self, text: str = "") -> Locator:
        """The first request that waits for an answer and shows `text`."""
        self.show("requests")
        card = self.page.locator("[data-request][data-phase=asking]").filter(has_text=text).first
        card.wait_for()
        return card

    def approve(self, choice: str | None = None, text: str = "") -> str:
        """- choice: which number to tap, where the login shows one. Returns how the page says it ended: `approved`,
        `wrong_number`, ..."""
        card = self._same(self.wait_for_request(text))
        self._tap(card, "[data-do=approve]")
        if choice is not None:
            return self.choose(choice)
        return self._end(card)

    def choices(self, text: str = "") -> list[str]:
        """Opens the numbers to choose from, and reads them."""
        card = self._same(self.wait_for_request(text))
        self._tap(card, "[data-do=approve]")
        card.locator("[data-choice]").first.wait_for()
        return card.locator("[data-choice]").all_inner_texts()

    def choose(self, choice: str | None, report: bool = False) -> str:
        """After `choices`. None: none of these. - report: how the question is answered whether it was the person, where
        it comes."""
        card = self._same(self.page.locator("[data-phase=choosing]").first)
        self._tap(card, "[data-do=none]" if choice is None else f"[data-choice='{choice}']")
        expect(card).to_have_attribute("data-phase", re.compile("over|asking-why"))
        asks = self._attribute(card, "data-phase") == "asking-why"
        return self._answer_why(card, report=report) if asks else self._end(card)

    def deny(self, report: bool = False, text: str = "") -> str:
        return self._answer_why(self.begin_to_deny(text), report)

    def begin_to_deny(self, text: str = "") -> Locator:
        """Up to the question whether it was the person."""
        card = self._same(self.wait_for_request(text))
        self._tap(card, "[data-do=deny]")
        card.locator("[data-do=was-me]").wait_for()
        return card

    def hold_the_seconds(self) -> None:
        self.page.add_init_script(f"({looks.HOLD_THE_SECONDS})()")
        self.page.reload()

    def pass_seconds(self, count: int) -> None:
        self.page.evaluate(looks.PASS_SECONDS, count)

    def close_results(self) -> None:
        """Closes every card that is over."""
        over = self.page.locator("[data-request][data-phase=over]")
        while over.count():
            self._tap(self._same(over.first), "[data-do=close]")

    def pending(self) -> int:
        return self.page.locator("[data-request]:is([data-phase=asking], [data-phase=choosing])").count()

    def _answer_why(self, card: Locator, report: bool) -> str:
        self._tap(card, "[data-do=report]" if report else "[data-do=was-me]")
        return self._end(card)

    def _end(self, card: Locator) -> str:
        expect(card).to_have_attribute("data-phase", "over")
        return self._attribute(card, "data-status")

    def _same(self, card: Locator) -> Locator:
        """The card with this id, in any state."""
        return self.page.locator(f"[data-request='{self._attribute(card, 'data-request')}']")

    @staticmethod
    def _tap(card: Locator, what: str) -> None:
        """The page ignores taps on a card that has just come or moved. If the card moves just then and the tap is
        ignored, this taps again."""
        while True:
            card.locator(what).wait_for()
            expect(card).to_have_attribute("data-settled", "")
            # The page checks the card before it accepts the tap, which then changes the phase.
            tapped = card.evaluate_handle("""(card) => {
                const phase = card.dataset.phase;
                const tap = {};
                card.addEventListener("click", () => {
                    const isOpen = card.isConnected && !card.hasAttribute("data-settled");
                    tap.isIgnored = card.dataset.phase === phase && isOpen;
                }, { once: true });
                return tap;
            }""")
            card.locator(what).tap()
            if not tapped.evaluate("(tap) => tap.isIgnored"):
                return

    # Questions about the account

    def wait_for_question(self, text: str = "") -> Locator:
        """The first question that waits for an answer and shows `text`."""
        self.show("requests")
        card = self.page.locator("[data-question][data-phase=asking]").filter(has_text=text).first
        card.wait_for()
        return self.page.locator(f"[data-question='{self._attribute(card, 'data-question')}']")

    def add_phone(self, code: str, text: str = "") -> Locator:
        """Types the code that a new phone shows. Returns the card."""
        card = self.wait_for_question(text)
        card.locator("input").fill(code)
        card.locator("[data-do=add]").tap()
        return card

    def refuse(self, text: str = "") -> str:
        """Says no to a question. Returns how the page says it ended."""
        card = self.wait_for_question(text)
        self._tap(card, "[data-do=refuse]")
        return self._end(card)

    # Another phone

    def add_another(self) -> str:
        """Taps the button for it. Returns the link that the page then shows, also as a QR code."""
        self.show("devices")
        self.page.locator("[data-add-phone=closed] [data-do=add-phone]").tap()
        return self.link()

    def link(self) -> str:
        return self._attribute(self.adding().locator("[data-link]"), "data-link")

    def adding(self, phase: str = "open") -> Locator:
        """- phase: `closed`, `making`, `open`, `expired`."""
        return self.page.locator(f"[data-add-phone={phase}]")

    def close_questions(self) -> None:
        """Closes every question that was answered."""
        over = self.page.locator("[data-question][data-phase=over]")
        while over.count():
            key = self._attribute(over.first, "data-question")
            self._tap(self.page.locator(f"[data-question='{key}']"), "[data-do=close]")

    def applications(self) -> dict[str, str]:
        """The applications that may ask: the decision by the application's name."""
        self.show("devices")
        listed = self.page.locator("[data-application-id]")
        listed.first.wait_for()
        return {one.locator("h3 bdi").inner_text(): self._attribute(one, "data-decision") for one in listed.all()}

    def decide(self, application: str, decision: str) -> None:
        """- decision: `allowed` or `refused`."""
        self.show("devices")
        listed = self.page.locator("[data-application-id]").filter(has=self.page.get_by_text(application, exact=True))
        listed.locator(f"[data-do={decision}]").tap()
        expect(listed).to_have_attribute("data-decision", decision)

    # SoftToken

    def softtoken_code(self, application: str) -> str:
        self.show("codes")
        card = self.page.locator(f"[data-application='{application}']")
        return self._attribute(card.locator("[data-code]"), "data-code")

    # Stored data

    def keys(self) -> list[tuple[str, str, bool]]:
        """Algorithm, type and extractability of each key that the browser keeps for the page."""
        return [
            tuple(key)
            for key in self.page.evaluate("""async () => {
            const done = (request) => new Promise((resolve, reject) => {
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            const keys = [];
            const look = (value) => {
                if (value instanceof CryptoKey) keys.push([value.algorithm.name, value.type, value.extractable]);
                else if (value !== null && typeof value === "object") Object.values(value).forEach(look);
            };
            for (const { name } of await indexedDB.databases()) {
                const database = await done(indexedDB.open(name));
                const stores = [...database.objectStoreNames];
                for (const store of stores) look(await done(database.transaction(store).objectStore(store).getAll()));
                database.close();
            }
            return keys;
        }""")
        ]

    def problems_of_installing(self) -> list[str]:
        """Why the page could not be put on the home screen, as the browser sees it."""
        session = self.context.new_cdp_session(self.page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["url"] and manifest["data"], "no manifest"
        errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        return [error["message"] for error in manifest["errors"]] + [error["errorId"] for error in errors]

    # Fingers

    def too_small_for_a_thumb(self, least: int = 44) -> list[str]:
        """What can be tapped now and is smaller than this, in CSS pixels."""
        small = []
        for control in (
            self.page.locator("a, button, input, select, summary, [role=button], [role=link]")
            .locator("visible=true")
            .all()
        ):
            box = control.bounding_box()
            assert box is not None
            if box["width"] < least or box["height"] < least:
                small.append(
                    f"{box['width']:.1f} x {box['height']:.1f}: {control.evaluate('element => element.outerHTML')}"
                )
        return small

    # Eyes

    def set_letters(self, pixels: int) -> None:
        """As the browser's own setting of its text size; 16 is usual."""
        self.context.new_cdp_session(self.page).send(
            "Page.setFontSizes", {"fontSizes": {"standard": pixels, "fixed": pixels}}
        )

    def out_of_sight(self) -> list[str]:
        """Elements that extend beyond the side of the window, or of their own box."""
        return self.page.evaluate(looks.OUT_OF_SIGHT)

    def in_sight(self, selector: str) -> bool:
        """Whether all matches are inside the window and not covered."""
        return self.page.evaluate(looks.IN_SIGHT, selector)

    def bring_into_sight(self, selector: str) -> None:
        self.page.evaluate(looks.BRING_INTO_SIGHT, selector)

    def focused(self) -> str:
        """The text of what has the keyboard's focus."""
        return self.page.evaluate("document.activeElement.textContent")

    # Connection

    def lose_next_answer(self, urls: str) -> None:
        """The server gets the call and answers, and nothing arrives."""

        def lose(route):
            route.fetch()
            route.abort()

        self.page.route(urls, lose, times=1)

    def go_offline(self) -> None:
        self.context.set_offline(True)

    def go_online(self) -> None:
        self.context.set_offline(False)

    def reload(self) -> None:
        """As closing and opening the page; offline it comes from the service worker."""
        self.page.reload()

    def wait_for_shell(self) -> None:
        """Until the page's own files are kept for offline use."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def notices(self) -> list[str]:
        return self.page.locator("[data-notice]").all_inner_texts()

    # Notifications

    def allow_notifications(self) -> None:
        self.context.grant_permissions(["notifications"], origin=self._origin)

    def take_push(self, message: str) -> None:
        """What a push service would bring, once, where no notification shows; comes back when one does."""
        self.wait_for_shell()
        session = self.context.new_cdp_session(self.page)
        registrations: list[dict[str, typing.Any]] = []
        session.on(
            "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
        )
        session.send("ServiceWorker.enable")
        while not registrations:
            self.page.evaluate("0")
        # Asking for notifications before the browser shows them makes it forget them.
        self._worker.evaluate(
            """(patience) => {
            const show = ServiceWorkerRegistration.prototype.showNotification;
            self.shown = new Promise((resolve, reject) => {
                setTimeout(() => reject(new Error("nothing is shown")), patience);
                ServiceWorkerRegistration.prototype.showNotification = function (...it) {
                    const shown = show.apply(this, it);
                    shown.then(resolve, reject);
                    return shown;
                };
            });
        }""",
            MILLISECONDS,
        )
        push = {"origin": self._origin, "registrationId": registrations[-1]["registrationId"], "data": message}
        session.send("ServiceWorker.deliverPushMessage", push)
        self._worker.evaluate("() => self.shown")

    def notifications(self) -> list[dict[str, str]]:
        return self._worker.evaluate(
            "async () => (await self.registration.getNotifications()).map(({ tag, title, body }) => ({ tag, title, "
            "body }))"
        )

    def wait_for_no_notification(self) -> None:
        self._worker.evaluate(
            """async (patience) => {
            const end = performance.now() + patience;
            while ((await self.registration.getNotifications()).length > 0) {
                if (performance.now() > end) throw new Error("still there");
                await new Promise((resume) => setTimeout(resume, 10));
            }
        }""",
            MILLISECONDS,
        )

    def close_page(self) -> None:
        """Comes back when the page's worker has seen it go."""
        self.page.goto("about:blank")
        self._worker.evaluate(
            """async (patience) => {
            const end = performance.now() + patience;
            const seen = { type: "window", includeUncontrolled: true };
            while ((await self.clients.matchAll(seen)).length > 0) {
                if (performance.now() > end) throw new Error("still there");
                await new Promise((resume) => setTimeout(resume, 10));
            }
        }""",
            MILLISECONDS,
        )

    def tap_notification(self) -> list[str]:
        """Taps the only one. Returns what the page's worker asks the browser for, which grants it to a real finger
        only: `focus` of a page, or `open` of an address."""
        return self._worker.evaluate("""async () => {
            const asked = [];
            WindowClient.prototype.focus = async function () { asked.push("focus"); return this; };
            Clients.prototype.openWindow = async (url) => { asked.push(`open ${new URL(url, self.location.href)}`); };
            const [notification] = await self.registration.getNotifications();
            const event = new NotificationEvent("notificationclick", { notification });
            const done = new Promise((resolve) => { event.waitUntil = resolve; });
            self.dispatchEvent(event);
            await done;
            return asked;
        }""")

    @property
    def _worker(self) -> Worker:
        [worker] = self.context.service_workers
        return worker

    @property
    def _origin(self) -> str:
        return self.page.evaluate("location.origin")

    # Other views

    def show(self, view: str) -> None:
        """`requests`, `codes`, `history` or `devices`."""
        if not self.page.url.endswith(f"#{view}"):
            self.page.locator(f"#views a[href='#{view}']").click()

    def history(self) -> list[dict[str, str | None]]:
        """The entries of the first page: kind, status, text."""
        self.show("history")
        # Never empty: it begins with the phone itself. Another view may still show that it has nothing.
        self.page.locator("li[data-kind]").first.wait_for()
        return [self._entry(item) for item in self.page.locator("li[data-kind]").all()]

    @staticmethod
    def _entry(item: Locator) -> dict[str, str | None]:
        text = re.sub(r"\s+", " ", item.inner_text())
        return {"kind": item.get_attribute("data-kind"), "status": item.get_attribute("data-status"), "text": text}

    def load_more(self) -> None:
        self.page.locator("[data-do=more]").click()

    def devices(self) -> list[str]:
        self.show("devices")
        self.page.locator("[data-device]").first.wait_for()
        return self.page.locator("[data-device] h2 bdi").all_inner_texts()

    def rename(self, old: str, new: str) -> None:
        device = self._device(old)
        device.locator("[data-do=rename]").click()
        device.locator("input").fill(new)
        device.locator("[data-do=save]").click()
        expect(device.locator("h2 bdi")).to_have_text(new)

    def remove(self, name: str) -> None:
        device = self._device(name)
        device.locator("[data-do=remove]").click()
        device.locator("[data-do=remove-really]").click()
        device.wait_for(state="detached")

    def _device(self, name: str) -> Locator:
        """The first of that name in the list."""
        self.show("devices")
        named = self.page.locator("[data-device]").filter(has=self.page.get_by_text(name, exact=True)).first
        return self.page.locator(f"[data-device='{self._attribute(named, 'data-device')}']")

    def picture(self) -> bytes:
        """A screenshot of the window, as PNG."""
        return self.page.screenshot()

    def screenshot(self, name: str) -> None:
        if self._shots is not None:
            self._shots.mkdir(parents=True, exist_ok=True)
            (self._shots / f"{name}.png").write_bytes(self.picture())

    @staticmethod
    def _attribute(element: Locator, name: str) -> str:
        value = element.get_attribute(name)
        assert value is not None, f"no {name}"
        return value

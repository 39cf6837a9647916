// Puts the page together: the device of this browser, the views, and the server's state.

import { API } from "./api.js";
import * as clock from "./clock.js";
import { CodesView } from "./codes-view.js";
import { DevicesView } from "./devices-view.js";
import { el } from "./dom.js";
import * as enrollment from "./enroll-view.js";
import { HistoryView } from "./history-view.js";
import { Keeping } from "./keeping.js";
import * as keys from "./keys.js";
import { Live } from "./live.js";
import { notice } from "./notice.js";
import { closeAllBut, Notifications, unsubscribe } from "./notifications.js";
import { RequestsView } from "./requests-view.js";
import { keepShell } from "./shell.js";
import * as store from "./store.js";
import * as texts from "./texts.js";

const main = document.getElementById("main");
const nav = document.getElementById("views");
const count = document.getElementById("count");

/** The running parts of an enrolled phone; null before and after. */
let running = null;

function show(view, { isStep = false } = {}) {
  main.replaceChildren(view);
  document.body.toggleAttribute("data-step", isStep);
  nav.hidden = isStep;
  scrollTo(0, 0);
}

function showCount(pending) {
  document.title = texts.requests.title(pending);
  count.hidden = pending === 0;
  count.textContent = String(pending);
  count.parentElement.setAttribute("aria-label", texts.requests.tabLabel(pending));
}

/** Removes the token from the address bar and the history, so that it is not seen or shared. */
function takeToken() {
  if (!location.hash.startsWith("#enrol=")) return undefined;
  const token = enrollment.tokenIn(location.href);
  history.replaceState(null, "", location.pathname);
  return token;
}

/** One enrolled phone with its views and its connection. */
class Running {
  #device;
  #api;
  #live;
  #views;
  #codes = new CodesView();
  #notifications;
  #keeping = new Keeping();
  #isConfirmed = false;
  #confirmationShown = null;
  #justEnrolled;
  /** Called once, when the next view is shown. */
  #afterRoute = null;

  constructor(device, justEnrolled) {
    this.#device = device;
    this.#justEnrolled = justEnrolled;
    this.#isConfirmed = device.confirmed === true;
    this.#api = new API(device);
    this.#notifications = new Notifications(this.#api);
    this.#views = {
      requests: new RequestsView(this.#api, [this.#notifications.card(true), this.#keeping.card()], showCount),
      codes: this.#codes,
      history: new HistoryView(this.#api),
      devices: new DevicesView(this.#api, [this.#notifications.card(false), this.#keeping.card()], {
        onThisRemoved: () => this.#removedHere(), onJoined: (id) => this.#joined(id),
      }),
    };
    this.#live = new Live(this.#api, {
      state: (state) => this.#take(state),
      trouble: (error, failures) => this.#trouble(error, failures),
    });
  }

  async start() {
    await this.#codes.load();
    if (this.#isConfirmed) this.route();
    else show(el("p", { class: "waiting", role: "status" }, el("span", { class: "spinner" })), { isStep: true });
    this.#live.run();
  }

  end() {
    this.#live.end();
    notice("connection", null);
    notice("clock", null);
    showCount(0);
  }

  refresh() {
    this.#live.refresh();
  }

  get isBusy() {
    return !this.#isConfirmed || main.querySelector("[data-request], [data-link], form") !== null;
  }

  /** Shows the view of the address. */
  route() {
    if (!this.#isConfirmed) return;
    const name = Object.hasOwn(this.#views, location.hash.slice(1)) ? location.hash.slice(1) : "requests";
    for (const link of nav.querySelectorAll("a")) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    show(this.#views[name].element);
    this.#views[name].show?.();
    this.#afterRoute?.();
    this.#afterRoute = null;
  }

  #go(name, then) {
    this.#afterRoute = then;
    location.hash = `#${name}`;
  }

  /**
   * Called when a phone has opened the link in the view of phones: goes to its question, and back when that is closed.
   */
  #joined(id) {
    const back = () => location.hash === "#requests" && this.#go("devices", () => this.#views.devices.focus());
    this.#go("requests", () => this.#views.requests.goToPhone(id, back));
  }

  async #take(state) {
    notice("connection", null);
    notice("clock", clock.isOff() ? texts.connection.clockOff : null);
    if (state.device?.confirmed !== true) return this.#showConfirmation(String(state.confirmation ?? ""));
    if (!this.#isConfirmed) await this.#confirmed();
    this.#views.devices.setAccount(state.user?.phone);
    this.#notifications.update(state);
    this.#keeping.update();
    const requests = Array.isArray(state.requests) ? state.requests : [];
    this.#views.requests.update(requests, state);
    this.#views.devices.update(state.joining);
    closeAllBut(new Set(requests.map((one) => one.id))).catch(() => {});
    // Codes may need several calls, and new requests do not wait for them.
    const tokens = Array.isArray(state.tokens) ? state.tokens : [];
    this.#codes.update(this.#api, tokens).catch((error) => this.#trouble(error, 1));
  }

  #showConfirmation(code) {
    if (this.#confirmationShown === code) return;
    this.#confirmationShown = code;
    show(enrollment.confirmation(code), { isStep: true });
  }

  async #confirmed() {
    this.#isConfirmed = true;
    this.#device.confirmed = true;
    await store.put("device", this.#device);
    this.route();
    if (this.#justEnrolled || this.#confirmationShown !== null) main.prepend(enrollment.done());
  }

  #trouble(error, failures) {
    if (error.code === "unknown_device") return removed();
    if (error.code === "unconfirmed") return this.#live.refresh();
    const isOffline = error.code === "offline" || error.code === undefined;
    if (navigator.onLine !== false && failures < 2) return;
    notice("connection", isOffline ? texts.connection.offline : texts.connection.refused);
    this.#views.requests.lose();
  }

  async #removedHere() {
    await unsubscribe().catch(() => {});
    await removed();
  }
}

/** This phone is no longer enrolled: everything stored is deleted. */
async function removed() {
  running?.end();
  running = null;
  await unsubscribe().catch(() => {});
  await store.wipe();
  showNoLink({ wasRemoved: true });
}

function showNoLink(options) {
  show(enrollment.withoutLink({ ...options, onToken: (token) => offer(token) }), { isStep: true });
}

/** Shows what the link is for; nothing is sent before the user agrees. */
async function offer(token) {
  const device = await store.get("device");
  const view = await enrollment.withLink({
    token,
    isEnrolled: device !== undefined,
    onKeep: () => run(device, false),
    onDone: (made) => run(made, true),
    onRefused: (problem) =>
      (device ? run(device, false).then(() => notice("enroll", problem, 20_000)) : showNoLink({ problem })),
  });
  if (view === null) return;
  running?.end();
  running = null;
  show(view, { isStep: true });
}

async function run(device, justEnrolled) {
  running?.end();
  running = new Running(device, justEnrolled);
  await running.start();
}

async function begin() {
  const token = takeToken();
  if (token) return offer(token);
  const device = await store.get("device");
  // A link remains usable if only its answer was lost.
  const unfinished = device ? undefined : await store.get("enrolment");
  if (unfinished && token === undefined) return offer(unfinished.token);
  if (token === null && !device) return showNoLink({ problem: texts.enroll.notALink });
  if (!device) return showNoLink({});
  return run(device, false);
}

/** Messages of the service worker: a push arrived, or the user tapped its notification. */
function hear(message) {
  if (message === "show requests") location.hash = "#requests";
  running?.refresh();
}

/** Puts the browser's language into what index.html shows. */
function translate() {
  document.documentElement.lang = texts.language;
  nav.setAttribute("aria-label", texts.viewsLabel);
  for (const link of nav.querySelectorAll("a")) {
    link.querySelector("span").textContent = texts.views[link.hash.slice(1)];
  }
}

async function start() {
  translate();
  if (!keys.areAvailable()) {
    takeToken();
    return show(enrollment.unusable(texts.enroll.noKeysTitle, texts.enroll.noKeys), { isStep: true });
  }
  try {
    await clock.load();
  } catch {
    return show(enrollment.unusable(texts.enroll.noStoreTitle, texts.enroll.noStore), { isStep: true });
  }
  addEventListener("hashchange", () => (location.hash.startsWith("#enrol=") ? begin() : running?.route()));
  navigator.serviceWorker?.addEventListener("message", (event) => hear(event.data));
  keepShell(() => running === null || running.isBusy);
  await begin();
}

start();

// Web Push for this browser, and the card that turns it on.

import { fromB64u, toB64u } from "./bytes.js";
import { announce, button, el, icon } from "./dom.js";
import { isApple, isStandalone } from "./phone.js";
import * as texts from "./texts.js";

const words = texts.notifications;
const DEADLINE = 10_000;

const exists = () => "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

function withDeadline(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("", "TimeoutError")), DEADLINE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Subscribes with the server's key. A browser has one subscription for each page, so one with another key is ended
 * first.
 */
async function subscribe(pushKey) {
  const { pushManager } = await withDeadline(navigator.serviceWorker.ready);
  const old = await pushManager.getSubscription();
  const isOurs = old && old.options.applicationServerKey && toB64u(old.options.applicationServerKey) === pushKey;
  if (isOurs) return old;
  await old?.unsubscribe();
  return withDeadline(pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromB64u(pushKey) }));
}

/** Ends the subscription in this browser, but not at the server. */
export async function unsubscribe() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

/** Closes notifications of requests that no longer wait. */
export async function closeAllBut(ids) {
  const registration = await navigator.serviceWorker?.getRegistration();
  const notifications = (await registration?.getNotifications?.()) ?? [];
  for (const one of notifications) if (!ids.has(one.tag)) one.close();
}

export class Notifications {
  #api;
  #pushKey = "";
  #isOn = false;
  #isBusy = false;
  #mended = false;
  #cards = [];

  constructor(api) {
    this.#api = api;
  }

  /** A card; `quiet` ones show only while notifications can be turned on. */
  card(quiet) {
    const element = el("div", { class: "card notify", "data-card": "notifications", hidden: true });
    this.#cards.push({ element, quiet });
    return element;
  }

  update({ push_key: pushKey, push }) {
    if (this.#isBusy) return;
    const isSame = this.#pushKey === pushKey && this.#isOn === push;
    this.#pushKey = typeof pushKey === "string" ? pushKey : "";
    this.#isOn = push === true;
    if (!isSame) this.#draw();
    if (this.#isOn && !this.#mended) this.#mend();
  }

  /** Sends the current subscription to the server, as the browser may have changed it. */
  async #mend() {
    this.#mended = true;
    try {
      if (Notification.permission === "granted") await this.#send(await subscribe(this.#pushKey));
    } catch {
      // Tried again when the page starts next.
    }
  }

  #draw(problem) {
    for (const { element, quiet } of this.#cards) {
      const isShown = !quiet || (!this.#isOn && this.#pushKey !== "" && (exists() || (isApple() && !isStandalone())));
      element.hidden = !isShown;
      element.replaceChildren(...this.#content(problem, quiet).filter(Boolean));
    }
  }

  #content(problem, quiet) {
    const title = el("h2", {}, icon("bell"), words.title);
    const told = problem && el("p", { class: "problem", role: "alert" }, problem);
    if (!exists()) return [title, el("p", {}, isApple() && !isStandalone() ? words.apple : words.missing)];
    if (this.#isOn) {
      const turnOff = button(
        words.turnOff, { class: "quiet wide", "data-do": "push-off", onclick: () => this.#turnOff() });
      return [title, el("p", {}, words.on), told, turnOff];
    }
    if (Notification.permission === "denied") return [title, el("p", {}, words.refused)];
    const turnOn = button(this.#isBusy ? words.turningOn : words.turnOn, {
      class: "wide main",
      "data-do": "push-on",
      "aria-disabled": this.#isBusy ? "true" : null,
      onclick: () => this.#turnOn(),
    });
    return [title, el("p", {}, quiet ? words.why : `${words.off} ${words.why}`), told, turnOn];
  }

  /** Called by a tap only: browsers ask for permission once, so the user chooses when. */
  async #turnOn() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#draw();
    const problem = await this.#tryToTurnOn();
    this.#isBusy = false;
    this.#draw(problem);
    announce(problem ?? words.on);
  }

  /** Returns what went wrong, or null. */
  async #tryToTurnOn() {
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return permission === "denied" ? words.refused : words.dismissed;
    try {
      await this.#send(await subscribe(this.#pushKey));
      this.#isOn = true;
      this.#mended = true;
      return null;
    } catch (error) {
      if (error.code === "invalid") return words.notAllowed;
      return error.name === "TimeoutError" ? words.timeout : words.failed;
    }
  }

  async #turnOff() {
    this.#isBusy = true;
    try {
      await this.#api.push({});
      await unsubscribe();
      this.#isOn = false;
    } catch {
      // It stays on, and the card says so.
    }
    this.#isBusy = false;
    this.#draw(this.#isOn ? words.failed : undefined);
    announce(this.#isOn ? words.failed : words.off);
  }

  #send(subscription) {
    const { endpoint, keys } = subscription.toJSON();
    return this.#api.push({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
  }
}

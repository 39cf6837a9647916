// SoftToken codes, from secrets that are stored here so that codes work without a connection.

import * as clock from "./clock.js";
import { button, el, icon, plain, plainText, svg } from "./dom.js";
import { notice } from "./notice.js";
import * as store from "./store.js";
import * as texts from "./texts.js";
import * as totp from "./totp.js";

const words = texts.codes;
/** Seconds before the end of a code in which the next one is shown too. */
const SOON = 10;
const ROUND = 2 * Math.PI * 15;

class CodeCard {
  #token;
  #step = null;
  #code = "";
  #digits = el("p", { class: "code" });
  #left = el("span", { class: "seconds" });
  #next = el("p", { class: "next" });
  #arc = svg("circle", { class: "arc", cx: 18, cy: 18, r: 15, "stroke-dasharray": ROUND });

  constructor(token) {
    this.#token = token;
    const whole = svg("circle", { cx: 18, cy: 18, r: 15 });
    const ring = svg("svg", { class: "ring", viewBox: "0 0 36 36", "aria-hidden": "true" }, whole, this.#arc);
    const label = words.copyLabel(plainText(token.application));
    const copy = button(words.copy, { class: "quiet", "aria-label": label, onclick: () => this.#copy() }, icon("copy"));
    this.element = el(
      "article", { class: "card token", "data-application": token.application },
      el("h2", { class: "application" }, plain(token.application)),
      el("div", { class: "line" }, this.#digits, el("div", { class: "time" }, ring, this.#left)),
      el("div", { class: "line" }, this.#next, copy));
  }

  async tick() {
    const time = clock.now();
    const step = totp.timeStep(this.#token, time);
    const left = totp.secondsLeft(this.#token, time);
    this.#arc.setAttribute("stroke-dashoffset", ROUND * (1 - left / this.#token.period));
    this.element.toggleAttribute("data-soon", left <= SOON);
    this.#left.textContent = texts.codes.left(Math.ceil(left));
    if (step === this.#step) return;
    this.#step = step;
    const [code, next] = await Promise.all([totp.code(this.#token, step), totp.code(this.#token, step + 1)]);
    if (step !== this.#step) return;
    this.#code = code;
    this.#digits.replaceChildren(...spaced(code));
    this.#digits.setAttribute("data-code", code);
    this.#next.replaceChildren(`${words.next} `, el("span", {}, ...spaced(next)));
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#code);
      this.#say(words.copied);
    } catch {
      this.#say(words.copyFailed);
    }
  }

  #say(text) {
    notice("copied", text, 2500);
  }
}

/** The gap is drawn by the style, so that a manual copy has digits only. */
const spaced = (code) => texts.groups(code).map((group) => el("span", { class: "group" }, group));

export class CodesView {
  #cards = new Map();
  #list = el("div", { class: "tokens" });
  #empty = el("div", { class: "empty" }, icon("code"), el("h2", {}, words.empty), el("p", {}, words.emptyMore));

  constructor() {
    this.element = el("section", {}, el("h1", { class: "unseen-by-eye" }, texts.views.codes), this.#list, this.#empty);
    setInterval(() => this.tick(), 250);
  }

  async load() {
    const tokens = await store.tokens();
    this.#cards = new Map(tokens.map((token) => [token.id, new CodeCard(token)]));
    this.#list.replaceChildren(...[...this.#cards.values()].map((card) => card.element));
    this.#empty.hidden = tokens.length > 0;
    this.tick();
  }

  /**
   * Fetches new secrets, and deletes those that are not listed any more.
   * - listed: `tokens` of the state.
   */
  async update(api, listed) {
    const kept = new Map((await store.tokens()).map((token) => [token.id, token]));
    const wanted = new Set(listed.map((one) => one.id));
    const gone = [...kept.keys()].filter((id) => !wanted.has(id));
    const missing = listed.filter((one) => !isSame(one, kept.get(one.id)));
    for (const id of gone) await store.dropToken(id);
    for (const one of missing) await this.#fetch(api, one);
    if (gone.length > 0 || missing.length > 0) await this.load();
  }

  async #fetch(api, { id, added, application }) {
    try {
      const token = await totp.importToken(await api.token(id), id);
      await store.putToken({ ...token, added });
      notice("token", null);
    } catch (error) {
      if (error.code === "unknown_device") throw error;
      notice("token", words.failed(plainText(String(application))));
    }
  }

  tick() {
    if (document.hidden || !this.element.isConnected) return;
    for (const card of this.#cards.values()) card.tick();
  }
}

/** A changed `added` means a new secret with the same id. */
const isSame = (listed, kept) =>
  kept !== undefined && kept.added === listed.added && kept.application === listed.application;

// Adds another phone to this account: this phone makes a link, and shows it as a QR code and as text. See
// docs/develop/adr/0057.

import * as bytes from "./bytes.js";
import * as clock from "./clock.js";
import { announce, button, el, icon, moveTo, plain, svg } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.addPhone;

/** Light modules on each side of the code (ISO/IEC 18004: 4 or more). */
const MARGIN = 4;

export class AddPhone {
  #api;
  #onJoined;
  /** The link's token, kept while only the answer may be lost: the same call again makes no other link. */
  #token = null;
  /** The server's answer; null while there is no link. */
  #made = null;
  #left = el("span");
  element = el("section", { class: "add-phone" });

  /** - onJoined: called with the id of the phone that has opened the link. */
  constructor(api, onJoined) {
    this.#api = api;
    this.#onJoined = onJoined;
    this.#begin();
    setInterval(() => this.#tick(), 1000);
  }

  /** - joining: `joining` of the state. */
  update(joining) {
    if (this.#made === null || !Array.isArray(joining)) return;
    const found = joining.find((one) => typeof one?.id === "string" && one.created >= this.#made.created);
    if (!found) return;
    const isShown = this.element.isConnected;
    this.#begin();
    if (isShown) this.#onJoined(found.id);
  }

  #show(phase, ...children) {
    this.element.setAttribute("data-add-phone", phase);
    this.element.replaceChildren(...children.filter(Boolean));
  }

  #begin() {
    this.#made = null;
    this.#token = null;
    this.#show("closed", this.#start());
  }

  #start(problem) {
    const start = button(
      words.start, { class: "main wide", "data-do": "add-phone", onclick: () => this.#make() }, icon("phone"));
    return el("div", { class: "foot" }, problem && el("p", { class: "problem", role: "alert" }, plain(problem)), start);
  }

  async #make() {
    this.#show("making", el("p", { class: "waiting", role: "status" }, el("span", { class: "spinner" }), words.making));
    this.#token ??= bytes.toB64u(crypto.getRandomValues(new Uint8Array(32)));
    try {
      const made = await this.#api.link(this.#token);
      if (!isLink(made)) throw new Error("no link");
      this.#made = made;
      this.#token = null;
      this.#draw();
    } catch (error) {
      if (error.code !== "offline") this.#token = null;
      const isForPerson = error.code === "too_many" || error.code === "no_links";
      const isMessage = isForPerson && typeof error.answer?.message === "string";
      this.#fail(isMessage ? error.answer.message : words.problem(error.code));
    }
  }

  #fail(problem) {
    this.#made = null;
    this.#show("closed", this.#start(problem));
    this.element.querySelector("button").focus();
  }

  #draw() {
    const { link, modules } = this.#made;
    const title = el("h2", {}, modules.length > 0 ? words.scan : words.open);
    const copy = button(
      words.copy, { class: "quiet wide", "data-do": "copy-link", onclick: () => copyLink(copy, link) }, icon("copy"));
    const steps = el("ol", { class: "steps" }, ...words.steps.map((step) => el("li", {}, step)));
    const code = modules.length > 0 && qrCode(modules);
    this.#show("open", el(
      "div", { class: "card" }, title, code, el("p", { class: "times" }, icon("clock"), this.#left), steps,
      el("p", { class: "where" }, words.onlyYours), el("p", {}, words.noCamera),
      el("p", { class: "link", "data-link": link }, link), copy,
      this.#close()));
    this.#tick();
    this.#goTo(title);
  }

  #expire() {
    const hadFocus = this.element.contains(document.activeElement);
    const title = el("h2", {}, words.expired);
    const again = button(
      words.again, { class: "main wide", "data-do": "add-phone", onclick: () => this.#make() }, icon("phone"));
    this.#show("expired", el("div", { class: "card" }, title, el("p", {}, words.expiredMore), again, this.#close()));
    announce(`${words.expired} ${words.expiredMore}`);
    if (hadFocus) this.#goTo(title);
  }

  #close() {
    const close = () => {
      this.#begin();
      this.element.querySelector("button").focus();
    };
    return button(words.close, { class: "quiet wide", "data-do": "close", onclick: close });
  }

  #goTo(title) {
    if (!this.element.isConnected) return;
    this.element.scrollIntoView({ block: "start" });
    moveTo(title);
  }

  #tick() {
    if (this.#made === null || this.element.getAttribute("data-add-phone") !== "open") return;
    const left = this.#made.ends - clock.now();
    if (left <= 0) this.#expire();
    else this.#left.textContent = words.good(texts.timeLeft(left));
  }
}

function isLink(made) {
  const isRow = (row) => typeof row === "string" && row.length === made.modules.length && /^[01]+$/.test(row);
  return typeof made.link === "string" && Number.isFinite(made.created) && Number.isFinite(made.ends)
    && Array.isArray(made.modules) && made.modules.every(isRow);
}

/** Dark on light in every color scheme, with one bar for each run of dark modules. */
function qrCode(modules) {
  const side = modules.length + 2 * MARGIN;
  const bars = modules.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(
      (run) => `M${run.index + MARGIN} ${y + MARGIN}h${run[0].length}v1h-${run[0].length}z`));
  const attributes = {
    class: "qr",
    viewBox: `0 0 ${side} ${side}`,
    role: "img",
    "aria-label": words.code,
    "shape-rendering": "crispEdges",
  };
  const ground = svg("rect", { width: side, height: side, fill: "#fff" });
  return svg("svg", attributes, ground, svg("path", { d: bars.join(""), fill: "#000" }));
}

async function copyLink(copy, link) {
  const done = await navigator.clipboard.writeText(link).then(() => words.copied, () => words.copyFailed);
  copy.lastChild.textContent = done;
  announce(done);
}

// The card of one login request, until it is closed.

import * as clock from "./clock.js";
import { announce, button, el, icon, moveTo, pairs, plain, plainText } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.requests;
const PAUSES = [1000, 3000];

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Card {
  #api;
  #guard;
  #onEnd;
  #actions = el("div", { class: "actions" });
  #age = el("span");
  #left = el("span", { class: "left" });
  #phase = "asking";
  #overSince = Infinity;

  /** - onEnd: called when the card can be removed. */
  constructor(request, api, guard, onEnd) {
    this.request = request;
    this.#api = api;
    this.#guard = guard;
    this.#onEnd = onEnd;
    const attributes = {
      class: "card request",
      "data-request": request.id,
      "aria-labelledby": `message-${request.id}`,
    };
    this.element = el("article", attributes, ...this.#head(), this.#actions);
    this.#ask();
    this.tick();
  }

  /** Whether the request still waits for an answer. */
  get isPending() {
    return this.#phase === "asking" || this.#phase === "choosing" || this.#phase === "sending";
  }

  /** When the request was over, as Date.now(); Infinity before. */
  get overSince() {
    return this.#overSince;
  }

  tick() {
    const now = clock.now();
    this.#age.textContent = texts.ago(now - this.request.created);
    const ends = this.request.ends;
    this.#left.textContent = ends === null || !this.isPending ? "" : texts.timeLeft(ends - now);
    this.#left.toggleAttribute("data-soon", ends !== null && ends - now < 15);
    const isOpen = this.#phase === "asking" || this.#phase === "choosing";
    if (ends !== null && now > ends + 1 && isOpen) this.#end("expired");
  }

  /** Called when the server no longer lists the request. */
  vanish() {
    if (this.#phase !== "asking" && this.#phase !== "choosing") return;
    this.#end(this.request.ends !== null && clock.now() >= this.request.ends - 1 ? "expired" : "elsewhere");
  }

  #head() {
    const { application, message, details, id } = this.request;
    return [
      el("p", { class: "application" }, plain(application)),
      el("h2", { id: `message-${id}` }, plain(message)),
      pairs(details),
      el("p", { class: "times" }, icon("clock"), this.#age, this.#left),
    ].filter(Boolean);
  }

  #show(phase, ...children) {
    this.#phase = phase;
    this.element.setAttribute("data-phase", phase);
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#actions.replaceChildren(...children.filter(Boolean));
    if (hadFocus) moveTo(this.#actions.firstElementChild);
    this.#guard.watch(this.element);
  }

  /** A button that ignores clicks while the card is moving. */
  #guarded(label, attributes, act, ...before) {
    const onclick = () => this.#guard.isSettled(this.element) && act();
    return button(label, { ...attributes, "aria-describedby": `message-${this.request.id}`, onclick }, ...before);
  }

  #ask(problem) {
    const approve = () => (this.request.choices ? this.#choose() : this.#send("approved"));
    this.#show(
      "asking",
      problem && el("p", { class: "problem", role: "alert" }, problem),
      el("div", { class: "pair" },
        this.#guarded(words.deny, { class: "big deny", "data-do": "deny" }, () => this.#send("denied"), icon("no")),
        this.#guarded(words.approve, { class: "big approve", "data-do": "approve" }, approve, icon("yes"))));
  }

  #choose() {
    const numbers = this.request.choices.map((number) =>
      this.#guarded(number, { class: "big number", "data-choice": number }, () => this.#send("approved", number)));
    const none = this.#guarded(
      words.noneOfThese, { class: "big deny", "data-do": "none" }, () => this.#send("denied"), icon("no"));
    this.#show("choosing", el("h3", {}, words.which), el("div", { class: "numbers" }, ...numbers), none);
    this.#actions.scrollIntoView({ block: "nearest" });
  }

  async #send(decision, choice) {
    this.#show("sending", el("p", { class: "waiting", role: "status" }, words.sending));
    try {
      const send = await this.#api.answer(this.request, decision, choice);
      const answer = await this.#persist(send);
      this.#answered(answer, decision);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Sends the answer, and again if it may be lost: the server accepts the same answer twice. */
  async #persist(send) {
    for (const pause of PAUSES) {
      try {
        return await send();
      } catch (error) {
        if (error.code !== "offline" || navigator.onLine === false) throw error;
        await sleep(pause);
      }
    }
    return send();
  }

  #answered(answer, decision) {
    if (answer.status === "approved") return this.#end("approved");
    // If none of the numbers is the one at the login, it may be somebody else's login.
    if (answer.reason === "wrong_number") return this.#askWhy("wrong_number");
    if (answer.status === "denied" && decision === "denied") return this.#askWhy("denied");
    this.#end(answer.status === "denied" ? "denied" : "elsewhere");
  }

  #failed(error) {
    if (error.code === "over") return this.#end(String(error.answer.status));
    if (error.code === "unknown") return this.#end("elsewhere");
    const problems = { offline: words.notSent, too_many: words.tooMany };
    this.#ask(problems[error.code] ?? words.wentWrong);
  }

  /** - status: `denied` or `wrong_number`. */
  #askWhy(status, problem) {
    this.#show(
      "asking-why", this.#result(status), el("h3", {}, words.askYou),
      problem && el("p", { class: "problem", role: "alert" }, problem),
      el("div", { class: "pair" },
        this.#guarded(words.itWasMe, { class: "big quiet", "data-do": "was-me" }, () => this.#end(status, words.wasMe)),
        this.#guarded(words.report, { class: "big deny", "data-do": "report" }, () => this.#report(status))));
    this.tick();
    announce(`${texts.ended(status)}. ${words.askYou}`);
    this.#actions.scrollIntoView({ block: "nearest" });
  }

  async #report(status) {
    this.#show("reporting", el("p", { class: "waiting", role: "status" }, words.sending));
    try {
      await this.#api.report(this.request.id);
      this.#end(status, words.reported);
    } catch (error) {
      if (error.code === "unknown") this.#end(status);
      else this.#askWhy(status, words.reportFailed);
    }
  }

  #result(status) {
    const shape = status === "approved" ? "yes" : status === "denied" || status === "wrong_number" ? "no" : "clock";
    return el("p", { class: "result", "data-status": status }, icon(shape), el("span", {}, texts.ended(status)));
  }

  #end(status, more) {
    const close = this.#guarded(words.close, { class: "big quiet", "data-do": "close" }, () => this.#onEnd(this));
    this.#show("over", this.#result(status), more && el("p", { class: "more" }, more), close);
    this.element.setAttribute("data-status", status);
    this.#overSince = Date.now();
    this.tick();
    announce(`${texts.ended(status)}. ${more ?? ""} ${plainText(this.request.message)}`);
  }
}

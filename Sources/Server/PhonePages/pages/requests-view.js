// The list of requests. Cards never change places: new ones are added below, and answered ones stay until they are
// closed.

import { announce, el, icon, moveTo, plainText } from "./dom.js";
import { Card } from "./card.js";
import { Guard } from "./guard.js";
import { notice } from "./notice.js";
import { QuestionsView } from "./questions-view.js";
import { parseRequest } from "./request.js";
import * as texts from "./texts.js";

/** Milliseconds until results close by themselves, if all cards are over and nothing can move. */
const LINGER = 60_000;

export class RequestsView {
  #api;
  #onCount;
  #guard = new Guard();
  #questions;
  #cards = new Map();
  #list = el("div", { class: "requests" });
  #emptyTitle = el("h2", {}, texts.requests.looking);
  #emptyMore = el("p");
  #empty;

  /**
   * - more: elements to show while there are no requests.
   * - onCount: called with the number of waiting requests.
   */
  constructor(api, more, onCount) {
    this.#api = api;
    this.#onCount = onCount;
    this.#questions = new QuestionsView(api, this.#guard, () => this.#goOn());
    this.#empty = el("div", { class: "empty" }, icon("clock"), this.#emptyTitle, this.#emptyMore, ...more);
    const title = el("h1", { class: "unseen-by-eye" }, texts.views.requests);
    this.element = el("section", {}, title, this.#list, this.#questions.element, this.#empty);
    setInterval(() => this.#tick(), 1000);
    this.#count();
  }

  /** Called when the server does not answer, so that an empty list has no meaning. */
  lose() {
    this.#describeEmpty("warning", texts.requests.unknown, texts.requests.unknownMore);
  }

  /**
   * - sent: `requests` of the state.
   * - state: the whole state.
   */
  update(sent, state) {
    this.#questions.update(state);
    this.#describeEmpty("yes", texts.requests.empty, texts.requests.emptyMore);
    const requests = sent.map(parseRequest);
    notice("unreadable", requests.includes(null) ? texts.requests.unreadable : null);
    const known = new Set(sent.map((one) => one?.id));
    for (const [id, card] of this.#cards) if (!known.has(id)) card.vanish();
    for (const request of requests) if (request && !this.#cards.has(request.id)) this.#add(request);
    this.#count();
  }

  /**
   * Moves to the question about a new phone.
   * - onClosed: called when the question is closed.
   */
  goToPhone(id, onClosed) {
    this.#questions.goToPhone(id, onClosed);
  }

  #describeEmpty(shape, title, more) {
    this.#empty.firstElementChild.replaceWith(icon(shape));
    this.#emptyTitle.textContent = title;
    this.#emptyMore.textContent = more;
  }

  #add(request) {
    const card = new Card(request, this.#api, this.#guard, (over) => this.#close(over));
    this.#cards.set(request.id, card);
    this.#list.append(card.element);
    this.#guard.watch(card.element);
    const [message, application] = [plainText(request.message), plainText(request.application)];
    announce(texts.requests.announced({ message, application }));
  }

  #close(card) {
    const hadFocus = card.element.contains(document.activeElement);
    this.#guard.forget(card.element);
    this.#cards.delete(card.request.id);
    card.element.remove();
    this.#count();
    this.#list.querySelector("h2")?.scrollIntoView({ block: "nearest" });
    if (hadFocus) this.#goOn();
  }

  /** Moves the focus to the next card, or to the title. */
  #goOn() {
    this.#count();
    moveTo(this.element.querySelector(".request h2, .question h2") ?? this.#emptyTitle);
  }

  #tick() {
    const cards = [...this.#cards.values()];
    for (const card of cards) card.tick();
    // Computed from each card's end, since a phone that slept has had no ticks.
    if (cards.every((card) => Date.now() - card.overSince > LINGER)) for (const card of cards) this.#close(card);
    this.#count();
  }

  #count() {
    this.#empty.hidden = this.#cards.size > 0 || !this.#questions.isEmpty;
    this.#onCount([...this.#cards.values()].filter((card) => card.isPending).length);
  }
}

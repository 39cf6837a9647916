// The list of requests. Cards never change places: new ones come below, and those that are over stay until they are closed.

import { announce, el, icon, moveTo, plainText } from "./dom.js";
import { Card } from "./card.js";
import { Guard } from "./guard.js";
import { notice } from "./notice.js";
import { QuestionsView } from "./questions-view.js";
import { parseRequest } from "./request.js";
import * as texts from "./texts.js";

/** A result that nobody closes goes by itself, if nothing else is on the page that could move. */
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

  /** - more: elements for when there is nothing to approve. onCount: told how many wait. */
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

  /** The server does not answer: that nothing is listed here then says nothing. */
  lose() {
    this.#describeEmpty("warning", texts.requests.unknown, texts.requests.unknownMore);
  }

  /** - sent: the state's `requests`. state: all of it. */
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

  /** Leads to the question about a new phone. - onClosed: called when it is closed. */
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
    announce(texts.requests.announced({ message: plainText(request.message), application: plainText(request.application) }));
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

  /** The keyboard and the screen reader go on where something is left to do. */
  #goOn() {
    this.#count();
    moveTo(this.element.querySelector(".request h2, .question h2") ?? this.#emptyTitle);
  }

  #tick() {
    const cards = [...this.#cards.values()];
    for (const card of cards) card.tick();
    // By each card's own end: a phone that slept has had no ticks.
    if (cards.every((card) => Date.now() - card.overSince > LINGER)) for (const card of cards) this.#close(card);
    this.#count();
  }

  #count() {
    this.#empty.hidden = this.#cards.size > 0 || !this.#questions.isEmpty;
    this.#onCount([...this.#cards.values()].filter((card) => card.isPending).length);
  }
}

// Whether the browser may throw away what this page keeps, and the card that asks it not to.

import { announce, button, el, icon } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.keeping;

/** The card shows only while the browser has promised nothing. */
export class Keeping {
  #cards = [];
  #hasAsked = false;

  card() {
    const element = el("div", { class: "card notify", "data-card": "keeping", hidden: true });
    this.#cards.push(element);
    return element;
  }

  /** Never waits for the person: a browser may answer only once its own question was answered. */
  update() {
    if (this.#hasAsked) return;
    navigator.storage?.persisted?.().then((isKept) => !this.#hasAsked && this.#draw(isKept ? null : words.why), () => {});
  }

  #draw(text) {
    for (const card of this.#cards) {
      card.hidden = text === null;
      if (card.hidden) continue;
      const ask = !this.#hasAsked && button(words.ask, { class: "quiet wide", "data-do": "keep-data", onclick: () => this.#ask() });
      card.replaceChildren(...[el("h2", {}, icon("warning"), words.title), el("p", {}, text), ask].filter(Boolean));
    }
  }

  /** Only from a tap: Firefox shows its question where the person has just tapped, and nowhere else. */
  #ask() {
    this.#hasAsked = true;
    this.#draw(words.asking);
    navigator.storage.persist().catch(() => false).then((isKept) => {
      this.#draw(isKept ? null : words.refused);
      announce(isKept ? words.kept : words.refused);
    });
  }
}

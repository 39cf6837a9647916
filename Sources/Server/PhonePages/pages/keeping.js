// The card that asks the browser for persistent storage, so that it does not delete the key.

import { announce, button, el, icon } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.keeping;

/** Shows the card while the browser has not granted persistent storage. */
export class Keeping {
  #cards = [];
  #hasAsked = false;
  /** The text of the card; null while it is hidden. */
  #text = null;

  card() {
    const element = el("div", { class: "card notify", "data-card": "keeping", hidden: true });
    this.#cards.push(element);
    return element;
  }

  /** Does not wait for the answer: a browser may answer only after its own prompt was closed. */
  update() {
    if (this.#hasAsked) return;
    navigator.storage?.persisted?.().then(
      (isKept) => !this.#hasAsked && this.#draw(isKept ? null : words.why), () => {});
  }

  /** Draws only what is new: a button that is replaced under a finger loses its tap, and its focus. */
  #draw(text) {
    if (text === this.#text) return;
    this.#text = text;
    for (const card of this.#cards) {
      card.hidden = text === null;
      if (card.hidden) continue;
      const ask = !this.#hasAsked && button(
        words.ask, { class: "quiet wide", "data-do": "keep-data", onclick: () => this.#ask() });
      card.replaceChildren(...[el("h2", {}, icon("warning"), words.title), el("p", {}, text), ask].filter(Boolean));
    }
  }

  /** Called by a tap only, as Firefox shows its prompt only then. */
  #ask() {
    this.#hasAsked = true;
    this.#draw(words.asking);
    navigator.storage.persist().catch(() => false).then((isKept) => {
      this.#draw(isKept ? null : words.refused);
      announce(isKept ? words.kept : words.refused);
    });
  }
}

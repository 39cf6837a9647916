// Protects against taps on something that has just moved under the finger: a button works only after it has stood still
// for a while.

const SETTLING = 400;
const LOOK_EVERY = 100;

/** Watches elements, each with the time of its last movement. */
export class Guard {
  #places = new Map();
  #timer;

  /** Requires `element` to stand still from now on; called again when its contents have changed. */
  watch(element) {
    this.#places.set(element, { at: position(element), since: performance.now() });
    element.removeAttribute("data-settled");
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY);
  }

  forget(element) {
    this.#places.delete(element);
    if (this.#places.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether `element` has stood still long enough. */
  isSettled(element) {
    this.#look();
    const place = this.#places.get(element);
    return place !== undefined && performance.now() - place.since >= SETTLING;
  }

  #look() {
    const now = performance.now();
    for (const [element, place] of this.#places) {
      const at = position(element);
      if (at !== place.at) this.#places.set(element, { at, since: now });
      element.toggleAttribute("data-settled", at === place.at && now - place.since >= SETTLING);
    }
  }
}

/** The position on the page, not in the window, as scrolling is the user's own action. Hidden elements have none. */
function position(element) {
  const box = element.getBoundingClientRect();
  const corner = `${Math.round(box.left + scrollX)} ${Math.round(box.top + scrollY)}`;
  return `${corner} ${Math.round(box.width)} ${Math.round(box.height)}`;
}

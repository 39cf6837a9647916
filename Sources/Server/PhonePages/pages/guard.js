// Keeps a tap from landing on what was not there when the finger set out: a button counts only once it has kept still for a while.

const SETTLING = 400;
const LOOK_EVERY = 100;

/** Several places on the page, each with the moment since which it has not moved. */
export class Guard {
  #places = new Map();
  #timer;

  /** From now on `element` has to keep still before it counts; also for one whose contents have changed. */
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

  /** Whether a tap on `element` counts now. */
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

/** On the page, not in the window: scrolling is the person's own doing. Hidden elements are nowhere. */
function position(element) {
  const box = element.getBoundingClientRect();
  return `${Math.round(box.left + scrollX)} ${Math.round(box.top + scrollY)} ${Math.round(box.width)} ${Math.round(box.height)}`;
}

// Keeps the state up to date with one long poll after another while the page is visible.

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/**
 * Milliseconds before the next try after `failures` failures in a row; `random`, from 0 to 1, spreads the tries of many
 * phones.
 */
export function pauseAfter(failures, random) {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
  return full * (0.5 + random / 2);
}

export class Live {
  #api;
  #tell;
  #revision = null;
  #failures = 0;
  #wake = new AbortController();
  #ended = false;

  /** - tell: {state(answer), trouble(error, failures)} */
  constructor(api, tell) {
    this.#api = api;
    this.#tell = tell;
    document.addEventListener("visibilitychange", () => this.refresh());
    addEventListener("online", () => this.refresh());
    addEventListener("offline", () => this.refresh());
    addEventListener("pageshow", (event) => event.persisted && this.refresh());
  }

  /** Asks again at once, and aborts the call under way. */
  refresh() {
    this.#revision = null;
    this.#failures = 0;
    this.#wake.abort(new DOMException("", "AbortError"));
    this.#wake = new AbortController();
  }

  end() {
    this.#ended = true;
    this.refresh();
  }

  async run() {
    while (!this.#ended) {
      const { signal } = this.#wake;
      if (document.hidden) await this.#pause(Infinity, signal);
      else await this.#round(signal);
    }
  }

  async #round(signal) {
    const seen = this.#revision;
    const started = performance.now();
    try {
      const state = await this.#api.state(seen, signal);
      if (signal.aborted || this.#ended) return;
      this.#revision = typeof state.revision === "string" ? state.revision : null;
      this.#failures = 0;
      await this.#tell.state(state);
      // A server that answers without waiting must not be polled in a tight loop.
      if (this.#revision === seen && performance.now() - started < 1000) await this.#pause(FIRST_PAUSE, signal);
    } catch (error) {
      if (signal.aborted || this.#ended) return;
      this.#revision = null;
      this.#failures += 1;
      this.#tell.trouble(error, this.#failures);
      const asked = Math.min((error.retryAfter ?? 0) * 1000, 10 * LONGEST_PAUSE);
      await this.#pause(Math.max(asked, pauseAfter(this.#failures, Math.random())), signal);
    }
  }

  #pause(milliseconds, signal) {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = milliseconds === Infinity ? undefined : setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }
}

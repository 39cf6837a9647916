// The account's history.

import * as clock from "./clock.js";
import { button, el, icon, pairs, plain } from "./dom.js";
import { parseDetails } from "./request.js";
import * as texts from "./texts.js";

const words = texts.history;

export class HistoryView {
  #api;
  #next = null;
  #list = el("ol", { class: "card entries" });
  #foot = el("div", { class: "foot" });

  constructor(api) {
    this.#api = api;
    this.element = el("section", {}, el("h1", {}, texts.views.history), this.#list, this.#foot);
  }

  /** Loads the newest entries. */
  async show() {
    this.#next = null;
    await this.#load(true);
  }

  async #load(fresh) {
    this.#foot.replaceChildren(el("p", { class: "waiting", role: "status" }, words.loading));
    try {
      const { entries, next } = await this.#api.history(this.#next);
      const items = entries.map(item);
      if (fresh) this.#list.replaceChildren();
      this.#list.append(...items);
      this.#next = next ?? null;
      this.#list.hidden = this.#list.childElementCount === 0;
      const more = this.#next !== null && button(
        words.more, { class: "quiet wide", "data-do": "more", onclick: () => this.#load(false) });
      const nothing = this.#list.hidden && el("div", { class: "empty" }, icon("clock"), el("p", {}, words.empty));
      this.#foot.replaceChildren(...[more, nothing].filter(Boolean));
      if (!fresh) items[0]?.focus();
    } catch {
      this.#list.hidden = this.#list.childElementCount === 0;
      const again = button(words.again, { class: "quiet wide", onclick: () => this.#load(fresh) });
      this.#foot.replaceChildren(el("p", { class: "problem", role: "alert" }, words.failed), again);
    }
  }
}

function item(entry) {
  const isRequest = entry.kind === "request";
  const title = isRequest && entry.message
    ? plain(entry.message)
    : (words.kinds[entry.kind] ?? plain(String(entry.kind)));
  const about = isRequest ? entry.device && words.by(entry.device) : entry.message;
  const where = [entry.application && plain(entry.application), about && plain(about), when(entry.at)].filter(Boolean);
  return el(
    "li", { "data-kind": entry.kind, "data-status": entry.status, tabindex: "-1" },
    el("p", { class: "title" }, el("span", {}, title), badge(entry)),
    pairs(details(entry)),
    el("p", { class: "where" }, ...where.flatMap((part, index) => (index > 0 ? [" · ", part] : [part]))));
}

/** The details that the request showed. */
function details({ request }) {
  try {
    return parseDetails(JSON.parse(request).details);
  } catch {
    return [];
  }
}

function badge({ status, reported }) {
  if (reported) return el("span", { class: "badge", "data-status": "reported" }, words.reported);
  return status && el(
    "span", { class: "badge", "data-status": status }, words.statuses[status] ?? plain(String(status)));
}

function when(at) {
  const time = new Date(at * 1000);
  const age = clock.now() - at;
  const text = age < 3600
    ? texts.ago(age)
    : time.toLocaleString(texts.locale, { dateStyle: "medium", timeStyle: "short" });
  return el("time", { datetime: time.toISOString() }, text);
}

// The list of the account's applications, and whether each may ask for logins.

import { announce, button, el, plain, plainText } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.applications;

export class ApplicationsList {
  #api;
  #list = el("ul", { class: "devices" });
  #problem = el("p", { class: "problem", role: "alert", hidden: true });

  constructor(api) {
    this.#api = api;
    this.element = el("section", { class: "applications" }, el("h2", {}, words.title), this.#problem, this.#list);
  }

  async show() {
    try {
      const { applications } = await this.#api.applications();
      this.#list.replaceChildren(...applications.map((one) => this.#item(one)));
      this.#tell(null);
    } catch {
      this.#tell(words.notLoaded);
    }
  }

  #item({ id, application, decision }) {
    const name = plainText(application);
    const isAllowed = decision === "allowed";
    const decided = words.decisions[decision ?? "open"] ?? words.decisions.open;
    const [label, text, next] = isAllowed
      ? [words.stopLabel(name), words.stop, "refused"]
      : [words.allowLabel(name), words.allow, "allowed"];
    const attributes = { class: "quiet", "aria-label": label, "data-do": next, onclick: () => this.#decide(id, next) };
    return el(
      "li", { class: "card", "data-application-id": id, "data-decision": decision ?? "open" },
      el("h3", {}, plain(application)), el("p", { class: "where" }, decided), button(text, attributes));
  }

  async #decide(id, decision) {
    try {
      await this.#api.decide(id, decision);
      announce(words.decisions[decision]);
      const hadFocus = this.#list.contains(document.activeElement);
      await this.show();
      if (hadFocus) this.#list.querySelector(`[data-application-id="${CSS.escape(id)}"] button`)?.focus();
    } catch {
      this.#tell(words.failed);
    }
  }

  #tell(problem) {
    this.#problem.hidden = !problem;
    this.#problem.textContent = problem ?? "";
  }
}

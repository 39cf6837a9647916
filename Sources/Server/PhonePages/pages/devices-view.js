// The account's phones: rename, remove and add.

import { AddPhone } from "./add-phone.js";
import { ApplicationsList } from "./applications-list.js";
import * as clock from "./clock.js";
import { announce, button, el, icon, moveTo, plain, plainText } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.devices;

export class DevicesView {
  #api;
  #onThisRemoved;
  #addPhone;
  #applications;
  #title = el("h1", {}, words.others);
  #list = el("ul", { class: "devices" });
  #account = el("p", { class: "where" });
  #problem = el("p", { class: "problem", role: "alert", hidden: true });

  /**
   * - more: elements to show below.
   * - onThisRemoved: called when the user has removed this phone here.
   * - onJoined: called with the id of a phone that has opened a link.
   */
  constructor(api, more, { onThisRemoved, onJoined }) {
    this.#api = api;
    this.#onThisRemoved = onThisRemoved;
    this.#addPhone = new AddPhone(api, onJoined);
    this.#applications = new ApplicationsList(api);
    this.element = el(
      "section", {}, this.#title, this.#account, this.#problem, this.#list, this.#addPhone.element,
      this.#applications.element, ...more);
  }

  setAccount(phone) {
    this.#account.replaceChildren(...(phone ? [plain(words.account(phone))] : []));
  }

  /** - joining: `joining` of the state. */
  update(joining) {
    this.#addPhone.update(joining);
  }

  /** Moves the focus to the view's first element. */
  focus() {
    moveTo(this.#title);
  }

  async show() {
    this.#applications.show();
    try {
      const { devices } = await this.#api.devices();
      this.#list.replaceChildren(...devices.map((device) => this.#item(device)));
      this.#tell(null);
    } catch {
      this.#tell(words.notLoaded);
    }
  }

  #item(device) {
    const item = el("li", { class: "card", "data-device": device.id, "data-this": device.this === true });
    this.#describe(item, device);
    return item;
  }

  #tell(problem) {
    this.#problem.hidden = !problem;
    this.#problem.textContent = problem ?? "";
  }

  #describe(item, device) {
    const name = plainText(device.name);
    const act = (what, label, text, onclick) =>
      button(text, { class: "quiet", "aria-label": label, "data-do": what, onclick });
    item.replaceChildren(
      el("div", { class: "device" },
        icon(device.os_type === "desktop" ? "desktop" : "phone"),
        el("div", {}, title(device), dates(device))),
      el("div", { class: "pair" },
        act("rename", words.renameLabel(name), words.rename, () => this.#askName(item, device)),
        act("remove", words.removeLabel(name), words.remove, () => this.#askRemove(item, device))));
  }

  #askName(item, device) {
    const field = el("input", {
      id: `name-${device.id}`,
      value: device.name,
      maxlength: 40,
      autocomplete: "off",
      required: true,
      enterkeyhint: "done",
    });
    const save = async (event) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name !== "") await this.#act(item, device, () => this.#api.rename(device.id, name), words.renamed);
    };
    item.replaceChildren(
      el("form", { onsubmit: save }, el("label", { for: field.id }, words.newName), field,
        el("div", { class: "pair" },
          this.#cancel(item, device),
          el("button", { class: "main", "data-do": "save" }, words.save))));
    field.focus();
    field.select();
  }

  #askRemove(item, device) {
    const text = device.this ? words.askRemoveThis : plain(words.askRemove(device.name));
    const question = el("p", { class: "question" }, text);
    const onclick = () => this.#act(item, device, () => this.#remove(device), words.removed);
    const yes = button(words.doRemove, { class: "deny", "data-do": "remove-really", onclick });
    item.replaceChildren(question, el("div", { class: "pair" }, this.#cancel(item, device), yes));
    moveTo(question);
  }

  #cancel(item, device) {
    return button(words.cancel, { class: "quiet", onclick: () => this.#restore(item, device) });
  }

  #restore(item, device) {
    this.#describe(item, device);
    item.querySelector("button").focus();
  }

  async #act(item, device, act, done) {
    try {
      await act();
      announce(done);
      // After this phone has removed itself, the view is gone.
      if (item.isConnected) await this.#showAfter(item, device);
    } catch (error) {
      if (error.code === "unknown") return this.show();
      this.#restore(item, device);
      this.#tell(words.failed);
    }
  }

  /** Draws the list again, and keeps the focus in the item that had it, or moves it to the top if that is gone. */
  async #showAfter(item, device) {
    const hadFocus = item.contains(document.activeElement);
    await this.show();
    if (!hadFocus) return;
    const same = this.#list.querySelector(`[data-device="${CSS.escape(device.id)}"] button`);
    if (same) same.focus();
    else this.focus();
  }

  async #remove(device) {
    await this.#api.remove(device.id);
    if (device.this) await this.#onThisRemoved();
  }
}

const day = (time) => new Date(time * 1000).toLocaleDateString(texts.locale, { dateStyle: "medium" });

function title(device) {
  const badge = device.this && el("span", { class: "badge", "data-status": "this" }, words.thisOne);
  return el("h2", {}, plain(device.name), badge);
}

function dates(device) {
  const seen = device.this ? [] : [words.lastSeen(texts.ago(clock.now() - device.last_seen))];
  const text = device.confirmed ? [words.added(day(device.created)), ...seen].join(" · ") : words.unconfirmed;
  return el("p", { class: "where" }, text);
}

// Questions about the account itself: whether to add a new phone, and whether an application may ask for logins.

import * as clock from "./clock.js";
import { announce, button, el, icon, moveTo, pairs, plain, plainText } from "./dom.js";
import * as texts from "./texts.js";

const words = texts.questions;

/** The card of one question, until it is closed. */
class Question {
  #guard;
  #onEnd;
  /** Called when the question is closed; null for nothing to do. */
  onClosed = null;
  #actions = el("div", { class: "actions" });
  #phase = "asking";

  /**
   * - key: its name in the list.
   * - onEnd: called when the card can be removed.
   */
  constructor(key, guard, onEnd) {
    this.key = key;
    this.#guard = guard;
    this.#onEnd = onEnd;
    this.title = `question-${key}`;
    this.element = el("article", { class: "card question", "data-question": key, "aria-labelledby": this.title });
  }

  /** Whether the question can still be answered. */
  get isOpen() {
    return this.#phase === "asking";
  }

  /**
   * - head: the question's title and details.
   * - actions: the possible answers.
   */
  begin(head, ...actions) {
    this.element.replaceChildren(...head.filter(Boolean), this.#actions);
    this.show("asking", ...actions);
  }

  show(phase, ...children) {
    this.#phase = phase;
    this.element.setAttribute("data-phase", phase);
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#actions.replaceChildren(...children.filter(Boolean));
    if (hadFocus) moveTo(this.#actions.firstElementChild);
    this.#guard.watch(this.element);
  }

  /** A button that ignores clicks while the card is moving. */
  guarded(label, attributes, act, ...before) {
    const onclick = () => this.#guard.isSettled(this.element) && act();
    return button(label, { ...attributes, "aria-describedby": this.title, onclick }, ...before);
  }

  /**
   * Sends an answer.
   * - ask: draws the question again, with the error.
   */
  async send(act, status, ask) {
    this.show("sending", el("p", { class: "waiting", role: "status" }, texts.requests.sending));
    try {
      await act();
      this.end(status);
    } catch (error) {
      if (error.code === "unknown") this.end("gone");
      else ask(texts.questionProblem(error.code));
    }
  }

  end(status) {
    const isYes = status === "added" || status === "allowed";
    const shape = isYes ? "yes" : status === "gone" ? "clock" : "no";
    const attributes = { class: "result", "data-status": isYes ? "approved" : "denied" };
    const result = el("p", attributes, icon(shape), words.ends[status]);
    const close = { class: "big quiet", "data-do": "close" };
    this.show("over", result, this.guarded(texts.requests.close, close, () => this.#onEnd(this)));
    this.element.setAttribute("data-status", status);
    announce(words.ends[status]);
  }
}

/** Asks about a new phone: it is added with the code that it shows, or removed. */
class JoiningPhone extends Question {
  #api;
  #id;
  #field;

  constructor({ id, name, address, created }, ...more) {
    const [api, guard, onEnd] = more;
    super(`phone-${id}`, guard, onEnd);
    this.#api = api;
    this.#id = id;
    const details = [[words.phoneName, name], [words.phoneAddress, address]].filter(([, value]) => value !== "");
    this.#field = el("input", {
      id: `code-${id}`, inputmode: "numeric", maxlength: 12, autocomplete: "off", required: true, enterkeyhint: "done",
    });
    const head = [
      el("h2", { id: this.title }, words.addPhone), pairs(details),
      el("p", { class: "times" }, icon("clock"), texts.ago(clock.now() - created)), el("p", {}, words.addPhoneMore),
    ];
    this.begin(head, ...this.#ask());
    announce(`${words.addPhone} ${plainText(name)}`);
  }

  #ask(problem) {
    const add = (event) => {
      event.preventDefault();
      const code = this.#field.value.trim();
      if (code !== "") this.#send(() => this.#api.confirmDevice(this.#id, code), "added");
    };
    const remove = this.guarded(words.notMine, { class: "big deny", "data-do": "refuse" }, () =>
      this.#send(() => this.#api.remove(this.#id), "removed"), icon("no"));
    return [
      problem && el("p", { class: "problem", role: "alert" }, problem),
      el("form", { onsubmit: add }, el("label", { for: this.#field.id }, words.phoneCode), this.#field,
        el("div", { class: "pair" },
          remove,
          el("button", { class: "big approve", "data-do": "add" }, icon("yes"), words.add))),
    ];
  }

  #send(act, status) {
    return this.send(act, status, (problem) => this.show("asking", ...this.#ask(problem)));
  }
}

/** Asks about an application that has added the user. */
class Consent extends Question {
  #api;
  #id;

  constructor({ id, application }, ...more) {
    const [api, guard, onEnd] = more;
    super(`application-${id}`, guard, onEnd);
    this.#api = api;
    this.#id = id;
    const head = [
      el("h2", { id: this.title }, plain(application), ` ${words.wantsToAsk}`), el("p", {}, words.wantsToAskMore),
    ];
    this.begin(head, ...this.#ask());
    announce(`${plainText(application)} ${words.wantsToAsk}`);
  }

  #ask(problem) {
    const answer = (label, attributes, decision, shape) =>
      this.guarded(label, attributes, () => this.#send(decision), icon(shape));
    return [
      problem && el("p", { class: "problem", role: "alert" }, problem),
      el("div", { class: "pair" },
        answer(words.refuse, { class: "big deny", "data-do": "refuse" }, "refused", "no"),
        answer(words.allow, { class: "big approve", "data-do": "allow" }, "allowed", "yes")),
    ];
  }

  #send(decision) {
    const ask = (problem) => this.show("asking", ...this.#ask(problem));
    return this.send(() => this.#api.decide(this.#id, decision), decision, ask);
  }
}

const isConsent = (one) => typeof one?.id === "string" && typeof one.application === "string";

const isJoining = (one) =>
  typeof one?.id === "string" && typeof one.name === "string" && typeof one.address === "string"
  && Number.isFinite(one.created);

/** The open questions, in order of arrival. */
export class QuestionsView {
  #api;
  #guard;
  #onLeft;
  #open = new Map();
  element = el("div", { class: "requests" });

  /** - onLeft: called when a question with the keyboard's focus was closed. */
  constructor(api, guard, onLeft) {
    this.#api = api;
    this.#guard = guard;
    this.#onLeft = onLeft;
  }

  /**
   * Moves to the question about a new phone.
   * - onClosed: called when the question is closed, in place of onLeft.
   */
  goToPhone(id, onClosed) {
    const question = this.#open.get(`phone-${id}`);
    if (!question) return;
    question.onClosed = onClosed;
    question.element.scrollIntoView({ block: "start" });
    moveTo(question.element.querySelector("h2"));
  }

  /** Whether no question is shown, not even one with its result. */
  get isEmpty() {
    return this.#open.size === 0;
  }

  /** - state: the server's state. */
  update({ joining, consents }) {
    const asked = new Map();
    for (const one of list(consents).filter(isConsent)) {
      asked.set(`application-${one.id}`, () => new Consent(one, ...this.#tools()));
    }
    for (const one of list(joining).filter(isJoining)) {
      asked.set(`phone-${one.id}`, () => new JoiningPhone(one, ...this.#tools()));
    }
    for (const [key, question] of this.#open) if (!asked.has(key) && question.isOpen) this.#close(question);
    for (const [key, make] of asked) if (!this.#open.has(key)) this.#add(make());
  }

  #tools() {
    return [this.#api, this.#guard, (question) => this.#close(question)];
  }

  #add(question) {
    this.#open.set(question.key, question);
    this.element.append(question.element);
    this.#guard.watch(question.element);
  }

  #close(question) {
    const hadFocus = question.element.contains(document.activeElement);
    this.#guard.forget(question.element);
    this.#open.delete(question.key);
    question.element.remove();
    if (question.onClosed) question.onClosed();
    else if (hadFocus) this.#onLeft();
  }
}

const list = (value) => (Array.isArray(value) ? value : []);

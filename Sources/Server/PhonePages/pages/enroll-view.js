// The views of enrollment, from the link to a confirmed phone.

import * as api from "./api.js";
import { announce, button, el, icon, moveTo, plain } from "./dom.js";
import * as keys from "./keys.js";
import { isApple, isStandalone, osType, suggestedName } from "./phone.js";
import * as store from "./store.js";
import * as texts from "./texts.js";

const words = texts.enroll;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Returns the token in a link, or null. */
export function tokenIn(link) {
  const found = /#enrol=([^#&]*)$/.exec(link.trim())?.[1];
  return found !== undefined && TOKEN.test(found) ? found : null;
}

const linkFor = (token) => `${location.origin}${location.pathname}#enrol=${token}`;

const page = (name, shape, title, ...children) =>
  el(
    "section", { class: "step", "data-step": name },
    el("div", { class: "mark" }, icon(shape)), el("h1", {}, title), ...children);

/** Shows the account and its applications before anything is sent that cannot be undone. */
async function invitation(token) {
  const { applications, phone } = await api.invitation(token);
  const names = (Array.isArray(applications) ? applications : []).filter((name) => typeof name === "string");
  return el(
    "dl", { class: "card facts" },
    names.length > 0 && el(
      "div", {}, el("dt", {}, words.company(names.length)), ...names.map((name) => el("dd", {}, plain(name)))),
    typeof phone === "string" && el("div", {}, el("dt", {}, words.person), el("dd", {}, plain(phone))));
}

const problemIn = (problem) => problem && el("p", { class: "problem", role: "alert" }, plain(problem));

/** Shown if the page cannot work at this address or in this window. */
export const unusable = (title, text) => page("unusable", "warning", title, el("p", {}, text));

/**
 * Shown without a device and without a link.
 * - onToken: called with the token of a pasted link.
 */
export function withoutLink({ wasRemoved, problem, onToken }) {
  const field = el("input", {
    id: "link",
    type: "url",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    enterkeyhint: "go",
  });
  const wrong = el("p", { class: "problem", role: "alert", hidden: true }, words.notALink);
  const use = (event) => {
    event.preventDefault();
    const token = tokenIn(field.value);
    wrong.hidden = token !== null;
    if (token) onToken(token);
  };
  return page(
    wasRemoved ? "removed" : "no-link", wasRemoved || problem ? "warning" : "phone",
    wasRemoved ? words.removedTitle : words.noLinkTitle,
    problemIn(problem), el("p", {}, wasRemoved ? words.removed : words.noLink),
    el("form", { class: "bottom", onsubmit: use, novalidate: true },
      el("label", { for: "link" }, words.paste), field, wrong,
      el("button", { class: "big main wide", "data-do": "use-link" }, words.use)));
}

/**
 * Shown with a link: asks for the phone's name.
 * - isEnrolled: whether this replaces another enrollment.
 * - onKeep: called to keep that one instead.
 * - onDone: called with the new device.
 */
export async function withLink({ token, isEnrolled, onKeep, onDone, onRefused }) {
  const view = page("enroll", "phone", words.title, el("p", {}, isEnrolled ? words.replaces : words.intro));
  try {
    view.append(await invitation(token));
  } catch (error) {
    // An invalid link is reported at once; other errors show when it is used.
    if (["link_unknown", "link_used", "link_expired"].includes(error.code) && !(await store.get("enrolment"))) {
      onRefused(refusal(error));
      return null;
    }
  }
  view.append(el("p", { class: "where" }, words.privateWindow));
  const isElsewhereBetter = isApple() && !isStandalone();
  if (isElsewhereBetter) view.append(appleFirst(token));
  const value = await suggestedName();
  const field = el("input", {
    id: "name",
    value,
    maxlength: 40,
    autocomplete: "off",
    required: true,
    enterkeyhint: "go",
  });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const start = el(
    "button", { class: "big main wide", "data-do": "enroll" },
    isElsewhereBetter ? words.appleAnyway : words.start);
  const refuse = async (text) => {
    await store.drop("enrolment");
    onRefused(text);
  };
  const submit = async (event) => {
    event.preventDefault();
    if (start.getAttribute("aria-disabled")) return;
    start.setAttribute("aria-disabled", "true");
    problem.hidden = true;
    try {
      onDone(await enroll(token, field.value.trim()));
    } catch (error) {
      const text = refusal(error);
      if (error.code !== undefined && !texts.mayTryAgain(error.code)) return refuse(text);
      problem.replaceChildren(plain(text));
      problem.hidden = false;
      start.textContent = words.again;
      start.removeAttribute("aria-disabled");
    }
  };
  view.append(
    el("form", { class: "bottom", onsubmit: submit }, el("label", { for: "name" }, words.name), field, problem, start,
      isEnrolled && button(words.keep, { class: "big quiet wide", "data-do": "keep", onclick: onKeep })));
  return view;
}

const refusal = (error) =>
  (typeof error.answer?.message === "string" ? error.answer.message : texts.enrollProblem(error.code));

/** Safari and the home screen have separate storage, so a key made here would be missing there. */
function appleFirst(token) {
  const copy = button(
    words.copyLink, { class: "quiet wide", "data-do": "copy-link", onclick: () => copyLink(copy, token) },
    icon("copy"));
  const steps = words.appleSteps.map((step) => el("li", {}, step));
  return el(
    "div", { class: "card" }, el("h2", {}, words.appleFirst), el("ol", { class: "steps" }, ...steps),
    el("p", {}, words.appleWhy), copy);
}

async function copyLink(copy, token) {
  await navigator.clipboard.writeText(linkFor(token)).catch(() => {});
  copy.lastChild.textContent = words.copied;
  announce(words.copied);
}

/** Stores the key before it is sent, and sends the same key again: a lost answer then costs no link. */
async function enroll(token, name) {
  const known = await store.get("enrolment");
  const pair = known?.token === token ? known.pair : await keys.make();
  await store.put("enrolment", { token, pair });
  const answer = await api.enroll({ token, pair, name, osType: osType() });
  if (typeof answer.device !== "string") throw new api.Trouble("invalid");
  const device = { id: answer.device, key: pair.privateKey, name };
  await store.startOver(device);
  return device;
}

/** Shows the confirmation code, which the user enters where the link came from. */
export function confirmation(code) {
  const label = words.confirmCodeLabel(code.split("").join(" "));
  const digits = texts.groups(code).map((group) => el("span", { class: "group" }, group));
  const view = page(
    "confirm", "code", words.confirmTitle, el("p", {}, words.confirmIntro),
    el("p", { class: "code huge", "data-confirmation": code, role: "img", "aria-label": label }, ...digits),
    el("p", { class: "waiting", role: "status" }, el("span", { class: "spinner" }), words.confirmWaiting));
  announce(label);
  return view;
}

/** Announces success above the first view. */
export function done() {
  const text = el("p", { class: "result", "data-status": "approved" }, icon("yes"), words.done);
  announce(words.done);
  moveTo(text);
  return text;
}

// The texts of the page in the browser's language; what people read is in texts-en.js and the files beside it.

import { de } from "./texts-de.js";
import { en } from "./texts-en.js";
import { es } from "./texts-es.js";

const languages = { __proto__: null, en, de, es };

/** The first of the browser's languages that there is, such as `de-AT`, or English. */
export const locale = navigator.languages?.find((tag) => languageOf(tag) in languages) ?? "en";
/** The language of the texts, such as `de`. */
export const language = languageOf(locale);

function languageOf(tag) {
  return tag.toLowerCase().split("-")[0];
}

const plurals = new Intl.PluralRules(language);

/** Puts values into the places of a text; a value is never read as a text with places. */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/**
 * Makes what the page uses of a text.
 * - A text with one place becomes a function of its value, one with several places a function of an object.
 * - A text with plural forms becomes a function of the number.
 */
function made(text) {
  if (typeof text === "string") {
    const places = [...text.matchAll(/\{(\w+)\}/g)].map((place) => place[1]);
    if (places.length === 0) return text;
    return (given) => fill(text, places.length === 1 && typeof given !== "object" ? { [places[0]]: given } : given);
  }
  if (Array.isArray(text)) return text.map(made);
  if (isPlural(text)) return (count) => fill(text[plurals.select(count)] ?? text.other, { count });
  // No names but its own: some keys come from the server.
  const all = Object.create(null);
  for (const [key, one] of Object.entries(text)) all[key] = made(one);
  return all;
}

const isPlural = (text) => Object.hasOwn(text, "one") && Object.hasOwn(text, "other");

const texts = made(languages[language]);

export const product = "Countersign";
export const {
  views, viewsLabel, connection, enroll, questions, codes, history, devices, applications, notifications, keeping,
} = texts;

const { enrollProblems, questionProblems, ends, ago: agos, timeLeft: times } = texts;

export const enrollProblem = (code) => enrollProblems[code] ?? enrollProblems.invalid;
/** Problems that a retry may solve. */
export const mayTryAgain = (code) => code === "offline" || code === "too_many";
export const questionProblem = (code) => questionProblems[code] ?? questionProblems.other;
export const ended = (status) => ends[status] ?? ends.elsewhere;

export const requests = {
  ...texts.requests,
  title: (count) => (count === 0 ? product : `(${count}) ${product}`),
  tabLabel: (count) => (count === 0 ? views.requests : texts.requests.tabLabel(count)),
};

export const addPhone = {
  ...texts.addPhone,
  problem: (code) => (code === "offline" ? texts.addPhone.offline : texts.addPhone.notMade),
};

export function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return agos.seconds(whole);
  if (whole < 3600) return agos.minutes(Math.floor(whole / 60));
  if (whole < 86_400) return agos.hours(Math.floor(whole / 3600));
  return agos.days(Math.floor(whole / 86_400));
}

export function timeLeft(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return times.seconds(whole);
  if (whole < 3600) return times.minutes({ count: Math.floor(whole / 60), seconds: whole % 60 });
  return times.hours({ count: Math.floor(whole / 3600), minutes: Math.floor((whole % 3600) / 60) });
}

/** Groups digits for reading: 123 456, 123 4567, 1234 5678. */
export function groups(code) {
  const half = Math.floor(code.length / 2);
  return [code.slice(0, half), code.slice(half)];
}

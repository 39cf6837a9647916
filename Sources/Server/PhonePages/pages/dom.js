// Creates elements. Text is inserted as text nodes only, never as markup.

/**
 * Creates an element.
 * - attributes: `onclick` and the like add listeners; `true` sets an empty attribute; `false`, null and undefined set
 *   none.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const button = (label, attributes, ...before) =>
  el("button", { type: "button", ...attributes }, ...before, label);

const SVG = "http://www.w3.org/2000/svg";

const SHAPES = {
  yes: "M5 13l4.5 4.5L19.5 7",
  no: "M6 6l12 12M18 6L6 18",
  clock: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  warning: "M12 9v5M12 17.2v.3M12 3.5L2.5 20h19z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  bell: "M6 17h12l-1.5-2.5V11a4.5 4.5 0 0 0-9 0v3.5zM10.5 20h3",
  phone: "M7 3h10v18H7zM11 18h2",
  desktop: "M3 5h18v11H3zM9 20h6M12 16v4",
  code: "M5 8h14v8H5zM8.5 12h.01M12 12h.01M15.5 12h.01",
};

export function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A decorative icon, hidden from screen readers since words stand beside it. */
export const icon = (shape) =>
  svg(
    "svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: SHAPES[shape] }));

// Characters that are invisible, change the direction of text, or look like a plain space.
const UNSEEN = /([\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs})/u;

const LONG = 40;

const codePoint = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Allows a line break behind each dot, as host names are read in parts. */
const breakable = (text) => text.split(".").flatMap((part, index) => (index > 0 ? [".", el("wbr"), part] : [part]));

/** Shows untrusted text: each invisible character becomes its code point, such as U+202E. */
export function plain(text) {
  const parts = text.split(UNSEEN).flatMap(
    (part, index) => (index % 2 ? el("span", { class: "unseen" }, codePoint(part)) : breakable(part)));
  return el("bdi", { class: "plain" }, ...parts.filter((part) => part !== ""));
}

/** Shows untrusted names and values. A long value takes the whole width. */
export function pairs(details) {
  const row = ([name, value]) =>
    el("div", { class: value.length > LONG && "long" }, el("dt", {}, plain(name)), el("dd", {}, plain(value)));
  return details.length > 0 && el("dl", {}, ...details.map(row));
}

/** Does the same as a string, for titles and screen readers. */
export const plainText = (text) => plain(text).textContent;

let announcement = 0;

/** Announces text to a screen reader. */
export function announce(text) {
  const region = document.getElementById("announcements");
  // A change is needed for the same words to be announced again.
  announcement += 1;
  region.replaceChildren(el("p", { "data-announcement": announcement }, text));
}

/** Moves the focus of keyboard and screen reader to a new element. */
export function moveTo(element) {
  element.setAttribute("tabindex", "-1");
  element.focus({ preventScroll: true });
}

// Notices. They cover the bar at the top and nothing else: what is below a finger must neither move nor hide for them.

import { el, icon } from "./dom.js";

const shown = new Map();

/** Shows `text`, for `milliseconds` where they are given, or takes the notice of that name away where there is none. */
export function notice(name, text, milliseconds) {
  if ((shown.get(name)?.text ?? null) === (text ?? null)) return;
  shown.get(name)?.element.remove();
  shown.delete(name);
  if (!text) return;
  const element = el("p", { class: "notice", "data-notice": name }, icon("warning"), el("span", {}, text));
  shown.set(name, { text, element });
  document.getElementById("notices").append(element);
  if (milliseconds) setTimeout(() => shown.get(name)?.element === element && notice(name, null), milliseconds);
}

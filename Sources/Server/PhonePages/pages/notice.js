// Notices. They cover only the bar at the top, so that nothing below a finger moves or is hidden.

import { el, icon } from "./dom.js";

const shown = new Map();

/** Shows `text`, for `milliseconds` if given. Without a text, removes the notice of that name. */
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

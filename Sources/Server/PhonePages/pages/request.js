// A request as a value. Its text comes from an application that anybody may have fooled: it is checked here, once.

const isText = (value) => typeof value === "string";
const isTime = (value) => Number.isFinite(value);
const isPair = (value) => Array.isArray(value) && value.length === 2 && value.every(isText);
const isChoices = (value) => Array.isArray(value) && value.length > 1 && value.length <= 10 && value.every((one) => /^\d{1,4}$/.test(one));

/** Names and values; throws where they are something else. */
export function parseDetails(value) {
  if (!Array.isArray(value) || !value.every(isPair)) throw new TypeError("details");
  return value;
}

const SHOWN = new Set(["application", "choices", "created", "details", "ends", "id", "message", "user"]);

/**
 * - sent: one of the state's `requests`, {id, text}.
 * Gives null where the text is not what it should be: then there is nothing that could be signed.
 */
export function parseRequest(sent) {
  if (!isText(sent?.id) || !isText(sent.text)) return null;
  let asked;
  try {
    asked = JSON.parse(sent.text);
  } catch {
    return null;
  }
  const isWhole =
    asked !== null && asked.id === sent.id && isText(asked.application) && isText(asked.message) && isTime(asked.created)
    && (asked.ends === null || asked.ends === undefined || isTime(asked.ends))
    && (asked.choices === undefined || isChoices(asked.choices))
    && Array.isArray(asked.details) && asked.details.every(isPair);
  if (!isWhole) return null;
  const { id, application, message, created, choices } = asked;
  return { id, text: sent.text, application, message, created, ends: asked.ends ?? null, choices, details: details(asked) };
}

/** Nothing is signed that is not shown: what this page does not know is shown as it is. */
function details(asked) {
  const unknown = Object.keys(asked).filter((name) => !SHOWN.has(name));
  return [...asked.details, ...unknown.map((name) => [name, JSON.stringify(asked[name])])];
}

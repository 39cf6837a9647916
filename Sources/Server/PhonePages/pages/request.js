// Parses a request. Its text comes from an application and is untrusted: all checks are here.

const isText = (value) => typeof value === "string";
const isTime = (value) => Number.isFinite(value);
const isPair = (value) => Array.isArray(value) && value.length === 2 && value.every(isText);
const isChoices = (value) =>
  Array.isArray(value) && value.length > 1 && value.length <= 10 && value.every((one) => /^\d{1,4}$/.test(one));

/** Returns pairs of names and values; throws on anything else. */
export function parseDetails(value) {
  if (!Array.isArray(value) || !value.every(isPair)) throw new TypeError("details");
  return value;
}

const SHOWN = new Set(["application", "choices", "created", "details", "ends", "id", "message", "user"]);

/**
 * Returns null if the text is not valid: there is then nothing to sign.
 * - sent: one of the state's `requests`, {id, text}.
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
    asked !== null && asked.id === sent.id
    && isText(asked.application) && isText(asked.message) && isTime(asked.created)
    && (asked.ends === null || asked.ends === undefined || isTime(asked.ends))
    && (asked.choices === undefined || isChoices(asked.choices))
    && Array.isArray(asked.details) && asked.details.every(isPair);
  if (!isWhole) return null;
  const { id, application, message, created, choices } = asked;
  const ends = asked.ends ?? null;
  return { id, text: sent.text, application, message, created, ends, choices, details: details(asked) };
}

/** The user signs only what is shown, so members that this page does not know are shown as they are. */
function details(asked) {
  const unknown = Object.keys(asked).filter((name) => !SHOWN.has(name));
  return [...asked.details, ...unknown.map((name) => [name, JSON.stringify(asked[name])])];
}

// Calls to the server, each signed with the device's key: docs/reference/phone.md.

import * as clock from "./clock.js";
import { digest, sign } from "./keys.js";

/** Milliseconds until a call is given up; the server answers a waiting read after 25 s. */
const DEADLINE = 15_000;
const WAITING_DEADLINE = 40_000;

/** An error with a code: the server's, "offline" without an answer, or "invalid" if the answer cannot be parsed. */
export class Trouble extends Error {
  constructor(code, answer = {}, retryAfter = 0) {
    super(code);
    this.code = code;
    this.answer = answer;
    this.retryAfter = retryAfter;
  }
}

const OPTIONS = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };

/** Sends one request and returns the answer's JSON. */
async function exchange(path, options, deadline, signal) {
  const limit = AbortSignal.timeout(deadline);
  const started = Date.now();
  let response;
  let answer;
  try {
    response = await fetch(`api/${path}`, { ...OPTIONS, ...options, signal: either(signal, limit) });
    answer = JSON.parse(await response.text());
  } catch (error) {
    signal?.throwIfAborted();
    throw new Trouble(error instanceof SyntaxError && response?.ok ? "invalid" : "offline");
  }
  const isObject = answer !== null && typeof answer === "object";
  if (isObject) clock.learn(answer.now, started, Date.now());
  if (response.ok && isObject) return answer;
  const code = isObject && typeof answer.error === "string" ? answer.error : "invalid";
  throw new Trouble(code, isObject ? answer : {}, Number(response.headers.get("Retry-After")) || 0);
}

/** Returns a signal that aborts with the first of two. Browsers of 2022 have no AbortSignal.any. */
function either(first, second) {
  if (!first) return second;
  const both = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) both.abort(signal.reason);
    signal.addEventListener("abort", () => both.abort(signal.reason), { once: true });
  }
  return both.signal;
}

function post(body) {
  return { method: "POST", body, headers: { "Content-Type": "application/json" } };
}

/** Returns what a link is for, without using it. */
export const invitation = (token) => exchange("invitation", post(JSON.stringify({ token })), DEADLINE);

/** Enrolls a device with a link; beside `invitation` the only call without a device. */
export async function enroll({ token, pair, name, osType }) {
  const signature = await sign(pair.privateKey, `countersign-enrol-1\n${token}\n${pair.publicKey}`);
  const body = { token, public_key: pair.publicKey, name, os_type: osType, signature };
  return exchange("enrol", post(JSON.stringify(body)), DEADLINE);
}

/** The calls of one enrolled device. */
export class API {
  #device;

  /** - device: {id, key} */
  constructor(device) {
    this.#device = device;
  }

  state(seen, signal) {
    const query = seen === null ? "" : `?seen=${encodeURIComponent(seen)}`;
    const headers = { Prefer: "wait=25" };
    return this.#call("GET", `state${query}`, undefined, { headers, deadline: WAITING_DEADLINE, signal });
  }

  /**
   * Returns a function that sends the answer to a request. Every call sends the same bytes, since a retry must be
   * identical.
   * - text: exactly the text that was shown.
   */
  async answer({ id, text }, decision, choice) {
    const signature = await sign(this.#device.key, `countersign-answer-1\n${decision}\n${choice ?? ""}\n${text}`);
    const body = { id, decision, ...(choice === undefined ? {} : { choice }), signature };
    return () => this.#call("POST", "answer", body);
  }

  report(id) {
    return this.#call("POST", "report", { id });
  }

  token(id) {
    return this.#call("GET", `tokens/${encodeURIComponent(id)}`);
  }

  push(subscription) {
    return this.#call("POST", "push", subscription);
  }

  history(before) {
    return this.#call("GET", before === null ? "history" : `history?before=${encodeURIComponent(before)}`);
  }

  /**
   * Makes a link for another phone.
   * - token: 32 random bytes as base64url; the same token again makes no other link.
   */
  link(token) {
    return this.#call("POST", "links", { token });
  }

  devices() {
    return this.#call("GET", "devices");
  }

  applications() {
    return this.#call("GET", "applications");
  }

  /** - decision: "allowed" or "refused". */
  decide(id, decision) {
    return this.#call("POST", `applications/${encodeURIComponent(id)}`, { decision });
  }

  rename(id, name) {
    return this.#call("POST", `devices/${encodeURIComponent(id)}`, { name });
  }

  /** - code: the confirmation code that the new phone shows. */
  confirmDevice(id, code) {
    return this.#call("POST", `devices/${encodeURIComponent(id)}/confirm`, { code });
  }

  remove(id) {
    return this.#call("DELETE", `devices/${encodeURIComponent(id)}`);
  }

  /** Sends a call, and repeats it once with the server's time if the server refuses its timestamp. */
  async #call(method, path, body, options = {}) {
    try {
      return await this.#once(method, path, body, options);
    } catch (error) {
      if (error.code !== "clock") throw error;
      return this.#once(method, path, body, options);
    }
  }

  async #once(method, path, body, { headers = {}, deadline = DEADLINE, signal } = {}) {
    const text = body === undefined ? "" : JSON.stringify(body);
    const options = body === undefined ? { method, headers } : post(text);
    const authorization = await this.#authorization(method, path, text);
    const signed = { ...options, headers: { ...options.headers, Authorization: authorization } };
    return exchange(path, signed, deadline, signal);
  }

  async #authorization(method, path, body) {
    const time = Math.floor(clock.now());
    const signed = ["countersign-call-1", method, `/phone/api/${path}`, time, await digest(body)].join("\n");
    return `Countersign ${this.#device.id}.${time}.${await sign(this.#device.key, signed)}`;
  }
}

// SoftToken codes: TOTP (RFC 6238) with a key that is not extractable.

import { fromB64u } from "./bytes.js";

const ALGORITHMS = ["SHA-1", "SHA-256", "SHA-512"];

/** Converts an answer to `GET tokens/ID` for the store. Throws if the answer is malformed. */
export async function importToken(answer, id) {
  const { application, secret, algorithm, digits, period } = answer;
  const makesSense =
    ALGORITHMS.includes(algorithm) && Number.isInteger(digits) && digits >= 6 && digits <= 10
    && Number.isInteger(period) && period > 0;
  if (!makesSense) throw new TypeError("token");
  const bytes = fromB64u(secret);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: algorithm }, false, ["sign"]);
  bytes.fill(0);
  return { id, application: String(application), key, digits, period };
}

export const timeStep = (token, time) => Math.floor(time / token.period);

export const secondsLeft = (token, time) => token.period - (time % token.period);

/** Returns the code of one time step as a string, since 012345 is not 12345. */
export async function code(token, step) {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const hash = new DataView(await crypto.subtle.sign("HMAC", token.key, counter.buffer));
  const offset = hash.getUint8(hash.byteLength - 1) & 0x0f;
  const number = (hash.getUint32(offset) & 0x7fffffff) % 10 ** token.digits;
  return String(number).padStart(token.digits, "0");
}

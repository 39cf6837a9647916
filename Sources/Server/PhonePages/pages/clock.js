// The server's time, from the device's clock and the difference that was seen last. Codes need it offline too.

import * as store from "./store.js";

/** A difference below this is the network's delay and the seconds that were cut off. */
const NOISE = 2;
/** From then on the person is told. */
const WORTH_TELLING = 20;
/** An answer that took longer says little about the time: the page may have slept in between. */
const SLOW = 4000;

let difference = 0;

export async function load() {
  difference = (await store.get("clock")) ?? 0;
}

/** Seconds since 1970, as the server counts them. */
export const now = () => Date.now() / 1000 + difference;

export const isOff = () => Math.abs(difference) > WORTH_TELLING;

/**
 * Takes the server's time from an answer.
 * - started, ended: Date.now() before the request and after the answer.
 */
export function learn(serverNow, started, ended) {
  if (!Number.isFinite(serverNow) || ended < started || ended - started > SLOW) return;
  const seen = serverNow + 0.5 - (started + ended) / 2000;
  const next = Math.abs(seen) < NOISE ? 0 : seen;
  if (Math.abs(next - difference) < NOISE && next !== 0) return;
  if (next === difference) return;
  difference = next;
  store.put("clock", next).catch(() => {});
}

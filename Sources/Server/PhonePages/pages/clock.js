// The server's time, computed from the device's clock and the last known difference, since codes need it offline too.

import * as store from "./store.js";

/** Seconds; a smaller difference comes from network delay and rounding. */
const NOISE = 2;
/** Seconds of difference from which the user is warned. */
const WORTH_TELLING = 20;
/** Milliseconds; a slower answer says little about the time, as the page may have slept. */
const SLOW = 4000;

let difference = 0;

export async function load() {
  difference = (await store.get("clock")) ?? 0;
}

/** The server's time in Unix seconds. */
export const now = () => Date.now() / 1000 + difference;

export const isOff = () => Math.abs(difference) > WORTH_TELLING;

/**
 * Updates the difference from an answer.
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

// The device's key: P-256, made here and not extractable, not even by this page.

import { toB64u, utf8 } from "./bytes.js";

const KIND = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };

/**
 * Whether keys work here: not on plain http (other than localhost), where browsers have no WebCrypto, or without
 * IndexedDB.
 */
export const areAvailable = () =>
  globalThis.isSecureContext && Boolean(globalThis.crypto?.subtle) && Boolean(globalThis.indexedDB);

export async function make() {
  const pair = await crypto.subtle.generateKey(KIND, false, ["sign"]);
  return { privateKey: pair.privateKey, publicKey: toB64u(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** Signs UTF-8 text with ES256 (RFC 7518, section 3.4): r and s, 64 bytes, as base64url. */
export async function sign(key, text) {
  return toB64u(await crypto.subtle.sign(ES256, key, utf8(text)));
}

export async function digest(text) {
  return toB64u(await crypto.subtle.digest("SHA-256", utf8(text)));
}

// The device's key: P-256, made here, never to be read by anybody, this page included.

import { toB64u, utf8 } from "./bytes.js";

const KIND = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };

/** False on plain http (other than localhost), where browsers have no WebCrypto, and where nothing can be kept. */
export const areAvailable = () => globalThis.isSecureContext && Boolean(globalThis.crypto?.subtle) && Boolean(globalThis.indexedDB);

export async function make() {
  const pair = await crypto.subtle.generateKey(KIND, false, ["sign"]);
  return { privateKey: pair.privateKey, publicKey: toB64u(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** ES256 over UTF-8: r and s, 64 bytes, as base64url. */
export async function sign(key, text) {
  return toB64u(await crypto.subtle.sign(ES256, key, utf8(text)));
}

export async function digest(text) {
  return toB64u(await crypto.subtle.digest("SHA-256", utf8(text)));
}

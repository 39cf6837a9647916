// Conversions between bytes and text.

export const utf8 = (text) => new TextEncoder().encode(text);

/** Base64url without padding (RFC 4648, section 5). */
export function toB64u(bytes) {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Throws if the text is not base64url. */
export function fromB64u(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Sealing what a person enters, for the campaign's server alone: ECDH on P-256, HKDF-SHA-256, AES-256-GCM.
 *
 * The key pair on this side is made for one sign-up and forgotten: the phone itself cannot open what it keeps.
 */

import { config } from "./config";

const encode = (bytes: ArrayBuffer | Uint8Array): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const decode = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const INFO = new TextEncoder().encode("isoloir sign-up");

export async function seal(what: unknown): Promise<string> {
  const curve = { name: "ECDH", namedCurve: "P-256" } as const;
  const theirs = await crypto.subtle.importKey("raw", decode(config.publicKey), curve, false, []);
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const own = await crypto.subtle.exportKey("raw", mine.publicKey);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(own), info: INFO };
  const cipher = await crypto.subtle.deriveKey(hkdf, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(what));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, cipher, text);
  return [own, nonce, sealed].map((part) => encode(part)).join(".");
}

/** What the page tells the application, and every text that it shows. */

import { byId } from "../src/dom";

interface Config {
  campaign: string; // slug
  language: "fr" | "en";
  api: string; // ends with a slash
  home: string; // the campaign's pages
  publicKey: string; // of the campaign, for what people enter themselves; base64url of the raw point
  sms: boolean; // whether a telephone number alone can be confirmed
  scan: { link: string; picture: string } | null; // the code of the public form
  noteLaw: { text: string; article: string}; // why no note is about anybody
  texts: Record<string, string>;
}

export const config = JSON.parse(byId("config").textContent ?? "{}") as Config;

/** A text in the page's language; `{name}` stands for a value. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  const text = config.texts[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

export const number = (value: number): string => value.toLocaleString(config.language);

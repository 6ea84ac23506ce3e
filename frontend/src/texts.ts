/** The texts and the language that the server put in the page, and numbers as that language writes them. */

import { byId } from "./dom";

interface Config {
  language: "fr" | "en";
  texts: Record<string, string>;
}

const config = JSON.parse(byId("config").textContent ?? "{}") as Config;

export const language = config.language;

/** A text with its {braces} filled in. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  const text = config.texts[name];
  if (text === undefined) throw new Error(`no text named ${name}`);
  return text.replace(/\{(\w+)\}/g, (brace, key: string) => String(values[key] ?? brace));
}

/** A text that may not exist, or the fallback. */
export function sayOr(name: string, fallback: string): string {
  return config.texts[name] ?? fallback;
}

function formatter(options: Intl.NumberFormatOptions): (value: number | null | undefined) => string {
  const format = new Intl.NumberFormat(language === "fr" ? "fr-FR" : "en-GB", options);
  return (value) => (value === null || value === undefined || !Number.isFinite(value) ? "–" : format.format(value).replace("-", "\u2212"));
}

/** A number with so many decimals at most. */
export const number = (value: number, digits: number): string => formatter({ maximumFractionDigits: digits })(value);
export const whole = formatter({ maximumFractionDigits: 0 });
export const decimal = formatter({ maximumFractionDigits: 2 });
export const score = formatter({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const signed = formatter({ minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
export const percent = formatter({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const percentWhole = formatter({ style: "percent", maximumFractionDigits: 0 });

/** `2022_pres_t1` as "Présidentielle 2022, 1er tour". */
export function electionName(election: string): string {
  const [year = "", type = "", round = ""] = election.split("_");
  const turn = sayOr(`round_${round.slice(1)}`, round);
  return `${sayOr(`election_${type}`, type)} ${year}${turn ? `, ${turn}` : ""}`;
}

/** A station's number as people say it: `0012` is 12, `0E11` is E11. */
export function stationCode(code: string): string {
  return code.replace(/^0+(?=.)/, "");
}

/** `LE PEN` as "Le Pen", `DUPONT-AIGNAN` as "Dupont-Aignan"; names already in mixed case stay. */
export function personName(name: string): string {
  if (name !== name.toUpperCase()) return name;
  return name.toLowerCase().replace(/(^|[\s'’-])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** What the colours mean, how many stations have each, and what is not known. */

import { around, breaks, classify, type Colour, css, mean, type Method, palette, quantiles } from "./classes";
import type { Index } from "./data";
import { html } from "./dom";
import type { Field, Measure } from "./measures";
import { electionName, language, number, percent, personName, say, sayOr, score, whole } from "./texts";
import { isDark, rgb, theme } from "./theme";

const CLASSES = 7;
const LEADERS = 9; // candidates or lists that have a colour of their own where they lead

/** How a field is drawn: the class of each station, and for each class its colour and its name. */
export interface Drawing {
  classes: Int16Array;
  colours: Colour[];
  labels: string[];
  counts: number[];
  unknown: number;
  doubted: number; // stations whose figure rests on thin evidence
}

export function drawing(field: Field, index: Index, method: Method): Drawing {
  const made = field.scale === "levels" ? levels(field) : field.scale === "blocs" ? leaders(field, index) : scale(field, index, method);
  const counts = made.labels.map(() => 0);
  let [unknown, doubted] = [0, 0];
  made.classes.forEach((place, i) => {
    if (place < 0) unknown++;
    else counts[place] = (counts[place] ?? 0) + 1;
    if (place >= 0 && field.doubted(i)) doubted++;
  });
  return { ...made, counts, unknown, doubted };
}

type Made = Pick<Drawing, "classes" | "colours" | "labels">;

function scale(field: Field, index: Index, method: Method): Made {
  const centred = field.scale === "diverging" ? 0 : method === "mean" ? mean(field.values) : null;
  const borders =
    centred !== null
      ? around(field.values, centred, CLASSES - 1)
      : (method === "breaks" ? breaks : quantiles)(field.values, CLASSES);
  const steps = Math.max(0, borders.length - 1);
  const say = (value: number): string => amount(value, field, index);
  return {
    classes: classify(field.values, borders),
    colours: palette(centred !== null ? "diverging" : "sequential", steps, isDark()),
    labels: Array.from({ length: steps }, (_, i) => `${say(borders[i] as number)} – ${say(borders[i + 1] as number)}`),
  };
}

function levels(field: Field): Made {
  const style = theme();
  const names = [1, 2, 3, 4, 5].map((n) => style[`level-${n}` as keyof typeof style]);
  return {
    classes: Int16Array.from(field.values, (level) => (Number.isFinite(level) ? level : -1)),
    colours: names.map(rgb),
    labels: names.map((_, i) => `${i + 1}${i === 0 ? ` · ${say("first")}` : i === 4 ? ` · ${say("last")}` : ""}`),
  };
}

/** Who leads: a class for each of those that lead most stations, in the colour of their bloc, and one for the others. */
function leaders(field: Field, index: Index): Made {
  const measure = field.measure as Measure & { kind: "leader" };
  const options = index.rounds.find(({ election }) => election === measure.round)?.options ?? [];
  const led = options.map(() => 0);
  for (const option of field.values) if (Number.isFinite(option)) led[option] = (led[option] ?? 0) + 1;
  const order = options.map((_, i) => i).filter((i) => led[i]).sort((a, b) => (led[b] as number) - (led[a] as number));
  const named = order.length > LEADERS ? order.slice(0, LEADERS - 1) : order;
  const place = options.map((_, i) => (named.includes(i) ? named.indexOf(i) : named.length));
  const used = new Map<string, number>();
  const colours = named.map((i) => {
    const { fine, bloc } = options[i] as Index["rounds"][number]["options"][number];
    const name = fine ?? bloc ?? "other";
    const turn = used.get(name) ?? 0; // the second of a bloc is paler than the first
    used.set(name, turn + 1);
    return blocColour(name, bloc, turn);
  });
  const labels = named.map((i) => optionName(`option-${i}`, measure.round, index));
  if (order.length > named.length) {
    colours.push(blocColour("other", null, 0));
    labels.push(say("others", { n: order.length - named.length }));
  }
  return {
    classes: Int16Array.from(field.values, (option) => (Number.isFinite(option) ? (place[option] ?? -1) : -1)),
    colours,
    labels,
  };
}

function blocColour(name: string, around: string | null, paler: number): Colour {
  const style = getComputedStyle(document.documentElement);
  const found = [name, around, "other"].map((one) => style.getPropertyValue(`--bloc-${one}`).trim()).find(Boolean);
  const part = 0.62 ** paler;
  return rgb(found ?? "#9b97a0").map((value) => Math.round(value * part + 228 * (1 - part))) as unknown as Colour;
}

/** A value as people write it in the unit of its field. */
export function amount(value: number, field: Field, index: Index): string {
  if (!Number.isFinite(value)) return "–";
  if (field.scale === "levels") return String(value + 1);
  if (field.measure.kind === "leader") {
    const { round } = field.measure;
    const option = index.rounds.find(({ election }) => election === round)?.options[value];
    return option ? personName(option.option) : "–";
  }
  if (field.unit === "points") return `${value > 0 ? "+" : ""}${number(value, 1)} ${say("points")}`;
  if (field.unit === "share" || field.unit.endsWith("_share")) return percent(value);
  if (field.measure.kind === "variable") {
    const { name } = field.measure;
    const unit = index.variables.find(({ variable }) => variable === name)?.unit ?? "";
    return unit === "share" ? percent(value) : `${number(value, Math.abs(value) < 100 ? 1 : 0)} ${sayOr(`unit_${unit}`, unit)}`.trim();
  }
  if (field.unit === "probability") return percent(value);
  return score(value);
}

/** What a measure is called. */
export function title(measure: Measure, index: Index): string {
  const round = (election: string): string => electionName(election);
  switch (measure.kind) {
    case "priority": {
      const ranking = index.rankings[measure.ranking];
      const name = sayOr(`column_${measure.column}`, measure.column);
      return ranking ? `${name} · ${ranking.label[language]}, ${round(ranking.election)}` : name;
    }
    case "turnout":
      return `${say("turnout")} · ${round(measure.round)}`;
    case "leader":
      return `${say("leader")} · ${round(measure.round)}`;
    case "share":
      return `${optionName(measure.what, measure.round, index)} · ${round(measure.round)}`;
    case "change":
      return `${measure.what === "turnout" ? say("turnout") : optionName(measure.what, measure.round, index)} · ${round(measure.from)} → ${round(measure.round)}`;
    case "variable": {
      const found = index.variables.find(({ variable }) => variable === measure.name);
      return found ? `${found.label[language]}${found.vintage ? ` (${found.vintage})` : ""}` : measure.name;
    }
  }
}

export function optionName(what: string, round: string, index: Index): string {
  const [sort, name = ""] = what.split("-");
  if (sort === "bloc") return index.blocs[name]?.[language] ?? name;
  const option = index.rounds.find(({ election }) => election === round)?.options[Number(name)];
  return option ? personName(option.option) : name;
}

/** The legend itself: one row a class, the highest first. */
export function legend(field: Field, drawn: Drawing, index: Index, doubt: boolean): HTMLElement {
  const small = matchMedia("(max-width: 720px)").matches;
  const order = drawn.labels.map((_, i) => i);
  if (field.scale === "sequential" || field.scale === "diverging") order.reverse();
  const swatch = (i: number): HTMLElement => {
    const made = html("i", { class: "swatch", "aria-hidden": "true" });
    made.style.background = css(drawn.colours[i] as Colour);
    return made;
  };
  const row = (mark: HTMLElement, name: string, count: number | undefined): HTMLElement =>
    html("li", {}, mark, html("span", { class: "note" }, name), html("span", { class: "range" }, whole(count)));
  return html(
    "details",
    { open: !small },
    html(
      "summary",
      {},
      html("span", { class: "legend-title" }, title(field.measure, index)),
      html("span", { class: "strip", "aria-hidden": "true" }, ...order.map(swatch)),
    ),
    warning(field, index),
    html("p", { class: "unit", "aria-hidden": "true" }, html("span", {}, unit(field, index)), html("span", {}, say("stations"))),
    html(
      "ol",
      {},
      ...order.map((i) => row(swatch(i), drawn.labels[i] ?? "", drawn.counts[i])),
      drawn.unknown > 0 && row(html("i", { class: "swatch level-0", "aria-hidden": "true" }), say("unknown"), drawn.unknown),
    ),
    doubt &&
      drawn.doubted > 0 &&
      html(
        "p",
        { class: "doubtful" },
        html("i", { class: "swatch striped", "aria-hidden": "true" }),
        html("span", { class: "note" }, graded(field) ? say("undecided_means") : say("doubt_means")),
        html("span", { class: "range" }, whole(drawn.doubted)),
      ),
    html("details", { class: "how" }, html("summary", {}, say("how_known")), ...how(field, index)),
  );
}

const graded = ({ measure }: Field): boolean => measure.kind === "priority" && measure.sureness === "grade";

/** What the figures of the classes are. */
function unit(field: Field, index: Index): string {
  const { measure, scale } = field;
  if (scale === "levels") return say("level");
  if (measure.kind === "turnout") return say("of_registered");
  if (measure.kind === "share") return say("of_valid_votes");
  if (measure.kind === "leader") return say("options");
  if (measure.kind === "change") return say("in_points");
  if (measure.kind === "priority") return sayOr(`column_${measure.column}`, measure.column);
  const found = index.variables.find(({ variable }) => variable === measure.name);
  return sayOr(`kind_${found?.unit ?? ""}`, found?.unit ?? "");
}

const rankingOf = ({ measure }: Field, index: Index): Index["rankings"][number] | undefined =>
  measure.kind === "priority" ? index.rankings[measure.ranking] : undefined;

/** What a ranking warns of: that the data may not tell the stations apart. */
function warning(field: Field, index: Index): HTMLElement | null {
  const skill = rankingOf(field, index)?.notes.find(({ name }) => name === "skill");
  return skill ? html("p", { class: "warning" }, skill[language]) : null;
}

/** How a figure is known, in a few words, and what the ranking says of itself; the page of methods says the rest. */
function how(field: Field, index: Index): HTMLElement[] {
  const ranking = rankingOf(field, index);
  return [
    ...(ranking ? [html("p", {}, meaning(ranking))] : []),
    html("p", {}, source(field.measure)),
    ...(ranking?.notes ?? []).filter(({ name }) => name !== "skill").map((note) => html("p", {}, note[language])),
  ];
}

function source({ kind }: Measure): string {
  if (kind === "priority") return say("how_priority");
  if (kind === "variable") return say("how_variable");
  return kind === "change" ? say("how_change") : say("how_result");
}

/** What levels compare, and that they compare nothing else. */
function meaning(ranking: Index["rankings"][number]): string {
  const target = ranking.label[language];
  if (ranking.columns.includes("votes_per_hour")) return say("hours_meaning", { target });
  return say("levels_meaning", { target, election: electionName(ranking.election) });
}

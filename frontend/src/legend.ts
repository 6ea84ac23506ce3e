/** What the colours mean, how many stations have each, and what is not known. */

import { classify, type Colour, css, around, palette, quantiles } from "./classes";
import type { Index } from "./data";
import { html } from "./dom";
import type { Field, Measure } from "./measures";
import { electionName, language, number, percent, personName, say, sayOr, score, whole } from "./texts";
import { rgb, theme } from "./theme";

const CLASSES = 7;

/** How a field is drawn: the class of each station, and for each class its colour and its name. */
export interface Drawing {
  classes: Int16Array;
  colours: Colour[];
  labels: string[];
  counts: number[];
  unknown: number;
}

export function drawing(field: Field, index: Index, dark: boolean): Drawing {
  const made = field.scale === "levels" ? levels(field, dark) : field.scale === "blocs" ? blocs(field, index) : scale(field, index, dark);
  const counts = made.labels.map(() => 0);
  let unknown = 0;
  for (const place of made.classes) {
    if (place < 0) unknown++;
    else counts[place] = (counts[place] ?? 0) + 1;
  }
  return { ...made, counts, unknown };
}

type Made = Pick<Drawing, "classes" | "colours" | "labels">;

function scale(field: Field, index: Index, dark: boolean): Made {
  const diverging = field.scale === "diverging";
  const borders = diverging ? around(field.values, 0, CLASSES - 1) : quantiles(field.values, CLASSES);
  const steps = Math.max(0, borders.length - 1);
  const say = (value: number): string => amount(value, field, index);
  return {
    classes: classify(field.values, borders),
    colours: palette(diverging ? "diverging" : "sequential", steps, dark),
    labels: Array.from({ length: steps }, (_, i) => `${say(borders[i] as number)} – ${say(borders[i + 1] as number)}`),
  };
}

function levels(field: Field, dark: boolean): Made {
  const style = theme();
  void dark; // the style sheet knows
  const names = [1, 2, 3, 4, 5].map((n) => style[`level-${n}` as keyof typeof style]);
  return {
    classes: Int16Array.from(field.values, (level) => (Number.isFinite(level) ? level : -1)),
    colours: names.map(rgb),
    labels: names.map((_, i) => `${i + 1}${i === 0 ? ` · ${say("first")}` : i === 4 ? ` · ${say("last")}` : ""}`),
  };
}

/** Who leads, coloured by bloc: stations of the same bloc share a class. */
function blocs(field: Field, index: Index): Made {
  const measure = field.measure as Measure & { kind: "leader" };
  const options = index.rounds.find(({ election }) => election === measure.round)?.options ?? [];
  const names = [...new Set(options.map(({ bloc }) => bloc ?? "other"))];
  const style = getComputedStyle(document.documentElement);
  const place = options.map(({ bloc }) => names.indexOf(bloc ?? "other"));
  return {
    classes: Int16Array.from(field.values, (option) => (Number.isFinite(option) ? (place[option] ?? -1) : -1)),
    colours: names.map((name) => rgb(style.getPropertyValue(`--bloc-${name}`).trim() || "#9b97a0")),
    labels: names.map((name) => index.blocs[name]?.[language] ?? name),
  };
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
export function legend(field: Field, drawn: Drawing, index: Index): HTMLElement {
  const small = matchMedia("(max-width: 720px)").matches;
  const order = drawn.labels.map((_, i) => i);
  if (field.scale === "sequential" || field.scale === "diverging") order.reverse();
  const swatch = (i: number): HTMLElement => {
    const made = html("i", { class: "swatch", "aria-hidden": "true" });
    made.style.background = css(drawn.colours[i] as Colour);
    return made;
  };
  return html(
    "details",
    { open: !small },
    html(
      "summary",
      {},
      html("span", { class: "legend-title" }, title(field.measure, index)),
      html("span", { class: "strip", "aria-hidden": "true" }, ...order.map(swatch)),
    ),
    html(
      "ol",
      {},
      ...order.map((i) =>
        html(
          "li",
          {},
          swatch(i),
          html("span", { class: "note" }, drawn.labels[i] ?? ""),
          html("span", { class: "range" }, whole(drawn.counts[i])),
        ),
      ),
      drawn.unknown > 0 && html(
        "li",
        {},
        html("i", { class: "swatch level-0", "aria-hidden": "true" }),
        html("span", { class: "note" }, say("unknown")),
        html("span", { class: "range" }, whole(drawn.unknown)),
      ),
    ),
    meaning(field, index),
    html("details", { class: "how" }, html("summary", {}, say("how_known")), html("p", {}, how(field.measure))),
  );
}

/** How a figure is known, in a few words; the page of methods says the rest. */
function how({ kind }: Measure): string {
  if (kind === "priority") return say("how_priority");
  if (kind === "variable") return say("how_variable");
  return say(kind === "change" ? "how_change" : "how_result");
}

/** What levels compare, and that they compare nothing else. */
function meaning({ measure, scale }: Field, index: Index): HTMLElement | null {
  const ranking = measure.kind === "priority" && scale === "levels" ? index.rankings[measure.ranking] : undefined;
  if (!ranking) return null;
  if (ranking.columns.includes("votes_per_hour")) return html("p", {}, say("hours_meaning", { target: ranking.label[language] }));
  return html("p", {}, say("levels_meaning", { target: ranking.label[language], election: electionName(ranking.election) }));
}


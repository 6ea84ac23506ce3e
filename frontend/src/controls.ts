/** What to show: first the sort of figure, then the figure, then the round; everything that the database holds. */

import { type Method, METHODS } from "./classes";
import type { Index } from "./data";
import { html } from "./dom";
import { optionName } from "./legend";
import {
  earlier, holds, type Measure, opening, priorityOf, resultOf, type Theme, THEMES, themeOf, write,
} from "./measures"; // prettier-ignore
import { electionName, language, say, sayOr, whole } from "./texts";

type Choose = (measure: Measure) => void;

/** The controls of one map; `suffix` tells their ids from those of the other. */
export function measureControls(index: Index, current: Measure, choose: Choose, suffix = ""): HTMLElement[] {
  return [
    themeTabs(index, current, choose, suffix),
    measurePicker(index, current, choose, suffix),
    roundSlider(index, current, choose, suffix),
    sinceList(index, current, choose, suffix),
  ].filter((part): part is HTMLElement => part !== null);
}

function themeTabs(index: Index, current: Measure, choose: Choose, suffix: string): HTMLElement {
  const tab = (theme: Theme): HTMLElement | null => {
    const first = theme === themeOf(current) ? current : opening(theme, current, index);
    if (!first) return null;
    const id = `theme-${theme}${suffix}`;
    const input = html("input", { type: "radio", name: `theme${suffix}`, id, value: theme });
    input.checked = theme === themeOf(current);
    input.addEventListener("change", () => choose(first));
    return html("label", {}, input, html("span", {}, say(`theme_${theme}`)));
  };
  return html("fieldset", { class: "themes" }, html("legend", { class: "hidden" }, say("show")), ...THEMES.map(tab));
}

/** The figures of the theme, grouped. */
function measurePicker(index: Index, current: Measure, choose: Choose, suffix: string): HTMLElement {
  const known = new Map<string, Measure>();
  const option = (measure: Measure, name: string): HTMLElement => {
    known.set(write(measure), measure);
    return html("option", { value: write(measure) }, name);
  };
  const groups = { priority: priorities, results, change: changes, variable: variables }[themeOf(current)];
  const select = html("select", { id: `measure${suffix}` }, ...groups(index, current, option));
  select.value = write(current);
  select.addEventListener("change", () => choose(known.get(select.value) ?? current));
  return html("label", { class: "field" }, html("span", {}, say("figure_shown")), select);
}

type Option = (measure: Measure, name: string) => HTMLElement;

function priorities(index: Index, _: Measure, option: Option): HTMLElement[] {
  return index.rankings.map((ranking, i) =>
    html(
      "optgroup",
      { label: `${ranking.label[language]}, ${electionName(ranking.election)}` },
      ...ranking.columns
        .filter((column) => !["quality", "grade", "registered"].includes(column))
        .map((column) => option(priorityOf(index, i, column), sayOr(`column_${column}`, column))),
    ),
  );
}

function results(index: Index, current: Measure, option: Option): HTMLElement[] {
  if (!("round" in current)) return [];
  const found = index.rounds.find(({ election }) => election === current.round);
  if (!found) return [];
  const round = found.election;
  const share = (what: string): HTMLElement => option({ kind: "share", round, what }, blocOrOption(what, round, index));
  const group = (name: string, members: HTMLElement[]): HTMLElement[] =>
    members.length > 0 ? [html("optgroup", { label: name }, ...members)] : [];
  return [
    option({ kind: "turnout", round }, say("turnout")),
    ...(found.options.length > 0 ? [option({ kind: "leader", round }, say("leader"))] : []),
    ...group(say("blocs"), found.blocs.map((bloc) => share(`bloc-${bloc}`))),
    ...group(say("options"), found.options.map((_, i) => share(`option-${i}`))),
  ];
}

/** Finer blocs stand below the coarse one that holds them. */
function blocOrOption(what: string, round: string, index: Index): string {
  const name = optionName(what, round, index);
  return index.finer[what.slice(5)] && what.startsWith("bloc-") ? `\u2003${name}` : name;
}

function changes(index: Index, current: Measure, option: Option): HTMLElement[] {
  if (current.kind !== "change") return [];
  const { round, from } = current;
  const blocs = index.rounds.find(({ election }) => election === round)?.blocs ?? [];
  const both = blocs.map((bloc) => `bloc-${bloc}`).filter((what) => holds(from, what, index));
  return ["turnout", ...both].map((what) =>
    option({ kind: "change", round, from, what }, what === "turnout" ? say("turnout") : blocOrOption(what, round, index)),
  );
}

function variables(index: Index, _: Measure, option: Option): HTMLElement[] {
  return [...new Set(index.variables.map(({ theme }) => theme))].map((theme) =>
    html(
      "optgroup",
      { label: index.themes[theme]?.[language] ?? theme },
      ...index.variables
        .filter((variable) => variable.theme === theme)
        .map(({ variable, label }) => option({ kind: "variable", name: variable }, label[language])),
    ),
  );
}

/** The same figure, or the nearest to it, in every round that can show it. */
function sisters(measure: Measure, index: Index): Measure[] {
  const rounds = index.rounds.map(({ election }) => election);
  if (measure.kind === "turnout") return rounds.map((round) => ({ kind: "turnout", round }));
  if (measure.kind === "share") return rounds.map((round) => (round === measure.round ? measure : resultOf(measure.what, round, index, measure.round)));
  if (measure.kind === "leader") {
    return index.rounds.filter(({ options }) => options.length > 0).map(({ election }) => ({ kind: "leader", round: election }));
  }
  if (measure.kind !== "change") return [];
  return rounds.flatMap((round) => {
    if (round === measure.round) return [measure];
    const from = holds(round, measure.what, index) ? earlier(round, measure.what, index) : null;
    return from ? [{ ...measure, round, from }] : [];
  });
}

/** A slider through the rounds; there is none where the measure is of no round. */
function roundSlider(index: Index, measure: Measure, choose: Choose, suffix: string): HTMLElement | null {
  const all = sisters(measure, index);
  if (all.length < 2 || !("round" in measure)) return null;
  const at = all.findIndex((one) => "round" in one && one.round === measure.round);
  const input = html("input", { type: "range", id: `round${suffix}`, min: 0, max: all.length - 1, step: 1 });
  const name = (place: number): string => {
    const one = all[place];
    return one && "round" in one ? roundName(one.round, index) : "";
  };
  const output = html("output", { for: `round${suffix}` }, name(at));
  input.value = String(at);
  input.setAttribute("aria-valuetext", name(at));
  input.addEventListener("input", () => {
    output.textContent = name(input.valueAsNumber);
    input.setAttribute("aria-valuetext", name(input.valueAsNumber));
  });
  input.addEventListener("change", () => {
    const one = all[input.valueAsNumber];
    if (one) choose(one);
  });
  return html("label", { class: "field slider" }, html("span", {}, say("round_slider")), output, input);
}

/** A round of a part of the area says of how many stations it is. */
function roundName(round: string, index: Index): string {
  const name = electionName(round);
  const n = index.rounds.find(({ election }) => election === round)?.stations ?? 0;
  return n < index.counts.stations / 2 ? say("few", { election: name, n: whole(n) }) : name;
}

/** The round that a change is counted from: any that has the same figure. */
function sinceList(index: Index, measure: Measure, choose: Choose, suffix: string): HTMLElement | null {
  if (measure.kind !== "change") return null;
  const rounds = index.rounds.map(({ election }) => election).filter((one) => one !== measure.round && holds(one, measure.what, index));
  const select = html("select", { id: `since${suffix}` }, ...rounds.reverse().map((one) => html("option", { value: one }, electionName(one))));
  select.value = measure.from;
  select.addEventListener("change", () => choose({ ...measure, from: select.value }));
  return html("label", { class: "field" }, html("span", {}, say("since")), select);
}

/** The switch that draws thin evidence in stripes. */
export function doubtSwitch(on: boolean, change: (on: boolean) => void): HTMLElement {
  const box = html("input", { type: "checkbox", id: "doubt" });
  box.checked = on;
  box.addEventListener("change", () => change(box.checked));
  return html("label", { class: "check" }, box, html("span", {}, say("doubt")));
}

/** How the classes of a scale are made. */
export function methodPicker(current: Method, change: (method: Method) => void): HTMLElement {
  const select = html("select", { id: "classes" }, ...METHODS.map((name) => html("option", { value: name }, say(`classes_${name}`))));
  select.value = current;
  select.addEventListener("change", () => change(METHODS.find((name) => name === select.value) ?? METHODS[0]));
  return html("label", { class: "field" }, html("span", {}, say("classes")), select);
}

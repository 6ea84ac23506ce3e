/** What to show: a measure and its round, chosen from lists that name everything the database holds. */

import type { Index, Round } from "./data";
import { html } from "./dom";
import { optionName } from "./legend";
import { type Measure, priorityOf, write } from "./measures";
import { electionName, language, say, sayOr } from "./texts";

/** A select of every measure, grouped; calls back with the text of the one that was chosen. */
export function measurePicker(index: Index, current: Measure, choose: (text: string) => void, id = "measure"): HTMLElement {
  const select = html("select", { id }, ...groups(index));
  select.value = write(current);
  select.addEventListener("change", () => choose(select.value));
  return html("label", { class: "field" }, html("span", {}, say("show")), select);
}

function groups(index: Index): HTMLElement[] {
  const option = (measure: Measure, name: string): HTMLElement => html("option", { value: write(measure) }, name);
  const rankings = index.rankings.map((ranking, i) =>
    html(
      "optgroup",
      { label: `${say("priority")} · ${ranking.label[language]}, ${electionName(ranking.election)}` },
      ...ranking.columns
        .filter((column) => !["quality", "grade", "registered"].includes(column))
        .map((column) => option(priorityOf(index, i, column), sayOr(`column_${column}`, column))),
    ),
  );
  const rounds = [...index.rounds].reverse().map((round) =>
    html(
      "optgroup",
      { label: electionName(round.election) },
      option({ kind: "turnout", round: round.election }, say("turnout")),
      ...(round.options.length > 0 ? [option({ kind: "leader", round: round.election }, say("leader"))] : []),
      ...round.blocs.map((bloc) =>
        option({ kind: "share", round: round.election, what: `bloc-${bloc}` }, index.blocs[bloc]?.[language] ?? bloc),
      ),
      ...round.options.map((_, i) =>
        option(
          { kind: "share", round: round.election, what: `option-${i}` },
          optionName(`option-${i}`, round.election, index),
        ),
      ),
    ),
  );
  const themes = [...new Set(index.variables.map(({ theme }) => theme))].map((theme) =>
    html(
      "optgroup",
      { label: index.themes[theme]?.[language] ?? theme },
      ...index.variables
        .filter((variable) => variable.theme === theme)
        .map(({ variable, label }) => option({ kind: "variable", name: variable }, label[language])),
    ),
  );
  const changes = [...index.rounds].reverse().flatMap((round) => {
    const from = earlier(round.election, index);
    if (!from) return [];
    const both = round.blocs.filter((bloc) => from.blocs.includes(bloc)).map((bloc) => `bloc-${bloc}`);
    return [
      html(
        "optgroup",
        { label: say("change_since", { now: electionName(round.election), before: electionName(from.election) }) },
        ...["turnout", ...both].map((what) =>
          option(
            { kind: "change", round: round.election, from: from.election, what },
            what === "turnout" ? say("turnout") : optionName(what, round.election, index),
          ),
        ),
      ),
    ];
  });
  return [...rankings, ...rounds, ...changes, ...themes];
}

/** The last round before of the same type and turn. */
function earlier(election: string, index: Index): Round | undefined {
  const kind = (name: string): string => name.slice(4);
  const before = index.rounds.filter((one) => kind(one.election) === kind(election) && one.election < election);
  return before.sort((a, b) => (a.election < b.election ? -1 : 1)).at(-1);
}

/** The switch that draws thin evidence in stripes. */
export function doubtSwitch(on: boolean, change: (on: boolean) => void): HTMLElement {
  const box = html("input", { type: "checkbox", id: "doubt" });
  box.checked = on;
  box.addEventListener("change", () => change(box.checked));
  return html("label", { class: "check", title: say("doubt_means") }, box, html("span", {}, say("doubt")));
}

/** The rounds in which a measure has a counterpart: the same bloc, the turnout, who leads. */
export function sisters(measure: Measure, index: Index): Measure[] {
  if (measure.kind !== "turnout" && measure.kind !== "leader" && measure.kind !== "share") return [];
  if (measure.kind === "share" && !measure.what.startsWith("bloc-")) return [];
  return index.rounds
    .filter(({ blocs, options }) =>
      measure.kind === "share" ? blocs.includes(measure.what.slice(5)) : measure.kind === "turnout" || options.length > 0,
    )
    .map(({ election }) => ({ ...measure, round: election }));
}

/** A slider through the rounds; silent where the measure is of no round. */
export function roundSlider(index: Index, measure: Measure, choose: (measure: Measure) => void): HTMLElement | null {
  const all = sisters(measure, index);
  if (all.length < 2 || !("round" in measure)) return null;
  const at = all.findIndex((one) => "round" in one && one.round === measure.round);
  const input = html("input", { type: "range", id: "round", min: 0, max: all.length - 1, step: 1 });
  const name = (place: number): string => {
    const one = all[place];
    return one && "round" in one ? electionName(one.round) : "";
  };
  const output = html("output", { for: "round" }, name(at));
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
  return html("label", { class: "field" }, html("span", {}, say("round_slider")), input, output);
}

/** What the five colours mean, and that they compare the stations of this area only. */

import type { Overview } from "./api";
import { html } from "./dom";
import { electionName, language, say, score, whole } from "./texts";

export function legend(overview: Overview): HTMLElement {
  const small = matchMedia("(max-width: 720px)").matches;
  const swatches = [1, 2, 3, 4, 5].map((n) => html("i", { class: `swatch level-${n}`, "aria-hidden": "true" }));
  return html(
    "details",
    { open: !small },
    html(
      "summary",
      {},
      html("span", { class: "legend-title" }, say("levels")),
      html("span", { class: "strip", "aria-hidden": "true" }, "1", ...swatches, "5"),
    ),
    html("ol", {}, ...overview.levels.map(row), unranked(overview)),
    meaning(overview),
  );
}

function row(entry: Overview["levels"][number], index: number, all: Overview["levels"]): HTMLElement {
  const note = index === 0 ? say("first") : index === all.length - 1 ? say("last") : "";
  const values = { low: score(entry.score_low), high: score(entry.score_high), n: whole(entry.stations) };
  return html(
    "li",
    { title: say("level_range", values) },
    html("i", { class: `swatch level-${entry.level}`, "aria-hidden": "true" }),
    html("b", {}, String(entry.level)),
    html("span", { class: "note" }, note),
    html("span", { class: "range" }, `${values.low} – ${values.high}`),
    html("span", { class: "hidden" }, say("level_range", values)),
  );
}

function unranked(overview: Overview): HTMLElement | null {
  const missing = overview.counts.stations - overview.counts.ranked;
  if (missing === 0) return null;
  return html(
    "li",
    {},
    html("i", { class: "swatch level-0", "aria-hidden": "true" }),
    html("b", {}, ""),
    html("span", { class: "note" }, say("no_level")),
    html("span", { class: "range" }, whole(missing)),
  );
}

function meaning(overview: Overview): HTMLElement | null {
  if (!overview.ranking) return null;
  const { label, election } = overview.ranking;
  return html(
    "p",
    {},
    say("levels_meaning", { target: label[language], election: electionName(election) }),
  );
}

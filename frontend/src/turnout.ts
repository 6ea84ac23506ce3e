/** Turnout, one column per round, from the oldest to the latest. */

import type { Round } from "./api";
import { html, svg } from "./dom";
import { electionName, percent, percentWhole, say } from "./texts";

const WIDTH = 360;
const HEIGHT = 96;
const BASE = HEIGHT - 18; // years are written below
const TOP = 12;

export function turnoutChart(rounds: Round[]): HTMLElement | "" {
  const known = rounds.filter((round) => round.turnout_share !== null).reverse();
  if (known.length < 2) return "";
  const step = WIDTH / known.length;
  const width = Math.min(step * 0.72, 30);
  return html(
    "section",
    { class: "turnout" },
    html("h3", {}, say("turnout_over_time")),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": spoken(known) },
      half(),
      ...known.map((round, i) => column(round, i * step + step / 2, width, known.length <= 12)),
      ...years(known, step),
    ),
  );
}

function height(share: number): number {
  return share * (BASE - TOP);
}

function column(round: Round, x: number, width: number, labelled: boolean): SVGElement {
  const share = round.turnout_share ?? 0;
  const y = BASE - height(share);
  return svg(
    "g",
    {},
    svg("title", {}, electionName(round.election) + say("colon") + percent(share)),
    svg("rect", { x: x - width / 2, y, width, height: height(share), rx: 2, class: "column" }),
    labelled && svg("text", { x, y: y - 3, class: "value" }, percentWhole(share)),
  );
}

function half(): SVGElement {
  const y = BASE - height(0.5);
  return svg("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "half" });
}

/** Each year once, under the middle of its rounds. */
function years(rounds: Round[], step: number): SVGElement[] {
  const places = new Map<string, number[]>();
  rounds.forEach((round, i) => {
    const year = round.election.slice(0, 4);
    places.set(year, [...(places.get(year) ?? []), i * step + step / 2]);
  });
  const short = places.size > 8;
  return [...places].map(([year, xs]) => {
    const x = xs.reduce((sum, value) => sum + value, 0) / xs.length;
    return svg("text", { x, y: HEIGHT - 4, class: "year" }, short ? `’${year.slice(2)}` : year);
  });
}

function spoken(rounds: Round[]): string {
  const parts = rounds.map((round) => electionName(round.election) + say("colon") + percent(round.turnout_share));
  return `${say("turnout_over_time")}. ${parts.join(", ")}`;
}

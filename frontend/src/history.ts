/** Results over time: turnout and the share of each bloc, one column per round, from the oldest to the latest. */

import type { Round } from "./api";
import type { Index } from "./data";
import { html, svg } from "./dom";
import { electionName, language, percent, percentWhole, say } from "./texts";

const WIDTH = 360;
const TURNOUT = { top: 12, base: 78 };
const BLOCS = { top: 92, base: 170 };
const HEIGHT = BLOCS.base + 16; // years are written below

export function history(rounds: Round[], index: Index): HTMLElement | "" {
  const known = rounds.filter((round) => round.turnout_share !== null).reverse();
  if (known.length < 2) return "";
  const step = WIDTH / known.length;
  const width = Math.min(step * 0.72, 30);
  const middle = (i: number): number => i * step + step / 2;
  const blocs = Object.keys(index.blocs).filter((name) => !index.finer[name] && known.some((round) => shareOf(round, name) > 0));
  return html(
    "section",
    { class: "history" },
    html("h3", {}, say("over_time")),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${blocs.length > 0 ? HEIGHT : TURNOUT.base + 16}`, role: "img", "aria-label": spoken(known, blocs, index) },
      half(),
      ...known.map((round, i) => turnoutColumn(round, middle(i), width, known.length <= 12)),
      ...known.map((round, i) => blocColumn(round, middle(i), width, blocs, index)),
      ...years(known, step, blocs.length > 0 ? HEIGHT - 3 : TURNOUT.base + 13),
    ),
    html(
      "p",
      { class: "keys", "aria-hidden": "true" },
      key("column", say("turnout")),
      ...blocs.map((name) => key(name, index.blocs[name]?.[language] ?? name)),
    ),
  );
}

function key(name: string, text: string): HTMLElement {
  const mark = html("i", {});
  mark.style.background = name === "column" ? "var(--column)" : `var(--bloc-${name})`;
  return html("span", {}, mark, text);
}

/** Of valid votes. */
function shareOf(round: Round, bloc: string): number {
  return round.results.filter((result) => result.bloc === bloc).reduce((sum, { vote_share: share }) => sum + (share ?? 0), 0);
}

function turnoutColumn(round: Round, x: number, width: number, labelled: boolean): SVGElement {
  const share = round.turnout_share ?? 0;
  const height = share * (TURNOUT.base - TURNOUT.top);
  const y = TURNOUT.base - height;
  return svg(
    "g",
    {},
    svg("title", {}, electionName(round.election) + say("colon") + percent(share)),
    svg("rect", { x: x - width / 2, y, width, height, rx: 2, class: "column" }),
    labelled && svg("text", { x, y: y - 3, class: "value" }, percentWhole(share)),
  );
}

/** The blocs one on top of the other; a gap stands for what nobody placed. */
function blocColumn(round: Round, x: number, width: number, blocs: string[], index: Index): SVGElement {
  const tall = BLOCS.base - BLOCS.top;
  let y = BLOCS.top;
  const parts = blocs.map((name) => {
    const share = shareOf(round, name);
    const part = svg(
      "rect",
      { x: x - width / 2, y, width, height: Math.max(0, share * tall - 0.7) },
      svg("title", {}, `${electionName(round.election)}, ${index.blocs[name]?.[language] ?? name}${say("colon")}${percent(share)}`),
    );
    part.style.fill = `var(--bloc-${name})`;
    y += share * tall;
    return part;
  });
  return svg("g", { class: "blocs" }, ...parts);
}

function half(): SVGElement {
  const y = TURNOUT.base - 0.5 * (TURNOUT.base - TURNOUT.top);
  return svg("line", { x1: 0, x2: WIDTH, y1: y, y2: y, class: "half" });
}

/** Each year once, under the middle of its rounds. */
function years(rounds: Round[], step: number, y: number): SVGElement[] {
  const places = new Map<string, number[]>();
  rounds.forEach((round, i) => {
    const year = round.election.slice(0, 4);
    places.set(year, [...(places.get(year) ?? []), i * step + step / 2]);
  });
  const short = places.size > 8;
  return [...places].map(([year, xs]) => {
    const x = xs.reduce((sum, value) => sum + value, 0) / xs.length;
    return svg("text", { x, y, class: "year" }, short ? `’${year.slice(2)}` : year);
  });
}

function spoken(rounds: Round[], blocs: string[], index: Index): string {
  const parts = rounds.map((round) => {
    const shares = blocs.filter((name) => shareOf(round, name) > 0).map((name) => `${index.blocs[name]?.[language] ?? name} ${percentWhole(shareOf(round, name))}`);
    return `${electionName(round.election)}${say("colon")}${[`${say("turnout")} ${percentWhole(round.turnout_share)}`, ...shares].join(", ")}`;
  });
  return `${say("over_time")}. ${parts.join("; ")}`;
}

/** Some stations taken together: chosen one by one, in a box or in a drawn line; their totals in a round. */

import { column, type Index, type Places, small } from "./data";
import { html } from "./dom";
import { encloses, type Point } from "./lasso";
import { optionName } from "./legend";
import { electionName, percent, say, whole } from "./texts";

/** The stations whose middle lies inside an outline, both in degrees. */
export function inside(outline: readonly Point[], places: Places): number[] {
  const [west, east] = [Math.min(...outline.map(([x]) => x)), Math.max(...outline.map(([x]) => x))];
  const found: number[] = [];
  places.points.forEach(([x, y], station) => {
    if (x === null || y === null || x === undefined || y === undefined || x < west || x > east) return;
    if (encloses(outline, x, y)) found.push(station);
  });
  return found;
}

export interface Totals {
  stations: number;
  known: number; // stations that have figures in this round
  registered: number;
  voters: number;
  valid_votes: number;
  options: { name: string; votes: number }[];
  doubted: number; // stations whose figures were carried over from others
}

/** Sums over some stations of a round, exactly those of the database. */
export async function totals(stations: ReadonlySet<number>, election: string, index: Index): Promise<Totals> {
  const round = index.rounds.find((one) => one.election === election);
  const options = round?.options ?? [];
  const [registered, voters, valid, quality, ...votes] = await Promise.all([
    column(`${election}/registered`),
    column(`${election}/voters`),
    column(`${election}/valid_votes`),
    small(`${election}/quality`),
    ...options.map((_, i) => column(`${election}/option-${i}`)),
  ]);
  const sum = (values: Float32Array): number => {
    let all = 0;
    for (const station of stations) all += Number.isFinite(values[station]) ? (values[station] as number) : 0;
    return all;
  };
  return {
    stations: stations.size,
    known: [...stations].filter((station) => Number.isFinite(registered[station])).length,
    registered: sum(registered),
    voters: sum(voters),
    valid_votes: sum(valid),
    options: options
      .map((_, i) => ({ name: optionName(`option-${i}`, election, index), votes: sum(votes[i] as Float32Array) }))
      .filter(({ votes: n }) => n > 0)
      .sort((a, b) => b.votes - a.votes),
    doubted: [...stations].filter((station) => (quality[station] as number) > 1).length,
  };
}

/** The totals as a table that can be read out. */
export function totalsTable(found: Totals, election: string): HTMLElement {
  const row = (name: string, count: number, of: number): HTMLElement =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, name),
      html("td", {}, whole(count)),
      html("td", {}, of > 0 ? percent(count / of) : "–"),
    );
  return html(
    "section",
    { class: "totals" },
    html("h2", { tabindex: "-1" }, say("selection_of", { n: whole(found.stations) })),
    html("p", { class: "quiet" }, electionName(election)),
    html(
      "table",
      {},
      html(
        "thead",
        {},
        html("tr", {}, ...["", say("persons"), say("share")].map((name) => html("th", { scope: "col" }, name))),
      ),
      html(
        "tbody",
        {},
        row(say("registered"), found.registered, found.registered),
        row(say("turnout"), found.voters, found.registered),
        ...found.options.map(({ name, votes }) => row(name, votes, found.valid_votes)),
      ),
    ),
    found.known < found.stations && html("p", { class: "quiet" }, say("selection_unknown", { n: whole(found.stations - found.known) })),
    found.doubted > 0 && html("p", { class: "quiet" }, say("selection_doubted", { n: whole(found.doubted) })),
  );
}

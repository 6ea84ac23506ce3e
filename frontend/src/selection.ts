/** Some stations taken together: chosen one by one, in a box or in a drawn line; their totals in a round. */

import type { Map as MapLibre } from "maplibre-gl";
import { column, type Index, type Places, small } from "./data";
import { html, svg } from "./dom";
import { optionName } from "./legend";
import { electionName, percent, say, whole } from "./texts";

type Point = readonly [x: number, y: number];

/** Follow the pointer over the map once: a line where it is drawn freely, a box with the Alt key. */
export function draw(map: MapLibre, done: (outline: Point[] | null) => void): () => void {
  const canvas = map.getCanvasContainer();
  const path = svg("polygon", { class: "lasso" });
  const cover = svg("svg", { class: "drawing", "aria-hidden": "true" }, path);
  let points: Point[] = [];
  canvas.append(cover);
  map.dragPan.disable();

  const at = (event: PointerEvent): Point => {
    const { left, top } = cover.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const boxed = (from: Point, to: Point): Point[] => [from, [to[0], from[1]], to, [from[0], to[1]]];
  const show = (outline: readonly Point[]): void => path.setAttribute("points", outline.map((p) => p.join(",")).join(" "));

  cover.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    cover.setPointerCapture(event.pointerId);
    points = [at(event)];
  });
  cover.addEventListener("pointermove", (event) => {
    const first = points[0];
    if (!first) return;
    const here = at(event);
    if (event.altKey) points = [first, here];
    else points.push(here);
    show(event.altKey ? boxed(first, here) : points);
  });
  cover.addEventListener("pointerup", (event) => {
    const first = points[0];
    const outline = first && points.length === 2 && event.altKey ? boxed(first, points[1] as Point) : points;
    stop();
    done(outline.length > 2 ? outline.map(([x, y]) => toPlace(map, x, y)) : null);
  });
  const stop = (): void => {
    cover.remove();
    map.dragPan.enable();
  };
  return stop;
}

function toPlace(map: MapLibre, x: number, y: number): Point {
  const { lng, lat } = map.unproject([x, y]);
  return [lng, lat];
}

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

/** Even-odd rule. */
function encloses(outline: readonly Point[], x: number, y: number): boolean {
  let within = false;
  outline.forEach(([ax, ay], i) => {
    const [bx, by] = outline[(i + 1) % outline.length] as Point;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  });
  return within;
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

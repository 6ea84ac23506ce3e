/** Which stations are shown: by level, by size, by constituency. What is filtered out leaves the map, not the data. */

import { column, type Index, type StationList } from "./data";
import { html } from "./dom";
import { newestRound } from "./measures";
import { say } from "./texts";

export interface Filter {
  levels: number[]; // 1 to 5; empty: all of them
  smallest: number; // registered voters
  seat: string | null; // constituency
}

export const ALL: Filter = { levels: [], smallest: 0, seat: null };

/** `levels=1,2;size=500;seat=9401` and back, for addresses. */
export function writeFilter({ levels, smallest, seat }: Filter): string | null {
  const parts = [levels.length > 0 && `levels=${levels.join(",")}`, smallest > 0 && `size=${smallest}`, seat && `seat=${seat}`];
  return parts.filter(Boolean).join(";") || null;
}

export function readFilter(text: string | null, seats: readonly (string | null)[]): Filter {
  const asked = new Map((text ?? "").split(";").map((part) => part.split("=", 2) as [string, string]));
  const seat = asked.get("seat") ?? null;
  return {
    levels: (asked.get("levels") ?? "").split(",").map(Number).filter((n) => n >= 1 && n <= 5 && Number.isInteger(n)),
    smallest: Math.max(0, Math.floor(Number(asked.get("size"))) || 0),
    seat: seats.includes(seat) ? seat : null,
  };
}

/** A test of one station, by its place in the list, that says whether to hide it. */
export async function hides(filter: Filter, index: Index, list: StationList): Promise<(station: number) => boolean> {
  const newest = newestRound(index);
  const [levels, sizes] = await Promise.all([
    filter.levels.length > 0 && index.rankings.length > 0 ? column("ranking/0/level") : null,
    filter.smallest > 0 ? registered(index, newest) : null,
  ]);
  return (i) =>
    (levels !== null && !filter.levels.includes(levels[i] as number)) ||
    (sizes !== null && !((sizes[i] as number) >= filter.smallest)) ||
    (filter.seat !== null && list.seats[i] !== filter.seat);
}

/** Registered voters as the ranking has them, else those of the newest round. */
async function registered(index: Index, newest: string | undefined): Promise<Float32Array | null> {
  if (index.rankings[0]?.columns.includes("registered")) return column("ranking/0/registered");
  return newest ? column(`${newest}/registered`) : null;
}

/** The controls; calls back with the whole filter at every change. */
export function filterControls(filter: Filter, index: Index, list: StationList, change: (filter: Filter) => void): HTMLElement {
  let current = filter;
  const set = (part: Partial<Filter>): void => change((current = { ...current, ...part }));
  const seats = [...new Set(list.seats)].filter((seat): seat is string => seat !== null).sort();
  return html(
    "details",
    { class: "filters", open: writeFilter(filter) !== null },
    html("summary", {}, say("filters")),
    index.rankings.length > 0 && levelBoxes(current.levels, (levels) => set({ levels })),
    sizeField(current.smallest, (smallest) => set({ smallest })),
    seats.length > 0 && seatList(seats, current.seat, (seat) => set({ seat })),
  );
}

function levelBoxes(chosen: readonly number[], change: (levels: number[]) => void): HTMLElement {
  const boxes = [1, 2, 3, 4, 5].map((level) => {
    const box = html("input", { type: "checkbox", value: level });
    box.checked = chosen.length === 0 || chosen.includes(level);
    box.addEventListener("change", () => {
      const on = boxes.filter((b) => b.checked).map((b) => Number(b.value));
      change(on.length === 5 ? [] : on);
    });
    return box;
  });
  const labels = boxes.map((box) => html("label", { class: "check" }, box, html("span", {}, box.value)));
  return html("fieldset", {}, html("legend", {}, say("level")), ...labels);
}

function sizeField(smallest: number, change: (smallest: number) => void): HTMLElement {
  const input = html("input", { type: "number", min: 0, max: 5000, step: 50, inputmode: "numeric" });
  input.value = smallest ? String(smallest) : "";
  input.addEventListener("change", () => change(Math.max(0, Math.floor(input.valueAsNumber) || 0)));
  return html("label", { class: "field" }, html("span", {}, say("smallest")), input);
}

function seatList(seats: readonly string[], chosen: string | null, change: (seat: string | null) => void): HTMLElement {
  const options = seats.map((seat) => html("option", { value: seat }, seat));
  const select = html("select", {}, html("option", { value: "" }, say("everywhere")), ...options);
  select.value = chosen ?? "";
  select.addEventListener("change", () => change(select.value || null));
  return html("label", { class: "field" }, html("span", {}, say("constituency")), select);
}

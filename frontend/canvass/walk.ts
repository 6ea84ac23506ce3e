/** A turf: its buildings in the order of the walk, the next one first, and the map when it is asked for. */

import { html } from "../src/dom";
import { number, say } from "./config";
import { type Doors, doors, forget } from "./doors";
import { silence } from "./silence";
import { type Building, fact, keep, store, type Turf } from "./store";
import { ask, sync } from "./sync";

const METRES = 111_320; // of a degree of latitude
const TOGETHER = 20; // buildings of the list that are drawn at a time

export async function showWalk(screen: HTMLElement, turf: Turf): Promise<void> {
  const known = (await doors(turf.id)).doors;
  const done = visited(known);
  const own = turf.buildings.filter((b) => !b.control);
  const total = own.reduce((sum, b) => sum + (done.get(b.id) ?? 0), 0);
  const next = own.find((b) => (done.get(b.id) ?? 0) < b.dwellings);
  const map = html("div", { class: "map", id: "map", hidden: true });
  screen.replaceChildren(
    html("a", { class: "back", href: "#" }, say("turfs")),
    html("h1", {}, `${turf.number} · ${turf.name}`),
    silence(turf),
    html("progress", { max: turf.doors, value: total, "aria-label": say("progress") }),
    html("p", { id: "progress" }, say("turf_doors", { visited: number(total), doors: number(turf.doors) })),
    next ? nextCard(turf, next) : html("p", { class: "card good" }, say("turf_done")),
    mapButton(turf, map, done),
    map,
    html("h2", {}, say("the_walk")),
    list(turf, own, done),
    ...controls(turf),
    finish(turf),
  );
}

export function visited(known: Doors): Map<number, number> {
  const done = new Map<number, number>();
  for (const place of known.keys()) {
    const building = Number(place.split("/")[0]);
    done.set(building, (done.get(building) ?? 0) + 1);
  }
  return done;
}

export const named = (b: Building): string => `${b.number} ${b.street}`.trim();

function nextCard(turf: Turf, next: Building): HTMLElement {
  const link = html("a", { class: "button main", id: "next", href: `#turf/${turf.id}/${next.id}` }, say("go_there"));
  return html("section", { class: "card next" }, html("p", { class: "quiet" }, say("next")), html("h2", {}, named(next)), html("p", {}, say("doors_expected", { n: number(next.dwellings) })), link);
}

/** The first screenful at once, the rest a few at a time: a long turf opens as fast as a short one. */
function list(turf: Turf, buildings: Building[], done: Map<number, number>): HTMLElement {
  const items = html("ol", { class: "walk" });
  const more = (from: number): void => {
    items.append(...buildings.slice(from, from + TOGETHER).map((b, i) => item(turf, b, buildings[from + i - 1], done.get(b.id) ?? 0)));
    if (from + TOGETHER < buildings.length) setTimeout(() => items.isConnected && more(from + TOGETHER));
  };
  more(0);
  return items;
}

function item(turf: Turf, b: Building, before: Building | undefined, done: number): HTMLElement {
  const far = before ? metres(before.at, b.at) : 0;
  return html(
    "li",
    { class: done >= b.dwellings ? "done" : undefined },
    far > 150 && html("p", { class: "quiet far" }, say("straight_line", { n: number(Math.round(far / 10) * 10) })),
    html("a", { href: `#turf/${turf.id}/${b.id}` }, html("span", {}, named(b)), b.note && html("em", {}, b.note), html("b", {}, `${done} / ${b.dwellings}`)),
  );
}

/** Stations drawn to be left alone: shown, so that nobody goes there by mistake. */
function controls(turf: Turf): HTMLElement[] {
  const control = turf.buildings.filter((b) => b.control);
  if (!control.length) return [];
  const links = control.map((b) => html("li", {}, html("a", { href: `#turf/${turf.id}/${b.id}` }, html("span", {}, named(b)), html("b", {}, say("not_to_visit")))));
  return [html("h2", {}, say("control_title")), html("p", {}, say("control_why")), html("ol", { class: "walk control" }, ...links)];
}

function mapButton(turf: Turf, map: HTMLElement, done: Map<number, number>): HTMLElement {
  const button = html("button", { class: "second", type: "button", id: "show-map" }, say("show_map"));
  button.addEventListener("click", async () => {
    map.hidden = !map.hidden;
    button.textContent = say(map.hidden ? "show_map" : "hide_map");
    if (map.hidden || map.childElementCount) return;
    const archive = (await store.maps.get(turf.id))?.archive;
    const drawing = await import("./map").catch(() => undefined); // its code may not be on the phone yet
    if (drawing) drawing.drawTurf(map, turf, archive, done);
    else map.append(html("p", {}, say("map_needs_network")));
  });
  return button;
}

function finish(turf: Turf): HTMLElement {
  const give = html("button", { class: "second", type: "button" }, say("give_back"));
  give.addEventListener("click", () => void giveBack(turf, false, give));
  const end = html("button", { class: "second", type: "button", id: "finish" }, say("finish_turf"));
  end.addEventListener("click", () => void giveBack(turf, true, end));
  return html("div", { class: "two" }, give, end);
}

/** A turf leaves the phone only once everything was sent. */
async function giveBack(turf: Turf, done: boolean, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  await keep("survey_due", true); // the last answers go, however few
  const state = await sync();
  const acknowledged = await fact("acknowledged", 0);
  const left = await store.log.where("number").above(acknowledged).count();
  try {
    if (state !== "sent" || left) throw new Error("not sent");
    await ask(`turfs/${turf.id}/release`, { done });
    await store.turfs.delete(turf.id);
    await store.maps.delete(turf.id);
    forget();
    location.hash = "";
  } catch {
    button.disabled = false;
    button.textContent = say("send_first");
  }
}

export function metres(one: readonly [number, number], other: readonly [number, number]): number {
  const narrow = Math.cos((((one[1] + other[1]) / 2) * Math.PI) / 180);
  return Math.hypot((one[0] - other[0]) * narrow, one[1] - other[1]) * METRES;
}

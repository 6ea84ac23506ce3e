/** The parts of a building's screen that its doors are shown and chosen by. */

import { html } from "../src/dom";
import { say } from "./config";
import type { Doors } from "./doors";
import type { Building, Outcome } from "./store";

export interface Place {
  floor: number;
  door: number;
}

export interface Stepper {
  element: HTMLElement;
  set: (value: number) => void;
}

/** A number with a button on each side. */
export function stepper(name: "floor" | "door", lowest: number, to: (value: number) => void): Stepper {
  const label = say(name);
  const less = html("button", { type: "button", "aria-label": `${label} -1` }, "−");
  const more = html("button", { type: "button", "aria-label": `${label} +1`, id: `${name}-up` }, "+");
  const shown = html("output", { id: name });
  let now = lowest;
  less.addEventListener("click", () => to(now - 1));
  more.addEventListener("click", () => to(now + 1));
  const set = (value: number): void => {
    now = value;
    shown.textContent = String(value);
    less.disabled = value <= lowest;
  };
  return { element: html("div", { class: "step" }, html("span", {}, label), less, shown, more), set };
}

export interface Tiles {
  element: HTMLElement;
  size: () => number;
  set: (place: Place, outcome: Outcome | undefined) => void;
  fill: (doors: Doors) => void;
}

/** The doors of a building that something is known of, in order; a touch goes to one. */
export function tiles(building: Building, go: (to: Place) => void): Tiles {
  const element = html("ul", { class: "known", "aria-label": say("known_doors") });
  const shown: { at: number; item: HTMLLIElement }[] = []; // in the order of floors and doors
  const set = (place: Place, outcome: Outcome | undefined): void => {
    const at = place.floor * 1000 + place.door;
    let i = shown.length;
    while (i > 0 && (shown[i - 1]?.at ?? 0) >= at) i -= 1;
    const before = shown[i];
    if (before?.at === at) {
      before.item.remove();
      shown.splice(i, 1);
    }
    if (!outcome) return;
    const item = tile(building, place, outcome, go);
    element.insertBefore(item, shown[i]?.item ?? null);
    shown.splice(i, 0, { at, item });
  };
  const fill = (doors: Doors): void => {
    element.replaceChildren();
    shown.length = 0;
    for (const [where, outcome] of doors) {
      const [id, floor, door] = where.split("/").map(Number) as [number, number, number];
      if (id === building.id) set({ floor, door }, outcome);
    }
  };
  return { element, set, fill, size: () => shown.length };
}

function tile(building: Building, place: Place, outcome: Outcome, go: (to: Place) => void): HTMLLIElement {
  const label = building.dwellings > 1 ? `${place.floor}.${place.door} ${say(outcome)}` : say(outcome);
  const button = html("button", { type: "button", "data-outcome": outcome }, label);
  button.addEventListener("click", () => go(place));
  return html("li", {}, button);
}

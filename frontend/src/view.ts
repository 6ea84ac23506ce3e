/** The state of the page in its address, so that a link shares what its sender saw. */

import { type Method, METHODS } from "./classes";
import { type Measure, read, write } from "./measures";
import type { Index } from "./data";

export interface View {
  measure: Measure | null;
  method: Method; // how classes are made
  doubt: boolean; // whether thin evidence is drawn as such
  station: string | null;
  beside: Measure | null; // on a second map
  filter: string | null; // in the words of filters.ts
  camera: { longitude: number; latitude: number; zoom: number } | null;
}

/** From the fragment of the address: `#show=turnout.2022_pres_t1&at=2.35,48.86,11.5&station=75056_0101`. */
export function readView(index: Index, fragment = location.hash.slice(1)): View {
  const asked = new URLSearchParams(fragment);
  const [longitude, latitude, zoom] = (asked.get("at") ?? "").split(",").map(Number);
  const placed = [longitude, latitude, zoom].every((n) => n !== undefined && Number.isFinite(n)) && asked.has("at");
  return {
    measure: read(asked.get("show"), index),
    method: METHODS.find((name) => name === asked.get("classes")) ?? METHODS[0],
    doubt: asked.get("doubt") !== "off",
    station: asked.get("station"),
    beside: read(asked.get("beside"), index),
    filter: asked.get("only"),
    camera: placed
      ? { longitude: clamp(longitude as number, 180), latitude: clamp(latitude as number, 85), zoom: zoom as number }
      : null,
  };
}

/** Replace what the address says, leaving the rest of it alone. */
export function writeView(changes: Partial<View>): void {
  const parts = new URLSearchParams(location.hash.slice(1));
  const set = (name: string, value: string | null): void => (value === null ? parts.delete(name) : parts.set(name, value));
  if (changes.measure !== undefined) set("show", changes.measure && write(changes.measure));
  if (changes.method !== undefined) set("classes", changes.method === METHODS[0] ? null : changes.method);
  if (changes.doubt !== undefined) set("doubt", changes.doubt ? null : "off");
  if (changes.beside !== undefined) set("beside", changes.beside && write(changes.beside));
  if (changes.filter !== undefined) set("only", changes.filter);
  if (changes.station !== undefined) set("station", changes.station);
  if (changes.camera) {
    const { longitude, latitude, zoom } = changes.camera;
    set("at", `${longitude.toFixed(5)},${latitude.toFixed(5)},${zoom.toFixed(2)}`);
  }
  history.replaceState(null, "", `#${parts.toString().replaceAll("%2C", ",")}`);
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));

/** From values to colours: classes made for the data, palettes that every eye can order, and doubt as stripes. */

import { rgb } from "./theme";

export type Colour = readonly [red: number, green: number, blue: number];

export interface Class {
  low: number;
  high: number;
  colour: Colour;
  stations: number;
}

/** Dark to light along one path of hues (sand to plum, reversed on dark pages): order survives any colour vision. */
const SEQUENTIAL = ["#f6e7d2", "#efcda8", "#e2a77d", "#cc7567", "#b0576c", "#85396a", "#4b1e5c"];
/** Two paths that meet in grey; blue and orange are told apart by every common colour vision. */
const DIVERGING = ["#8c4a0b", "#c7822f", "#eac28a", "#eceae6", "#a3c9e0", "#4d8fc0", "#1c4f87"];
const DOUBTED = 90; // alpha, of 255

export const css = ([red, green, blue]: Colour): string => `rgb(${red} ${green} ${blue})`;

/** Colours from low to high; on a dark page what is high shines. */
export function palette(kind: "sequential" | "diverging", classes: number, dark: boolean): Colour[] {
  const all = (kind === "sequential" ? SEQUENTIAL : DIVERGING).map(rgb);
  if (dark && kind === "sequential") all.reverse();
  const last = all.length - 1;
  return Array.from({ length: classes }, (_, i) => all[classes === 1 ? last : Math.round((i * last) / (classes - 1))] as Colour);
}

/** Up to `wanted` classes of as many stations each; fewer where values repeat. Returns the inner and outer borders. */
export function quantiles(values: Float32Array, wanted: number): number[] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) return [];
  const borders = new Set<number>();
  for (let i = 0; i <= wanted; i++) {
    borders.add(sorted[Math.min(sorted.length - 1, Math.floor((i * sorted.length) / wanted))] as number);
  }
  const found = [...borders];
  return found.length === 1 ? [found[0] as number, found[0] as number] : found;
}

/** Borders on both sides of a middle, quantiles of the distance from it: as much of either colour means as much. */
export function around(values: Float32Array, middle: number, wanted: number): number[] {
  const distances = values.filter((value) => Number.isFinite(value)).map((value) => Math.abs(value - middle));
  const side = quantiles(distances, Math.ceil(wanted / 2)).slice(1);
  const inner = side.slice(0, -1);
  const far = side.at(-1) ?? 0;
  return [-far, ...inner.map((d) => -d).reverse(), ...inner, far].map((d) => middle + d);
}

/** The class of each station (0 for the lowest), -1 where the value is unknown. */
export function classify(values: Float32Array, borders: number[]): Int16Array {
  const inner = borders.slice(1, -1);
  return Int16Array.from(values, (value) => {
    if (!Number.isFinite(value)) return -1;
    let low = 0;
    let high = inner.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value >= (inner[middle] as number)) low = middle + 1;
      else high = middle;
    }
    return low;
  });
}

/** How each station is drawn beside its class; each test takes the place of a station in the list. */
export interface Look {
  none: Colour; // the colour of what is unknown
  paper: Colour; // what lies behind: what is not selected is mixed with it
  doubted: (station: number) => boolean;
  hidden: (station: number) => boolean;
  faded: (station: number) => boolean;
}

/** One colour per station: alpha 255 for what is sure, less for what is to be doubted, 0 for what is not to be seen. */
export function paint(classes: Int16Array, colours: readonly Colour[], look: Look): Uint8Array {
  const painted = new Uint8Array(4 * classes.length);
  for (let i = 0; i < classes.length; i++) {
    if (look.hidden(i)) continue;
    const place = classes[i] as number;
    const own = place < 0 ? look.none : (colours[place] as Colour);
    const [red, green, blue] = look.faded(i) ? mix(own, look.paper) : own;
    painted[4 * i] = red;
    painted[4 * i + 1] = green;
    painted[4 * i + 2] = blue;
    painted[4 * i + 3] = place >= 0 && look.doubted(i) ? DOUBTED : 255;
  }
  return painted;
}

const mix = (own: Colour, paper: Colour): Colour =>
  own.map((part, i) => Math.round(0.28 * part + 0.72 * (paper[i] as number))) as unknown as Colour;

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
const DOUBTED = 110; // alpha, of 255

/** How the classes of a scale are made: as many stations in each, natural breaks, or on both sides of the mean. */
export const METHODS = ["quantiles", "breaks", "mean"] as const;
export type Method = (typeof METHODS)[number];

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

const GROUPS = 512; // values are looked at in so many groups of neighbours: enough for the eye, and quick

/**
 * Natural breaks: the classes whose values differ least from the mean of their class (Fisher 1958, Jenks 1977), found
 * exactly over groups of neighbouring values. Returns the inner and outer borders.
 */
export function breaks(values: Float32Array, wanted: number): number[] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const groups = gathered(sorted);
  const classes = Math.min(wanted, groups.start.length);
  if (classes < 2) return quantiles(values, 1);
  const spread = spreadOf(groups.count, groups.sum, groups.square);
  const n = groups.start.length;
  let best = Float64Array.from({ length: n }, (_, to) => spread(0, to));
  const cuts: Int32Array[] = [];
  for (let k = 1; k < classes; k++) {
    const next = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const cut = new Int32Array(n);
    for (let to = k; to < n; to++) {
      for (let from = k; from <= to; from++) {
        const found = (best[from - 1] as number) + spread(from, to);
        if (found < (next[to] as number)) [next[to], cut[to]] = [found, from];
      }
    }
    best = next;
    cuts.push(cut);
  }
  const borders = [sorted.at(-1) as number];
  let to = n - 1;
  for (const cut of cuts.reverse()) {
    const from = cut[to] as number;
    borders.unshift(groups.start[from] as number);
    to = from - 1;
  }
  return [sorted[0] as number, ...borders];
}

/** Sorted values in at most GROUPS groups, equal values together: where each begins, its count, sum and squares. */
function gathered(sorted: Float32Array): { start: number[]; count: number[]; sum: number[]; square: number[] } {
  const [start, count, sum, square] = [[], [], [], []] as number[][] as [number[], number[], number[], number[]];
  const size = sorted.length / GROUPS;
  let full = 0; // the place from which a new group may begin
  sorted.forEach((value, i) => {
    if (i === 0 || (i >= full && value !== sorted[i - 1])) {
      start.push(value);
      count.push(0);
      sum.push(0);
      square.push(0);
      full = i + size;
    }
    const last = start.length - 1;
    (count[last] as number)++;
    (sum[last] as number) += value;
    (square[last] as number) += value * value;
  });
  return { start, count, sum, square };
}

/** The squared deviations from their mean of the values of groups `from` to `to`, both included. */
function spreadOf(count: number[], sum: number[], square: number[]): (from: number, to: number) => number {
  const total = (parts: number[]): Float64Array => {
    const found = new Float64Array(parts.length + 1);
    parts.forEach((part, i) => (found[i + 1] = (found[i] as number) + part));
    return found;
  };
  const [n, s, q] = [total(count), total(sum), total(square)];
  const between = (all: Float64Array, from: number, to: number): number => (all[to + 1] as number) - (all[from] as number);
  return (from, to) => between(q, from, to) - between(s, from, to) ** 2 / between(n, from, to);
}

/** The mean of what is known. */
export function mean(values: Float32Array): number {
  const known = values.filter((value) => Number.isFinite(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
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

/** The folder of the map, file by file: what there is to show, the stations, and one column of numbers at a time. */

import type { Bounds, Label } from "./api";

export interface Option {
  option: string;
  nuance: string | null;
  bloc: string | null;
  fine: string | null; // the finer bloc inside it
  votes: number | null;
}
export interface Round {
  election: string;
  stations: number; // how many stations have a turnout
  options: Option[];
  blocs: string[];
}
export interface VariableInfo {
  variable: string;
  label: Label;
  unit: string;
  theme: string;
  key: boolean; // among the few to show first
  vintage: number | null;
  mean: number | null; // of the stations of the area
}
export interface RankingInfo {
  target: string;
  election: string;
  label: Label;
  columns: string[];
  notes: (Label & { name: string; value: number | null })[]; // what it says of itself
}
export interface Index {
  area: string;
  title: string;
  counts: { stations: number; outlined: number; communes: number; ranked: number; registered: number | null };
  rounds: Round[];
  blocs: Record<string, Label>; // coarse and finer ones
  finer: Record<string, string>; // finer bloc: the coarse one around it
  variables: VariableInfo[];
  themes: Record<string, Label>;
  rankings: RankingInfo[];
  bounds: Bounds;
  mark: string;
}
export interface StationList {
  stations: string[];
  seats: (string | null)[];
  communes: Record<string, string>;
}
export interface Places {
  communes: [code: string, name: string | null, population: number | null, box: (number | null)[]][];
  venues: (string | null)[];
  addresses: (string | null)[];
  points: (number | null)[][];
}

/** A file of the folder that did not come. */
export class Missing extends Error {}

const base = new URL(document.documentElement.dataset.folder ?? "/data/", location.href);
let mark = ""; // joins every address, so that a new build is never mixed with an old one

export const address = (name: string): string => new URL(name, base).href;

async function get(name: string): Promise<Response> {
  const response = await fetch(`${address(name)}${mark ? `?v=${mark}` : ""}`);
  if (!response.ok) throw new Missing(`${name}: ${response.status}`);
  return response;
}

export async function index(): Promise<Index> {
  const found = (await (await get("index.json")).json()) as Index;
  mark = found.mark;
  return found;
}

export const stationList = once(async () => (await (await get("stations.json")).json()) as StationList);
export const places = once(async () => (await (await get("places.json")).json()) as Places);

const columns = new Map<string, Promise<Float32Array>>();
const KEPT = 60; // columns, some 17 MB for the whole country

/** A column of numbers in the order of the stations; what is unknown is NaN. */
export function column(name: string): Promise<Float32Array> {
  return kept(`${name}.f32`, (buffer) => new Float32Array(buffer));
}

/** A column of small whole numbers, 0 where unknown. */
export function small(name: string): Promise<Float32Array> {
  return kept(`${name}.u8`, (buffer) => Float32Array.from(new Uint8Array(buffer)));
}

function kept(file: string, read: (buffer: ArrayBuffer) => Float32Array): Promise<Float32Array> {
  const known = columns.get(file);
  if (known) return known;
  const coming = get(`values/${file}`).then(async (response) => read(await response.arrayBuffer()));
  columns.set(file, coming);
  coming.catch(() => columns.delete(file));
  if (columns.size > KEPT) columns.delete(columns.keys().next().value as string);
  return coming;
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = null;
      throw error;
    });
    return answer;
  };
}

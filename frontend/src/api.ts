/** The server's figures, as it sends them. */

export type Grade = "A" | "B" | "C" | "D" | null;
export type Bounds = [west: number, south: number, east: number, north: number];
export interface Label {
  fr: string;
  en: string;
}

export interface Result {
  candidate: string;
  nuance: string | null;
  votes: number | null;
  quality: Grade;
  bloc: string | null;
  vote_share: number | null;
}

export interface Round {
  election: string;
  registered: number | null;
  voters: number | null;
  blank: number | null;
  spoiled: number | null;
  valid_votes: number | null;
  turnout_share: number | null;
  quality: Grade;
  results: Result[];
}

export interface Place {
  target: string;
  election: string;
  label: Label;
  registered: number | null;
  abstention_share: number | null;
  support_share: number | null;
  score: number | null;
  level: number | null;
  rank: number | null;
  ranked: number;
  quality: Grade;
}

export interface Variable {
  variable: string;
  label: Label;
  unit: string;
  theme: string;
  key: boolean; // among the few to show first
  value: number | null;
  vintage: number | null;
  quality: Grade;
}

export interface Station {
  station_id: string;
  station_code: string;
  name: string | null;
  commune_code: string;
  commune: string | null;
  outline_quality: Grade;
  bounds: Bounds | null;
  ranking: Place | null;
  rounds: Round[];
  variables: Variable[];
  themes: Record<string, Label>;
}

export interface Found {
  kind: "commune" | "station";
  commune_code: string;
  commune: string | null;
  station_id: string | null;
  station_code: string | null;
  name: string | null;
  bounds: Bounds | null;
}

/** What the server refused, in its own words. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { credentials: "same-origin", ...(signal ? { signal } : {}) });
  const body: unknown = await response.json();
  if (!response.ok) {
    const problem = body as { error?: { message?: string } };
    throw new Refused(response.status, problem.error?.message ?? response.statusText);
  }
  return body as T;
}

export const station = (id: string, signal?: AbortSignal) =>
  get<Station>(`/api/stations/${encodeURIComponent(id)}`, signal);
export const search = async (text: string, signal?: AbortSignal) =>
  (await get<{ found: Found[] }>(`/api/search?q=${encodeURIComponent(text)}`, signal)).found;

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
  fine: string | null; // the finer bloc inside it
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
  // Of an election to come; absent from older databases, null for a past round.
  votes_per_hour?: number | null;
  votes_per_hour_low?: number | null;
  votes_per_hour_high?: number | null;
  probability?: number | null;
  grade?: "solid" | "likely" | "undecided" | "special" | null;
  why_fr?: string | null;
  why_en?: string | null;
  // Votes per hour above or below the median station, split exactly among five factors.
  factor_size?: number | null;
  factor_density?: number | null;
  factor_abstention?: number | null;
  factor_support?: number | null;
  factor_effect?: number | null;
}

export interface Variable {
  variable: string;
  value: number | null;
  vintage: number | null;
  quality: Grade;
  commune: number | null; // the mean of its stations
  hidden: boolean; // too few households to show
}

/** A former station whose voters, or some of them, came here. */
export interface Past {
  from_id: string;
  station_code: string;
  until: string | null;
  share: number;
  evidence: string;
  quality: Grade;
}

export interface Alike {
  station_id: string;
  station_code: string;
  name: string | null;
  commune: string | null;
  commune_code: string;
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
  lineage: Past[];
  alike: Alike[];
}

/** What the server refused, in its own words. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Who moved where: shares (rows by columns) with the ends of their 90 % intervals. */
export interface Flows {
  from: string;
  to: string;
  stations: number;
  rows: (Label & { option: string })[];
  columns: (Label & { option: string })[];
  voters: number[];
  shares: number[][];
  low: number[][];
  high: number[][];
  disagree: boolean[][];
}

const base = new URL(document.documentElement.dataset.api ?? "/api/", location.href);

/** Whether a server answers questions, or only files stand there. */
export const live = document.documentElement.dataset.live === "yes";

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(new URL(path, base), { credentials: "same-origin", ...options });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new Refused(response.status, problem.error?.message ?? response.statusText);
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, signal ? { signal } : {})).json()) as T;
}

const post = (path: string, body: object): Promise<Response> => ask(path, { method: "POST", body: JSON.stringify(body) });

export const transitions = async (stations: string[], from: string, to: string): Promise<Flows> =>
  (await (await post("transitions", { stations, from, to })).json()) as Flows;

export const file = async (stations: string[], format: string): Promise<Blob> =>
  (await post("export", { stations, format })).blob();

export const station = (id: string, signal?: AbortSignal) =>
  get<Station>(`stations/${encodeURIComponent(id)}`, signal);

/** What the map can show: each measure knows which columns it needs, how to read them, and how sure they are. */

import { column, type Index, small } from "./data";

export type Measure =
  | { kind: "priority"; ranking: number; column: string; sureness: "grade" | "quality" }
  | { kind: "turnout"; round: string }
  | { kind: "share"; round: string; what: string } // what: option-3, bloc-left
  | { kind: "leader"; round: string }
  | { kind: "change"; round: string; from: string; what: string } // what: turnout, bloc-left
  | { kind: "variable"; name: string };

/** One number per station, what it means, and how far to trust it. */
export interface Field {
  measure: Measure;
  values: Float32Array;
  /** Stations whose figure rests on thin evidence. */
  doubted: (station: number) => boolean;
  scale: "sequential" | "diverging" | "levels" | "blocs";
  unit: string; // share, points, votes_per_hour, or that of the variable
}

const THIN = 3; // grades C and D

/** Text and back, for addresses: `share.2022_pres_t1.bloc-left`. */
export function write(measure: Measure): string {
  switch (measure.kind) {
    case "priority":
      return `priority.${measure.ranking}.${measure.column}`;
    case "turnout":
    case "leader":
      return `${measure.kind}.${measure.round}`;
    case "share":
      return `share.${measure.round}.${measure.what}`;
    case "change":
      return `change.${measure.round}.${measure.from}.${measure.what}`;
    case "variable":
      return `variable.${measure.name}`;
  }
}

/** The measure that a text names, if this map has it. */
export function read(text: string | null, index: Index): Measure | null {
  const [kind, a = "", b = "", c = ""] = (text ?? "").split(".");
  const has = (round: string): boolean => index.rounds.some(({ election }) => election === round);
  const holds = (round: string, what: string): boolean => {
    const found = index.rounds.find(({ election }) => election === round);
    const [sort, name = ""] = what.split("-");
    if (sort === "bloc") return found?.blocs.includes(name) ?? false;
    return sort === "option" && /^\d+$/.test(name) && Number(name) < (found?.options.length ?? 0);
  };
  if (kind === "priority" && index.rankings[Number(a)]?.columns.includes(b)) return priorityOf(index, Number(a), b);
  if ((kind === "turnout" || kind === "leader") && has(a)) return { kind, round: a };
  if (kind === "share" && holds(a, b)) return { kind, round: a, what: b };
  if (kind === "change" && has(a) && has(b) && (c === "turnout" || (holds(a, c) && holds(b, c)))) {
    return { kind, round: a, from: b, what: c };
  }
  if (kind === "variable" && index.variables.some(({ variable }) => variable === a)) return { kind, name: a };
  return null;
}

/** A column of a ranking: how sure a place is where the ranking says so, how good its figures are otherwise. */
export function priorityOf(index: Index, ranking: number, column: string): Measure {
  const graded = index.rankings[ranking]?.columns.includes("grade") ?? false;
  return { kind: "priority", ranking, column, sureness: graded ? "grade" : "quality" };
}

/** What to show first: the last ranking, or else the newest turnout. */
export function first(index: Index): Measure | null {
  if (index.rankings[0]) return priorityOf(index, 0, "level");
  const newest = index.rounds.at(-1);
  return newest ? { kind: "turnout", round: newest.election } : null;
}

/** Fetch and compute. Changing the measure moves nothing but these numbers. */
export async function load(measure: Measure): Promise<Field> {
  switch (measure.kind) {
    case "priority":
      return priority(measure);
    case "turnout": {
      const [values, quality] = await Promise.all([turnout(measure.round), small(`${measure.round}/quality`)]);
      return { measure, values, doubted: (i) => (quality[i] as number) >= THIN, scale: "sequential", unit: "share" };
    }
    case "share": {
      const { round, what } = measure;
      const [values, quality] = await Promise.all([share(round, what), small(`${round}/quality`)]);
      return { measure, values, doubted: (i) => (quality[i] as number) >= THIN, scale: "sequential", unit: "share" };
    }
    case "leader": {
      const { round } = measure;
      const [leader, quality] = await Promise.all([small(`${round}/leader`), small(`${round}/quality`)]);
      const values = leader.map((option) => (option === 0 ? Number.NaN : option - 1));
      return { measure, values, doubted: (i) => (quality[i] as number) >= THIN, scale: "blocs", unit: "" };
    }
    case "change":
      return change(measure);
    case "variable": {
      const [values, quality] = await Promise.all([
        column(`variables/${measure.name}`),
        small(`variables/${measure.name}`),
      ]);
      return { measure, values, doubted: (i) => (quality[i] as number) >= THIN, scale: "sequential", unit: "variable" };
    }
  }
}

async function priority(measure: Measure & { kind: "priority" }): Promise<Field> {
  const folder = `ranking/${measure.ranking}`;
  const [values, sure] = await Promise.all([column(`${folder}/${measure.column}`), column(`${folder}/${measure.sureness}`)]);
  const levels = measure.column === "level";
  return {
    measure,
    values: levels ? values.map((level) => (level >= 1 ? level - 1 : Number.NaN)) : values,
    doubted: (i) => (sure[i] as number) >= THIN,
    scale: levels ? "levels" : "sequential",
    unit: measure.column,
  };
}

async function change(measure: Measure & { kind: "change" }): Promise<Field> {
  const { round, from, what } = measure;
  const one = (election: string): Promise<Float32Array> => (what === "turnout" ? turnout(election) : share(election, what));
  const [now, before, sure, surely] = await Promise.all([
    one(round),
    one(from),
    small(`${round}/quality`),
    small(`${from}/quality`),
  ]);
  return {
    measure,
    values: now.map((value, i) => 100 * (value - (before[i] as number))),
    doubted: (i) => Math.max(sure[i] as number, surely[i] as number) >= THIN,
    scale: "diverging",
    unit: "points",
  };
}

async function turnout(round: string): Promise<Float32Array> {
  return ratio(column(`${round}/voters`), column(`${round}/registered`));
}

async function share(round: string, what: string): Promise<Float32Array> {
  return ratio(column(`${round}/${what}`), column(`${round}/valid_votes`));
}

async function ratio(part: Promise<Float32Array>, whole: Promise<Float32Array>): Promise<Float32Array> {
  const [above, below] = await Promise.all([part, whole]);
  return above.map((value, i) => ((below[i] as number) > 0 ? value / (below[i] as number) : Number.NaN));
}

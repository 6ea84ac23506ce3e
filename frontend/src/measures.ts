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

/** The sorts of figures that a reader chooses among first. */
export const THEMES = ["priority", "results", "change", "variable"] as const;
export type Theme = (typeof THEMES)[number];

export function themeOf({ kind }: Measure): Theme {
  return kind === "priority" || kind === "change" || kind === "variable" ? kind : "results";
}

/** Where a theme begins: near the measure shown, where the two have something in common. */
export function opening(theme: Theme, shown: Measure, index: Index): Measure | null {
  const newest = newestRound(index);
  const round = "round" in shown ? shown.round : (index.rankings[0]?.election ?? newest);
  const near = index.rounds.find(({ election }) => election === round)?.election ?? newest;
  const what = "what" in shown ? shown.what : "turnout";
  switch (theme) {
    case "priority":
      return index.rankings[0] ? priorityOf(index, 0, "level") : null;
    case "results":
      return near ? resultOf(what, near, index) : null;
    case "change": {
      const now = [near, ...[...index.rounds].reverse().map(({ election }) => election)].find((one) => one && earlier(one, what, index));
      const from = now && earlier(now, what, index);
      if (now && from) return { kind: "change", round: now, from, what: holds(now, what, index) ? what : "turnout" };
      return what === "turnout" ? null : opening(theme, { kind: "turnout", round: near ?? "" }, index);
    }
    case "variable": {
      const name = (index.variables.find(({ key }) => key) ?? index.variables[0])?.variable;
      return name ? { kind: "variable", name } : null;
    }
  }
}

/** The newest round that was held in most of the area. */
export function newestRound(index: Index): string | undefined {
  const wide = index.rounds.filter(({ stations }) => stations >= index.counts.stations / 2);
  return (wide.at(-1) ?? index.rounds.at(-1))?.election;
}

/** The same figure in another round: the same bloc or candidate, else the candidate's bloc, else turnout. */
export function resultOf(what: string, round: string, index: Index, before?: string): Measure {
  if (holds(round, what, index) && what.startsWith("bloc-")) return { kind: "share", round, what };
  const known = index.rounds.find(({ election }) => election === (before ?? round))?.options[optionNumber(what)];
  const options = index.rounds.find(({ election }) => election === round)?.options ?? [];
  const same = known ? options.findIndex(({ option }) => option === known.option) : -1;
  if (same >= 0) return { kind: "share", round, what: `option-${same}` };
  const bloc = `bloc-${known?.bloc ?? index.finer[what.slice(5)] ?? ""}`;
  return holds(round, bloc, index) ? { kind: "share", round, what: bloc } : { kind: "turnout", round };
}

const optionNumber = (what: string): number => (what.startsWith("option-") ? Number(what.slice(7)) : -1);

/** Whether a round has a bloc or an option. */
export function holds(round: string, what: string, index: Index): boolean {
  const found = index.rounds.find(({ election }) => election === round);
  if (what === "turnout") return found !== undefined;
  const [sort, name = ""] = what.split("-");
  if (sort === "bloc") return found?.blocs.includes(name) ?? false;
  return sort === "option" && /^\d+$/.test(name) && Number(name) < (found?.options.length ?? 0);
}

/** The last round before one, of the same type and turn, that has the same figure. */
export function earlier(round: string, what: string, index: Index): string | null {
  const kind = (name: string): string => name.slice(4);
  const before = index.rounds
    .map(({ election }) => election)
    .filter((one) => kind(one) === kind(round) && one < round && holds(one, what, index));
  return before.sort().at(-1) ?? null;
}

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
  if (kind === "priority" && index.rankings[Number(a)]?.columns.includes(b)) return priorityOf(index, Number(a), b);
  if ((kind === "turnout" || kind === "leader") && has(a)) return { kind, round: a };
  if (kind === "share" && b !== "turnout" && holds(a, b, index)) return { kind, round: a, what: b };
  if (kind === "change" && !c.startsWith("option-") && holds(a, c, index) && holds(b, c, index)) {
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
  const newest = newestRound(index);
  return newest ? { kind: "turnout", round: newest } : null;
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

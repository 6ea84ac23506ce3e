/** What is known of the doors of a turf: the server's word, and over it what was tapped here and not yet sent.
 *
 * It is read once and held while nothing else changes it, so that the last door of a turf costs a tap no more than the
 * first. Whatever another tab of this phone writes makes it be read again.
 */

import { config } from "./config";
import { fact, OUTCOMES, type Outcome, type Report, store, type Turf } from "./store";

export type Doors = Map<string, Outcome>;
export interface Known {
  doors: Doors;
  away: Set<string>; // doors that asked to be left alone
}
export const key = (building: number, floor: number, door: number): string => `${building}/${floor}/${door}`;

let held: { id: number; found: Promise<Known> } | undefined;
const tabs = new BroadcastChannel(`isoloir-canvass-${config.campaign}`);
tabs.onmessage = () => {
  held = undefined;
};

export function doors(id: number): Promise<Known> {
  if (held?.id !== id) {
    const found = read(id);
    held = { id, found };
    found.catch(forget);
  }
  return held.found;
}

/** Read again when next asked. */
export function forget(): void {
  held = undefined;
  tabs.postMessage("changed");
}

/** Write an entry; it is safe once this resolves. */
export async function record(report: Omit<Report, "number" | "at">): Promise<Report> {
  const entry = { ...report, at: Date.now() } as Report;
  entry.number = await store.log.add(entry);
  if (!isOutcome(entry.kind) || held?.id !== entry.turf) forget();
  else {
    (await held.found).doors.set(key(entry.building, entry.floor, entry.door), entry.kind);
    tabs.postMessage("changed");
  }
  return entry;
}

/** The server's word on some doors: mostly what was tapped here, come back. */
export async function heard(id: number, states: Turf["states"]): Promise<void> {
  const known = held?.id === id ? await held.found : undefined;
  const news = states.some(([building, floor, door, outcome]) => known?.doors.get(key(building, floor, door)) !== (outcome ?? undefined));
  if (news) forget();
}

const isOutcome = (kind: Report["kind"]): kind is Outcome => (OUTCOMES as readonly string[]).includes(kind);

const read = (id: number): Promise<Known> =>
  // in one transaction: an acknowledgement and the states that came with it are seen together, or neither
  store.transaction("r", store.turfs, store.facts, store.log, () => settled(id));

async function settled(id: number): Promise<Known> {
  const known: Known = { doors: new Map(), away: new Set() };
  const turf = await store.turfs.get(id);
  if (!turf) return known;
  for (const [building, floor, door, outcome] of turf.states) if (outcome) known.doors.set(key(building, floor, door), outcome);
  for (const place of turf.away) known.away.add(key(...place));
  const acknowledged = await fact("acknowledged", 0);
  const mine = await store.log.where("turf").equals(turf.id).sortBy("number");
  const undone = new Set(mine.filter((r) => r.kind === "undo").map((r) => r.undoes));
  for (const [place, here] of byPlace(mine)) if (here.some((r) => r.number > acknowledged)) lay(known, place, here, undone);
  return known;
}

function byPlace(reports: Report[]): Map<string, Report[]> {
  const found = new Map<string, Report[]>();
  for (const report of reports) {
    const place = key(report.building, report.floor, report.door);
    const here = found.get(place);
    if (here) here.push(report);
    else found.set(place, [report]);
  }
  return found;
}

/** Lay what was tapped at one door over what the server said of it. */
function lay({ doors, away }: Known, place: string, here: Report[], undone: Set<number | undefined>): void {
  const standing = here.filter((r) => !undone.has(r.number));
  const outcome = standing.map((r) => r.kind).filter(isOutcome).at(-1);
  if (outcome) doors.set(place, outcome);
  else if (here.some((r) => r.kind === "undo")) doors.delete(place);
  if (standing.some((r) => r.kind === "keep_away")) away.add(place);
  else if (here.some((r) => r.kind === "keep_away")) away.delete(place);
}

/** What the phone keeps: turfs, and the log of what was tapped. Nothing here is about a person.
 *
 * The log is numbered by the database itself, 1, 2, 3..., in the transaction that writes it; an entry is never changed
 * and never deleted while its turf is open, so that a server that lost some can have them again.
 */

import Dexie, { type EntityTable } from "dexie";
import { config } from "./config";

export const OUTCOMES = [
  "opened", "absent", "refused", "conversation", "come_back", "other_language", "inaccessible", "leaflet",
] as const; // prettier-ignore
export type Outcome = (typeof OUTCOMES)[number];
export type Kind = Outcome | "undo" | "keep_away" | "note";

export interface Report {
  number: number;
  turf: number; // not sent: the server knows
  building: number;
  floor: number;
  door: number;
  kind: Kind;
  at: number;
  undoes?: number;
  text?: string;
}

export interface Building {
  id: number;
  station: string;
  street: string;
  number: string;
  dwellings: number;
  control: boolean;
  at: [number, number];
  note: string;
}

export interface Turf {
  id: number;
  number: number;
  name: string;
  doors: number;
  sequence: number; // the last that this phone heard of
  bounds: [number, number, number, number];
  map: boolean;
  silence?: [string, string][]; // days on which nobody knocks there, and why; turfs taken long ago have none
  buildings: Building[];
  states: [number, number, number, Outcome | null][]; // building, floor, door, as the server has them
  away: [number, number, number][];
}

export interface Sealed {
  id: string;
  text: string; // what only the campaign's server can open
}

interface Fact {
  name: string;
  value: unknown;
}

class Store extends Dexie {
  declare log: EntityTable<Report, "number">;
  declare turfs: EntityTable<Turf, "id">;
  declare maps: EntityTable<{ id: number; archive: ArrayBuffer }, "id">;
  declare sealed: EntityTable<Sealed, "id">;
  declare facts: EntityTable<Fact, "name">;

  constructor() {
    // strict: a tap is confirmed once it is on the disk, not once it is on its way there
    super(`isoloir-canvass-${config.campaign}`, { chromeTransactionDurability: "strict" });
    this.version(1).stores({ log: "++number, [building+floor+door], turf", turfs: "id", maps: "id", sealed: "id", facts: "name" });
  }
}

export const store = new Store();

export async function fact<T>(name: string, otherwise: T): Promise<T> {
  const found = await store.facts.get(name);
  return found === undefined ? otherwise : (found.value as T);
}

export const keep = (name: string, value: unknown): Promise<unknown> => store.facts.put({ name, value });

/** The number that this phone drew for itself. */
export async function phone(): Promise<string> {
  return store.transaction("rw", store.facts, async () => {
    const known = await fact("phone", "");
    if (known) return known;
    const drawn = crypto.randomUUID();
    await keep("phone", drawn);
    return drawn;
  });
}

/** How many entries the server has not acknowledged, sign-ups included. */
export async function pending(): Promise<number> {
  const counts = [fact("acknowledged", 0).then((n) => store.log.where("number").above(n).count()), store.sealed.count()];
  return (await Promise.all(counts)).reduce((sum, n) => sum + n, 0);
}

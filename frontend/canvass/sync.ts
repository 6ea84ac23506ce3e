/** Sending: from the first entry that was not acknowledged, in order, again and again until the server has them.
 *
 * The server answers with the number up to which it has everything. Sending twice changes nothing there, so whatever
 * goes wrong on the way, the cure is to send again.
 */

import { config } from "./config";
import { heard } from "./doors";
import { sendTotals } from "./survey";
import { fact, keep, phone, type Report, store, type Turf } from "./store";

const BATCH = 200;
const PATIENCE = 20_000; // milliseconds for an answer
const PAUSES = [2, 5, 15, 30, 60]; // seconds before trying again
export type State = "sent" | "waiting" | "offline" | "signed_out" | "refused_whole" | "trouble";

interface Answer {
  received: number;
  refused: { number: number; why: string }[];
  turf: number | null;
  sequence: number;
  doors: Turf["states"];
  more: boolean;
  token: string;
}

export class Problem extends Error {
  readonly state: State;
  readonly told: string; // what the server says of it; empty: nothing
  constructor(state: State, told = "") {
    super(told || state);
    this.state = state;
    this.told = told;
  }
}

/** Ask the server; a Problem where there is no answer, or none of ours. */
export async function ask(path: string, body?: unknown): Promise<Response> {
  const init: RequestInit = { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) };
  if (body !== undefined) {
    const token = await fact("token", "");
    init.method = "POST";
    init.headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    init.body = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(config.api + path, init);
  } catch {
    throw new Problem("offline");
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new Problem("signed_out");
  if (answer.ok) return answer;
  const told = await answer.json().then((found: { error?: { message?: string } }) => found.error?.message ?? "", () => "");
  if (answer.status === 403) throw new Problem("signed_out", told);
  throw new Problem(answer.status === 400 || answer.status === 404 ? "refused_whole" : "offline", told);
}

let refreshing: Promise<void> | undefined;

/** The list of turfs, and the token that whatever is sent must carry.
 *
 * One question at a time: two first answers would bring two tokens, of which the cookie keeps one and the phone another.
 */
export function refresh(): Promise<void> {
  refreshing ??= fetchTurfs().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function fetchTurfs(): Promise<void> {
  const found = await (await ask("turfs")).json();
  await keep("token", found.token);
  await keep("turfs", found.turfs);
  await keep("words", found.words);
  await keep("about", found.campaign);
  await keep("questions", found.questions);
  await keep("silence", found.silence);
}

let running: Promise<State> | undefined;
let again = false;
let tries = 0;
let timer = 0;
export let state: State = "waiting";
export let saying = ""; // what the server said last, where it did not do what it was asked
export const changed = new EventTarget();

/** Send what there is to send, now; every call while one is under way makes it go round once more. */
export function sync(): Promise<State> {
  again = true;
  running ??= (async () => {
    while (again) {
      again = false;
      state = await attempt();
    }
    running = undefined;
    clearTimeout(timer);
    tries = state === "sent" ? 0 : tries + 1;
    if (state === "offline" || state === "trouble") timer = window.setTimeout(() => void sync(), 1000 * (PAUSES[Math.min(tries, PAUSES.length) - 1] ?? 2));
    changed.dispatchEvent(new Event("sync"));
    return state;
  })();
  return running;
}

let later = 0;

/** Something was recorded: it is counted on the screen now, and sent soon, a few taps in one request. */
export function told(): void {
  document.dispatchEvent(new Event("recorded"));
  clearTimeout(later);
  later = window.setTimeout(() => void sync(), 800);
}

async function attempt(): Promise<State> {
  saying = "";
  try {
    // Another tab that sends at the same time would do no harm, only the same work.
    return await navigator.locks.request("isoloir-sync", async () => {
      await freshToken();
      while (await round());
      await sendSealed();
      await sendTotals();
      return "sent" as const;
    });
  } catch (problem) {
    if (problem instanceof Problem) {
      saying = problem.told;
      return problem.state;
    }
    reportError(problem); // the phone is full, mostly; what the server has and this phone could not note is sent again
    return "trouble";
  }
}

/** A token of this session: another one signed in since. */
async function freshToken(): Promise<void> {
  if (!(await fact("token", "")) || state === "signed_out") await refresh();
}

export async function batch(): Promise<{ body: Record<string, unknown>; entries: Report[] }> {
  const acknowledged = await fact("acknowledged", 0);
  const entries = await store.log.where("number").above(acknowledged).limit(BATCH).toArray();
  const oldest = (await store.log.orderBy("number").first())?.number ?? acknowledged + 1;
  const turf = await store.turfs.get(await fact("turf", 0));
  const reports = entries.map(({ number: _, turf: __, ...rest }) => rest);
  const body = {
    phone: await phone(), now: Date.now(), first: entries[0]?.number ?? acknowledged + 1, oldest, reports,
    turf: turf?.id ?? null, seen: turf?.sequence ?? 0,
  }; // prettier-ignore
  return { body, entries };
}

/** One request; whether there is more to send or to hear. */
async function round(): Promise<boolean> {
  const { body, entries } = await batch();
  const answer = (await (await ask("sync", body)).json()) as Answer;
  await store.transaction("rw", store.facts, store.turfs, async () => {
    await keep("acknowledged", answer.received);
    await keep("token", answer.token);
    if (answer.refused.length) await keep("refused", [...(await fact<Answer["refused"]>("refused", [])), ...answer.refused]);
    if (answer.turf !== null) await hear(answer);
  });
  if (answer.turf !== null) await heard(answer.turf, answer.doors);
  changed.dispatchEvent(new Event("sync"));
  const stuck = entries.length > 0 && answer.received < (entries[0]?.number ?? 0) && answer.received === (body.first as number) - 1;
  if (stuck) throw new Problem("refused_whole");
  return answer.more || entries.length === BATCH;
}

async function hear(answer: Answer): Promise<void> {
  const turf = await store.turfs.get(answer.turf ?? 0);
  if (!turf || answer.sequence < turf.sequence) return;
  const states = new Map(turf.states.map((s) => [`${s[0]}/${s[1]}/${s[2]}`, s]));
  for (const door of answer.doors) states.set(`${door[0]}/${door[1]}/${door[2]}`, door);
  await store.turfs.update(turf.id, { sequence: answer.sequence, states: [...states.values()] });
}

/** Sign-ups leave the phone as soon as the server has them; one that has to wait there does not hold up the others. */
async function sendSealed(): Promise<void> {
  let waits: Problem | undefined;
  for (const sealed of await store.sealed.toArray()) {
    const answer = await ask("signups", sealed).catch((problem: unknown) => {
      if (!(problem instanceof Problem) || !problem.told) throw problem; // the server itself did not answer
      waits = problem;
    });
    if (!answer) continue;
    const { taken } = (await answer.json()) as { taken: boolean };
    if (!taken) await keep("signups_refused", (await fact("signups_refused", 0)) + 1);
    await store.sealed.delete(sealed.id);
  }
  if (waits) throw waits;
}

/** Send whenever there is a chance: the network is back, the application comes to the front, a minute went by. */
export function watch(): void {
  const try_ = (): void => void sync();
  addEventListener("online", try_);
  addEventListener("pageshow", try_);
  addEventListener("focus", try_);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && try_());
  setInterval(() => document.visibilityState === "visible" && try_(), 60_000);
  try_();
}

/** The turfs: those on this phone, and those that the campaign offers. */

import { html } from "../src/dom";
import { number, say } from "./config";
import { forget } from "./doors";
import { fact, keep, store, type Turf } from "./store";
import { ask, Problem, refresh, sync } from "./sync";

interface Offered {
  id: number;
  number: number;
  name: string;
  doors: number;
  visited: number;
  people: number;
  mine: boolean;
  done: boolean;
}

export async function showList(screen: HTMLElement): Promise<void> {
  await draw(screen);
  void refresh().then(() => draw(screen), () => undefined); // what is on the phone does not wait for the network
}

async function draw(screen: HTMLElement): Promise<void> {
  if (location.hash.length > 1) return; // something else is shown by now
  const [offered, silence, keys] = await Promise.all([fact<Offered[]>("turfs", []), fact("silence", ""), store.turfs.toCollection().primaryKeys()]);
  const here = new Set(keys);
  screen.replaceChildren(
    html("h1", {}, say("turfs")),
    silence && html("p", { class: "bad", role: "alert", id: "silence" }, `${say("silence")} ${silence}`),
    offered.length ? html("ul", { class: "turfs" }, ...offered.map((turf) => card(turf, here.has(turf.id)))) : html("p", {}, say("no_turf")),
  );
}

function card(turf: Offered, here: boolean): HTMLElement {
  const button = html("button", { class: here ? "main" : "second", type: "button" }, say(here ? "open_turf" : "take_turf"));
  button.addEventListener("click", () => void open(turf, here, button));
  const done = turf.doors ? Math.min(100, Math.round((100 * turf.visited) / turf.doors)) : 0;
  return html(
    "li",
    { class: "card" },
    html("h2", {}, `${turf.number} · ${turf.name}`),
    html("progress", { max: 100, value: done, "aria-label": say("progress") }),
    html("p", {}, say("turf_doors", { visited: number(turf.visited), doors: number(turf.doors) })),
    turf.people > 0 && html("p", { class: "quiet" }, say("turf_people", { n: turf.people })),
    button,
  );
}

async function open(turf: Offered, here: boolean, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  try {
    if (!here) await take(turf.id);
    await keep("turf", turf.id);
    location.hash = `turf/${turf.id}`;
    void sync();
  } catch (problem) {
    button.disabled = false;
    const told = problem instanceof Problem ? problem.told : "";
    if (!told) button.textContent = say("needs_network");
    button.parentElement?.querySelector(".refusal")?.remove();
    if (told) button.before(html("p", { class: "bad refusal", role: "alert" }, told));
  }
}

/** Fetch everything of a turf before the walk begins. */
async function take(id: number): Promise<void> {
  await refresh();
  await ask(`turfs/${id}/claim`, {});
  const turf = (await (await ask(`turfs/${id}`)).json()) as Turf;
  const archive = turf.map ? await (await ask(`turfs/${id}/map.pmtiles`)).arrayBuffer() : undefined;
  await store.transaction("rw", store.turfs, store.maps, async () => {
    await store.turfs.put(turf);
    if (archive) await store.maps.put({ id, archive });
  });
  forget();
  document.dispatchEvent(new Event("taken"));
}

/** A building: which door, and what happened there. One tap a door; the next door is already there. */

import { html } from "../src/dom";
import { say } from "./config";
import { foreignWords, LONGEST } from "./notes";
import { type Building, doors, fact, type Kind, key, OUTCOMES, type Outcome, record, type Report, store, type Turf } from "./store";
import { survey } from "./survey";
import { sync } from "./sync";
import { named } from "./walk";

interface Place {
  floor: number;
  door: number;
}

const last: Map<number, Report[]> = new Map(); // what was tapped in this building since the application began
const asked = new Set<number>(); // control buildings that a second yes was given for
let later = 0;

export async function showBuilding(screen: HTMLElement, turf: Turf, id: number): Promise<void> {
  const building = turf.buildings.find((b) => b.id === id);
  if (!building) {
    location.hash = `turf/${turf.id}`;
    return;
  }
  if (building.control && !asked.has(id)) askTwice(screen, turf, building);
  else await draw(screen, turf, building, await first(turf, building));
}

/** The first door that nothing is known of: on the floor of the last tap, else on the ground. */
async function first(turf: Turf, building: Building): Promise<Place> {
  const recent = last.get(building.id)?.at(-1);
  return recent ? following(turf, building, recent) : free(turf, building, 0);
}

const following = (turf: Turf, building: Building, place: Place): Promise<Place> => free(turf, building, place.floor);

async function free(turf: Turf, building: Building, floor: number): Promise<Place> {
  const known = await doors(turf.id);
  let door = 1;
  while (known.doors.has(key(building.id, floor, door)) || known.away.has(key(building.id, floor, door))) door += 1;
  return { floor, door };
}

function askTwice(screen: HTMLElement, turf: Turf, building: Building): void {
  const yes = html("button", { class: "second", type: "button", id: "visit-anyway" }, say("visit_anyway"));
  let times = 0;
  yes.addEventListener("click", () => {
    times += 1;
    if (times < 2) {
      yes.textContent = say("visit_anyway_sure");
      return;
    }
    asked.add(building.id);
    void showBuilding(screen, turf, building.id);
  });
  screen.replaceChildren(
    html("a", { class: "back", href: `#turf/${turf.id}` }, turf.name),
    html("h1", {}, named(building)),
    html("section", { class: "card warn", id: "control" }, html("h2", {}, say("not_to_visit")), html("p", {}, say("control_why")), html("a", { class: "button main", href: `#turf/${turf.id}` }, say("back_to_walk")), yes),
  );
}

async function draw(screen: HTMLElement, turf: Turf, building: Building, place: Place): Promise<void> {
  const known = await doors(turf.id);
  const here = [...known.doors].filter(([where]) => where.startsWith(`${building.id}/`));
  const shut = known.away.has(key(building.id, place.floor, place.door));
  const go = (to: Place): void => void draw(screen, turf, building, to);
  screen.replaceChildren(
    html("a", { class: "back", href: `#turf/${turf.id}` }, turf.name),
    html("h1", {}, named(building)),
    html("p", { id: "count" }, say("building_doors", { done: here.length, doors: building.dwellings })),
    building.dwellings > 1 || here.length > 1 || place.floor !== 0 || place.door > 1 ? steppers(place, go) : "",
    shut ? html("p", { class: "card warn", id: "away" }, say("keep_away_here")) : buttons(turf, building, place, screen),
    undoBar(screen, turf, building),
    html("div", { class: "two" }, html("a", { class: "button second", href: `#signup/${turf.id}/${building.id}` }, say("sign_up")), awayButton(turf, building, place, screen, shut)),
    grid(here, building, go),
    await note(turf, building),
    await survey(building.station),
    html("a", { class: "button main", id: "done", href: `#turf/${turf.id}` }, say("building_done")),
  );
}

function steppers(place: Place, go: (to: Place) => void): HTMLElement {
  const step = (label: string, value: number, lowest: number, to: (n: number) => Place, name: string): HTMLElement => {
    const less = html("button", { type: "button", "aria-label": `${label} -1`, disabled: value <= lowest }, "−");
    const more = html("button", { type: "button", "aria-label": `${label} +1`, id: `${name}-up` }, "+");
    less.addEventListener("click", () => go(to(value - 1)));
    more.addEventListener("click", () => go(to(value + 1)));
    return html("div", { class: "step" }, html("span", {}, label), less, html("output", { id: name }, String(value)), more);
  };
  return html(
    "div",
    { class: "steps" },
    step(say("floor"), place.floor, -2, (floor) => ({ floor, door: 1 }), "floor"),
    step(say("door"), place.door, 1, (door) => ({ floor: place.floor, door }), "door"),
  );
}

function buttons(turf: Turf, building: Building, place: Place, screen: HTMLElement): HTMLElement {
  const made = OUTCOMES.map((outcome) => {
    const button = html("button", { type: "button", "data-outcome": outcome }, say(outcome));
    button.addEventListener("click", () => void tap(screen, turf, building, place, outcome, made));
    return button;
  });
  return html("div", { class: "outcomes" }, ...made);
}

/** A tap counts once it is on the disk: only then does the next door come. */
async function tap(screen: HTMLElement, turf: Turf, building: Building, place: Place, kind: Kind, held: HTMLButtonElement[]): Promise<void> {
  for (const button of held) button.disabled = true; // a second finger does not count a door twice
  try {
    const report = await record({ turf: turf.id, building: building.id, ...place, kind });
    last.set(building.id, [...(last.get(building.id) ?? []), report]);
  } catch (error) {
    for (const button of held) button.disabled = false;
    full(screen, error);
    return;
  }
  told();
  await draw(screen, turf, building, await following(turf, building, place));
}

/** The phone has no room: nothing was counted, and that is said where nobody can miss it. */
export function full(screen: HTMLElement, error: unknown): void {
  document.getElementById("full")?.remove();
  const detail = error instanceof Error ? error.name : String(error);
  screen.prepend(html("section", { class: "card bad", id: "full", role: "alert" }, html("h2", {}, say("not_recorded")), html("p", {}, say("phone_full", { detail })), html("a", { class: "button second", href: "#outbox" }, say("export"))));
  scrollTo(0, 0);
}

export function told(): void {
  document.dispatchEvent(new Event("recorded"));
  clearTimeout(later);
  later = window.setTimeout(() => void sync(), 800); // a few taps in one request
}

function undoBar(screen: HTMLElement, turf: Turf, building: Building): HTMLElement | string {
  const recent = last.get(building.id)?.at(-1);
  if (!recent) return "";
  const button = html("button", { type: "button", class: "second", id: "undo" }, say("undo"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await record({ turf: turf.id, building: recent.building, floor: recent.floor, door: recent.door, kind: "undo", undoes: recent.number });
    } catch (error) {
      full(screen, error);
      return;
    }
    last.get(building.id)?.pop();
    told();
    await draw(screen, turf, building, { floor: recent.floor, door: recent.door });
  });
  const where = `${say("floor")} ${recent.floor} · ${say("door")} ${recent.door}`;
  return html("div", { class: "undo", role: "status" }, html("span", {}, `${where} : ${say(recent.kind)}`), button);
}

function awayButton(turf: Turf, building: Building, place: Place, screen: HTMLElement, shut: boolean): HTMLElement | string {
  if (shut) return "";
  const button = html("button", { type: "button", class: "second", id: "keep-away" }, say("keep_away_ask"));
  button.addEventListener("click", () => void tap(screen, turf, building, place, "keep_away", [button]));
  return button;
}

function grid(here: [string, Outcome][], building: Building, go: (to: Place) => void): HTMLElement {
  const items = here
    .map(([where, outcome]) => ({ floor: Number(where.split("/")[1]), door: Number(where.split("/")[2]), outcome }))
    .sort((a, b) => a.floor - b.floor || a.door - b.door)
    .map(({ floor, door, outcome }) => {
      const label = building.dwellings > 1 ? `${floor}.${door} ${say(outcome)}` : say(outcome);
      const button = html("button", { type: "button", "data-outcome": outcome }, label);
      button.addEventListener("click", () => go({ floor, door }));
      return html("li", {}, button);
    });
  return html("ul", { class: "known", "aria-label": say("known_doors") }, ...items);
}

async function note(turf: Turf, building: Building): Promise<HTMLElement> {
  const words = new Set(await fact<string[]>("words", []));
  const field = html("input", { id: "note", maxlength: LONGEST, value: building.note, autocomplete: "off", placeholder: say("note_example") });
  const why = html("p", { class: "quiet", id: "note-why", role: "status" }, say("note_rule"));
  const save = html("button", { type: "button", class: "second", id: "save-note" }, say("save_note"));
  save.addEventListener("click", async () => {
    const text = field.value.trim();
    const foreign = foreignWords(text, words);
    why.className = foreign.length ? "bad" : "quiet";
    if (foreign.length) {
      why.textContent = say("note_refused", { words: foreign.join(", ") });
      return;
    }
    await record({ turf: turf.id, building: building.id, floor: 0, door: 0, kind: "note", text });
    building.note = text;
    await store.turfs.update(turf.id, { buildings: turf.buildings });
    why.textContent = say("note_saved");
    told();
  });
  return html("details", { class: "note" }, html("summary", {}, building.note ? `${say("note")} : ${building.note}` : say("note")), html("label", { for: "note" }, say("note_label")), field, save, why);
}

/** A building: which door, and what happened there. One tap a door; the next door is already there. */

import { html } from "../src/dom";
import { say } from "./config";
import { note } from "./note";
import { doors, key, type Known, record } from "./doors";
import { silence } from "./silence";
import { type Building, type Kind, OUTCOMES, type Outcome, type Report, type Turf } from "./store";
import { survey } from "./survey";
import { type Place, type Stepper, stepper, type Tiles, tiles } from "./tiles";
import { told } from "./sync";
import { named } from "./walk";

const last: Map<number, Report[]> = new Map(); // what was tapped in this building since the application began
const asked = new Set<number>(); // control buildings that a second yes was given for

export async function showBuilding(screen: HTMLElement, turf: Turf, id: number): Promise<void> {
  const building = turf.buildings.find((b) => b.id === id);
  if (!building) {
    location.hash = `turf/${turf.id}`;
    return;
  }
  if (building.control && !asked.has(id)) askTwice(screen, turf, building);
  else await draw(screen, turf, building);
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

/** A building on the screen. A tap changes what it changes and nothing else: the fingers do not wait for the rest. */
interface View {
  screen: HTMLElement;
  turf: Turf;
  building: Building;
  known: Known;
  place: Place;
  busy: boolean;
  count: HTMLElement;
  floor: Stepper;
  door: Stepper;
  steps: HTMLElement;
  main: HTMLElement; // the outcomes, or why there are none
  outcomes: HTMLElement;
  undo: HTMLElement;
  away: HTMLButtonElement;
  tiles: Tiles;
}

async function draw(screen: HTMLElement, turf: Turf, building: Building): Promise<void> {
  const known = await doors(turf.id);
  const recent = last.get(building.id)?.at(-1);
  const go = (to: Place): void => show(view, to);
  const floor = stepper("floor", -2, (n) => go({ floor: n, door: 1 }));
  const door = stepper("door", 1, (n) => go({ floor: view.place.floor, door: n }));
  const away = html("button", { type: "button", class: "second", id: "keep-away" }, say("keep_away_ask"));
  const view: View = {
    screen, turf, building, known, place: { floor: 0, door: 1 }, busy: false, floor, door, away,
    count: html("p", { id: "count" }), steps: html("div", { class: "steps" }, floor.element, door.element),
    main: html("div"), outcomes: html("div", { class: "outcomes" }), undo: html("div"), tiles: tiles(building, go),
  }; // prettier-ignore
  view.outcomes.append(...OUTCOMES.map((outcome) => outcomeButton(view, outcome)));
  away.addEventListener("click", () => void tap(view, "keep_away"));
  view.tiles.fill(known.doors);
  show(view, free(view, recent?.floor ?? 0));
  screen.replaceChildren(
    html("a", { class: "back", href: `#turf/${turf.id}` }, turf.name),
    html("h1", {}, named(building)),
    silence(turf),
    view.count,
    view.steps,
    view.main,
    view.undo,
    html("div", { class: "two" }, html("a", { class: "button second", href: `#signup/${turf.id}/${building.id}` }, say("sign_up")), away),
    view.tiles.element,
    await note(turf, building),
    await survey(building.station),
    html("a", { class: "button main", id: "done", href: `#turf/${turf.id}` }, say("building_done")),
  );
}

/** Go to a door. */
function show(view: View, place: Place): void {
  const { building, known, tiles } = view;
  view.place = place;
  view.count.textContent = say("building_doors", { done: tiles.size(), doors: building.dwellings });
  view.floor.set(place.floor);
  view.door.set(place.door);
  view.steps.hidden = building.dwellings <= 1 && tiles.size() <= 1 && place.floor === 0 && place.door === 1;
  const shut = known.away.has(key(building.id, place.floor, place.door));
  view.away.hidden = shut;
  const main = shut ? html("p", { class: "card warn", id: "away" }, say("keep_away_here")) : view.outcomes;
  if (view.main.firstChild !== main) view.main.replaceChildren(main);
  view.undo.replaceChildren(undoBar(view));
}

/** The first door of a floor that nothing is known of. */
function free({ building, known }: View, floor: number): Place {
  let door = 1;
  while (known.doors.has(key(building.id, floor, door)) || known.away.has(key(building.id, floor, door))) door += 1;
  return { floor, door };
}

function outcomeButton(view: View, outcome: Outcome): HTMLElement {
  const button = html("button", { type: "button", "data-outcome": outcome }, say(outcome));
  button.addEventListener("click", () => void tap(view, outcome));
  return button;
}

/** Write what happened at the door that is shown, and go on; a second finger meanwhile does not count it twice. */
async function tap(view: View, kind: Kind, undoes?: Report): Promise<void> {
  if (view.busy) return;
  view.busy = true;
  const { floor, door } = undoes ?? view.place;
  try {
    // It counts once it is on the disk: only then does the next door come.
    const report = await record({ turf: view.turf.id, building: view.building.id, floor, door, kind, ...(undoes && { undoes: undoes.number }) });
    const mine = last.get(view.building.id) ?? [];
    last.set(view.building.id, undoes ? mine.filter((one) => one !== undoes) : [...mine, report]);
  } catch (error) {
    view.busy = false;
    full(view.screen, error);
    return;
  }
  document.getElementById("full")?.remove();
  await goOn(view, { floor, door }, undoes !== undefined);
  view.busy = false;
  told();
}

/** What is known now, and the door to stand at: the one whose tap was taken back, else the next one. */
async function goOn(view: View, place: Place, back: boolean): Promise<void> {
  const known = await doors(view.turf.id);
  if (known === view.known) view.tiles.set(place, known.doors.get(key(view.building.id, place.floor, place.door)));
  else view.tiles.fill(known.doors); // others were there meanwhile
  view.known = known;
  show(view, back ? place : free(view, place.floor));
}

/** The phone has no room: nothing was counted, and that is said where nobody can miss it. */
function full(screen: HTMLElement, error: unknown): void {
  document.getElementById("full")?.remove();
  const detail = error instanceof Error ? error.name : String(error);
  screen.prepend(html("section", { class: "card bad", id: "full", role: "alert" }, html("h2", {}, say("not_recorded")), html("p", {}, say("phone_full", { detail })), html("a", { class: "button second", href: "#outbox" }, say("export"))));
  scrollTo(0, 0);
}

function undoBar(view: View): HTMLElement | string {
  const recent = last.get(view.building.id)?.at(-1);
  if (!recent) return "";
  const button = html("button", { type: "button", class: "second", id: "undo" }, say("undo"));
  button.addEventListener("click", () => void tap(view, "undo", recent));
  const where = `${say("floor")} ${recent.floor} · ${say("door")} ${recent.door}`;
  return html("div", { class: "undo", role: "status" }, html("span", {}, `${where} : ${say(recent.kind)}`), button);
}

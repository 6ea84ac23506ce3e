/** The application of the canvass: a list of turfs, a walk, a building. Its address after # says which is shown. */

import "../src/font.css";
import "./style.css";
import { byId, html } from "../src/dom";
import { showBuilding } from "./building";
import { config, number, say } from "./config";
import { showList } from "./list";
import { showOutbox } from "./outbox";
import { showSignUp } from "./signup";
import { pending, store } from "./store";
import { changed, state, watch } from "./sync";
import { showWalk } from "./walk";

const screen = byId("screen");

async function route(): Promise<void> {
  const [name, turf, building] = location.hash.slice(1).split("/");
  const found = turf ? await store.turfs.get(Number(turf)) : undefined;
  scrollTo(0, 0);
  if (name === "outbox") await showOutbox(screen);
  else if (name === "signup" && found) await showSignUp(screen, found, Number(building));
  else if (name === "turf" && found && building) await showBuilding(screen, found, Number(building));
  else if (name === "turf" && found) await showWalk(screen, found);
  else await showList(screen);
  document.documentElement.dataset.screen = name || "list";
}

/** The count of what was not sent stays in sight, whatever is shown. */
async function status(): Promise<void> {
  const waiting = await pending();
  const bar = byId("outbox");
  const told = waiting ? say("pending", { n: number(waiting) }) : say(state === "sent" ? "all_sent" : "nothing_waits");
  bar.replaceChildren(html("strong", {}, told), html("span", {}, say(`state_${state}`)));
  bar.dataset.waiting = String(waiting);
  bar.dataset.state = state;
}

function failed(event: ErrorEvent | PromiseRejectionEvent): void {
  const reason: unknown = "reason" in event ? event.reason : event.error;
  byId("trouble").textContent = say("trouble", { what: String(reason) });
  byId("trouble").hidden = false;
}

async function start(): Promise<void> {
  addEventListener("error", failed);
  addEventListener("unhandledrejection", failed);
  addEventListener("hashchange", () => void route());
  changed.addEventListener("sync", () => void status());
  document.addEventListener("recorded", () => void status());
  await Promise.all([route(), status()]);
  document.documentElement.dataset.ready = "yes";
  performance.mark("ready");
  watch();
  void navigator.storage?.persist?.(); // asks that what is kept here is not cleared when space runs short
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("sw.js", { type: "module" });
  const rest = async (): Promise<void> => (await navigator.serviceWorker.ready).active?.postMessage("rest");
  document.addEventListener("taken", () => void rest());
  await rest();
}

document.documentElement.lang = config.language;
void start();

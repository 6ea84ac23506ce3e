/** The page: fetch what the area is, draw it, and answer clicks, keys and searches. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import * as api from "./api";
import { byId, html } from "./dom";
import { legend } from "./legend";
import { StationMap } from "./map";
import { startSearch } from "./search";
import { sheet } from "./sheet";
import { say, stationCode, whole } from "./texts";
import { onThemeChange } from "./theme";

declare global {
  interface Window {
    /** For tests and the curious; `data-map` on the document says `drawn` once the first picture is complete. */
    isoloir: { stations: StationMap | null };
  }
}
window.isoloir = { stations: null };

const panel = byId("sheet");
const status = byId("status");
let stations: StationMap | null = null;
let reading = new AbortController();

function announce(text: string | null): void {
  status.hidden = text === null;
  status.textContent = text ?? "";
}

/** Open the figures of a station, and say in the page's address which one is open. */
async function open(id: string): Promise<void> {
  reading.abort();
  reading = new AbortController();
  history.replaceState(null, "", `#${id}`);
  stations?.choose(id);
  panel.hidden = false;
  panel.replaceChildren(closeButton(), html("p", { class: "quiet" }, say("loading_station")));
  try {
    const found = await api.station(id, reading.signal);
    panel.replaceChildren(closeButton(), ...sheet(found));
    panel.scrollTop = 0;
    panel.querySelector("h2")?.focus({ preventScroll: true });
    if (found.bounds && stations?.hides(found.bounds)) stations.show(found.bounds, true);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const known = error instanceof api.Refused && error.status === 404;
    panel.replaceChildren(closeButton(), html("p", {}, say(known ? "station_unknown" : "failed")));
  }
}

function close(): void {
  reading.abort();
  panel.hidden = true;
  panel.replaceChildren();
  stations?.choose(null);
  history.replaceState(null, "", location.pathname);
  stations?.map.getCanvas().focus({ preventScroll: true });
}

function closeButton(): HTMLElement {
  const button = html("button", { type: "button", class: "close", "aria-label": say("close") }, "×");
  button.addEventListener("click", close);
  return button;
}

function choose(found: api.Found): void {
  if (found.bounds) stations?.show(found.bounds, found.station_id !== null);
  if (found.station_id) void open(found.station_id);
}

function listen(drawn: StationMap, levels: api.Levels): void {
  const { map } = drawn;
  const tip = html("p", { class: "tip", hidden: true, "aria-hidden": "true" });
  document.body.append(tip);
  const place = new Map(levels.stations.map((id, i) => [id, levels.levels[i] ?? "0"]));
  map.on("mousemove", (event) => {
    const id = drawn.stationAt([event.point.x, event.point.y]);
    drawn.hover(id);
    tip.hidden = id === null;
    if (id === null) return;
    tip.replaceChildren(...label(id, place.get(id) ?? "0", levels.communes));
    tip.style.transform = `translate(${event.point.x + 14}px, ${event.point.y + 14}px)`;
  });
  map.on("mouseout", () => {
    drawn.hover(null);
    tip.hidden = true;
  });
  map.on("click", (event) => {
    const id = drawn.stationAt([event.point.x, event.point.y]);
    if (id) void open(id);
    else if (!panel.hidden) close();
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const { x, y } = map.project(map.getCenter());
    const id = drawn.stationAt([x, y]);
    if (id) void open(id);
  });
}

function label(id: string, level: string, communes: Record<string, string>): Node[] {
  const [commune = "", code = ""] = id.split("_");
  return [
    html("i", { class: `swatch level-${level}` }),
    html("span", {}, `${communes[commune] ?? commune} · ${say("station", { code: stationCode(code) })}`),
  ];
}

function draw(overview: api.Overview, levels: api.Levels): void {
  try {
    stations = new StationMap(byId("map"), overview);
  } catch {
    announce(say("no_webgl"));
    return;
  }
  const drawn = stations;
  window.isoloir.stations = drawn;
  void drawn.paint(levels);
  listen(drawn, levels);
  onThemeChange(() => drawn.recolour());
  drawn.map.once("idle", () => {
    announce(null);
    document.documentElement.dataset.map = "drawn";
  });
}

function counts({ stations: n, communes, registered }: api.Overview["counts"]): string {
  const parts = [`${whole(n)} ${say("stations")}`, `${whole(communes)} ${say("communes")}`];
  if (registered !== null) parts.push(`${whole(registered)} ${say("registered")}`);
  return parts.join(" · ");
}

async function start(): Promise<void> {
  announce(say("loading"));
  startSearch(choose);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
  try {
    const [overview, levels] = await Promise.all([
      api.overview(),
      api.levels(),
      document.fonts.load('14px "Inter Variable"'), // the map draws its letters with this font
    ]);
    byId("counts").textContent = counts(overview.counts);
    byId("legend").append(legend(overview));
    draw(overview, levels);
    const asked = decodeURIComponent(location.hash.slice(1));
    if (asked) void open(asked);
  } catch (error) {
    announce(error instanceof api.Refused ? error.message : say("failed"));
  }
}

void start();

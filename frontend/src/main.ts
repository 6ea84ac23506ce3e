/** The page: fetch what there is to show, draw it, and answer clicks, keys and searches. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import * as api from "./api";
import * as data from "./data";
import { byId } from "./dom";
import { readFilter, writeFilter } from "./filters";
import { StationMap } from "./map";
import { first, load, type Measure, read } from "./measures";
import { Page } from "./page";
import { startSearch } from "./search";
import { say, whole } from "./texts";
import { onThemeChange } from "./theme";
import { readView } from "./view";

declare global {
  interface Window {
    /** For tests and the curious; `data-map` on the document says `drawn` once the first picture is complete. */
    isoloir: { stations: StationMap | null; list: data.StationList | null; show: ((text: string) => Promise<void>) | null };
  }
}
window.isoloir = { stations: null, list: null, show: null };

function announce(text: string | null): void {
  const status = byId("status");
  status.hidden = text === null;
  status.textContent = text ?? "";
}

const problem = (error: unknown): string => (error instanceof api.Refused ? error.message : say("failed"));

function createMap(index: data.Index, camera: ReturnType<typeof readView>["camera"]): StationMap | null {
  try {
    return new StationMap(byId("map"), index.bounds, index.counts.stations, camera);
  } catch {
    announce(say("no_webgl"));
    return null;
  }
}

/** The map begins to fetch its tiles while the values and the list of stations are still coming. */
async function start(): Promise<void> {
  announce(say("loading"));
  byId<HTMLDetailsElement>("options").open = !matchMedia("(max-width: 720px)").matches;
  try {
    const letters = document.fonts.load('14px "Inter Variable"');
    const index = await data.index();
    const view = readView(index);
    const measure = view.measure ?? first(index);
    const coming = [data.stationList(), measure && load(measure), letters] as const;
    const stations = createMap(index, view.camera);
    if (stations) announce(say("drawing", { n: whole(index.counts.stations) }));
    const [list] = await Promise.all(coming);
    const page = new Page(index, list, stations, view, problem, announce);
    window.isoloir = { stations, list, show: async (text) => void (await page.show(read(text, index) as Measure)) };
    startSearch((found) => page.choose(found));
    const filter = readFilter(view.filter, list.seats);
    if (writeFilter(filter)) await page.setFilter(filter);
    if (measure) await page.show(measure);
    if (view.beside) await page.compare(view.beside);
    if (stations) {
      page.listen(stations);
      onThemeChange(() => page.recolour());
      await stations.drawn();
      announce(null);
      document.documentElement.dataset.map = "drawn";
    }
    if (view.station) void page.open(view.station, view.camera === null);
  } catch (error) {
    announce(problem(error));
  }
}

void start();

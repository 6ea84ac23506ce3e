/** The page: fetch what there is to show, draw it, and answer clicks, keys and searches. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import * as api from "./api";
import { paint } from "./classes";
import { doubtSwitch, measurePicker } from "./controls";
import * as data from "./data";
import { byId, html } from "./dom";
import { amount, type Drawing, drawing, legend } from "./legend";
import { StationMap } from "./map";
import { type Field, first, load, type Measure, read } from "./measures";
import { startSearch } from "./search";
import { sheet } from "./sheet";
import { say, stationCode, whole } from "./texts";
import { isDark, onThemeChange, rgb, theme } from "./theme";
import { readView, writeView } from "./view";

declare global {
  interface Window {
    /** For tests and the curious; `data-map` on the document says `drawn` once the first picture is complete. */
    isoloir: { stations: StationMap | null; list: data.StationList | null; show: ((text: string) => Promise<void>) | null };
  }
}
window.isoloir = { stations: null, list: null, show: null };

/** The page once its index is there. */
class Page {
  private readonly panel = byId("sheet");
  private reading = new AbortController();
  private field: Field | null = null;
  private drawn: Drawing | null = null;
  private doubt: boolean;
  private readonly place: Map<string, number>;

  private readonly index: data.Index;
  private readonly list: data.StationList;
  private readonly stations: StationMap | null;

  constructor(index: data.Index, list: data.StationList, stations: StationMap | null, doubt: boolean) {
    this.index = index;
    this.list = list;
    this.stations = stations;
    this.doubt = doubt;
    this.place = new Map(list.stations.map((id, i) => [id, i]));
    byId("counts").textContent = counts(index.counts);
  }

  /** Show a measure; the one before stays until this one is there. */
  async show(measure: Measure): Promise<void> {
    const field = await load(measure);
    this.field = field;
    writeView({ measure });
    await this.redraw();
  }

  async redraw(): Promise<void> {
    if (!this.field) return;
    const { field } = this;
    this.drawn = drawing(field, this.index, isDark());
    const doubted = this.doubt ? field.doubted : () => false;
    byId("legend").replaceChildren(legend(field, this.drawn, this.index));
    await this.stations?.paint(paint(this.drawn.classes, this.drawn.colours, rgb(theme().none), doubted));
  }

  controls(): void {
    if (!this.field) return;
    byId("controls").replaceChildren(
      measurePicker(this.index, this.field.measure, (text) => {
        const measure = read(text, this.index);
        if (measure) void this.show(measure).catch((error: unknown) => announce(problem(error)));
      }),
      doubtSwitch(this.doubt, (on) => {
        this.doubt = on;
        writeView({ doubt: on });
        void this.redraw();
      }),
    );
  }

  /** Open the figures of a station, and say in the page's address which one is open. */
  async open(id: string): Promise<void> {
    this.reading.abort();
    this.reading = new AbortController();
    writeView({ station: id });
    this.stations?.choose(this.place.get(id) ?? -1);
    this.panel.hidden = false;
    this.panel.replaceChildren(this.closeButton(), html("p", { class: "quiet" }, say("loading_station")));
    try {
      const found = await api.station(id, this.reading.signal);
      this.panel.replaceChildren(this.closeButton(), ...sheet(found));
      this.panel.scrollTop = 0;
      this.panel.querySelector("h2")?.focus({ preventScroll: true });
      if (found.bounds && this.stations?.hides(found.bounds)) this.stations.show(found.bounds, true);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const known = error instanceof api.Refused && error.status === 404;
      this.panel.replaceChildren(this.closeButton(), html("p", {}, say(known ? "station_unknown" : "failed")));
    }
  }

  close(): void {
    if (this.panel.hidden) return;
    this.reading.abort();
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.stations?.choose(-1);
    writeView({ station: null });
    this.stations?.map.getCanvas().focus({ preventScroll: true });
  }

  choose(found: api.Found): void {
    if (found.bounds) this.stations?.show(found.bounds, found.station_id !== null);
    if (found.station_id) void this.open(found.station_id);
  }

  listen(drawn: StationMap): void {
    const { map } = drawn;
    const tip = html("p", { class: "tip", hidden: true, "aria-hidden": "true" });
    document.body.append(tip);
    map.on("mousemove", ({ point }) => {
      const station = drawn.stationAt([point.x, point.y]);
      drawn.hover(station);
      tip.hidden = station < 0;
      if (station < 0) return;
      tip.replaceChildren(...this.label(station));
      tip.style.transform = `translate(${point.x + 14}px, ${point.y + 14}px)`;
    });
    map.on("mouseout", () => {
      drawn.hover(-1);
      tip.hidden = true;
    });
    map.on("click", ({ point }) => this.openAt(drawn, [point.x, point.y], true));
    map.on("moveend", () => {
      const { lng, lat } = map.getCenter();
      writeView({ camera: { longitude: lng, latitude: lat, zoom: map.getZoom() } });
    });
    map.getCanvas().addEventListener("keydown", (event) => {
      const { x, y } = map.project(map.getCenter());
      if (event.key === "Enter") this.openAt(drawn, [x, y], false);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  private openAt(drawn: StationMap, point: [number, number], closing: boolean): void {
    const id = this.list.stations[drawn.stationAt(point)];
    if (id) void this.open(id);
    else if (closing) this.close();
  }

  private label(station: number): Node[] {
    const [commune = "", code = ""] = (this.list.stations[station] ?? "").split("_");
    const value = this.field ? amount(this.field.values[station] as number, this.field, this.index) : "";
    return [
      html("span", {}, `${this.list.communes[commune] ?? commune} · ${say("station", { code: stationCode(code) })}`),
      html("strong", {}, value),
    ];
  }

  private closeButton(): HTMLElement {
    const button = html("button", { type: "button", class: "close", "aria-label": say("close") }, "×");
    button.addEventListener("click", () => this.close());
    return button;
  }
}

function announce(text: string | null): void {
  const status = byId("status");
  status.hidden = text === null;
  status.textContent = text ?? "";
}

const problem = (error: unknown): string => (error instanceof api.Refused ? error.message : say("failed"));

function counts({ stations: n, communes, registered }: data.Index["counts"]): string {
  const parts = [`${whole(n)} ${say("stations")}`, `${whole(communes)} ${say("communes")}`];
  if (registered !== null) parts.push(`${whole(registered)} ${say("registered")}`);
  return parts.join(" · ");
}

function createMap(index: data.Index, stations: number, camera: ReturnType<typeof readView>["camera"]): StationMap | null {
  try {
    return new StationMap(byId("map"), index.bounds, stations, camera);
  } catch {
    announce(say("no_webgl"));
    return null;
  }
}

async function start(): Promise<void> {
  announce(say("loading"));
  try {
    const [index, list] = await Promise.all([data.index(), data.stationList(), document.fonts.load('14px "Inter Variable"')]);
    const view = readView(index);
    const stations = createMap(index, list.stations.length, view.camera);
    const page = new Page(index, list, stations, view.doubt);
    window.isoloir = { stations, list, show: async (text) => void (await page.show(read(text, index) as Measure)) };
    startSearch((found) => page.choose(found));
    const measure = view.measure ?? first(index);
    if (measure) await page.show(measure);
    page.controls();
    if (stations) {
      page.listen(stations);
      onThemeChange(() => {
        stations.recolour();
        void page.redraw();
      });
      await stations.drawn();
      announce(null);
      document.documentElement.dataset.map = "drawn";
    }
    if (view.station) void page.open(view.station);
  } catch (error) {
    announce(problem(error));
  }
}

void start();

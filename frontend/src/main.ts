/** The page: fetch what there is to show, draw it, and answer clicks, keys and searches. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import * as api from "./api";
import { paint } from "./classes";
import { closePane, secondPane, tie } from "./compare";
import { doubtSwitch, measurePicker, roundSlider } from "./controls";
import * as data from "./data";
import { byId, html } from "./dom";
import { ALL, type Filter, filterControls, hides, readFilter, writeFilter } from "./filters";
import { type Key, download, saveFigure } from "./figure";
import { flowsTable } from "./flows";
import { amount, type Drawing, drawing, legend, title } from "./legend";
import { StationMap } from "./map";
import { type Field, first, load, type Measure, read } from "./measures";
import { type Found, startSearch } from "./search";
import { draw, inside, totals, totalsTable } from "./selection";
import { sheet } from "./sheet";
import { electionName, say, stationCode, whole } from "./texts";
import { isDark, onThemeChange, rgb, theme } from "./theme";
import { readView, writeView } from "./view";

declare global {
  interface Window {
    /** For tests and the curious; `data-map` on the document says `drawn` once the first picture is complete. */
    isoloir: { stations: StationMap | null; list: data.StationList | null; show: ((text: string) => Promise<void>) | null };
  }
}
window.isoloir = { stations: null, list: null, show: null };

/** One map with what it shows. */
class Scene {
  field: Field | null = null;
  private drawn: Drawing | null = null;
  readonly map: StationMap | null;
  private readonly index: data.Index;
  private readonly legendPlace: HTMLElement;

  constructor(index: data.Index, map: StationMap | null, legendPlace: HTMLElement) {
    this.index = index;
    this.map = map;
    this.legendPlace = legendPlace;
  }

  /** The title and the classes, for a figure. */
  key(): Key | null {
    if (!this.field || !this.drawn) return null;
    const { colours, labels } = this.drawn;
    const rows = labels.map((label, i) => ({ colour: colours[i] ?? [0, 0, 0], label }));
    const order = this.field.scale === "levels" || this.field.scale === "blocs" ? rows : rows.reverse();
    return { title: title(this.field.measure, this.index), rows: order, source: say("figure_source", { area: this.index.title }) };
  }

  /** Draw the field; `look` says what is doubted, hidden and faded. */
  async draw(doubt: boolean, hidden: (i: number) => boolean, faded: (i: number) => boolean): Promise<void> {
    if (!this.field) return;
    const drawn = (this.drawn = drawing(this.field, this.index, isDark()));
    this.legendPlace.replaceChildren(legend(this.field, drawn, this.index));
    const doubted = doubt ? this.field.doubted : () => false;
    const [none, paper] = [rgb(theme().none), rgb(theme().land)];
    await this.map?.paint(paint(drawn.classes, drawn.colours, { none, paper, doubted, hidden, faded }));
  }
}

/** The page once its index is there. */
class Page {
  private readonly panel = byId("sheet");
  private reading = new AbortController();
  private doubt: boolean;
  private filter: Filter = ALL;
  private hidden: (station: number) => boolean = () => false;
  private selected = new Set<number>();
  private beside: { scene: Scene; end: () => void } | null = null;
  private readonly place: Map<string, number>;
  private readonly index: data.Index;
  private readonly list: data.StationList;
  private readonly scene: Scene;
  private readonly stations: StationMap | null;

  constructor(index: data.Index, list: data.StationList, stations: StationMap | null, doubt: boolean) {
    this.index = index;
    this.list = list;
    this.stations = stations;
    this.scene = new Scene(index, stations, byId("legend"));
    this.doubt = doubt;
    this.place = new Map(list.stations.map((id, i) => [id, i]));
    byId("counts").textContent = counts(index.counts);
  }

  /** Show a measure; the one before stays until this one is there. */
  async show(measure: Measure): Promise<void> {
    this.scene.field = await load(measure);
    writeView({ measure });
    await this.redraw();
    this.controls();
  }

  async redraw(): Promise<void> {
    const faded = this.selected.size > 0 ? (i: number) => !this.selected.has(i) : () => false;
    await Promise.all([
      this.scene.draw(this.doubt, this.hidden, faded),
      this.beside?.scene.draw(this.doubt, this.hidden, faded),
    ]);
  }

  async setFilter(filter: Filter): Promise<void> {
    this.filter = filter;
    this.hidden = await hides(filter, this.index, this.list);
    writeView({ filter: writeFilter(filter) });
    await this.redraw();
  }

  private try(work: Promise<unknown>): void {
    work.catch((error: unknown) => announce(problem(error)));
  }

  controls(): void {
    const { field } = this.scene;
    if (!field) return;
    const focused = document.activeElement?.id;
    const pick = (text: string): void => {
      const measure = read(text, this.index);
      if (measure) this.try(this.show(measure));
    };
    byId("controls").replaceChildren(
      ...[
        measurePicker(this.index, field.measure, pick),
        roundSlider(this.index, field.measure, (measure) => this.try(this.show(measure))),
        doubtSwitch(this.doubt, (on) => {
          this.doubt = on;
          writeView({ doubt: on });
          this.try(this.redraw());
        }),
        filterControls(this.filter, this.index, this.list, (filter) => this.try(this.setFilter(filter))),
        this.stations && this.tools(this.stations),
      ].filter((part): part is HTMLElement => Boolean(part)),
    );
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  private tools(stations: StationMap): HTMLElement {
    const button = (id: string, name: string, act: () => void): HTMLElement => {
      const made = html("button", { type: "button", id }, name);
      made.addEventListener("click", act);
      return made;
    };
    return html(
      "div",
      { class: "tools" },
      button("draw-area", say("select_area"), () => {
        draw(stations.map, (outline) => {
          if (!outline) return;
          this.try(data.places().then((places) => this.select(inside(outline, places).filter((i) => !this.hidden(i)))));
        });
      }),
      ...(["png", "svg"] as const).map((kind) =>
        button(`figure-${kind}`, say("figure", { kind: kind.toUpperCase() }), () => {
          const key = this.scene.key();
          if (key) this.try(saveFigure(stations, key, kind));
        }),
      ),
      button("two-maps", say(this.beside ? "one_map" : "two_maps"), () => {
        this.try(this.compare(this.beside ? null : (this.scene.field?.measure ?? null)));
      }),
    );
  }

  /** Take some stations together and show their totals; none of them lets go of the selection. */
  async select(stations: Iterable<number>): Promise<void> {
    this.selected = new Set(stations);
    await this.redraw();
    if (this.selected.size === 0) return this.close();
    const measure = this.scene.field?.measure;
    const shown = measure && "round" in measure ? measure.round : this.index.rankings[0]?.election;
    const election = shown ?? this.index.rounds.at(-1)?.election;
    if (!election) return;
    const found = await totals(this.selected, election, this.index);
    this.panel.hidden = false;
    this.panel.replaceChildren(this.closeButton(), totalsTable(found, election), ...(api.live ? this.further(election) : []));
    this.panel.querySelector("h2")?.focus({ preventScroll: true });
  }

  /** What a server can do with a selection: its files, and who moved where. */
  private further(election: string): HTMLElement[] {
    const ids = [...this.selected].map((i) => this.list.stations[i] as string);
    const files = ["csv", "geojson", "gpkg", "parquet"].map((format) => {
      const made = html("button", { type: "button" }, format === "parquet" ? "GeoParquet" : format.toUpperCase());
      made.addEventListener("click", () =>
        this.try(api.file(ids, format).then((blob) => download(blob, `stations.${format}`))),
      );
      return made;
    });
    const rounds = this.index.rounds.map(({ election: name }) => name);
    const options = rounds.filter((name) => name !== election).reverse();
    const select = html("select", { id: "flows-from" }, html("option", { value: "" }, "–"), ...options.map((name) => html("option", { value: name }, electionName(name))));
    const place = html("div", { "aria-live": "polite" });
    select.addEventListener("change", () => {
      if (!select.value) return place.replaceChildren();
      const [before, after] = [select.value, election].sort((a, b) => rounds.indexOf(a) - rounds.indexOf(b)) as [string, string];
      place.replaceChildren(html("p", { class: "quiet" }, say("flows_wait")));
      api.transitions(ids, before, after).then(
        (flows) => place.replaceChildren(flowsTable(flows)),
        (error: unknown) => place.replaceChildren(html("p", { class: "quiet" }, problem(error))),
      );
    });
    return [
      html("div", { class: "tools files", role: "group", "aria-label": say("files") }, ...files),
      html("label", { class: "field" }, html("span", {}, say("flows_with")), select),
      place,
    ];
  }

  /** A second map with a measure of its own; null closes it. */
  async compare(measure: Measure | null): Promise<void> {
    this.beside?.end();
    this.beside = null;
    writeView({ beside: measure });
    if (measure && this.stations) {
      const { pane, container, head } = secondPane(say("two_maps"));
      const { lng, lat } = this.stations.map.getCenter();
      const camera = { longitude: lng, latitude: lat, zoom: this.stations.map.getZoom() };
      const map = new StationMap(container, this.index.bounds, this.list.stations.length, camera);
      const key = html("div", { class: "legend-place" });
      const scene = new Scene(this.index, map, key);
      const release = tie(this.stations.map, map.map);
      this.beside = {
        scene,
        end: () => {
          release();
          map.map.remove();
          closePane(pane);
          this.stations?.map.resize();
        },
      };
      scene.field = await load(measure);
      const pick = (text: string): void => {
        const chosen = read(text, this.index);
        if (!chosen) return;
        writeView({ beside: chosen });
        this.try(load(chosen).then((field) => ((scene.field = field), this.redraw())));
      };
      head.replaceChildren(measurePicker(this.index, measure, pick, "measure-beside"), key);
    }
    this.stations?.map.resize();
    this.controls();
    await this.redraw();
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
      this.panel.replaceChildren(this.closeButton(), ...sheet(found, this.index));
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
    if (this.selected.size > 0) {
      this.selected.clear();
      this.try(this.redraw());
    }
    if (this.panel.hidden) return;
    this.reading.abort();
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.stations?.choose(-1);
    writeView({ station: null });
    this.stations?.map.getCanvas().focus({ preventScroll: true });
  }

  choose(found: Found): void {
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
    map.on("click", ({ point, originalEvent }) => {
      const station = drawn.stationAt([point.x, point.y]);
      if (station >= 0 && (originalEvent.ctrlKey || originalEvent.metaKey)) this.toggle(station);
      else this.openAt(drawn, [point.x, point.y], true);
    });
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
    this.panel.addEventListener("click", (event) => {
      const id = (event.target as Element).closest<HTMLElement>("[data-station]")?.dataset.station;
      if (!id) return;
      event.preventDefault();
      void this.open(id);
    });
  }

  private toggle(station: number): void {
    const now = new Set(this.selected);
    if (!now.delete(station)) now.add(station);
    this.try(this.select(now));
  }

  private openAt(drawn: StationMap, point: [number, number], closing: boolean): void {
    const id = this.list.stations[drawn.stationAt(point)];
    if (id) void this.open(id);
    else if (closing) this.close();
  }

  private label(station: number): Node[] {
    const [commune = "", code = ""] = (this.list.stations[station] ?? "").split("_");
    const { field } = this.scene;
    const value = field ? amount(field.values[station] as number, field, this.index) : "";
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
    const filter = readFilter(view.filter, list.seats);
    if (writeFilter(filter)) await page.setFilter(filter);
    if (measure) await page.show(measure);
    if (view.beside) await page.compare(view.beside);
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

/** The page once its index is there: it holds what is shown, what is chosen, and what the address says of both. */

import * as api from "./api";
import type { Method } from "./classes";
import { closePane, secondPane, tie } from "./compare";
import { doubtSwitch, measureControls, methodPicker } from "./controls";
import * as data from "./data";
import { byId, html } from "./dom";
import { saveFigure } from "./figure";
import { ALL, type Filter, filterControls, hides, writeFilter } from "./filters";
import { StationMap } from "./map";
import { load, type Measure, newestRound } from "./measures";
import { type Answers, listen } from "./pointer";
import { type Look, Scene } from "./scene";
import type { Found } from "./search";
import { follow } from "./lasso";
import { inside } from "./selection";
import { sheet } from "./sheet";
import { say, stationCode, whole } from "./texts";
import { together } from "./together";
import { type View, writeView } from "./view";

export class Page {
  private readonly panel = byId("sheet");
  private reading = new AbortController();
  private doubt: boolean;
  private method: Method;
  private filter: Filter = ALL;
  private hidden: (station: number) => boolean = () => false;
  private selected = new Set<number>();
  private drawing: (() => void) | null = null;
  private turn = 0; // of the measures that were asked for: the last one is shown
  private beside: { scene: Scene; end: () => void } | null = null;
  private readonly place: Map<string, number>;
  private readonly index: data.Index;
  private readonly list: data.StationList;
  private readonly scene: Scene;
  private readonly stations: StationMap | null;
  private readonly problem: (error: unknown) => string;
  private readonly announce: (text: string | null) => void;

  constructor(
    index: data.Index,
    list: data.StationList,
    stations: StationMap | null,
    view: View,
    problem: (error: unknown) => string,
    announce: (text: string | null) => void,
  ) {
    this.index = index;
    this.list = list;
    this.stations = stations;
    this.problem = problem;
    this.announce = announce;
    this.scene = new Scene(index, stations, byId("legend"));
    [this.doubt, this.method] = [view.doubt, view.method];
    this.place = new Map(list.stations.map((id, i) => [id, i]));
    byId("counts").textContent = counts(index.counts);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
    this.panel.addEventListener("click", (event) => {
      const id = (event.target as Element).closest<HTMLElement>("[data-station]")?.dataset.station;
      if (!id) return;
      event.preventDefault();
      void this.open(id);
    });
  }

  /** Show a measure; the one before stays until this one is there, and one that was asked for later wins. */
  async show(measure: Measure): Promise<void> {
    const turn = ++this.turn;
    const legend = byId("legend");
    legend.setAttribute("aria-busy", "true");
    try {
      const field = await load(measure);
      if (turn !== this.turn) return;
      this.scene.field = field;
      writeView({ measure });
      await this.redraw();
      this.controls();
    } finally {
      if (turn === this.turn) legend.removeAttribute("aria-busy");
    }
  }

  async redraw(): Promise<void> {
    const faded = this.selected.size > 0 ? (i: number) => !this.selected.has(i) : () => false;
    const look: Look = { method: this.method, doubt: this.doubt, hidden: this.hidden, faded };
    await Promise.all([this.scene.draw(look), this.beside?.scene.draw(look)]);
  }

  /** The system turned dark or light. */
  recolour(): void {
    this.stations?.recolour();
    this.beside?.scene.map?.recolour();
    void this.redraw();
  }

  async setFilter(filter: Filter): Promise<void> {
    this.filter = filter;
    this.hidden = await hides(filter, this.index, this.list);
    writeView({ filter: writeFilter(filter) });
    await this.redraw();
  }

  private try(work: Promise<unknown>): void {
    work.then(
      () => this.announce(null),
      (error: unknown) => this.announce(this.problem(error)),
    );
  }

  controls(): void {
    const { field } = this.scene;
    if (!field) return;
    const focused = document.activeElement?.id;
    byId("controls").replaceChildren(
      ...[
        ...measureControls(this.index, field.measure, (measure) => this.try(this.show(measure))),
        html(
          "div",
          { class: "row" },
          doubtSwitch(this.doubt, (doubt) => {
            writeView({ doubt });
            this.doubt = doubt;
            this.try(this.redraw());
          }),
          field.scale === "sequential" &&
            methodPicker(this.method, (method) => {
              writeView({ method });
              this.method = method;
              this.try(this.redraw());
            }),
        ),
        filterControls(this.filter, this.index, this.list, (filter) => this.try(this.setFilter(filter))),
        this.stations && this.tools(this.stations),
      ].filter((part): part is HTMLElement => part !== null),
    );
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  private tools(stations: StationMap): HTMLElement {
    const button = (id: string, short: string, name: string, act: () => void, pressed = false): HTMLElement => {
      const made = html("button", { type: "button", id, title: name, "aria-label": name, "aria-pressed": pressed ? "true" : undefined }, short);
      made.addEventListener("click", act);
      return made;
    };
    const figure = (kind: "png" | "svg"): HTMLElement =>
      button(`figure-${kind}`, kind.toUpperCase(), say("figure", { kind: kind.toUpperCase() }), () => {
        const key = this.scene.key();
        if (key) this.try(saveFigure(stations, key, kind));
      });
    return html(
      "div",
      { class: "tools four" },
      button("draw-area", say("select_short"), say("select_area"), () => this.startDrawing(stations), this.drawing !== null),
      button(
        "two-maps",
        this.beside ? say("one_map") : say("two_maps"),
        this.beside ? say("one_map") : say("two_maps"),
        () => this.try(this.compare(this.beside ? null : (this.scene.field?.measure ?? null))),
        this.beside !== null,
      ),
      figure("png"),
      figure("svg"),
    );
  }

  /** The next stroke over the map chooses stations; Escape gives it up. */
  private startDrawing(stations: StationMap): void {
    if (this.drawing) return this.stopDrawing();
    this.announce(say("select_how"));
    this.drawing = follow(stations.map, (outline) => {
      this.stopDrawing();
      if (!outline) return;
      this.try(data.places().then((places) => this.select(inside(outline, places).filter((i) => !this.hidden(i)))));
    });
    this.controls();
  }

  private stopDrawing(): void {
    this.drawing?.();
    this.drawing = null;
    this.announce(null);
    this.controls();
  }

  /** Take some stations together and show their totals; none of them lets go of the selection. */
  async select(stations: Iterable<number>): Promise<void> {
    this.selected = new Set(stations);
    await this.redraw();
    if (this.selected.size === 0) return this.close();
    const measure = this.scene.field?.measure;
    const named = measure && "round" in measure ? measure.round : this.index.rankings[0]?.election;
    const election = this.index.rounds.find((round) => round.election === named)?.election ?? newestRound(this.index);
    if (!election) return;
    const parts = await together(this.selected, election, this.index, this.list, this.problem);
    this.fill(parts);
    this.panel.querySelector("h2")?.focus({ preventScroll: true });
  }

  /** A second map with a measure of its own; null closes it. */
  async compare(measure: Measure | null): Promise<void> {
    this.beside?.end();
    this.beside = null;
    writeView({ beside: measure });
    if (measure && this.stations) await this.openBeside(this.stations, measure);
    this.stations?.map.resize();
    this.controls();
    await this.redraw();
  }

  private async openBeside(stations: StationMap, measure: Measure): Promise<void> {
    const { pane, container, controls, legendPlace } = secondPane(say("two_maps"), say("legend"));
    const { lng, lat } = stations.map.getCenter();
    const camera = { longitude: lng, latitude: lat, zoom: stations.map.getZoom() };
    const map = new StationMap(container, this.index.bounds, this.list.stations.length, camera);
    const scene = new Scene(this.index, map, legendPlace);
    const forget = listen(map, this.answers(scene));
    const release = tie(stations.map, map.map);
    const end = (): void => {
      release();
      forget();
      map.map.remove();
      closePane(pane);
    };
    this.beside = { scene, end };
    const put = async (chosen: Measure): Promise<void> => {
      scene.field = await load(chosen);
      writeView({ beside: chosen });
      const focused = document.activeElement?.id;
      const pick = (next: Measure): void => this.try(put(next).then(() => this.redraw()));
      controls.replaceChildren(...measureControls(this.index, chosen, pick, "-beside"));
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    };
    await put(measure);
  }

  /** Open the figures of a station, and say in the page's address which one is open; `near` brings it into view. */
  async open(id: string, near = false): Promise<void> {
    this.reading.abort();
    this.reading = new AbortController();
    writeView({ station: id });
    const station = this.place.get(id) ?? -1;
    this.stations?.choose(station);
    this.beside?.scene.map?.choose(station);
    this.fill([html("p", { class: "quiet", role: "status" }, say("loading_station"))]);
    try {
      const found = await api.station(id, this.reading.signal);
      this.fill(sheet(found, this.index));
      this.panel.querySelector("h2")?.focus({ preventScroll: true });
      if (found.bounds && this.stations && (near || this.stations.hides(found.bounds))) this.stations.show(found.bounds, true);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const known = error instanceof api.Refused && error.status === 404;
      this.fill([html("p", { role: "alert" }, known ? say("station_unknown") : say("failed"))]);
    }
  }

  private fill(parts: Node[]): void {
    const button = html("button", { type: "button", class: "close", "aria-label": say("close") }, "×");
    button.addEventListener("click", () => this.close());
    this.panel.hidden = false;
    this.panel.replaceChildren(button, ...parts);
    this.panel.scrollTop = 0;
  }

  private leave(): void {
    if (this.drawing) this.stopDrawing();
    else this.close();
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
    this.beside?.scene.map?.choose(-1);
    writeView({ station: null });
    this.stations?.map.getCanvas().focus({ preventScroll: true });
  }

  choose(found: Found): void {
    if (found.bounds) this.stations?.show(found.bounds, found.station_id !== null);
    if (found.station_id) void this.open(found.station_id);
  }

  listen(drawn: StationMap): void {
    listen(drawn, this.answers(this.scene));
    drawn.map.on("moveend", () => {
      const { lng, lat } = drawn.map.getCenter();
      writeView({ camera: { longitude: lng, latitude: lat, zoom: drawn.map.getZoom() } });
    });
  }

  private answers(scene: Scene): Answers {
    return {
      label: (station) => [html("span", {}, this.name(station)), html("strong", {}, scene.told(station))],
      open: (station) => {
        const id = this.list.stations[station];
        if (id) void this.open(id);
        else this.close();
      },
      toggle: (station) => {
        const now = new Set(this.selected);
        if (!now.delete(station)) now.add(station);
        this.try(this.select(now));
      },
    };
  }

  private name(station: number): string {
    const [commune = "", code = ""] = (this.list.stations[station] ?? "").split("_");
    return `${this.list.communes[commune] ?? commune} · ${say("station", { code: stationCode(code) })}`;
  }
}

function counts({ stations: n, communes, registered }: data.Index["counts"]): string {
  const parts = [`${whole(n)} ${say("stations")}`, `${whole(communes)} ${say("communes")}`];
  if (registered !== null) parts.push(`${whole(registered)} ${say("registered")}`);
  return parts.join(" · ");
}

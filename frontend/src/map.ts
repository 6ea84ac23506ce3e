/** The map: stations as a mosaic of numbers from afar and as outlines from near, coloured by values that arrive apart. */

import {
  addProtocol,
  type ExpressionSpecification,
  type LayerSpecification,
  Map as MapLibre,
  NavigationControl,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { PMTiles, Protocol } from "pmtiles";
import type { Bounds } from "./api";
import { address } from "./data";
import { HATCH, MAX_ZOOM as AFAR, Mosaic } from "./mosaic";
import { type Area, traced } from "./outlines";
import { say } from "./texts";
import { type Theme, theme } from "./theme";
import type { View } from "./view";

const SOURCE = { source: "outlines", sourceLayer: "stations" };
const FONT = ["Inter Variable"]; // loaded by the page: the map draws letters itself and asks no server for them
const SOON = 0.6; // of a zoom before the outlines appear, their colours are prepared
const COLOUR: ExpressionSpecification = ["coalesce", ["feature-state", "colour"], "rgba(0, 0, 0, 0)"];
const raised = (name: string, yes: number): ExpressionSpecification => [
  "case",
  ["boolean", ["feature-state", name], false],
  yes,
  0,
];

function style(colours: Theme): StyleSpecification {
  return {
    version: 8,
    sources: {
      outlines: {
        type: "vector",
        url: `pmtiles://${address("stations.pmtiles")}`,
        promoteId: { stations: "number" },
      },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colours.land } },
      ...stationLayers(colours),
      ...borderLayers(colours),
      ...placeLayers(colours),
    ],
  };
}

function stationLayers(colours: Theme): LayerSpecification[] {
  const stations = { source: SOURCE.source, "source-layer": SOURCE.sourceLayer };
  const line = (id: string, colour: string, width: number, opacity: ExpressionSpecification): LayerSpecification => ({
    id,
    type: "line",
    ...stations,
    layout: { "line-join": "round" },
    paint: { "line-color": colour, "line-width": width, "line-opacity": opacity },
  });
  return [
    {
      // Below the fills: where careless outlines leave a gap of a few metres, the neighbours' colours close it.
      id: "gaps",
      type: "line",
      ...stations,
      minzoom: 11.5, // further away, such a gap is thinner than a pixel
      layout: { "line-join": "round" },
      paint: {
        "line-color": COLOUR,
        "line-width": ["interpolate", ["exponential", 2], ["zoom"], 11, 1, 17, 64],
      },
    },
    { id: "stations", type: "fill", ...stations, paint: { "fill-color": COLOUR, "fill-antialias": true } },
    {
      id: "doubt",
      type: "fill",
      ...stations,
      paint: { "fill-pattern": "hatch", "fill-opacity": raised("doubted", 1), "fill-antialias": false },
    },
    {
      id: "borders",
      type: "line",
      ...stations,
      minzoom: 10, // further away they would cover the stations of towns
      layout: { "line-join": "round" },
      paint: {
        "line-color": colours.border,
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, 0.2, 11, 0.5, 14, 1.2],
        "line-opacity": ["interpolate", ["linear"], ["zoom"], 10, 0.2, 11, 0.5, 14, 0.85],
      },
    },
    line("hover", colours.accent, 2, raised("hover", 0.75)),
    line("chosen-halo", colours.halo, 5, raised("chosen", 1)),
    line("chosen", colours.accent, 2.5, raised("chosen", 1)),
  ];
}

function borderLayers(colours: Theme): LayerSpecification[] {
  const line = (id: string, from: number, width: number, near: number): LayerSpecification => ({
    id,
    type: "line",
    source: SOURCE.source,
    "source-layer": id,
    minzoom: from,
    layout: { "line-join": "round" },
    paint: {
      "line-color": colours.commune,
      "line-width": ["interpolate", ["linear"], ["zoom"], from, width / 4, 10, width, 14, 2 * width],
      "line-opacity": ["interpolate", ["linear"], ["zoom"], from, near / 2, 10, near],
    },
  });
  return [line("communes", 9, 0.8, 0.6), line("constituencies", 7, 1.5, 0.75), line("departements", 4, 1.6, 0.8)];
}

function placeLayers(colours: Theme): LayerSpecification[] {
  const names = (layer: string, bounds: { minzoom?: number; maxzoom?: number }): LayerSpecification => ({
    id: layer,
    type: "symbol",
    source: SOURCE.source,
    "source-layer": layer,
    ...bounds,
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": ["interpolate", ["linear"], ["get", "population"], 0, 11, 20000, 12, 100000, 14.5, 500000, 18],
      "text-max-width": 7,
      "text-padding": 6,
      "symbol-sort-key": ["-", ["get", "population"]],
    },
    paint: {
      "text-color": colours.label,
      "text-halo-color": colours.halo,
      "text-halo-width": 1.5,
      "text-halo-blur": 0.6,
      "text-opacity": ["interpolate", ["linear"], ["zoom"], 14, 1, 15.5, 0.35],
    },
  });
  return [names("cities", { maxzoom: 9 }), names("places", { minzoom: 9 })];
}

/** Leave room for the cards that lie over the map. */
export function padding(sheetOpen: boolean): { top: number; right: number; bottom: number; left: number } {
  const { innerWidth, innerHeight } = window;
  if (innerWidth <= 720) {
    return { top: sheetOpen ? 124 : 170, right: 24, bottom: sheetOpen ? Math.round(innerHeight * 0.6) : 80, left: 24 };
  }
  return { top: 28, right: sheetOpen ? 450 : 64, bottom: 28, left: 380 };
}

export class StationMap {
  readonly map: MapLibre;
  private readonly mosaic: Mosaic;
  private readonly ready: Promise<unknown>; // before the style is there, no station can be marked
  private colours: Uint8Array | null = null;
  private near = false; // whether the outlines have these colours
  private hovered = -1;
  private chosen = -1;

  /** Throws where the browser has no WebGL. `stations` is how many there are in the list. */
  constructor(container: HTMLElement, bounds: Bounds, stations: number, camera: View["camera"]) {
    setWorkerUrl(workerUrl);
    const protocol = new Protocol();
    addProtocol("pmtiles", protocol.tile);
    this.map = new MapLibre({
      container,
      style: style(theme()),
      ...(camera
        ? { center: [camera.longitude, camera.latitude], zoom: camera.zoom }
        : { bounds, fitBoundsOptions: { padding: padding(false) } }),
      minZoom: 4,
      maxZoom: 17,
      fadeDuration: 0,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      locale: {
        "NavigationControl.ZoomIn": say("zoom_in"),
        "NavigationControl.ZoomOut": say("zoom_out"),
        "Map.Title": say("map_label"),
      },
    });
    this.mosaic = new Mosaic("mosaic", new PMTiles(address("stations.mosaic.pmtiles")), stations, () => this.afar());
    this.ready = this.map.once("style.load").then(() => {
      this.hatch(theme());
      this.map.addLayer(this.mosaic, "gaps");
    });
    this.map.on("zoom", () => this.paintNear());
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  }

  /** Give every station its colour: red, green, blue and an alpha below 255 where there is doubt, in order. */
  async paint(colours: Uint8Array): Promise<void> {
    await this.ready;
    this.colours = colours;
    this.near = false;
    this.mosaic.paint(colours);
    this.paintNear();
  }

  /** Whether the last frame lacked nothing: a coarser picture may have stood in for a finer one, but no place was blank. */
  complete(): boolean {
    return this.mosaic.complete;
  }

  /** Resolves once everything in view is drawn. */
  async drawn(): Promise<void> {
    await this.ready;
    while (!(this.mosaic.complete && this.map.loaded())) await this.map.once("idle");
  }

  /** What is on the screen, as the address of a PNG: WebGL forgets a picture once it is shown, so it is drawn again. */
  async picture(): Promise<string> {
    await this.drawn();
    return new Promise((done) => {
      this.map.once("render", () => done(this.map.getCanvas().toDataURL("image/png")));
      this.map.triggerRepaint();
    });
  }

  /** Take the colours of the style sheet again. */
  recolour(): void {
    const colours = theme();
    this.map.setPaintProperty("land", "background-color", colours.land);
    for (const [layer, name] of [
      ["borders", "border"],
      ["communes", "commune"],
      ["departements", "commune"],
      ["constituencies", "commune"],
      ["hover", "accent"],
      ["chosen", "accent"],
      ["chosen-halo", "halo"],
    ] as const) {
      this.map.setPaintProperty(layer, "line-color", colours[name]);
    }
    for (const layer of ["places", "cities"]) {
      this.map.setPaintProperty(layer, "text-color", colours.label);
      this.map.setPaintProperty(layer, "text-halo-color", colours.halo);
    }
    this.hatch(colours);
  }

  /** The station at a point of the screen, from 0; -1 where there is none. */
  stationAt(point: [x: number, y: number]): number {
    if (this.map.getZoom() >= AFAR) {
      const number: unknown = this.map.queryRenderedFeatures(point, { layers: ["stations"] })[0]?.properties.number;
      if (typeof number === "number") return number - 1;
    }
    const { lng, lat } = this.map.unproject(point);
    return this.map.getZoom() < AFAR + 1 ? (this.mosaic.at(lng, lat) ?? -1) : -1;
  }

  hover(station: number): void {
    if (station === this.hovered) return;
    void this.mark("hover", this.hovered, station);
    this.hovered = station;
    this.map.getCanvas().style.cursor = station >= 0 ? "pointer" : "";
  }

  choose(station: number): void {
    void this.mark("chosen", this.chosen, station);
    this.chosen = station;
  }

  /** Bring a part of the map into view, beside whatever lies over it. */
  show(bounds: Bounds, sheetOpen: boolean): void {
    const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.fitBounds(bounds, { padding: padding(sheetOpen), maxZoom: 14.5, animate, duration: 900 });
  }

  /** Whether a place is hidden under the open sheet. */
  hides(bounds: Bounds): boolean {
    const room = padding(true);
    const { x, y } = this.map.project([(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]);
    return x > innerWidth - room.right + 20 || y > innerHeight - room.bottom + 20 || x < 0 || y < 0;
  }

  /** The areas of one colour as they are seen from afar: stations smaller than a pixel, traced together. */
  areasAfar(): Area[] {
    const { clientWidth: width, clientHeight: height } = this.map.getCanvas();
    const colours = new DataView((this.colours ?? new Uint8Array()).buffer);
    const values = new Uint32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const { lng, lat } = this.map.unproject([x + 0.5, y + 0.5]);
        const station = this.mosaic.at(lng, lat) ?? -1;
        const colour = station < 0 ? 0 : colours.getUint32(4 * station);
        values[y * width + x] = (colour & 255) === 0 ? 0 : (colour | 255) >>> 0; // the doubtful ones with the others
      }
    }
    return [...traced(values, width, height)].map(([colour, path]) => ({
      colour: `rgb(${colour >>> 24},${(colour >> 16) & 255},${(colour >> 8) & 255})`,
      path,
    }));
  }

  /** From afar, and from near as long as the outlines are still coming: there is always something to see. */
  afar(): boolean {
    return this.map.getZoom() < AFAR + 0.5 || !this.map.isSourceLoaded(SOURCE.source);
  }

  /** The outlines get their colours when they are about to be seen. */
  private paintNear(): void {
    if (this.near || !this.colours || this.map.getZoom() < AFAR - SOON) return;
    this.near = true;
    const known = new Map<number, { colour: string; doubted: boolean }>();
    const view = new DataView(this.colours.buffer, this.colours.byteOffset);
    for (let i = 0; i < this.colours.length / 4; i++) {
      const packed = view.getUint32(4 * i);
      let state = known.get(packed);
      if (!state) {
        const alpha = packed & 255; // 0: not to be seen; less than 255: to be doubted
        const [red, green, blue] = [packed >>> 24, (packed >> 16) & 255, (packed >> 8) & 255];
        state = { colour: `rgba(${red}, ${green}, ${blue}, ${alpha ? 1 : 0})`, doubted: alpha > 0 && alpha < 255 };
        known.set(packed, state);
      }
      this.map.setFeatureState({ ...SOURCE, id: i + 1 }, state);
    }
  }

  /** Stripes of the land's colour over what is to be doubted. */
  private hatch(colours: Theme): void {
    const size = 4 * HATCH;
    const context = new OffscreenCanvas(size, size).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.strokeStyle = colours.land;
    context.globalAlpha = 0.57;
    context.lineWidth = 2 / Math.SQRT2;
    for (let at = -size; at <= 2 * size; at += HATCH) {
      context.moveTo(at, size + 1);
      context.lineTo(at + size + 1, 0);
    }
    context.stroke();
    const picture = context.getImageData(0, 0, size, size);
    if (this.map.hasImage("hatch")) this.map.updateImage("hatch", picture);
    else this.map.addImage("hatch", picture);
  }

  private async mark(name: string, before: number, now: number): Promise<void> {
    await this.ready;
    if (before >= 0) this.map.setFeatureState({ ...SOURCE, id: before + 1 }, { [name]: false });
    if (now >= 0) this.map.setFeatureState({ ...SOURCE, id: now + 1 }, { [name]: true });
  }
}

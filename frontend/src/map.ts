/** The map: outlines from the archive of tiles, coloured by values that arrive apart from them. */

import {
  addProtocol,
  type ExpressionSpecification,
  Map as MapLibre,
  type MapGeoJSONFeature,
  NavigationControl,
  setWorkerUrl,
  type StyleSpecification,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { Protocol } from "pmtiles";
import type { Bounds, Levels, Overview } from "./api";
import { say } from "./texts";
import { type Theme, theme } from "./theme";

const SOURCE = { source: "outlines", sourceLayer: "stations" };
const FONT = ["Inter Variable"]; // loaded by the page: the map draws letters itself and asks no server for them
const level: ExpressionSpecification = ["coalesce", ["feature-state", "level"], 0];
const raised = (name: string, yes: number): ExpressionSpecification => [
  "case",
  ["boolean", ["feature-state", name], false],
  yes,
  0,
];

function fillColour(colours: Theme): ExpressionSpecification {
  return [
    "match",
    level,
    1, colours["level-1"],
    2, colours["level-2"],
    3, colours["level-3"],
    4, colours["level-4"],
    5, colours["level-5"],
    colours.none,
  ]; // prettier-ignore
}

function style(colours: Theme): StyleSpecification {
  const stations = { source: SOURCE.source, "source-layer": SOURCE.sourceLayer };
  return {
    version: 8,
    sources: {
      outlines: {
        type: "vector",
        url: `pmtiles://${location.origin}/tiles/stations.pmtiles`,
        promoteId: { stations: "station_id" },
      },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colours.land } },
      {
        // Below the fills: where careless outlines leave a gap of a few metres, the neighbours' colours close it.
        id: "gaps",
        type: "line",
        ...stations,
        minzoom: 11.5, // further away, such a gap is thinner than a pixel
        layout: { "line-join": "round" },
        paint: {
          "line-color": fillColour(colours),
          "line-width": ["interpolate", ["exponential", 2], ["zoom"], 11, 1, 17, 64],
        },
      },
      {
        id: "stations",
        type: "fill",
        ...stations,
        paint: { "fill-color": fillColour(colours), "fill-antialias": true },
      },
      {
        id: "borders",
        type: "line",
        ...stations,
        minzoom: 8,
        layout: { "line-join": "round" },
        paint: {
          "line-color": colours.border,
          "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.15, 11, 0.5, 14, 1.2],
          "line-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0.2, 11, 0.5, 14, 0.85],
        },
      },
      {
        id: "communes",
        type: "line",
        source: "outlines",
        "source-layer": "communes",
        minzoom: 7,
        layout: { "line-join": "round" },
        paint: {
          "line-color": colours.commune,
          "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.2, 10, 0.9, 14, 2],
          "line-opacity": ["interpolate", ["linear"], ["zoom"], 7, 0.3, 10, 0.75],
        },
      },
      {
        id: "hover",
        type: "line",
        ...stations,
        layout: { "line-join": "round" },
        paint: { "line-color": colours.accent, "line-width": 2, "line-opacity": raised("hover", 0.75) },
      },
      {
        id: "chosen-halo",
        type: "line",
        ...stations,
        layout: { "line-join": "round" },
        paint: { "line-color": colours.halo, "line-width": 5, "line-opacity": raised("chosen", 1) },
      },
      {
        id: "chosen",
        type: "line",
        ...stations,
        layout: { "line-join": "round" },
        paint: { "line-color": colours.accent, "line-width": 2.5, "line-opacity": raised("chosen", 1) },
      },
      {
        id: "places",
        type: "symbol",
        source: "outlines",
        "source-layer": "places",
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
      },
    ],
  };
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
  private readonly ready: Promise<unknown>; // before the style is there, no station can be marked
  private hovered: string | null = null;
  private chosen: string | null = null;

  /** Throws where the browser has no WebGL. */
  constructor(container: HTMLElement, overview: Overview) {
    setWorkerUrl(workerUrl);
    addProtocol("pmtiles", new Protocol().tile);
    this.map = new MapLibre({
      container,
      style: style(theme()),
      bounds: overview.bounds,
      fitBoundsOptions: { padding: padding(false) },
      minZoom: 4,
      maxZoom: 17,
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
    this.ready = this.map.once("style.load");
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  }

  /** Colour every station by its level; stations that the list leaves out stay without one. */
  async paint(levels: Levels): Promise<void> {
    await this.ready;
    levels.stations.forEach((id, i) => {
      this.map.setFeatureState({ ...SOURCE, id }, { level: Number(levels.levels[i]) });
    });
  }

  /** Take the colours of the style sheet again. */
  recolour(): void {
    const colours = theme();
    this.map.setPaintProperty("land", "background-color", colours.land);
    this.map.setPaintProperty("stations", "fill-color", fillColour(colours));
    this.map.setPaintProperty("gaps", "line-color", fillColour(colours));
    for (const [layer, name] of [
      ["borders", "border"],
      ["communes", "commune"],
      ["hover", "accent"],
      ["chosen", "accent"],
      ["chosen-halo", "halo"],
    ] as const) {
      this.map.setPaintProperty(layer, "line-color", colours[name]);
    }
    this.map.setPaintProperty("places", "text-color", colours.label);
    this.map.setPaintProperty("places", "text-halo-color", colours.halo);
  }

  /** The station at a point of the screen, if one is drawn there. */
  stationAt(point: [number, number]): string | null {
    const features: MapGeoJSONFeature[] = this.map.queryRenderedFeatures(point, { layers: ["stations"] });
    const id: unknown = features[0]?.properties.station_id;
    return typeof id === "string" ? id : null;
  }

  hover(id: string | null): void {
    if (id === this.hovered) return;
    void this.mark("hover", this.hovered, id);
    this.hovered = id;
    this.map.getCanvas().style.cursor = id ? "pointer" : "";
  }

  choose(id: string | null): void {
    void this.mark("chosen", this.chosen, id);
    this.chosen = id;
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

  private async mark(name: string, before: string | null, now: string | null): Promise<void> {
    await this.ready;
    if (before) this.map.setFeatureState({ ...SOURCE, id: before }, { [name]: false });
    if (now) this.map.setFeatureState({ ...SOURCE, id: now }, { [name]: true });
  }
}

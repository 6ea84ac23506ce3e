/** The map of a turf, from the one archive on the phone. Loaded when it is first asked for: the walk needs no map. */

import "maplibre-gl/dist/maplibre-gl.css";
import { addProtocol, type LayerSpecification, Map as MapLibre, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { PMTiles, Protocol, type RangeResponse, type Source } from "pmtiles";
import type { Turf } from "./store";

/** An archive that lies in memory. */
class Held implements Source {
  readonly archive: ArrayBuffer;
  readonly name: string;
  constructor(archive: ArrayBuffer, name: string) {
    this.archive = archive;
    this.name = name;
  }
  getKey(): string {
    return this.name;
  }
  async getBytes(offset: number, length: number): Promise<RangeResponse> {
    return { data: this.archive.slice(offset, offset + length) };
  }
}

const protocol = new Protocol();
setWorkerUrl(workerUrl);
addProtocol("pmtiles", protocol.tile);

export function drawTurf(element: HTMLElement, turf: Turf, archive: ArrayBuffer | undefined, done: Map<number, number>): void {
  const name = `turf-${turf.id}`;
  if (archive) protocol.add(new PMTiles(new Held(archive, name)));
  const [west, south, east, north] = turf.bounds;
  const map = new MapLibre({
    container: element,
    style: style(turf, archive ? name : undefined, done),
    bounds: [west, south, east, north],
    fitBoundsOptions: { padding: 20 },
    attributionControl: false,
    dragRotate: false,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.on("click", "buildings", (event) => {
    const id = event.features?.[0]?.properties["id"];
    if (id) location.hash = `turf/${turf.id}/${id}`;
  });
  map.once("idle", () => element.setAttribute("data-drawn", "yes"));
}

function style(turf: Turf, archive: string | undefined, done: Map<number, number>): StyleSpecification {
  const tiles = { source: "turf", "source-layer": "stations" } as const;
  const stations: LayerSpecification[] = [
    { id: "others", type: "fill", ...tiles, paint: { "fill-color": "#e6e8ea", "fill-outline-color": "#ffffff" } },
    { id: "own", type: "fill", ...tiles, filter: ["==", ["get", "arm"], "turf"], paint: { "fill-color": "#fdf3df" } },
    { id: "control", type: "fill", ...tiles, filter: ["==", ["get", "arm"], "control"], paint: { "fill-color": "#d9b8b4" } },
    { id: "border", type: "line", ...tiles, filter: ["==", ["get", "arm"], "turf"], paint: { "line-color": "#5c2249", "line-width": 2 } },
  ];
  const features = turf.buildings.map((b) => ({
    type: "Feature" as const,
    geometry: { type: "Point" as const, coordinates: b.at },
    properties: { id: b.id, number: b.number, state: b.control ? "control" : (done.get(b.id) ?? 0) >= b.dwellings ? "done" : done.has(b.id) ? "begun" : "todo" },
  }));
  return {
    version: 8,
    sources: {
      ...(archive && { turf: { type: "vector" as const, url: `pmtiles://${archive}` } }),
      buildings: { type: "geojson", data: { type: "FeatureCollection", features } },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": "#eef0f2" } },
      ...(archive ? stations : []),
      {
        id: "buildings",
        type: "circle",
        source: "buildings",
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 3, 17, 9],
          "circle-color": ["match", ["get", "state"], "done", "#1d6b45", "begun", "#e0a030", "control", "#a3212f", "#7a2f63"],
          "circle-stroke-color": "#ffffff",
          "circle-stroke-width": 1.5,
        },
      },
      {
        id: "numbers",
        type: "symbol",
        source: "buildings",
        minzoom: 16,
        layout: { "text-field": ["get", "number"], "text-font": ["Inter Variable"], "text-size": 13, "text-offset": [0, 1.1] },
        paint: { "text-color": "#1f1a24", "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
      },
    ],
  };
}

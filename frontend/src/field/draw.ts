/** The map on which a turf is drawn. What is drawn stands in the form as text, which can be typed as well. */

import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as MapLibre, NavigationControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { byId, html } from "../dom";
import { encloses, follow, type Point } from "../lasso";

type Building = [longitude: number, latitude: number, dwellings: number, turf: number, control: boolean];
type Words = Record<"draw_start" | "draw_how" | "draw_inside" | "not_to_visit" | "draw_map", string>;
const COLOURS = ["#7a2f63", "#1d6b45", "#2a5d9f", "#b0641a", "#5b5f97", "#8a7a12"]; // of turfs, in turn

export async function drawTurfs(place: HTMLElement): Promise<void> {
  const words = JSON.parse(byId("draw-words").textContent ?? "{}") as Words;
  const answer = await fetch(place.dataset["buildings"] ?? "");
  const { buildings } = (await answer.json()) as { buildings: Building[] };
  if (!buildings.length) return;
  setWorkerUrl(workerUrl);
  const map = shown(place, buildings, words);
  const told = html("p", { role: "status", class: "quiet" }, words.draw_how);
  const button = html("button", { type: "button" }, words.draw_start);
  place.before(button, told);
  const outline = byId<HTMLTextAreaElement>("outline");
  outline.addEventListener("change", () => show(map, outline.value));
  button.addEventListener("click", () => {
    button.disabled = true;
    follow(map, (drawn) => {
      button.disabled = false;
      if (!drawn) return;
      const ring = [...drawn, drawn[0] as Point].map(([x, y]) => [round(x), round(y)]);
      outline.value = JSON.stringify({ type: "Polygon", coordinates: [ring] });
      show(map, outline.value);
      const inside = buildings.filter(([x, y, , , control]) => !control && encloses(drawn, x, y));
      const doors = inside.reduce((sum, [, , dwellings]) => sum + dwellings, 0);
      told.textContent = words.draw_inside.replace("{n}", String(inside.length)).replace("{doors}", String(doors));
      byId("name").focus({ preventScroll: true });
    });
  });
  map.once("load", () => {
    show(map, outline.value);
    place.dataset["drawn"] = "yes";
  });
}

const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

function shown(place: HTMLElement, buildings: Building[], words: Words): MapLibre {
  const of = (axis: 0 | 1): number[] => buildings.map((building) => building[axis]);
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
  const features = buildings.map(([x, y, , turf, control]) => ({
    type: "Feature" as const,
    geometry: { type: "Point" as const, coordinates: [x, y] },
    properties: { colour: control ? "#a3212f" : COLOURS[turf % COLOURS.length], control },
  }));
  const map = new MapLibre({
    container: place,
    bounds: [least(of(0)), least(of(1)), most(of(0)), most(of(1))],
    fitBoundsOptions: { padding: 30 },
    attributionControl: false,
    dragRotate: false,
    fadeDuration: 0,
    locale: { "Map.Title": words.draw_map },
    style: {
      version: 8,
      sources: {
        buildings: { type: "geojson", data: { type: "FeatureCollection", features } },
        outline: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
      },
      layers: [
        { id: "land", type: "background", paint: { "background-color": "#eef0f2" } },
        { id: "inside", type: "fill", source: "outline", paint: { "fill-color": "#94416f", "fill-opacity": 0.16 } },
        { id: "border", type: "line", source: "outline", paint: { "line-color": "#5c2249", "line-width": 2 } },
        {
          id: "buildings",
          type: "circle",
          source: "buildings",
          paint: {
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 2, 17, 8],
            "circle-color": ["get", "colour"],
            "circle-opacity": ["case", ["get", "control"], 0.25, 1],
            "circle-stroke-color": ["case", ["get", "control"], "#a3212f", "#ffffff"],
            "circle-stroke-width": 1.5,
          },
        },
      ],
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  return map;
}

/** The outline of the form on the map; what is no GeoJSON is left to the server to complain about. */
function show(map: MapLibre, text: string): void {
  let data: object = { type: "FeatureCollection", features: [] };
  try {
    if (text.trim()) data = JSON.parse(text) as object;
  } catch {
    return;
  }
  map.getSource<GeoJSONSource>("outline")?.setData(data as Parameters<GeoJSONSource["setData"]>[0]);
}

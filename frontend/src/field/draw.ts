/** The map on which a turf is drawn. What is drawn stands in the form as text, which can be typed as well. */

import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as MapLibre, NavigationControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { byId, html } from "../dom";
import { encloses, follow, type Point } from "../lasso";

type Building = [longitude: number, latitude: number, dwellings: number, turf: number, control: number];
type Turf = [number: number, west: number, south: number, east: number, north: number];
type Words = Record<"draw_start" | "draw_how" | "draw_inside" | "draw_near" | "draw_map", string>;
interface View {
  buildings?: Building[];
  turfs?: Turf[]; // where the buildings in view are too many
}
const NOTHING = { type: "FeatureCollection" as const, features: [] };
const COLOURS = ["#7a2f63", "#1d6b45", "#2a5d9f", "#b0641a", "#5b5f97", "#8a7a12"]; // of turfs, in turn

export async function drawTurfs(place: HTMLElement): Promise<void> {
  const words = JSON.parse(byId("draw-words").textContent ?? "{}") as Words;
  const source = place.dataset["buildings"] ?? "";
  const { bounds } = (await (await fetch(source)).json()) as { bounds: [number, number, number, number] | [] };
  if (!bounds.length) return;
  setWorkerUrl(workerUrl);
  const map = shown(place, bounds, words);
  const told = html("p", { role: "status", class: "quiet" }, words.draw_how);
  const button = html("button", { type: "button" }, words.draw_start);
  place.before(button, told);
  const outline = byId<HTMLTextAreaElement>("outline");
  let view: View = {};
  let asked = 0;
  const look = async (): Promise<void> => {
    const mine = ++asked;
    const now = map.getBounds();
    const box = [now.getWest(), now.getSouth(), now.getEast(), now.getNorth()].map(round).join(",");
    const found = (await (await fetch(`${source}?box=${box}`)).json()) as View;
    if (mine !== asked) return; // the map has moved on
    view = found;
    fill(map, view);
    told.textContent = view.turfs ? words.draw_near : words.draw_how;
    place.dataset["drawn"] = "yes";
  };
  outline.addEventListener("change", () => show(map, outline.value));
  button.addEventListener("click", () => {
    button.disabled = true;
    follow(map, (drawn) => {
      button.disabled = false;
      if (!drawn) return;
      const ring = [...drawn, drawn[0] as Point].map(([x, y]) => [round(x), round(y)]);
      outline.value = JSON.stringify({ type: "Polygon", coordinates: [ring] });
      show(map, outline.value);
      if (view.buildings) {
        const inside = view.buildings.filter(([x, y, , , control]) => !control && encloses(drawn, x, y));
        const doors = inside.reduce((sum, [, , dwellings]) => sum + dwellings, 0);
        told.textContent = words.draw_inside.replace("{n}", String(inside.length)).replace("{doors}", String(doors));
      }
      byId("name").focus({ preventScroll: true });
    });
  });
  map.once("load", () => {
    show(map, outline.value);
    map.on("moveend", () => void look());
    void look();
  });
}

const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

function shown(place: HTMLElement, bounds: [number, number, number, number], words: Words): MapLibre {
  const map = new MapLibre({
    container: place,
    bounds,
    fitBoundsOptions: { padding: 30 },
    attributionControl: false,
    dragRotate: false,
    fadeDuration: 0,
    locale: { "Map.Title": words.draw_map },
    style: {
      version: 8,
      sources: {
        buildings: { type: "geojson", data: NOTHING },
        turfs: { type: "geojson", data: NOTHING },
        outline: { type: "geojson", data: NOTHING },
      },
      layers: [
        { id: "land", type: "background", paint: { "background-color": "#eef0f2" } },
        { id: "turfs", type: "line", source: "turfs", paint: { "line-color": ["get", "colour"], "line-width": 1.5 } },
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

function fill(map: MapLibre, { buildings = [], turfs = [] }: View): void {
  const colour = (turf: number): string => COLOURS[turf % COLOURS.length] as string;
  map.getSource<GeoJSONSource>("buildings")?.setData({
    type: "FeatureCollection",
    features: buildings.map(([x, y, , turf, control]) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [x, y] },
      properties: { colour: control ? "#a3212f" : colour(turf), control: Boolean(control) },
    })),
  });
  map.getSource<GeoJSONSource>("turfs")?.setData({
    type: "FeatureCollection",
    features: turfs.map(([turf, west, south, east, north]) => ({
      type: "Feature",
      geometry: { type: "LineString", coordinates: [[west, south], [east, south], [east, north], [west, north], [west, south]] },
      properties: { colour: colour(turf) },
    })),
  });
}

/** The outline of the form on the map; what is no GeoJSON is left to the server to complain about. */
function show(map: MapLibre, text: string): void {
  let data: object = NOTHING;
  try {
    if (text.trim()) data = JSON.parse(text) as object;
  } catch {
    return;
  }
  map.getSource<GeoJSONSource>("outline")?.setData(data as Parameters<GeoJSONSource["setData"]>[0]);
}

/** What is on a map as vector paths: areas of one colour, borders and names, in pixels of the screen. */

import type { Map as MapLibre, MapGeoJSONFeature } from "maplibre-gl";

export interface Area {
  colour: string;
  path: string;
}

type Ring = number[][];

/** Outlines of the stations in view, those of one colour together. */
export function stationAreas(map: MapLibre): Area[] {
  const areas = new Map<string, string[]>();
  for (const feature of map.queryRenderedFeatures({ layers: ["stations"] })) {
    const colour = String(feature.state.colour ?? "").replace(/^rgba\((.*), 1\)$/, "rgb($1)"); // older programs know no alpha
    if (!colour || colour.endsWith(", 0)")) continue;
    const paths = areas.get(colour) ?? [];
    paths.push(...rings(feature).map((ring) => `${drawn(map, ring)}Z`));
    areas.set(colour, paths);
  }
  return [...areas].map(([colour, paths]) => ({ colour, path: paths.join("") }));
}

/** Lines of a layer in view. */
export function lines(map: MapLibre, layer: string): string {
  return map
    .queryRenderedFeatures({ layers: [layer] })
    .flatMap(rings)
    .map((ring) => drawn(map, ring))
    .join("");
}

/** The names that the map has found room for, and where. */
export function names(map: MapLibre): { text: string; x: number; y: number; size: number }[] {
  const found = new Map<string, { text: string; x: number; y: number; size: number }>();
  for (const feature of map.queryRenderedFeatures({ layers: ["cities", "places"] })) {
    if (feature.geometry.type !== "Point") continue;
    const { x, y } = map.project(feature.geometry.coordinates as [number, number]);
    const [text, people] = [String(feature.properties.name), Number(feature.properties.population)];
    found.set(text, { text, x, y, size: people >= 500_000 ? 18 : people >= 100_000 ? 14.5 : people >= 20_000 ? 12 : 11 });
  }
  return [...found.values()];
}

function rings({ geometry }: MapGeoJSONFeature): Ring[] {
  if (geometry.type === "Polygon" || geometry.type === "MultiLineString") return geometry.coordinates;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
  return geometry.type === "LineString" ? [geometry.coordinates] : [];
}

/** A line through the places, to a tenth of a pixel, without the points that this leaves where the last one was. */
function drawn(map: MapLibre, ring: Ring): string {
  let path = "";
  let last = "";
  for (const place of ring) {
    const { x, y } = map.project(place as [number, number]);
    const here = `${x.toFixed(1)} ${y.toFixed(1)}`;
    if (here !== last) path += `${path ? "L" : "M"}${here}`;
    last = here;
  }
  return path;
}

/**
 * Areas traced around pixels of one value, for stations that are smaller than a pixel: every edge between two values is
 * followed round (corners only), so that the areas fill the picture without gap or overlap. Value 0 is left out.
 */
export function traced(values: Uint32Array, width: number, height: number): Map<number, string> {
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? 0 : (values[y * width + x] as number));
  const paths = new Map<number, string>();
  const seen = new Uint8Array((width + 1) * (height + 1)); // upper edges that a ring went along already
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = at(x, y);
      if (value === 0 || at(x, y - 1) === value || seen[y * (width + 1) + x]) continue;
      paths.set(value, (paths.get(value) ?? "") + ring(value, x, y, at, (cx, cy) => (seen[cy * (width + 1) + cx] = 1)));
    }
  }
  return paths;
}

const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const; // prettier-ignore

/** Round an area clockwise, its pixels on the right hand, from the upper left corner of a pixel back to it. */
function ring(value: number, startX: number, startY: number, at: (x: number, y: number) => number, along: (x: number, y: number) => void): string {
  // The pixel to the right and the one to the left of a step that leaves a corner in each direction.
  const right = (x: number, y: number, d: number): boolean => at(x - (d === 1 || d === 2 ? 1 : 0), y - (d === 2 || d === 3 ? 1 : 0)) === value;
  const left = (x: number, y: number, d: number): boolean => at(x - (d === 2 || d === 3 ? 1 : 0), y - (d === 0 || d === 3 ? 1 : 0)) === value;
  let [x, y, direction, path, length] = [startX, startY, 0, `M${startX} ${startY}`, 0];
  do {
    if (direction === 0) along(x, y);
    const [dx, dy] = STEPS[direction] as (typeof STEPS)[number];
    [x, y, length] = [x + dx, y + dy, length + 1];
    // Keep to the right hand where one can: areas that touch in a corner stay apart.
    const next = [1, 0, 3, 2].map((turn) => (direction + turn) % 4).find((d) => right(x, y, d) && !left(x, y, d)) ?? direction;
    if (next === direction) continue;
    path += direction % 2 === 0 ? `h${dx * length}` : `v${dy * length}`;
    [direction, length] = [next, 0];
  } while (x !== startX || y !== startY || direction !== 0);
  return `${path}Z`;
}


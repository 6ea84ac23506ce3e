/** A line that is drawn freely over a map, and what lies inside it. */

import type { Map as MapLibre } from "maplibre-gl";
import { svg } from "./dom";
import "./lasso.css";

export type Point = readonly [x: number, y: number];

/** Follow the pointer over the map once: a line where it is drawn freely, a box with the Alt key. */
export function follow(map: MapLibre, done: (outline: Point[] | null) => void): () => void {
  const canvas = map.getCanvasContainer();
  const path = svg("polygon", { class: "lasso" });
  const cover = svg("svg", { class: "drawing", "aria-hidden": "true" }, path);
  let points: Point[] = [];
  canvas.append(cover);
  map.dragPan.disable();

  const at = (event: PointerEvent): Point => {
    const { left, top } = cover.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const boxed = (from: Point, to: Point): Point[] => [from, [to[0], from[1]], to, [from[0], to[1]]];
  const show = (outline: readonly Point[]): void => path.setAttribute("points", outline.map((p) => p.join(",")).join(" "));

  cover.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    cover.setPointerCapture(event.pointerId);
    points = [at(event)];
  });
  cover.addEventListener("pointermove", (event) => {
    const first = points[0];
    if (!first) return;
    const here = at(event);
    if (event.altKey) points = [first, here];
    else points.push(here);
    show(event.altKey ? boxed(first, here) : points);
  });
  cover.addEventListener("pointerup", (event) => {
    const first = points[0];
    const outline = first && points.length === 2 && event.altKey ? boxed(first, points[1] as Point) : points;
    stop();
    done(outline.length > 2 ? outline.map(([x, y]) => toPlace(map, x, y)) : null);
  });
  const stop = (): void => {
    cover.remove();
    map.dragPan.enable();
  };
  return stop;
}

function toPlace(map: MapLibre, x: number, y: number): Point {
  const { lng, lat } = map.unproject([x, y]);
  return [lng, lat];
}

/** Even-odd rule. */
export function encloses(outline: readonly Point[], x: number, y: number): boolean {
  let within = false;
  outline.forEach(([ax, ay], i) => {
    const [bx, by] = outline[(i + 1) % outline.length] as Point;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  });
  return within;
}

/** Two maps side by side that move together: each shows a measure of its own. */

import type { Map as MapLibre } from "maplibre-gl";
import { html } from "./dom";

/** Make the cameras of two maps follow each other; the function that is returned lets them go. */
export function tie(one: MapLibre, other: MapLibre): () => void {
  let following = false;
  const follow = (leader: MapLibre, led: MapLibre) => (): void => {
    if (following) return;
    following = true;
    led.jumpTo({ center: leader.getCenter(), zoom: leader.getZoom() });
    following = false;
  };
  const [there, back] = [follow(one, other), follow(other, one)];
  one.on("move", there);
  other.on("move", back);
  there();
  return () => {
    one.off("move", there);
    other.off("move", back);
  };
}

/** The place of the second map: a half of the window that the style sheet lays out. */
export function secondPane(
  label: string,
  legend: string,
): { pane: HTMLElement; container: HTMLElement; controls: HTMLElement; legendPlace: HTMLElement } {
  const container = html("div", { class: "map" });
  const controls = html("div", { class: "controls" });
  const legendPlace = html("section", { class: "legend", "aria-label": legend });
  const side = html("div", { class: "side" }, html("div", { class: "card" }, controls), legendPlace);
  const pane = html("section", { class: "beside", "aria-label": label }, container, side);
  document.body.append(pane);
  document.documentElement.dataset.beside = "on";
  return { pane, container, controls, legendPlace };
}

export function closePane(pane: HTMLElement): void {
  pane.remove();
  delete document.documentElement.dataset.beside;
}

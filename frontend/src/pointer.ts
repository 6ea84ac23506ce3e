/** Pointer and keyboard over a map: what lies under them is told, opened, or added to a selection. */

import type { StationMap } from "./map";
import { html } from "./dom";

export interface Answers {
  /** What to say of a station under the pointer. */
  label: (station: number) => Node[];
  /** Open a station; -1 where the click met none. */
  open: (station: number) => void;
  /** Add a station to the selection, or take it out again. */
  toggle: (station: number) => void;
}

/** Listen to a map; the function that is returned takes away what was put into the page. */
export function listen(stations: StationMap, answers: Answers): () => void {
  const { map } = stations;
  const tip = html("p", { class: "tip", hidden: true, "aria-hidden": "true" });
  map.getContainer().append(tip);
  map.on("mousemove", ({ point }) => {
    const station = stations.stationAt([point.x, point.y]);
    stations.hover(station);
    tip.hidden = station < 0;
    if (station < 0) return;
    tip.replaceChildren(...answers.label(station));
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const x = point.x + 14 + tip.offsetWidth > width ? point.x - 14 - tip.offsetWidth : point.x + 14;
    const y = point.y + 14 + tip.offsetHeight > height ? point.y - 14 - tip.offsetHeight : point.y + 14;
    tip.style.transform = `translate(${x}px, ${y}px)`;
  });
  map.on("mouseout", () => {
    stations.hover(-1);
    tip.hidden = true;
  });
  map.on("click", ({ point, originalEvent }) => {
    const station = stations.stationAt([point.x, point.y]);
    if (station >= 0 && (originalEvent.ctrlKey || originalEvent.metaKey)) answers.toggle(station);
    else answers.open(station);
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const { x, y } = map.project(map.getCenter());
    const station = stations.stationAt([x, y]);
    if (station < 0) return;
    if (event.ctrlKey || event.metaKey) answers.toggle(station);
    else answers.open(station);
  });
  return () => tip.remove();
}

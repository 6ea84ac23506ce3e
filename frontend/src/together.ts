/** The panel of a selection: its totals, its files, and who moved where among its voters. */

import * as api from "./api";
import type { Index, StationList } from "./data";
import { html } from "./dom";
import { download } from "./figure";
import { flowsTable } from "./flows";
import { totals, totalsTable } from "./selection";
import { electionName, say } from "./texts";

export async function together(
  selected: ReadonlySet<number>,
  election: string,
  index: Index,
  list: StationList,
  problem: (error: unknown) => string,
): Promise<HTMLElement[]> {
  const table = totalsTable(await totals(selected, election, index), election);
  if (!api.live) return [table];
  const ids = [...selected].map((i) => list.stations[i] as string);
  return [table, files(ids, problem), moves(ids, election, index, problem)];
}

/** Its files, made by the server. */
function files(ids: string[], problem: (error: unknown) => string): HTMLElement {
  const said = html("p", { class: "quiet", role: "status" });
  const buttons = ["csv", "geojson", "gpkg", "parquet"].map((format) => {
    const names: Record<string, string> = { geojson: "GeoJSON", gpkg: "GeoPackage", parquet: "GeoParquet" };
    const made = html("button", { type: "button" }, names[format] ?? format.toUpperCase());
    made.addEventListener("click", () => {
      said.textContent = say("files_wait");
      api.file(ids, format).then(
        (blob) => (download(blob, `stations.${format}`), (said.textContent = "")),
        (error: unknown) => (said.textContent = problem(error)),
      );
    });
    return made;
  });
  return html("section", {}, html("h3", {}, say("files")), html("div", { class: "tools", role: "group", "aria-label": say("files") }, ...buttons), said);
}

/** Who moved where between this round and another one. */
function moves(ids: string[], election: string, index: Index, problem: (error: unknown) => string): HTMLElement {
  const rounds = index.rounds.map(({ election: name }) => name);
  const options = rounds.filter((name) => name !== election).reverse();
  const select = html(
    "select",
    { id: "flows-from" },
    html("option", { value: "" }, "–"),
    ...options.map((name) => html("option", { value: name }, electionName(name))),
  );
  const place = html("div", { "aria-live": "polite" });
  select.addEventListener("change", () => {
    if (!select.value) return place.replaceChildren();
    const asked = select.value;
    const [before, after] = [asked, election].sort((a, b) => rounds.indexOf(a) - rounds.indexOf(b)) as [string, string];
    place.replaceChildren(html("p", { class: "quiet" }, say("flows_wait")));
    const show = (made: HTMLElement): void => {
      if (select.value === asked) place.replaceChildren(made);
    };
    api.transitions(ids, before, after).then(
      (flows) => show(flowsTable(flows)),
      (error: unknown) => show(html("p", { class: "quiet" }, problem(error))),
    );
  });
  return html("section", { class: "moves" }, html("h3", {}, say("flows")), html("label", { class: "field" }, html("span", {}, say("flows_with")), select), place);
}

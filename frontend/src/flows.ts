/** Who moved where among the voters of a selection: a table whose bars carry their intervals. */

import type { Flows } from "./api";
import { html } from "./dom";
import { electionName, language, percentWhole, say, whole } from "./texts";

export function flowsTable(flows: Flows): HTMLElement {
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, say("flows_from")),
    ...flows.columns.map((column) => html("th", { scope: "col" }, column[language])),
  );
  const body = flows.rows.map((row, r) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, row[language], html("small", {}, ` ${whole(flows.voters[r])}`)),
      ...flows.columns.map((_, c) => cell(flows, r, c)),
    ),
  );
  return html(
    "section",
    { class: "flows" },
    html("h3", {}, say("flows")),
    html("p", { class: "quiet" }, `${electionName(flows.from)} → ${electionName(flows.to)}`),
    html("div", { class: "wide", tabindex: 0, role: "region", "aria-label": say("flows") }, html("table", {}, html("thead", {}, head), html("tbody", {}, ...body))),
    html("p", { class: "quiet" }, say("flows_means", { n: whole(flows.stations) })),
  );
}

function cell({ shares, low, high, disagree }: Flows, r: number, c: number): HTMLElement {
  const [share, from, to] = [shares, low, high].map((table) => table[r]?.[c] ?? 0) as [number, number, number];
  const doubt = disagree[r]?.[c] ?? false;
  const made = html(
    "td",
    { class: doubt ? "doubted" : undefined },
    html("b", {}, percentWhole(share), doubt && "?"),
    html("small", {}, `${percentWhole(from)} – ${percentWhole(to)}`),
  );
  made.style.setProperty("--share", String(share));
  return made;
}

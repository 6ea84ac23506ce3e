/** The socio-demographic profile: the few variables to read first, then all of them by theme. */

import type { Variable } from "./api";
import type { Index, VariableInfo } from "./data";
import { html } from "./dom";
import { grade } from "./grade";
import { decimal, language, percent, say, sayOr, whole } from "./texts";

type Named = Variable & { info: VariableInfo | undefined };

export function profile(variables: Variable[], index: Index): HTMLElement {
  const infos = new Map(index.variables.map((info) => [info.variable, info]));
  const all = variables.map((variable) => ({ ...variable, info: infos.get(variable.variable) }));
  const first = all.filter(({ info }) => info?.key);
  const groups = [...Object.entries(index.themes), ["", { fr: "", en: "" }] as const]
    .map(([name, label]) => ({ label, members: all.filter(({ info }) => (info?.theme ?? "") === name) }))
    .filter(({ members }) => members.length > 0);
  return html(
    "section",
    { class: "profile" },
    html("h3", {}, say("profile")),
    first.length > 0 && list(first),
    ...groups.map(({ label, members }) =>
      html(
        "details",
        {},
        html("summary", {}, label[language] || say("other_variables"), html("span", { class: "lead" }, whole(members.length))),
        list(members),
      ),
    ),
  );
}

function list(variables: Named[]): HTMLElement {
  return html(
    "table",
    { class: "figures" },
    html(
      "thead",
      {},
      html("tr", {}, ...["", say("here"), say("commune_mean"), say("area_mean")].map((name) => html("th", { scope: "col" }, name))),
    ),
    html(
      "tbody",
      {},
      ...variables.map((variable) =>
        html(
          "tr",
          {},
          html("th", { scope: "row" }, variable.info?.label[language] ?? variable.variable, variable.vintage !== null && html("small", {}, ` ${variable.vintage}`)),
          html("td", {}, variable.hidden ? html("abbr", { title: say("too_few") }, say("kept")) : amount(variable.value, variable.info?.unit ?? ""), grade(variable.quality)),
          html("td", {}, amount(variable.commune, variable.info?.unit ?? "")),
          html("td", {}, amount(variable.info?.mean ?? null, variable.info?.unit ?? "")),
        ),
      ),
    ),
  );
}

function amount(value: number | null, unit: string): string {
  if (value === null) return "–";
  if (unit === "share") return percent(value);
  const figure = Math.abs(value) >= 100 ? whole(value) : decimal(value);
  return `${figure}${sayOr(`unit_${unit}`, "")}`;
}

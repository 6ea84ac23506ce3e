/** The socio-demographic profile: the few variables to read first, then all of them by theme. */

import type { Label, Variable } from "./api";
import { html } from "./dom";
import { grade } from "./grade";
import { decimal, language, percent, say, sayOr, whole } from "./texts";

export type Means = ReadonlyMap<string, number | null>;

/** `means` are those of the whole area, by variable. */
export function profile(variables: Variable[], themes: Record<string, Label>, means: Means): HTMLElement {
  const first = variables.filter((variable) => variable.key);
  const groups = [...Object.entries(themes), ["", { fr: "", en: "" }] as const]
    .map(([name, label]) => ({ label, members: variables.filter((variable) => variable.theme === name) }))
    .filter(({ members }) => members.length > 0);
  return html(
    "section",
    { class: "profile" },
    html("h3", {}, say("profile")),
    first.length > 0 && list(first, means),
    ...groups.map(({ label, members }) =>
      html(
        "details",
        {},
        html("summary", {}, label[language] || say("other_variables"), html("span", { class: "lead" }, whole(members.length))),
        list(members, means),
      ),
    ),
  );
}

function list(variables: Variable[], means: Means): HTMLElement {
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
          html("th", { scope: "row" }, variable.label[language], variable.vintage !== null && html("small", {}, ` ${variable.vintage}`)),
          html("td", {}, variable.hidden ? html("abbr", { title: say("too_few") }, say("kept")) : amount(variable.value, variable.unit), grade(variable.quality)),
          html("td", {}, amount(variable.commune, variable.unit)),
          html("td", {}, amount(means.get(variable.variable) ?? null, variable.unit)),
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

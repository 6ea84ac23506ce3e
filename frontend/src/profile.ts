/** The socio-demographic profile: the few variables to read first, then all of them by theme. */

import type { Label, Variable } from "./api";
import { html } from "./dom";
import { grade } from "./grade";
import { decimal, language, percent, say, sayOr, whole } from "./texts";

export function profile(variables: Variable[], themes: Record<string, Label>): HTMLElement {
  const first = variables.filter((variable) => variable.key);
  const groups = [...Object.entries(themes), ["", { fr: "", en: "" }] as const]
    .map(([name, label]) => ({ label, members: variables.filter((variable) => variable.theme === name) }))
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

function list(variables: Variable[]): HTMLElement {
  return html(
    "dl",
    {},
    ...variables.flatMap((variable) => [
      html("dt", {}, variable.label[language], variable.vintage !== null && html("small", {}, ` ${variable.vintage}`)),
      html("dd", {}, amount(variable), grade(variable.quality)),
    ]),
  );
}

function amount({ value, unit }: Variable): string {
  if (value === null) return say("unknown");
  if (unit === "share") return percent(value);
  const figure = Math.abs(value) >= 100 ? whole(value) : decimal(value);
  return `${figure}${sayOr(`unit_${unit}`, "")}`;
}

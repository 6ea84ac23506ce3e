/** A discreet letter after a figure that was not measured in this very station. */

import type { Grade } from "./api";
import { html } from "./dom";
import { say } from "./texts";

export function grade(letter: Grade): HTMLElement | null {
  if (!letter || letter === "A") return null;
  return html("abbr", { class: "grade", title: say(`quality_${letter}`) }, letter);
}

/** What the field's pages add where JavaScript is on: parts of a page that change in place. Without it, whole pages do. */
import htmx from "htmx.org";
import "./field.css";
import { follow } from "./live";

// The pages' security policy allows no inline style and no evaluated text; htmx needs neither.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0; // nobody's name stays in the browser's storage

for (const part of document.querySelectorAll<HTMLElement>("main [data-live]")) follow(part, part.dataset["live"] ?? "");

// On a phone the rooms scroll sideways: the current one is in sight.
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const drawing = document.getElementById("draw-map");
if (drawing) void import("./draw").then(({ drawTurfs }) => drawTurfs(drawing)); // a map is large: only where one draws

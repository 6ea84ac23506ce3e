/** The search box: a combobox that the keyboard alone can drive (ARIA authoring practices, list autocomplete). */

import { type Found, search } from "./api";
import { byId, html } from "./dom";
import { say, stationCode } from "./texts";

const PAUSE = 150; // milliseconds without a key before the server is asked

export function startSearch(choose: (found: Found) => void): void {
  const input = byId<HTMLInputElement>("search");
  const list = byId<HTMLUListElement>("found");
  let found: Found[] = [];
  let active = -1;
  let asking = new AbortController();
  let timer = 0;

  function close(): void {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function open(answers: Found[]): void {
    found = answers;
    active = -1;
    list.replaceChildren(...(answers.length > 0 ? answers.map(option) : [html("li", { class: "nothing" }, say("nothing_found"))]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }

  function pick(index: number): void {
    const place = found[index];
    if (!place) return;
    input.value = "";
    close();
    choose(place);
  }

  function move(by: number): void {
    if (list.hidden || found.length === 0) return;
    active = (active + by + found.length) % found.length;
    [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    list.children[active]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", `found-${active}`);
  }

  async function ask(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const text = input.value.trim();
    if (text === "") return close();
    try {
      open(await search(text, asking.signal));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) open([]);
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") pick(Math.max(active, 0));
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => window.setTimeout(close, 150));
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the field keeps the focus, so that the list does not vanish under the finger
    const item = (event.target as Element).closest("[role=option]");
    if (item) pick([...list.children].indexOf(item));
  });
}

function option(place: Found, index: number): HTMLElement {
  const commune = place.commune ?? place.commune_code;
  const [title, note] =
    place.kind === "commune"
      ? [commune, `${say("commune")} ${place.commune_code}`]
      : [
          [say("station", { code: stationCode(place.station_code ?? "") }), place.name].filter(Boolean).join(" · "),
          commune,
        ];
  return html(
    "li",
    { role: "option", id: `found-${index}`, "aria-selected": "false" },
    html("span", {}, title),
    html("small", {}, note),
  );
}

/** The search box: a combobox that the keyboard alone can drive (ARIA authoring practices, list autocomplete). */

import type { Bounds } from "./api";
import { type Places, places, type StationList, stationList } from "./data";
import { byId, html } from "./dom";
import { say, stationCode } from "./texts";

const PAUSE = 120; // milliseconds without a key before the search begins
const LIMIT = 12;
const AROUND = 0.004; // degrees around the middle of a station

export interface Found {
  kind: "commune" | "station";
  commune_code: string;
  commune: string | null;
  station_id: string | null;
  station_code: string | null;
  name: string | null;
  bounds: Bounds | null;
}

/** Everything that can be found, with the words to find it by. */
type Entry = { kind: number; key: string; found: () => Found };
let entries: Promise<Entry[]> | null = null;

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The communes and stations whose name or code has all the words; communes first, the biggest before the others. */
export async function search(text: string): Promise<Found[]> {
  entries ??= Promise.all([places(), stationList()]).then(([where, list]) => [...communes(where), ...stations(where, list)]);
  const words = plain(text).split(/\s+/).filter(Boolean);
  const hits = (await entries.catch((error: unknown) => ((entries = null), Promise.reject(error)))).filter(({ key }) =>
    words.every((word) => key.includes(word)),
  );
  const first = words[0] ?? "";
  const order = ({ kind, key }: Entry): number => 2 * kind + (key.startsWith(first) ? 0 : 1);
  return hits.sort((a, b) => order(a) - order(b)).slice(0, LIMIT).map(({ found }) => found());
}

function communes(where: Places): Entry[] {
  return where.communes.map(([code, name, , box]) => ({
    kind: 0,
    key: plain(`${name ?? ""} ${(name ?? "").replaceAll("-", " ")} ${code}`),
    found: () => ({
      kind: "commune",
      commune_code: code,
      commune: name,
      station_id: null,
      station_code: null,
      name: null,
      bounds: box.every((side) => side !== null) ? (box as Bounds) : null,
    }),
  }));
}

function stations(where: Places, list: StationList): Entry[] {
  return list.stations.map((id, i) => {
    const [commune = "", code = ""] = id.split("_");
    const [named, venue] = [list.communes[commune] ?? "", where.venues[i] ?? null];
    return {
      kind: 1,
      key: plain(`${venue ?? ""} ${where.addresses[i] ?? ""} ${named} ${named.replaceAll("-", " ")} ${id} ${stationCode(code)}`),
      found: () => {
        const [x, y] = where.points[i] ?? [];
        const known = typeof x === "number" && typeof y === "number";
        return {
          kind: "station",
          commune_code: commune,
          commune: list.communes[commune] ?? null,
          station_id: id,
          station_code: code.replace(/~.*/, ""),
          name: venue ?? where.addresses[i] ?? null,
          bounds: known ? [x - AROUND, y - AROUND, x + AROUND, y + AROUND] : null,
        };
      },
    };
  });
}

export function startSearch(choose: (found: Found) => void): void {
  const input = byId<HTMLInputElement>("search");
  const list = byId<HTMLUListElement>("found");
  let found: Found[] = [];
  let active = -1;
  let asked = 0;
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
    const turn = ++asked;
    const text = input.value.trim();
    if (text === "") return close();
    const found = await search(text).catch(() => []);
    if (turn === asked) open(found);
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

/** The map as a figure for print: what is on the screen with its title, its legend and its source, as PNG or SVG. */

import { type Colour, css } from "./classes";
import type { StationMap } from "./map";
import { type Area, lines, names, stationAreas } from "./outlines";
import { say } from "./texts";

export interface Key {
  title: string;
  rows: readonly { colour: Colour; label: string }[];
  source: string;
}

const SCALE = 2; // pixels of the PNG per unit
const LEGEND = 250;
const [TOP, BOTTOM] = [44, 26];
const FONT = '"Inter Variable", "Inter", "Helvetica Neue", Arial, sans-serif';
const INK = "#1f1a24";

/** Download the figure; `kind` is png or svg. */
export async function saveFigure(stations: StationMap, key: Key, kind: "png" | "svg"): Promise<void> {
  const { clientWidth: width, clientHeight: height } = stations.map.getCanvas();
  if (kind === "svg") {
    await stations.drawn();
    const text = figure(vectors(stations), width, height, key);
    return download(new Blob([text], { type: "image/svg+xml" }), "isoloir.svg");
  }
  const picture = `<image width="${width}" height="${height}" href="${await stations.picture()}"/>`;
  download(await rasterise(figure(picture, width, height, key), width + LEGEND, height + TOP + BOTTOM), "isoloir.png");
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The map as paths that a drawing program can take apart: a group for the stations, for borders, for names. */
function vectors(stations: StationMap): string {
  const { map } = stations;
  const areas: Area[] = stations.afar() ? stations.areasAfar() : stationAreas(map);
  const fills = areas.map(({ colour, path }) => `<path fill="${colour}" stroke="${colour}" d="${path}"/>`);
  const borders = [["communes", 0.6], ["constituencies", 0.8], ["departements", 1.2]] as const; // prettier-ignore
  const drawn = borders.map(([layer, thick]) => `<path id="${layer}" stroke-width="${thick}" d="${lines(map, layer)}"/>`);
  const said = names(map).map(
    ({ text, x, y, size }) => `<text x="${x.toFixed(1)}" y="${(y + size / 3).toFixed(1)}" font-size="${size}">${escaped(text)}</text>`,
  );
  return `<g id="stations" stroke-width="0.35" stroke-linejoin="round" fill-rule="evenodd">${fills.join("\n")}</g>
<g id="borders" fill="none" stroke="${INK}" stroke-linejoin="round" stroke-opacity="0.7">${drawn.join("\n")}</g>
<g id="names" text-anchor="middle" font-weight="500" paint-order="stroke" stroke="#ffffff" stroke-width="2.5" stroke-linejoin="round">${said.join("\n")}</g>`;
}

/** Words stay words, so that a newsroom can set them again. */
function figure(map: string, width: number, height: number, key: Key): string {
  const [wide, tall] = [width + LEGEND, height + TOP + BOTTOM];
  const rows = key.rows.map(
    ({ colour, label }, i) =>
      `<rect x="${width + 20}" y="${64 + 24 * i}" width="18" height="16" rx="3" fill="${css(colour).replaceAll(" ", ",")}"/>` +
      `<text x="${width + 46}" y="${77 + 24 * i}" font-size="13">${escaped(label)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${tall}" width="${wide}" height="${tall}" font-family='${FONT}' fill="${INK}">
<defs><clipPath id="frame"><rect width="${width}" height="${height}"/></clipPath></defs>
<rect width="${wide}" height="${tall}" fill="#ffffff"/>
<text x="16" y="30" font-size="19" font-weight="650">${escaped(key.title)}</text>
<g id="map" transform="translate(0 ${TOP})"><g clip-path="url(#frame)">${map}</g></g>
<g id="legend">${rows.join("\n")}</g>
<text x="16" y="${tall - 9}" font-size="11.5" fill="#655e6c">${escaped(key.source)}</text>
</svg>`;
}

async function rasterise(text: string, width: number, height: number): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SCALE * width, SCALE * height];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error(say("failed")))), "image/png"),
  );
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

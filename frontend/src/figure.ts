/** The map as a figure for print: what is on the screen with its title, its legend and its source, as PNG or SVG. */

import { type Colour, css } from "./classes";
import type { StationMap } from "./map";
import { say } from "./texts";

export interface Key {
  title: string;
  rows: { colour: Colour; label: string }[];
  source: string;
}

const SCALE = 2; // pixels of the PNG per unit
const LEGEND = 250;
const FONT = '"Inter Variable", "Helvetica Neue", Arial, sans-serif';
const INK = "#1f1a24";

/** Download the figure; `kind` is png or svg. */
export async function saveFigure(stations: StationMap, key: Key, kind: "png" | "svg"): Promise<void> {
  const picture = await stations.picture();
  const drawn = svgFigure(picture, stations.map.getCanvas(), key);
  const blob = kind === "svg" ? new Blob([drawn.text], { type: "image/svg+xml" }) : await rasterise(drawn);
  download(blob, `isoloir.${kind}`);
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface Drawn {
  text: string;
  width: number;
  height: number;
}

/** Words stay words, so that a newsroom can set them again; the map itself is a picture. */
function svgFigure(picture: string, { clientWidth, clientHeight }: HTMLCanvasElement, key: Key): Drawn {
  const [width, height] = [clientWidth + LEGEND, clientHeight + 70];
  const rows = key.rows.map(
    ({ colour, label }, i) =>
      `<rect x="${clientWidth + 20}" y="${64 + 24 * i}" width="18" height="16" rx="3" fill="${css(colour).replaceAll(" ", ",")}"/>` +
      `<text x="${clientWidth + 46}" y="${77 + 24 * i}" font-size="13">${escaped(label)}</text>`,
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family='${FONT}' fill="${INK}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="16" y="30" font-size="19" font-weight="650">${escaped(key.title)}</text>
<image x="0" y="44" width="${clientWidth}" height="${clientHeight}" href="${picture}"/>
${rows.join("\n")}
<text x="16" y="${height - 9}" font-size="11.5" fill="#655e6c">${escaped(key.source)}</text>
</svg>`;
  return { text, width, height };
}

async function rasterise({ text, width, height }: Drawn): Promise<Blob> {
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

/**
 * The stations seen from afar: tiles whose pixels are station numbers, coloured on the graphics card by a list of
 * colours. Showing something else means sending another list: the tiles stay, and 69,000 stations cost what ten do.
 */

import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from "maplibre-gl";
import type { PMTiles } from "pmtiles";

const SIDE = 512;
const WIDTH = 1024; // of the texture that holds the colours, in stations
export const MAX_ZOOM = 9;
const MIN_ZOOM = 3;
export const HATCH = 7; // pixels from one stripe to the next
const KEPT = 48; // tiles, 1 MB each

const VERTEX = `#version 300 es
uniform mat4 matrix;
out vec2 place;
void main() {
  place = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = matrix * vec4(place, 0.0, 1.0);
}`;

/** A colour whose alpha is less than one is one to doubt: it is drawn in stripes. */
const FRAGMENT = `#version 300 es
precision highp float;
precision highp usampler2D;
uniform usampler2D numbers;
uniform sampler2D colours;
uniform float opacity;
in vec2 place;
out vec4 colour;
void main() {
  uint number = texelFetch(numbers, ivec2(min(place * ${SIDE}.0, ${SIDE - 1}.0)), 0).r;
  if (number == 0u) discard;
  vec4 found = texelFetch(colours, ivec2(number % ${WIDTH}u, number / ${WIDTH}u), 0);
  float stripe = mod(gl_FragCoord.x + gl_FragCoord.y, ${HATCH}.0) < ${HATCH - 2}.0 ? 1.0 : found.a;
  float alpha = (found.a > 0.99 ? 1.0 : found.a > 0.0 ? stripe : 0.0) * opacity;
  colour = vec4(found.rgb * alpha, alpha);
}`;

interface Tile {
  numbers: Uint32Array | null; // null: nothing there
  texture: WebGLTexture | null;
  used: number;
}
interface Position {
  z: number;
  x: number;
  y: number;
}

export class Mosaic implements CustomLayerInterface {
  readonly id: string;
  readonly type = "custom" as const;
  readonly renderingMode = "2d" as const;
  /** Fully drawn at the last frame: nothing was still to come. */
  complete = false;
  private readonly archive: PMTiles;
  private map: MapLibre | null = null;
  private gl: WebGL2RenderingContext | null = null;
  private program: WebGLProgram | null = null;
  private palette: WebGLTexture | null = null;
  private colours: Uint8Array;
  private stale = true;
  private frame = 0;
  private readonly tiles = new Map<string, Tile>();
  private readonly coming = new Set<string>();
  private readonly visible: () => boolean;

  /** `stations` is how many there are; `visible` tells at each frame whether to draw at all. */
  constructor(id: string, archive: PMTiles, stations: number, visible: () => boolean) {
    this.id = id;
    this.archive = archive;
    this.visible = visible;
    this.colours = new Uint8Array(4 * WIDTH * Math.ceil((stations + 1) / WIDTH));
  }

  /** One colour (red, green, blue, alpha) per station, in order. */
  paint(colours: Uint8Array): void {
    this.colours.fill(0);
    this.colours.set(colours, 4); // number 0 is no station
    this.stale = true;
    this.map?.triggerRepaint();
  }

  /** The station at a place, from 0; -1 where there is none, null where the tile is not there yet. */
  at(longitude: number, latitude: number): number | null {
    const x = (longitude + 180) / 360;
    const y = (1 - Math.asinh(Math.tan((latitude * Math.PI) / 180)) / Math.PI) / 2;
    for (let z = MAX_ZOOM; z >= MIN_ZOOM; z--) {
      const scale = 2 ** z;
      const tile = this.tiles.get(key({ z, x: Math.floor(x * scale), y: Math.floor(y * scale) }));
      if (!tile) continue;
      const [column, row] = [Math.floor(((x * scale) % 1) * SIDE), Math.floor(((y * scale) % 1) * SIDE)];
      return (tile.numbers?.[row * SIDE + column] ?? 0) - 1;
    }
    return null;
  }

  onAdd(map: MapLibre, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.gl = gl;
    this.program = compile(gl);
    this.palette = gl.createTexture();
    this.stale = true;
  }

  onRemove(): void {
    for (const tile of this.tiles.values()) this.gl?.deleteTexture(tile.texture);
    this.tiles.clear();
    this.gl?.deleteTexture(this.palette);
    this.gl?.deleteProgram(this.program);
    this.map = this.gl = null;
  }

  render(gl: WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    if (!this.map || !this.visible()) {
      this.complete = true;
      return;
    }
    this.frame++;
    const wanted = this.wanted(this.map);
    wanted.forEach((tile) => void this.fetch(tile));
    this.complete = this.coming.size === 0;
    gl.useProgram(this.program);
    gl.activeTexture(gl.TEXTURE1);
    if (this.stale) this.upload(gl);
    else gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.uniform1i(gl.getUniformLocation(this.program as WebGLProgram, "colours"), 1);
    gl.uniform1i(gl.getUniformLocation(this.program as WebGLProgram, "numbers"), 0);
    gl.uniform1f(gl.getUniformLocation(this.program as WebGLProgram, "opacity"), 1);
    gl.activeTexture(gl.TEXTURE0);
    const where = gl.getUniformLocation(this.program as WebGLProgram, "matrix");
    for (const position of this.drawable(wanted)) {
      const tile = this.tiles.get(key(position)) as Tile;
      tile.used = this.frame;
      if (!tile.numbers) continue;
      tile.texture ??= load(gl, tile.numbers);
      gl.bindTexture(gl.TEXTURE_2D, tile.texture);
      gl.uniformMatrix4fv(where, false, within(defaultProjectionData.mainMatrix, position));
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    this.forget(gl);
  }

  /** The tiles of the view; on a fine screen, those of the next zoom. */
  private wanted(map: MapLibre): Position[] {
    const tileSize = SIDE / Math.min(2, Math.max(1, Math.round(devicePixelRatio)));
    const seen = new Map<string, Position>();
    for (const { canonical } of map.coveringTiles({ tileSize, minzoom: MIN_ZOOM, maxzoom: MAX_ZOOM, roundZoom: false })) {
      const { z, x, y } = canonical;
      seen.set(key(canonical), { z, x, y });
    }
    return [...seen.values()];
  }

  /** What stands for the view until all of it is there: each tile, or the nearest one that covers it. */
  private drawable(wanted: Position[]): Position[] {
    const found = new Map<string, Position>();
    for (const position of wanted) {
      let { z, x, y } = position;
      while (z >= MIN_ZOOM && !this.tiles.has(key({ z, x, y }))) [z, x, y] = [z - 1, x >> 1, y >> 1];
      if (z >= MIN_ZOOM) found.set(key({ z, x, y }), { z, x, y });
    }
    return [...found.values()].sort((a, b) => a.z - b.z); // the coarse ones below
  }

  private async fetch(position: Position): Promise<void> {
    const name = key(position);
    if (this.tiles.has(name) || this.coming.has(name)) return;
    this.coming.add(name);
    try {
      const answer = await this.archive.getZxy(position.z, position.x, position.y);
      this.tiles.set(name, { numbers: answer ? new Uint32Array(answer.data) : null, texture: null, used: this.frame });
    } catch {
      setTimeout(() => this.map?.triggerRepaint(), 1000); // the server is busy or gone: ask again later
    } finally {
      this.coming.delete(name);
      this.map?.triggerRepaint();
    }
  }

  private upload(gl: WebGL2RenderingContext): void {
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    plain(gl);
    const rows = this.colours.length / 4 / WIDTH;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, WIDTH, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, this.colours);
    this.stale = false;
  }

  private forget(gl: WebGL2RenderingContext): void {
    if (this.tiles.size <= KEPT) return;
    const oldest = [...this.tiles].sort(([, a], [, b]) => a.used - b.used).slice(0, this.tiles.size - KEPT);
    for (const [name, tile] of oldest.filter(([, tile]) => tile.used < this.frame)) {
      gl.deleteTexture(tile.texture);
      this.tiles.delete(name);
    }
  }
}

const key = ({ z, x, y }: Position): string => `${z}/${x}/${y}`;

/** The matrix of the world, narrowed to one tile; multiplied in double precision, for the tiles are small. */
function within(world: ArrayLike<number>, { z, x, y }: Position): Float32Array {
  const size = 2 ** -z;
  const [left, top] = [x * size, y * size];
  const matrix = new Float32Array(16);
  for (let row = 0; row < 4; row++) {
    const at = (column: number): number => world[column * 4 + row] as number;
    matrix[row] = at(0) * size;
    matrix[4 + row] = at(1) * size;
    matrix[8 + row] = at(2);
    matrix[12 + row] = at(0) * left + at(1) * top + at(3);
  }
  return matrix;
}

function load(gl: WebGL2RenderingContext, numbers: Uint32Array): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  plain(gl);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, SIDE, SIDE, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, numbers);
  return texture;
}

/** Numbers are not to be mixed, and the map may have left other settings for its own pictures. */
function plain(gl: WebGL2RenderingContext): void {
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
}

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(gl.getProgramInfoLog(program) ?? "the colours of the map could not be compiled");
  }
  return program;
}

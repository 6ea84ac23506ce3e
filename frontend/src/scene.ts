/** One map with what it shows: a figure, its classes and its legend. */

import { type Method, paint } from "./classes";
import type { Index } from "./data";
import type { Key } from "./figure";
import { amount, type Drawing, drawing, legend, title } from "./legend";
import type { StationMap } from "./map";
import type { Field } from "./measures";
import { say } from "./texts";
import { rgb, theme } from "./theme";

/** How a map is looked at, whatever it shows; each test takes the place of a station in the list. */
export interface Look {
  method: Method;
  doubt: boolean;
  hidden: (station: number) => boolean;
  faded: (station: number) => boolean;
}

export class Scene {
  field: Field | null = null;
  private drawn: Drawing | null = null;
  readonly map: StationMap | null;
  private readonly index: Index;
  private readonly legendPlace: HTMLElement;

  constructor(index: Index, map: StationMap | null, legendPlace: HTMLElement) {
    this.index = index;
    this.map = map;
    this.legendPlace = legendPlace;
  }

  async draw({ method, doubt, hidden, faded }: Look): Promise<void> {
    if (!this.field) return;
    const drawn = (this.drawn = drawing(this.field, this.index, method));
    const open = this.legendPlace.querySelector<HTMLDetailsElement>(":scope > details")?.open;
    const made = legend(this.field, drawn, this.index, doubt);
    if (open !== undefined) made.toggleAttribute("open", open);
    this.legendPlace.replaceChildren(made);
    const doubted = doubt ? this.field.doubted : () => false;
    const [none, paper] = [rgb(theme().none), rgb(theme().land)];
    await this.map?.paint(paint(drawn.classes, drawn.colours, { none, paper, doubted, hidden, faded }));
  }

  /** What a station has, as people write it. */
  told(station: number): string {
    return this.field ? amount(this.field.values[station] as number, this.field, this.index) : "";
  }

  /** The title and the classes, for a figure. */
  key(): Key | null {
    if (!this.field || !this.drawn) return null;
    const { colours, labels } = this.drawn;
    const rows = labels.map((label, i) => ({ colour: colours[i] ?? [0, 0, 0], label }) as const);
    const ordered = this.field.scale === "levels" || this.field.scale === "blocs" ? rows : [...rows].reverse();
    const name = title(this.field.measure, this.index);
    return { title: name.charAt(0).toUpperCase() + name.slice(1), rows: ordered, source: say("figure_source", { area: this.index.title }) };
  }
}

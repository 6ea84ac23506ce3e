/** Colours live in the style sheet, once, for light and dark; the map reads them from there. */

const NAMES = [
  "land", "none", "level-1", "level-2", "level-3", "level-4", "level-5", "border", "commune", "label", "halo", "accent",
] as const; // prettier-ignore

export type Theme = Record<(typeof NAMES)[number], string>;

export function theme(): Theme {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Theme;
}

/** Call back whenever the reader's system turns dark or light. */
export function onThemeChange(react: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", react);
}

export const isDark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;

/** `#cfd2d6` as three numbers. */
export function rgb(hex: string): readonly [number, number, number] {
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

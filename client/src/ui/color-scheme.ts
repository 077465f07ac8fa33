/** Light or dark: what goes with the colour of the page's text, whatever the page says or does not say of its scheme. */

import { h } from "./dom";

/** Above it a text is for a dark page; 0 is black, 1 white. */
const MIDDLE = 0.5;

/** Red, green and blue, 0 to 1, of a colour mixed in sRGB, as browsers write it: `color(srgb 0.1 0.2 0.3)`. */
const channels = (color: string) => (color.match(/[\d.]+(e-\d+)?/g) ?? []).map(Number);

/** Sets `--ink` and `color-scheme` of `root`, in `shadow`, now and when the page changes its colour. */
export function followColorScheme(shadow: ShadowRoot, root: HTMLElement): void {
  // Beside the root, whose colour may be ours.
  const probe = h("i", { class: "ink", ontransitionend: look });
  shadow.append(probe);
  look();

  function look(): void {
    const { colorScheme } = getComputedStyle(shadow.host);
    const { color, backgroundColor } = getComputedStyle(probe);
    const [red = 0, green = 0, blue = 0] = channels(backgroundColor);
    const bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > MIDDLE;
    // A publisher who says "dark" and leaves the text black wants light text.
    const told = /dark/.test(colorScheme) && !/light/.test(colorScheme);
    const { style } = root;
    style.colorScheme = bright || told ? "dark" : "light";
    style.color = told && !bright ? "#e9e6df" : "";
    style.setProperty("--ink", style.color || color);
  }
}

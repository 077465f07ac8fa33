/** What of the page covers the top of the window: a header that sticks there, or several. */

import { styleSheet } from "./dom";

/** The page has one top for all of its threads. */
const sheet = styleSheet("");

/** Tells the style of `root` how tall it is, as `--top`, so that nothing is shown behind it. */
export function belowHeaders(root: HTMLElement): void {
  const { left, width } = root.getBoundingClientRect();
  let top = 0;
  for (;;) {
    const found = document.elementsFromPoint(left + width / 2, top + 1).find(sticks);
    const { bottom = 0 } = found?.getBoundingClientRect() ?? {};
    // What covers half of the window is no header.
    if (bottom <= top || bottom > innerHeight / 2) break;
    top = bottom;
  }
  sheet.replaceSync(`.root{--top:${top}px}`);
  const { adoptedStyleSheets } = root.getRootNode() as ShadowRoot;
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
}

/** True for what stays where it is while the page scrolls, or stands in it. The widget itself is one element here. */
function sticks(element: Element | null): boolean {
  for (let at = element; at && at !== document.body; at = at.parentElement)
    if (/fixed|sticky/.test(getComputedStyle(at).position)) return true;
  return false;
}

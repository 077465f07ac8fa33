/**
 * Keeps what is being read where it is while the list changes around it.
 *
 * Chromium and Firefox have scroll anchoring of their own, Safari has not, and none has it in every case (at the very
 * top of a page, after a removed anchor). So we measure: if the anchored element did not move, the browser has done it
 * and nothing is left to do; otherwise we scroll by what is missing, which also cancels the browser's pending attempt.
 */

/** Where the last anchor was to stay. Scroll positions are rounded, and without this 200 roundings would add up. */
let last: { _anchor: Element; _wanted: number } | undefined;

/** The first of `items`, which stand in order down the page, that reaches below `top`, in pixels of the viewport. */
export const firstBelow = (items: HTMLCollection, top: number): Element | undefined =>
  [...items].find((item) => item.getBoundingClientRect().bottom > top);

/** Runs `change`, then scrolls `scroller` (an element or the page) so that `anchor` is where it was on the screen. */
export function keepPlace(scroller: Element | Window, anchor: Element | undefined, change: () => void): void {
  const now = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const wanted = last?._anchor === anchor && Math.abs(last._wanted - now) < 1 ? last._wanted : now;
  last = { _anchor: anchor, _wanted: wanted };
  const top = anchor.getBoundingClientRect().top - wanted;
  // A page with smooth scrolling must not glide here; and where nothing moved, a scroll under way goes on.
  if (top) scroller.scrollBy({ top, behavior: "instant" });
}

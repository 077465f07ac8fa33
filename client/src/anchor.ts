/**
 * Keeps what is being read where it is while the list changes around it.
 *
 * Chromium and Firefox have scroll anchoring of their own, Safari has not, and none has it in every case (at the very
 * top of a page, after a removed anchor). So we measure: if the anchored element did not move, the browser has done it
 * and nothing is left to do; otherwise we scroll by what is missing, which also cancels the browser's pending attempt.
 */

/** The element that scrolls `element`: the nearest scrollable ancestor, out of shadow roots too, or the page. */
export function scrollerOf(element: Element): Element {
  const page = document.scrollingElement ?? document.documentElement;
  let at: Node | null = element.parentNode;
  while (at && at !== document.body) {
    if (at instanceof ShadowRoot) at = at.host;
    if (at instanceof Element && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
    at = at.parentNode;
  }
  return page;
}

/** Top and bottom of what can be seen of `scroller`'s content, in pixels of the viewport. */
export function view(scroller: Element): { top: number; bottom: number } {
  if (scroller === document.scrollingElement) return { top: 0, bottom: innerHeight };
  const { top, bottom } = scroller.getBoundingClientRect();
  return { top: Math.max(0, top), bottom: Math.min(innerHeight, bottom) };
}

/** The first of `items`, which stand in order down the page, that reaches below `top`. */
const firstBelow = (items: HTMLCollection, top: number): Element | undefined =>
  [...items].find((item) => item.getBoundingClientRect().bottom > top);

/** Where the last anchor was to stay. Scroll positions are rounded, and without this 200 roundings would add up. */
let last: { anchor: Element; wanted: number } | undefined;

/** Runs `change`, then puts `pin`, or else the topmost comment in view, back where it was on the screen. */
export function keepPlace(scroller: Element, list: Element, pin: Element | null, change: () => void): void {
  const anchor = pin ?? firstBelow(list.children, view(scroller).top);
  const now = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const wanted = last?.anchor === anchor && Math.abs(last.wanted - now) < 1 ? last.wanted : now;
  last = { anchor, wanted };
  const moved = anchor.getBoundingClientRect().top - wanted;
  // A page with smooth scrolling must not glide here.
  if (moved) scroller.scrollBy({ top: moved, behavior: "instant" });
}

/**
 * Keeps what is being read where it is while the list changes around it. Comes right after the first draw.
 *
 * Chromium and Firefox have scroll anchoring of their own, Safari has not, and none has it in every case (at the very
 * top of a page, after a removed anchor). So we measure: if the anchored element did not move, the browser has done it
 * and nothing is left to do; otherwise we scroll by what is missing, which also cancels the browser's pending attempt.
 */

import { focused } from "./dom";
import type { CommentList } from "./list";

/** Where the last anchor was to stay. Scroll positions are rounded, and without this 200 roundings would add up. */
let last: { _anchor: Element; _wanted: number } | undefined;

/** The first of `items`, which stand in order down the page, that reaches below `top`, in pixels of the viewport. */
export const firstBelow = (items: HTMLCollection, top: number): Element | undefined =>
  [...items].find((item) => item.getBoundingClientRect().bottom > top);

/** Runs `change`, then scrolls `scroller` (an element or the page) so that `anchor` is where it was on the screen. */
function keep(scroller: Element | Window, anchor: Element | undefined, change: () => void): void {
  const now = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const wanted = last?._anchor === anchor && Math.abs(last._wanted - now) < 1 ? last._wanted : now;
  last = { _anchor: anchor, _wanted: wanted };
  const top = anchor.getBoundingClientRect().top - wanted;
  // A page with smooth scrolling must not glide here; and where nothing moved, a scroll under way goes on.
  if (top) scroller.scrollBy({ top, behavior: "instant" });
}

/** True when the place where new comments appear has been scrolled out of view. */
export function isAway({ _layout, _root, _ol }: CommentList): boolean {
  const { _box, _newestFirst } = _layout;
  if (_box) return _box._away(_root);
  const { top, bottom } = _ol.getBoundingClientRect();
  return _newestFirst ? top < 0 : bottom > innerHeight;
}

/** What must not move: where the reader writes or stands with the keyboard, if that is in view. */
function anchorOf({ _root, _older }: CommentList): Element | undefined {
  const active = focused(_root.getRootNode());
  const at = active?.getBoundingClientRect();
  // Not the button for older ones: what it brings would push the reader past it all.
  return at && active !== _older && active?.tagName !== "LI" && at.bottom > 0 && at.top < innerHeight
    ? active
    : undefined;
}

/** Makes a change to `list` while what is being read stays where it is. */
export function keepPlace(list: CommentList, change: () => void): void {
  const { _layout, _root, _ol } = list;
  const { _box, _newestFirst } = _layout;
  const anchor = _box ? undefined : anchorOf(list);
  const away = anchor || isAway(list);
  // At the top of a newest-first list the reader watches comments come in: there they push the others down.
  if (!away && (_box || _newestFirst)) {
    change();
    _box?._toEnd(_root);
  } else if (_box) keep(_root, firstBelow(_ol.children, _root.getBoundingClientRect().top), change);
  else keep(window, anchor ?? firstBelow(_ol.children, 0), change);
}

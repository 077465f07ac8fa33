/**
 * What the comments of others do to a page: they come in where nobody is disturbed, seen by their tint; else they wait, and
 * the pill says how many. Comes with the first of them.
 */

import { hostOf } from "./address";
import { firstBelow, isAway } from "./anchor";
import css from "./arrivals.css?inline";
import { belowHeaders } from "./covered";
import { button, h, styleSheet } from "./dom";
import { show } from "./link";
import type { CommentList } from "./list";
import * as t from "./strings";

/** More than one a second for longer than this many seconds is more than can be read as it moves. */
const CALM = 5;
/** How long a comment is marked as new; its tint has faded by then. */
const FRESH_MS = 3_000;

const sheet = styleSheet(css);

/** Unseen comments of all threads, while nobody looks at the page. */
let missed = 0;
let title = "";

function name(count: number): void {
  if (!missed) title = document.title;
  missed += count;
  document.title = `(${missed}) ${title}`;
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !missed) return;
  missed = 0;
  document.title = title;
});

export class Arrivals {
  private readonly _pill = button("", () => this._toNewest(), { class: "pill", part: "button pill", hidden: true });
  private readonly _back = button(t.BACK(), () => this._toPlace(), { class: "back", hidden: true });
  /** The number of the comment where the reader was. */
  private _place: number | undefined;
  private _unseen = 0;
  private _touched = false;
  /** Those of the last seconds: each second takes one off. */
  private _heat = 0;
  private _heatedAt = 0;
  private _waiting: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly _list: CommentList) {
    const { _root, _ol, _layout } = _list;
    (_root.getRootNode() as ShadowRoot).adoptedStyleSheets.push(sheet);
    const holder = h("div", { class: "holder" }, this._pill, this._back);
    const edge = h("div");
    if (_layout._newestFirst) _root.prepend(holder, edge);
    else _root.append(edge, holder);
    // Only after the event it is known where focus has gone.
    _root.addEventListener("focusout", () => setTimeout(() => this._seen()));
    _root.addEventListener("scroll", () => this._seen());
    _ol.addEventListener("pointerleave", () => {
      _list._pointed = false;
      this._resume();
    });
    for (const kind of ["touchstart", "touchend", "touchcancel"])
      _ol.addEventListener(
        kind,
        () => {
          this._touched = kind === "touchstart";
          this._resume();
        },
        { passive: true },
      );
    new IntersectionObserver(() => this._seen()).observe(edge);
  }

  /** Others have come after comment `last`, of whom `count` count: now it is decided whether they are drawn. */
  _came(last: number, count: number): void {
    const list = this._list;
    // After a burst they come in soon.
    this._heat = Math.min(this._cool() + count, 2 * CALM);
    const { _scattered, _waits } = list._layout;
    const away = isAway(list);
    const wait = _waits || (_scattered ? away || this._disturbs() : !away && this._disturbs());
    list._upTo = wait ? Math.min(list._upTo, last) : Number.POSITIVE_INFINITY;
    // Nothing tells when a selection is gone, or when fewer come.
    if (wait) this._waiting ??= setInterval(() => this._resume(), 1000);
    if (!count) return;
    if (away || wait) this._count(count);
    if (document.hidden && this._isHosted()) name(count);
  }

  /** Comment `item` of another came in. */
  _mark(item: HTMLElement): void {
    item.classList.add("fresh");
    setTimeout(() => item.classList.remove("fresh"), FRESH_MS);
  }

  /** Whether the page is the server's own. */
  private _isHosted(): boolean {
    const { host } = this._list._root.getRootNode() as ShadowRoot;
    return location.href.startsWith(`${hostOf(host)}/`);
  }

  private _cool(): number {
    const now = Date.now();
    const heat = Math.max(0, this._heat - (now - this._heatedAt) / 1000);
    this._heatedAt = now;
    return heat;
  }

  /** True when comments that come in now would move what is read, pointed at, touched or selected. */
  private _disturbs(): boolean {
    const { _layout } = this._list;
    if (!_layout._newestFirst && !_layout._box) return false;
    this._heat = this._cool();
    return this._touched || !!this._list._pointed || `${getSelection()}` !== "" || (!_layout._box && this._heat > CALM);
  }

  /** Those who wait come in as soon as they disturb nobody. */
  private _resume(): void {
    const list = this._list;
    // Where the thread has left the page, or has another layout, nobody waits any more.
    const here = list._root.isConnected;
    const waits = here && list._upTo < Number.POSITIVE_INFINITY;
    if (waits && (list._layout._waits || isAway(list) || this._disturbs())) return;
    this._stopWaiting();
    if (!here) return;
    list._release();
    this._seen();
  }

  private _stopWaiting(): void {
    clearInterval(this._waiting);
    this._waiting = undefined;
  }

  /** Where the keyboard walks the list, the pill must not vanish below the fingers: it stays until focus has left. */
  private _seen(): void {
    const list = this._list;
    const waiting = list._upTo < Number.POSITIVE_INFINITY;
    if (!waiting && !isAway(list) && !list._root.querySelector(":focus-visible")) this._forget();
  }

  private _forget(): void {
    this._unseen = 0;
    this._pill.hidden = true;
  }

  private _count(count: number): void {
    const pill = this._pill;
    const { _layout, _root } = this._list;
    this._unseen += count;
    pill.hidden = false;
    pill.textContent = (_layout._newestFirst ? "↑ " : "↓ ") + t.newShort(this._unseen);
    pill.ariaLabel = t.newComments(this._unseen);
    if (!_layout._box) belowHeaders(_root);
  }

  private _toNewest(): void {
    const list = this._list;
    const { _box, _newestFirst } = list._layout;
    const unseen = this._unseen;
    const at = isAway(list) && firstBelow(list._ol.children, 0);
    if (at) this._place = list._comments.find(({ id }) => list._items.get(id) === at)?.number;
    this._stopWaiting();
    list._release();
    this._forget();
    const target = list._comments.at(_box || _newestFirst ? -1 : -unseen);
    if (target) show(list, target.number, _newestFirst ? "start" : "nearest");
    _box?._toEnd(list._root);
    this._back.hidden = !this._place || !!_box;
  }

  private _toPlace(): void {
    this._back.hidden = true;
    if (this._place) show(this._list, this._place, "start");
    this._place = undefined;
  }
}

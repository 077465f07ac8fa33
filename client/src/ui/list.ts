/** The comments on the page: drawn once each, put in order, and none moves what is being read. */

import type { Pending } from "../core/outbox";
import type { Comment } from "../protocol/generated";
import type { Arrivals } from "./arrivals";
import { type Context, contentOf, drawComment, drawParent, isBusy } from "./comment-view";
import { button, focused, h } from "./dom";
import type { Entry, Layout } from "./layout";
import * as t from "./strings";

/** What is another object where more has changed than counts and votes, which votes.ts draws: new counts leave the author's. */
const drawnOf = (entry?: Entry) => (entry as Comment | undefined)?.author ?? entry;

/** Until the other rows are drawn, in milliseconds. What is drawn first is on the screen by then, and what comes with it is there. */
const REST_MS = 50;

export class CommentList {
  readonly _root: HTMLElement;
  readonly _items = new Map<string, HTMLElement>();
  /** What an item was drawn from: its comment, the one that this answers, and whether it is pinned. */
  private readonly _drawn = new WeakMap<HTMLElement, [Entry, Comment | undefined, boolean]>();
  readonly _older: HTMLElement;
  readonly _ol = h("ol", { role: "list" });
  _comments: readonly Comment[] = [];
  /** Comments with a higher number wait. */
  _upTo = Number.POSITIVE_INFINITY;
  /** The pointer was moved onto a comment; that one came to lie below it is not enough. */
  declare _pointed?: boolean;
  private _pending: readonly Pending[] = [];
  private _arrivals: Arrivals | undefined;
  /** Comments with a higher number that are of others came in while the page was open. */
  _known = Number.POSITIVE_INFINITY;
  /** So many new rows are drawn next, from the top, and the others right after them. */
  declare _most?: number;
  /** What is there, in its order on the page. */
  declare _all: readonly Entry[];

  constructor(
    /** One that has it sorted may take its place. */
    public _layout: Layout,
    readonly _context: Context,
    loadOlder: () => unknown,
  ) {
    this._older = button(t.SHOW_OLDER(), loadOlder, { class: "older" });
    const parts = [this._ol, this._older];
    this._root = h(
      "div",
      { class: `list ${_layout._name}`, ..._layout._box?._props() },
      ...(_layout._newestFirst ? parts : parts.reverse()),
    );
    _context._thin?.(this);
  }

  /** Draws this state: comments by number, and those on their way; `arrived` were posted by others just now, of whom ignored ones do not count. */
  _update(next: readonly Comment[], pending: readonly Pending[], arrived: number | undefined, hasOlder: boolean): void {
    const last = this._comments.at(-1)?.number ?? 0;
    this._comments = next;
    this._pending = pending;
    if (arrived !== undefined) {
      this._known = Math.min(this._known, last);
      this._arrivals ??= this._context._receive?.(this);
      this._arrivals?._came(last, arrived);
    }
    this._inPlace(() => {
      this._arrange();
      this._older.hidden = !hasOlder;
    });
  }

  /** Draws those that wait. */
  _release(): void {
    this._upTo = Number.POSITIVE_INFINITY;
    this._inPlace(() => this._arrange());
  }

  /** Draws every comment again: what this reader may do has changed. */
  _redraw(): void {
    for (const comment of this._comments) this._redrawOne(comment);
  }

  _item(number: number): HTMLElement | undefined {
    return this._items.get(this._comments.find((comment) => comment.number === number)?.id as string);
  }

  private _draw(key: string, data: Entry): HTMLElement {
    const context = this._context;
    let item = this._items.get(key);
    const isNew = !item;
    item ??= h("li", { part: "comment", tabIndex: -1 });
    this._items.set(key, item);
    const parent = context._find(data.parent as string);
    const pinned = context._isPinned(key);
    const [lastData, lastParent, lastPinned] = this._drawn.get(item) ?? [];
    if (drawnOf(lastData) === drawnOf(data) && drawnOf(lastParent) === drawnOf(parent) && lastPinned === pinned)
      return item;
    if (isBusy(item) && "number" in data && !data.removed) {
      drawParent(item, data, context);
      return item;
    }
    this._drawn.set(item, [data, parent, pinned]);
    const content = contentOf(item);
    const active = focused(content);
    if ("number" in data) drawComment(item, data, context, () => this._redrawOne(data));
    else context._writer?._drawPending(item, data);
    if (isNew && "number" in data && data.number > this._known) this._arrivals?._mark(item);
    // The button that had focus keeps it in its new shape, if there is one.
    const same = [...content.querySelectorAll("button")].find((one) => one.textContent === active?.textContent);
    if (active) (same ?? item).focus({ preventScroll: true });
    return item;
  }

  _redrawOne({ id }: Comment): void {
    const item = this._items.get(id);
    const comment = this._context._find(id);
    if (!item || !comment) return;
    this._drawn.delete(item);
    this._draw(id, comment);
  }

  private _arrange(): void {
    const { _layout, _upTo } = this;
    const entries: Entry[] = [...this._comments.filter(({ number }) => number <= _upTo), ...this._pending];
    this._all = _layout._arrange?.(entries, this) ?? entries;
    this._fill();
  }

  /**
   * Draws those of the ids in `keep` and takes out all others, moving none that stays: a moved node loses focus, selection and
   * scroll anchor.
   */
  _fill(keep: ReadonlySet<string> = new Set(this._all.map(({ id }) => id))): void {
    for (const [key, item] of this._items) {
      if (keep.has(key)) continue;
      item.remove();
      this._items.delete(key);
    }
    let at = this._ol.firstElementChild;
    let before: Entry | undefined;
    let most = this._most || Number.POSITIVE_INFINITY;
    this._most = 0;
    for (const data of this._all) {
      if (keep.has(data.id) && (this._items.has(data.id) || most-- > 0)) {
        const item = this._draw(data.id, data);
        this._layout._place?.(item, data, before);
        if (item === at) at = at.nextElementSibling;
        else this._ol.insertBefore(item, at);
      }
      before = data;
    }
    if (most < 0) setTimeout(() => this._inPlace(() => this._fill()), REST_MS);
  }

  /** Makes a change while what is being read stays where it is: see anchor.ts. The first draw does not wait for it. */
  _inPlace(change: () => void): void {
    const { _context, _root } = this;
    const { _box } = this._layout;
    if (_context._keepPlace) _context._keepPlace(this, change);
    else {
      const stays = _box?._away(_root);
      change();
      if (!stays) _box?._toEnd(_root);
    }
  }
}

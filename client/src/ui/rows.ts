/**
 * Of a long thread those comments are drawn that are near the view, so that 10,000 scroll as 100 do; the room of the others is a
 * margin. Removed ones in a row fold. Comes when a thread is long or has something removed.
 */

import { forget } from "../core/forget";
import { Heights } from "./heights";
import type { Entry } from "./layout";
import type { CommentList } from "./list";
import type { ThreadView } from "./thread-view";
import { Tombstones } from "./tombstones";

/** Up to so many rows all are drawn; there are never more than 400. */
const ALL = 300;
/** As many at each end are always drawn: new ones come there, and Home and End lead there. */
const EDGE = 30;
/** So far beyond the view, in pixels, and at most so many rows. */
const AHEAD_PX = 2_000;
const AHEAD = 85;
/** More than so many rows are never in view, and of what is selected no more are kept. */
const VIEW = 100;
const SELECTED = 30;
/** On both sides of one that is asked for. */
const AROUND = 10;
/** Of so many that are loaded the oldest are forgotten, so that the newest so many stay, where none of the others is in view or in use. */
const LOADED = 6_000;
const KEPT = 5_000;
/** So many may be drawn beyond what is needed before they are taken out. */
const SPARE = 20;
/** What has these is in use: a form, the line about an answer that was written there, an open menu. */
const IN_USE = "form, .replied, details[open]";

/** Has the lists of `view` draw few of many, from now on. */
export function rows(view: ThreadView): void {
  if (view._thin || view._gone) return;
  let drawn: Rows;
  view._thin = (list) => {
    drawn = new Rows(list, view);
  };
  view._thin(view._list);
  const print = ({ type }: Event) => drawn._print(type === "beforeprint");
  const kinds = ["beforeprint", "afterprint"];
  for (const kind of kinds) addEventListener(kind, print);
  const end = view._endReading;
  view._endReading = () => {
    end?.();
    for (const kind of kinds) removeEventListener(kind, print);
  };
  view._list._inPlace(() => view._list._fill());
}

class Rows {
  private readonly _tombstones: Tombstones;
  /** Draws these ids, or all. */
  private readonly _drawn: CommentList["_fill"];
  /** What has a row of its own, and the place of each in it. */
  private _rows: readonly Entry[] = [];
  private _places = new Map<string, number>();
  /** The rows that are drawn while not all are. */
  private readonly _ids = new Map<Element, string>();
  private readonly _heights = new Heights();
  private _width = 0;
  private readonly _inView = new Set<string>();
  /** The first and the last in view, when that was last known. */
  private _view: readonly string[] = [];
  private _wanted: string | undefined;
  private _printing = false;
  private readonly _observer = new IntersectionObserver((entries) => this._scrolled(entries));

  constructor(
    private readonly _list: CommentList,
    private readonly _owner: ThreadView,
  ) {
    this._tombstones = new Tombstones(_list);
    this._drawn = _list._fill.bind(_list);
    _list._fill = () => this._fill();
    const item = _list._item.bind(_list);
    _list._item = (number) => item(number) ?? this._bring(number);
    new ResizeObserver(([entry]) => this._resized(entry?.contentRect.width ?? 0)).observe(_list._ol);
  }

  /** Draws all, or what is needed again. */
  _print(all: boolean): void {
    this._printing = all;
    this._list._inPlace(() => this._fill());
  }

  private _fill(): void {
    const { _list, _tombstones } = this;
    _tombstones._find();
    this._rows = _list._all.filter(({ id }) => !_tombstones._folded.has(id));
    this._places = new Map(this._rows.map(({ id }, place) => [id, place]));
    this._heights._settle();
    this._draw(this._choose());
    if (_list._comments.length > LOADED && !this._printing) this._forget();
  }

  /** Forgets the oldest comments, unless one of them is read. Among answers and in an order of their own they hold others in place. */
  private _forget(): void {
    const { _list, _inView } = this;
    const { _subscription } = this._owner;
    const { state } = _subscription;
    const first = _list._comments.at(-KEPT)?.number ?? 0;
    const used = [..._inView, ...this._inUse()].map((id) => this._rows[this._places.get(id) ?? -1]);
    const isRead = used.some((entry) => entry && "number" in entry && entry.number < first);
    if (state && _inView.size && !isRead && !_list._layout._scattered) _subscription.show(forget(state, KEPT));
  }

  /** Draws `keep`, or all. */
  private _draw(keep?: ReadonlySet<string>): void {
    const wasThin = this._ids.size > 0;
    this._leave(keep);
    this._drawn(keep);
    if (keep || wasThin) this._space(keep);
    this._tombstones._draw();
  }

  /** The ids of what is to be drawn; nothing where that is all. */
  private _choose(): Set<string> | undefined {
    const { _rows, _places } = this;
    if (_rows.length <= ALL || this._printing) return;
    if (this._heights._isEmpty()) for (const [id, item] of this._list._items) this._heights._measure(item, id);
    const keep = new Set<string>();
    const add = (from: number, to: number) => {
      for (const { id } of _rows.slice(Math.max(0, from), to + 1)) keep.add(id);
    };
    add(0, EDGE - 1);
    add(_rows.length - EDGE, _rows.length);
    const [first, last] = this._seen();
    add(this._ahead(first, -1), this._ahead(last, 1));
    if (this._wanted) {
      const place = _places.get(this._wanted);
      if (place !== undefined) add(place - AROUND, place + AROUND);
      keep.add(this._wanted);
    }
    for (const id of this._inUse()) keep.add(id);
    return keep;
  }

  /** The places of the first and the last in view. */
  private _seen(): readonly [number, number] {
    const known = (id: string) => this._places.get(id) ?? [];
    const places = [...this._inView].flatMap(known);
    if (!places.length) places.push(...this._view.flatMap(known));
    if (!places.length) return [0, 0];
    const first = Math.min(...places);
    return [first, Math.min(Math.max(...places), first + VIEW)];
  }

  /** The place that is far enough from `place`, up (-1) or down (1). */
  private _ahead(place: number, step: number): number {
    let [at, room] = [place, AHEAD_PX];
    for (let count = 0; count < AHEAD && room > 0 && this._rows[at + step]; count++) {
      at += step;
      room -= this._height(at);
    }
    return at;
  }

  private _height(place: number): number {
    return this._heights._of(this._rows[place]?.id);
  }

  /** What must not go: it has focus, is selected, or somebody writes there. */
  private *_inUse(): Generator<string> {
    const { _ol, _items } = this._list;
    const { activeElement } = this._owner._root;
    const range = this._owner._selected?.();
    const used = new Set<Node>(_ol.querySelectorAll(IN_USE));
    if (activeElement) used.add(activeElement);
    let selected = 0;
    for (const [id, item] of _items) {
      const isUsed = range?.intersectsNode(item) && selected++ < SELECTED;
      if (isUsed || item.matches(".pending")) yield id;
    }
    for (const node of used) {
      let at: Node | null = node;
      while (at && at.parentNode !== _ol) at = at.parentNode;
      const id = at && this._idOf(at as Element);
      if (id) yield id;
    }
  }

  private _idOf(item: Element): string | undefined {
    const known = this._ids.get(item);
    if (known) return known;
    for (const [id, other] of this._list._items) if (other === item) return id;
    return;
  }

  /** Notes what is known of the rows that go. */
  private _leave(keep?: ReadonlySet<string>): void {
    const { _list } = this;
    for (const [item, id] of this._ids) {
      if (keep?.has(id)) continue;
      this._heights._measure(item as HTMLElement, id);
      this._observer.unobserve(item);
      this._inView.delete(id);
      this._ids.delete(item);
      // Who comes back is not new.
      const entry = this._rows[this._places.get(id) ?? -1];
      if (entry && "number" in entry && entry.number > _list._known) _list._known = entry.number;
    }
  }

  /** Keeps the room of what is not drawn, and tells the ear the place of what is. */
  private _space(keep?: ReadonlySet<string>): void {
    const { _rows, _list } = this;
    const drawn = (id: string) => (!keep || keep.has(id) ? _list._items.get(id) : undefined);
    this._heights._space(_rows, drawn, this._seen()[0]);
    _rows.forEach(({ id }, place) => {
      const item = drawn(id);
      if (!item) return;
      item.ariaPosInSet = keep ? `${place + 1}` : null;
      item.ariaSetSize = keep ? `${_rows.length}` : null;
      if (!keep || this._ids.has(item)) return;
      this._ids.set(item, id);
      this._observer.observe(item);
    });
  }

  /** Draws comment `number` wherever it is. */
  private _bring(number: number): HTMLElement | undefined {
    const { _list } = this;
    const entry = _list._all.find((one) => "number" in one && one.number === number);
    if (!entry) return;
    this._wanted = entry.id;
    _list._inPlace(() => this._fill());
    return _list._items.get(entry.id);
  }

  private _scrolled(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const id = this._ids.get(target);
      if (id && isIntersecting) this._inView.add(id);
      else if (id) this._inView.delete(id);
    }
    if (this._wanted && this._inView.has(this._wanted)) this._wanted = undefined;
    if (this._inView.size) this._shift();
    else this._look();
  }

  /** Draws what the view has come near to, and takes out what it has left. */
  private _shift(): void {
    const { _list } = this;
    const [first, last] = this._seen();
    this._view = [first, last].flatMap((place) => this._rows[place]?.id ?? []);
    const keep = this._choose();
    if (!keep) return;
    const isWhole = [...keep].every((id) => _list._items.has(id));
    if (isWhole && this._ids.size - keep.size < SPARE) return;
    const anchor = _list._items.get(this._view[0] ?? "");
    const top = () => anchor?.getBoundingClientRect().top ?? 0;
    _list._inPlace(() => {
      const before = top();
      this._draw(keep);
      if (anchor?.isConnected) this._heights._absorb(top() - before);
    });
  }

  /** No row is in view: finds out which would be. The browser says it also in a frame, where no scrolling is heard. */
  private _look(): void {
    const probe = new IntersectionObserver(([entry]) => {
      probe.disconnect();
      if (!entry?.isIntersecting || this._inView.size) return;
      const { top, bottom } = entry.intersectionRect;
      this._view = [this._idAt(top), this._idAt(bottom)];
      this._heights._settle();
      this._shift();
    });
    probe.observe(this._list._ol);
  }

  /** What would be at `y`, in pixels of the viewport. */
  private _idAt(y: number): string {
    let place = 0;
    let bottom = 0;
    for (const item of this._list._ol.children) {
      const at = item.getBoundingClientRect();
      const found = this._places.get(this._ids.get(item) ?? "");
      if (at.top > y || found === undefined) break;
      place = found;
      bottom = at.bottom;
    }
    while (bottom < y && place < this._rows.length - 1) bottom += this._height(++place);
    return this._rows[place]?.id ?? "";
  }

  /** In another width all heights are others. */
  private _resized(width: number): void {
    if (this._width && width !== this._width) {
      this._heights._clear();
      this._list._inPlace(() => this._fill());
    }
    this._width = width;
  }
}

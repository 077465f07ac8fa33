/** The heights of rows, and the margins that keep the room of those that are not drawn. Goes with rows.ts. */

import type { Entry } from "./layout";

export class Heights {
  private readonly _known = new Map<string, number>();
  private _total = 0;
  /** By how much the room before what is in view differs from the heights it stands for: it took up what these were wrong. */
  private _drift = 0;
  /** That room: before which item, and how high the heights make it. */
  private _room: { _item: HTMLElement; _height: number } | undefined;

  /** In pixels; of a row that was never drawn as high as the others are on average. */
  _of(id = ""): number {
    return this._known.get(id) ?? this._total / (this._known.size || 1);
  }

  _isEmpty(): boolean {
    return !this._known.size;
  }

  /** Notes how high the row `id` is, which `item` is. */
  _measure(item: HTMLElement, id: string): void {
    const next = item.nextElementSibling as HTMLElement | null;
    const { top, height } = item.getBoundingClientRect();
    if (!height) return;
    // With what lies between two, where nothing is left out.
    const room = next && !next.hidden && !next.style.marginTop ? next.getBoundingClientRect().top - top : height;
    this._total += room - (this._known.get(id) ?? 0);
    this._known.set(id, room);
  }

  /** In another width all are others. */
  _clear(): void {
    this._known.clear();
    this._total = 0;
  }

  /** Makes room for those of `rows` that are not `drawn`, above the next that is; `first` is the place of the first in view. */
  _space(rows: readonly Entry[], drawn: (id: string) => HTMLElement | undefined, first: number): void {
    let gap = 0;
    this._room = undefined;
    rows.forEach(({ id }, place) => {
      const item = drawn(id);
      if (item) {
        setMargin(item, gap);
        if (gap && place <= first) this._room = { _item: item, _height: gap };
        gap = 0;
      } else gap += this._of(id);
    });
    this._absorb(0);
  }

  /** What is in view has moved down by `moved` since rows above it had other heights than thought: the room there takes it up. */
  _absorb(moved: number): void {
    const { _room } = this;
    this._drift = _room ? Math.max(this._drift - moved, -_room._height / 2) : 0;
    if (_room) setMargin(_room._item, _room._height + this._drift);
  }

  /** What is in view is drawn anew: from here on nothing was wrong. */
  _settle(): void {
    this._drift = 0;
  }
}

function setMargin(item: HTMLElement, height: number): void {
  const margin = height ? `${height}px` : "";
  if (item.style.marginTop !== margin) item.style.marginTop = margin;
}

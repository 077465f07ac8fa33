/** Removed comments in a row fold to one line, so that they are no hole in the talk. */

import { contentOf } from "./comment-view";
import { button } from "./dom";
import type { Entry } from "./layout";
import type { CommentList } from "./list";
import { hideRemoved, showRemoved } from "./strings";

/** So many in a row are folded. */
const RUN = 3;

export class Tombstones {
  /** What the reader has unfolded; who comes to stand beside it is shown too. */
  private readonly _open = new Set<string>();
  private readonly _buttons = new WeakMap<Element, HTMLButtonElement>();
  /** The long runs by their first comment's id. */
  private _runs = new Map<string, Entry[]>();
  /** The ids of what is folded away; the first of each run is not, and has the button. */
  _folded = new Set<string>();

  constructor(private readonly _list: CommentList) {
    _list._root.addEventListener("focusin", ({ target }) => {
      // Whom a link leads to one of them sees it.
      if ((target as Element).matches(".removed")) _list._inPlace(() => _list._fill());
    });
  }

  /** Finds the runs in what is there now. */
  _find(): void {
    const { _all, _layout, _items, _root } = this._list;
    const { activeElement } = _root.getRootNode() as ShadowRoot;
    this._runs = new Map();
    this._folded = new Set();
    let run: Entry[] = [];
    const end = () => {
      const [first, ...others] = run;
      if (!first || run.length < RUN) return;
      this._runs.set(first.id, run);
      if (!run.some(({ id }) => this._open.has(id) || (activeElement && _items.get(id) === activeElement)))
        for (const { id } of others) this._folded.add(id);
      else for (const { id } of run) this._open.add(id);
    };
    for (const entry of _all) {
      const goes = "number" in entry && entry.removed;
      // Answers to different comments are no row.
      if (!goes || (run[0] && _layout._depth?.(run[0]) !== _layout._depth?.(entry))) {
        end();
        run = [];
      }
      if (goes) run.push(entry);
    }
    end();
  }

  /** Draws them, on the items that are there. */
  _draw(): void {
    for (const [id, item] of this._list._items) {
      item.hidden = this._folded.has(id);
      const run = this._runs.get(id);
      const shows = this._open.has(id);
      item.toggleAttribute("data-run", !!run && !shows);
      const shown = this._buttons.get(item);
      if (run) {
        const line = shown ?? button("", () => {}, { class: "run" });
        this._buttons.set(item, line);
        line.onclick = () => this._toggle(run, !shows);
        line.textContent = (shows ? hideRemoved : showRemoved)(run.length);
        line.setAttribute("aria-expanded", `${shows}`);
        if (!line.isConnected) contentOf(item).after(line);
      } else shown?.remove();
    }
  }

  private _toggle(run: readonly Entry[], show: boolean): void {
    for (const { id } of run) {
      if (show) this._open.add(id);
      else this._open.delete(id);
    }
    this._list._inPlace(() => this._list._fill());
  }
}

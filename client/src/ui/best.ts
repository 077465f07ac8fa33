/**
 * The best comments first, in the order that they had when the reader asked for it: votes change their numbers, and move nothing.
 * Comes with the votes.
 */

import { type BestPage, loadBest } from "../core/best";
import type { State } from "../core/store";
import type { Comment } from "../protocol/generated";
import { button, h, styleSheet } from "./dom";
import type { Entry } from "./layout";
import { BEST, SHOW_MORE, SORT_AGAIN } from "./strings";
import type { ThreadView } from "./thread-view";

const sheet = styleSheet(".best > .older:not(.more){display:none}");

/**
 * Adds the order to the reader's choice of layouts, where the site takes votes; call what it returns when that has changed. The
 * choice is not kept: a page that opens would be put into another order again.
 */
export function best(view: ThreadView): () => void {
  const select = view._header._root.querySelector("select") as HTMLSelectElement;
  const option = h("option", { value: "best" }, BEST());
  const offer = () => {
    if ((view._subscription.state?.site?.votes ?? "none") === "none") option.remove();
    else select.append(option);
  };
  let leave: (() => void) | undefined;
  offer();
  view._root.adoptedStyleSheets.push(sheet);
  const choose = async (event: Event) => {
    leave?.();
    leave = undefined;
    if (select.value !== "best") return;
    event.stopImmediatePropagation();
    view._chosen = "newest";
    await view._lay();
    if (select.value !== "best" || view._gone) return;
    leave = sorted(view, () => {
      select.value = "newest";
      select.dispatchEvent(new Event("change"));
    });
  };
  // Before the layouts' own, which would keep the choice.
  select.addEventListener("change", choose, { capture: true });
  return offer;
}

/** Shows the best first, until what is returned is called; `fail` is where nobody answers. */
function sorted(view: ThreadView, fail: () => void): () => void {
  const { _list, _subscription, _shown } = view;
  /** The places of the comments, by number. */
  let places: Map<number, number> | undefined;
  let cursor: string | null = null;
  /** The last comment when the order was asked for. */
  let last = Number.POSITIVE_INFINITY;
  let all = false;

  const placeOf = (entry: Entry) => ("number" in entry ? places?.get(entry.number) : undefined);
  const isNew = (entry: Entry) => !("number" in entry) || entry.number > last;

  function arrange(entries: Entry[]): Entry[] {
    const fresh = entries.filter(isNew).reverse();
    const ranked = entries.filter((entry) => placeOf(entry) !== undefined);
    const rest = entries.filter((entry) => !isNew(entry) && placeOf(entry) === undefined).reverse();
    ranked.sort((a, b) => (placeOf(a) as number) - (placeOf(b) as number));
    return [...fresh, ...ranked, ...rest];
  }

  function take(page: BestPage): void {
    places ??= new Map();
    for (const { number } of page.comments) if (!places.has(number)) places.set(number, places.size);
    cursor = page.cursor;
    more.hidden = !cursor;
    view._draw();
  }

  async function sort(): Promise<void> {
    let newest = 0;
    for (const number of _subscription.state?.known.keys() ?? []) newest = Math.max(newest, number);
    const asked = loadBest(_subscription).then((page) => {
      places = undefined;
      last = newest;
      all = false;
      view._shown = ({ known }: State): Comment[] =>
        [...known.values()]
          .map(({ comment }) => comment)
          .filter((comment) => all || placeOf(comment) !== undefined || isNew(comment))
          .sort((a, b) => a.number - b.number);
      _list._upTo = Number.POSITIVE_INFINITY;
      take(page);
    });
    if (!(await view._guarded(asked)) && !places) fail();
  }

  const again = button(SORT_AGAIN(), sort, { class: "older more" });
  const more = button(
    SHOW_MORE(),
    () => view._busy(more, () => view._guarded(loadBest(_subscription, cursor as string).then(take))),
    { class: "older more", hidden: true },
  );
  const _reveal = () => {
    all = true;
    view._draw();
  };
  // Its comments stand in no order of time, so no line says where those since the last visit begin.
  _list._layout = view._layout = { ...view._layout, _waits: true, _scattered: true, _arrange: arrange, _reveal };
  _list._redraw();
  _list._root.classList.add("best");
  _list._ol.before(again);
  _list._ol.after(more);
  void sort();
  return () => {
    view._shown = _shown;
  };
}

/** The layout `threaded`: answers stand below what they answer, and can be folded away. */

import { contentOf } from "./comment-view";
import { button, styleSheet } from "./dom";
import type { Entry, Layout } from "./layout";
import type { CommentList } from "./list";
import { hideAnswers, showAnswers } from "./strings";
import css from "./threaded.css?inline";

/** What is deeper stands no further in: on a phone nothing would be left of the line. */
const INDENTS = 3;

/** Comments whose answers are folded away, by id. */
const folded = new Set<string>();
const depths = new WeakMap<Entry, number>();
/** How many answers a comment has, with those to its answers. */
const answers = new WeakMap<Entry, number>();
const lists = new WeakMap<Entry, CommentList>();
const buttons = new WeakMap<HTMLElement, HTMLElement>();

function arrange(all: Entry[], list: CommentList): Entry[] {
  const there = new Map(all.map((entry) => [entry.id, entry]));
  const below = new Map<Entry | undefined, Entry[]>();
  for (const entry of all) {
    const parent = there.get(entry.parent as string);
    const answers = below.get(parent);
    if (answers) answers.push(entry);
    else below.set(parent, [entry]);
  }
  const arranged: Entry[] = [];
  /** Adds `entry` and what is below it; how many that are. */
  function add(entry: Entry, depth: number, hidden: boolean): number {
    if (!hidden) arranged.push(entry);
    depths.set(entry, depth);
    lists.set(entry, list);
    const hides = hidden || folded.has(entry.id);
    const count = (below.get(entry) ?? []).reduce((sum, answer) => sum + add(answer, depth + 1, hides), 0);
    answers.set(entry, count);
    // An ignored one is a line, and no answer to be counted.
    const counts = !("number" in entry && list._context._hides?.(entry));
    return count + +counts;
  }
  for (const root of (below.get(undefined) ?? []).reverse()) add(root, 0, false);
  return arranged;
}

const depthOf = (entry: Entry): number => Math.min(depths.get(entry) ?? 0, INDENTS);

function place(item: HTMLElement, entry: Entry, before: Entry | undefined): void {
  const depth = depths.get(entry) ?? 0;
  item.style.setProperty("--depth", `${depthOf(entry)}`);
  item.toggleAttribute("data-answer", depth > 0);
  // Right below what it answers, no line needs to say so.
  item.toggleAttribute("data-below", !!before && before.id === entry.parent && depth <= INDENTS);
  const count = answers.get(entry) ?? 0;
  let fold = buttons.get(item);
  if (!count) {
    folded.delete(entry.id);
    fold?.remove();
    return;
  }
  if (!fold) {
    fold = button("", () => toggle(entry.id, lists.get(entry) as CommentList), { class: "fold" });
    buttons.set(item, fold);
  }
  const shut = folded.has(entry.id);
  fold.textContent = shut ? showAnswers(count) : hideAnswers(count);
  fold.setAttribute("aria-expanded", `${!shut}`);
  if (!fold.isConnected) contentOf(item).after(fold);
}

function toggle(id: string, list: CommentList): void {
  if (!folded.delete(id)) folded.add(id);
  list._release();
}

export const THREADED: Layout = {
  _name: "threaded",
  _newestFirst: true,
  _scattered: true,
  _sheet: styleSheet(css),
  _arrange: arrange,
  _place: place,
  _depth: depthOf,
  _reveal(list) {
    folded.clear();
    list._release();
  },
};

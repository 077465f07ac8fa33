/**
 * Whom the reader ignores on this site: their comments are one line each. Kept in the browser alone; several tabs agree. Comes
 * with the first of them.
 */

import { load, PREFIX, save } from "../core/storage";
import type { Comment } from "../protocol/generated";
import { contentOf } from "./comment-view";
import { button, h, type Kid, styleSheet } from "./dom";
import css from "./ignoring.css?inline";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

/** The earliest are forgotten. */
const MOST = 500;

/** Their names, by the ids of authors. */
type People = Record<string, string>;
/** Fills `box` with what a reader may do about the author of `comment`, and about whom they ignore. */
type Fill = (box: HTMLDetailsElement, comment: Comment) => void;

const sheet = styleSheet(css);
const fills = new WeakMap<ThreadView, Fill>();

/** Folds what they wrote, from now on; `slot` is where they are kept. */
export function ignoring(view: ThreadView, slot: string): Fill {
  const found = fills.get(view) ?? begin(view, slot);
  fills.set(view, found);
  return found;
}

function begin(view: ThreadView, slot: string): Fill {
  const shown = new Set<string>();
  let people = load<People>(slot) ?? {};

  const ignores = (comment?: Comment) =>
    !!comment?.author.id && comment.author.id in people && comment.author.id !== view._me()?.id;

  const hides = (comment: Comment) => ignores(comment) && !shown.has(comment.id);
  view._hides = hides;

  function read(): void {
    people = load<People>(slot) ?? {};
    view._list._inPlace(() => view._list._redraw());
  }

  function change(id: string, name?: string): void {
    const { [id]: _, ...others } = load<People>(slot) ?? {};
    const kept = Object.entries(name === undefined ? others : { ...others, [id]: name }).slice(-MOST);
    save(slot, kept.length ? Object.fromEntries(kept) : undefined);
    read();
  }

  const stop = (id: string, name: string) => button(t.stopIgnoring(name), () => change(id));
  /** The last ones first. */
  const stops = () =>
    Object.entries(people)
      .reverse()
      .map(([id, name]) => stop(id, name));

  view._additions.push((comment, done, item) => {
    const { id, author, removed, parent } = comment;
    const isIgnored = !removed && ignores(comment);
    const folds = !removed && hides(comment);
    contentOf(item).toggleAttribute("data-ignored", folds);
    contentOf(item).toggleAttribute("data-answers-ignored", ignores(view._find(parent as string)));
    const show = () => {
      shown.add(id);
      view._list._inPlace(done);
    };
    return {
      _below: folds && button(t.SHOW_IGNORED(), show, { class: "run" }),
      _actions: isIgnored && stop(author.id as string, author.name || t.ANONYMOUS()),
    };
  });
  view._root.adoptedStyleSheets.push(sheet);
  // Not by tabs.ts, which the first script would have to bring then.
  addEventListener("storage", function heard({ key }) {
    if (view._gone) removeEventListener("storage", heard);
    else if (key === PREFIX + slot) read();
  });
  listInMyData(view, stops);
  // Else nothing changes, and what was pressed stays.
  if (Object.keys(people).length) read();

  return (box, { author }) => {
    const who = author.name || t.ANONYMOUS();
    offer(
      box,
      author.id && !(author.id in people) && button(t.ignore(who), () => change(author.id as string, who)),
      stops(),
    );
  };
}

/** Shows `kids` over the text below "⋯", until focus leaves it. */
function offer(box: HTMLDetailsElement, ...kids: Kid[]): void {
  const onfocusout = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget && !box.contains(relatedTarget as Node)) box.open = false;
  };
  box.querySelector(".ignoring")?.remove();
  box.append(h("div", { class: "ignoring", onfocusout }, kids));
  box.onkeydown = ({ key }) => {
    if (key !== "Escape") return;
    box.open = false;
    box.querySelector("summary")?.focus();
  };
}

/** "My data" has the list of them, too: each time it is drawn it takes focus. */
function listInMyData(view: ThreadView, stops: () => Kid): void {
  function draw(panel: HTMLElement): void {
    const onclick = () => {
      draw(panel);
      panel.focus();
    };
    panel.querySelector(".ignored")?.remove();
    panel.append(h("div", { class: "ignored", onclick }, stops()));
  }
  view._root.addEventListener("focusin", ({ target }) => {
    if ((target as HTMLElement).matches(".mine")) draw(target as HTMLElement);
  });
}

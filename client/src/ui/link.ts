/** Follows links to comments: in the page's address, and in comments. Comes with the first of them. */

import { isFirst } from "./address";
import type { ThreadView } from "./thread-view";

/** How many pages of older comments a link to one may cost. */
const PAGES = 10;

/**
 * The comment of this `thread` that the address points to, as in #comment-12, #12 or #hubbub-THREAD-12; 0 when it points to
 * none, or to something of the page's own. Where there are several threads, those without THREAD are in the first.
 */
export function linkedNumber(host?: Node, thread?: string): number {
  const [, id, named, number] = /^#((?:comment-|hubbub-(\w+)-)?(\d{1,9}))$/.exec(location.hash) ?? [];
  // What stands inside an element are comments too.
  const own = [...document.querySelectorAll(`[id="${id}"]`)].some((element) => !element.closest("hubbub-thread"));
  return own || (named ? named !== thread : !isFirst(host)) ? 0 : Number(number ?? 0);
}

/** Shows the comment that the address points to, if it is one of this thread. */
export function follow(view: ThreadView): void {
  const number = linkedNumber(view._root.host, view._id());
  if (number) void goTo(view, number);
}

/** Shows comment `number`, with as many older ones as that takes. */
export async function goTo(view: ThreadView, number: number): Promise<void> {
  const { _subscription } = view;
  for (let page = 0; page < PAGES && _subscription.state && _subscription.state.from > number; page++)
    if (!(await view._older())) return;
  view._draw();
  const { _list, _layout } = view;
  if (!_list._item(number)) _layout._reveal?.(_list);
  _list._show(number);
}

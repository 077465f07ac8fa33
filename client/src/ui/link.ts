/** Follows links to comments: in the page's address, and in comments. Comes with the first of them. */

import { hasGap, loadAround, loadPast, shownPast } from "../core/past";
import { shown } from "../core/store";
import { OLDER_PAGE } from "../core/subscription";
import { isFirst } from "./address";
import { busy } from "./busy";
import { button, styleSheet } from "./dom";
import type { CommentList } from "./list";
import { SHOW_NEWER } from "./strings";
import type { ThreadView } from "./thread-view";

const FRAME_MS = 2000;

/** It comes before the name, and so above the comment. */
const sheet = styleSheet(".gap{order:-1;flex-basis:100%}");

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

/** The page keeps its address to itself, as one whose router lives in it: `links="off"`. */
const isOff = ({ _root }: ThreadView): boolean => _root.host.getAttribute("links") === "off";

/** Where the page keeps its address, links to comments lead there without it. They can be copied all the same. */
export function keepAddress(view: ThreadView): void {
  if (!isOff(view)) return;
  view._root.addEventListener("click", (event) => {
    const { target, ctrlKey, metaKey, shiftKey } = event as MouseEvent;
    const href = (target as Element).closest("a")?.href;
    const number = /\d+$/.exec(href ?? "")?.[0];
    if (!number || href !== view._address(number) || ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    void goTo(view, Number(number));
  });
}

/** Shows the comment that the address points to, if it is one of this thread. */
export function follow(view: ThreadView): void {
  if (isOff(view)) return;
  const number = linkedNumber(view._root.host, view._id());
  if (!number) return;
  void goTo(view, number);
  if (parent === window) return;
  // A frame gets its height only now, and what was in view is there no more.
  addEventListener("resize", () => show(view._list, number), { signal: AbortSignal.timeout(FRAME_MS) });
}

/** Shows comment `number`: what is near comes with all between, what is far back with those around it alone. */
export async function goTo(view: ThreadView, number: number): Promise<void> {
  const { _subscription } = view;
  const { from = 0 } = _subscription.state ?? {};
  if (from > number && !(await (from - number > OLDER_PAGE ? around(view, number) : view._older()))) return;
  view._draw();
  const { _list, _layout } = view;
  if (!_list._item(number)) _layout._reveal?.(_list);
  show(_list, number);
}

/** Brings comment `number` into view, marked and focused, if it is loaded. */
export function show(list: CommentList, number: number, block: ScrollLogicalPosition = "center"): void {
  if (number > list._upTo) list._release();
  const target = list._item(number);
  if (!target) return;
  target.hidden = false; // it may be folded away: tombstones.ts
  target.scrollIntoView({ block });
  target.focus({ preventScroll: true });
}

async function around(view: ThreadView, number: number): Promise<boolean> {
  const { _subscription } = view;
  if (view._shown === shown) showPast(view);
  const done = await view._guarded(loadAround(_subscription, number));
  view._list._redraw();
  return done;
}

/** From now on the comments of the past are shown too, and buttons lead on from both of their ends. */
function showPast(view: ThreadView): void {
  const { _subscription } = view;
  const more = async (direction: "newer" | "older") => {
    const done = await view._guarded(loadPast(_subscription, direction));
    view._draw();
    view._list._redraw();
    return done;
  };
  view._shown = (state) => [...shownPast(state), ...shown(state)];
  view._older = () => {
    const { state } = _subscription;
    return state && hasGap(state) && (state.past?.low ?? 1) > 1 ? more("older") : view._guarded(_subscription.older());
  };
  view._root.adoptedStyleSheets.push(sheet);
  view._additions.push(({ number }) => {
    const { state } = _subscription;
    if (!state || !hasGap(state) || number !== state.past?.high) return {};
    const newer = button(SHOW_NEWER(), () => busy(newer, () => more("newer")), { class: "gap" });
    return view._list._layout._newestFirst ? { _marks: newer } : { _below: newer };
  });
}

/** The comments on the page: drawn once each, put in order, and arriving without moving what is being read. */

import { firstBelow, keepPlace } from "./anchor";
import { type Context, contentOf, drawComment, drawParent, drawTime, isBusy } from "./comment-view";
import { button, focused, h } from "./dom";
import type { Sending } from "./outbox";
import type { Comment } from "./protocol";
import * as t from "./strings";

export type Order = "newest" | "oldest" | "chat";

/** How close to its end a chat counts as being at the end, in pixels. */
const END_PX = 16;

export interface List {
  readonly root: HTMLElement;
  /** Draws this state: comments by number, and those on their way; `arrived` were posted by others just now. */
  update(comments: readonly Comment[], sending: readonly Sending[], arrived: number, older: boolean): void;
  /** Draws every comment again: what this reader may do has changed. */
  redraw(): void;
  /** Every half a minute or so: relative times, and what may be edited no longer. */
  tick(): void;
  item(number: number): HTMLElement | undefined;
  /** Brings an item into view, with focus. */
  focus(id: string): void;
  /** Brings comment `number` into view, marked and focused, if it is loaded. */
  show(number: number): void;
}

export function list(order: Order, context: Context, loadOlder: () => unknown): List {
  const items = new Map<string, HTMLElement>();
  /** What an item was drawn from: its comment, and the one that this answers. */
  const drawn = new WeakMap<HTMLElement, [Comment | Sending, Comment | undefined]>();
  let comments: readonly Comment[] = [];
  let unseen = 0;

  const older = button(t.SHOW_OLDER, loadOlder, { class: "older" });
  const pill = button("", toNewest, { class: "pill", hidden: true });
  const ol = h("ol", { role: "list" });
  const edge = h("div");
  const newestFirst = order === "newest";
  const chat = order === "chat";
  const holder = h("div.holder", {}, pill);
  const root = h(
    "div",
    {
      class: `list ${order}`,
      ...(chat && { tabIndex: 0, role: "group", "aria-label": t.COMMENTS }),
      // Only after the event it is known where focus has gone.
      onfocusout: () => setTimeout(seen),
    },
    ...(newestFirst ? [holder, edge, ol, older] : [older, ol, edge, holder]),
  );
  new IntersectionObserver(seen).observe(edge);

  const atEnd = () => root.scrollHeight - root.scrollTop - root.clientHeight < END_PX;

  /** True when the place where new comments appear has been scrolled out of view. */
  function away(): boolean {
    if (chat) return !atEnd();
    const { top } = edge.getBoundingClientRect();
    return newestFirst ? top < 0 : top > innerHeight;
  }

  /** Where the keyboard walks the list, the pill must not vanish below the fingers: it stays until focus has left. */
  function seen(): void {
    if (!away() && !root.querySelector(":focus-visible")) forget();
  }

  function forget(): void {
    unseen = 0;
    pill.hidden = true;
  }

  function toNewest(): void {
    const target = comments.at(order === "oldest" ? -unseen : -1);
    forget();
    if (target) show(target.number, newestFirst ? "start" : "nearest");
    if (chat) root.scrollTop = root.scrollHeight;
  }

  function draw(key: string, data: Comment | Sending): HTMLElement {
    const item = items.get(key) ?? h("li", { tabIndex: -1 });
    items.set(key, item);
    const parent = context.find(data.parent as string);
    const [lastData, lastParent] = drawn.get(item) ?? [];
    if (lastData === data && lastParent === parent) return item;
    if (isBusy(item) && "number" in data && !data.removed) {
      drawParent(item, data, context);
      return item;
    }
    drawn.set(item, [data, parent]);
    const content = contentOf(item);
    const active = focused(content);
    if ("number" in data) drawComment(item, data, context, () => redraw(data));
    else context.drawSending?.(item, data, context);
    // The button that had focus keeps it in its new shape, if there is one.
    const same = [...content.querySelectorAll("button")].find((one) => one.textContent === active?.textContent);
    if (active) (same ?? item).focus({ preventScroll: true });
    return item;
  }

  function redraw({ id }: Comment): void {
    const item = items.get(id);
    const comment = context.find(id);
    if (!item || !comment) return;
    drawn.delete(item);
    draw(id, comment);
  }

  /** Puts the items in order, moving none that stays: a moved node loses focus, selection and scroll anchor. */
  function arrange(sending: readonly Sending[]): void {
    const all: (Comment | Sending)[] = [...comments, ...sending];
    if (newestFirst) all.reverse();
    const keep = new Set(all.map(({ id }) => id));
    for (const [key, item] of items) {
      if (keep.has(key)) continue;
      item.remove();
      items.delete(key);
    }
    let at = ol.firstElementChild;
    for (const data of all) {
      const item = draw(data.id, data);
      if (item === at) at = at.nextElementSibling;
      else ol.insertBefore(item, at);
    }
  }

  /** What must not move: where the reader writes or stands with the keyboard, if that is in view. */
  function pinned(): Element | undefined {
    const active = focused(root.getRootNode());
    const at = active?.getBoundingClientRect();
    // Not the button for older ones: what it brings would push the reader past it all.
    return at && active !== older && active?.tagName !== "LI" && at.bottom > 0 && at.top < innerHeight
      ? active
      : undefined;
  }

  function update(next: readonly Comment[], sending: readonly Sending[], arrived: number, hasOlder: boolean): void {
    const first = comments[0];
    const atOlder = focused(older);
    comments = next;
    const change = () => {
      arrange(sending);
      older.hidden = !hasOlder;
      // Who asked for the last ones goes on with them.
      if (atOlder && first && older.hidden) item(first.number - 1)?.focus({ preventScroll: true });
    };
    const stick = chat && atEnd();
    const pin = pinned();
    // At the top of a newest-first list the reader watches comments come in: there they push the others down.
    if (stick || (newestFirst && !pin && !away())) change();
    else if (chat) keepPlace(root, firstBelow(ol.children, root.getBoundingClientRect().top), change);
    else keepPlace(window, pin ?? firstBelow(ol.children, 0), change);
    if (stick) root.scrollTop = root.scrollHeight;
    if (arrived && away()) {
      unseen += arrived;
      pill.hidden = false;
      pill.textContent = (newestFirst ? "↑ " : "↓ ") + t.newShort(unseen);
      pill.ariaLabel = t.newComments(unseen);
    }
  }

  // Numbers have no holes, so the place in the list says the number.
  const item = (number: number) => items.get(comments[number - (comments[0]?.number as number)]?.id as string);

  function show(number: number, block: ScrollLogicalPosition = "center"): void {
    const target = item(number);
    target?.scrollIntoView({ block });
    target?.focus({ preventScroll: true });
  }

  return {
    root,
    update,
    redraw: () => comments.forEach(redraw),
    tick() {
      for (const comment of comments)
        if (!drawTime(items.get(comment.id) as HTMLElement, comment, context)) redraw(comment);
    },
    item,
    focus: (id) => items.get(id)?.focus(),
    show: (number) => show(number),
  };
}

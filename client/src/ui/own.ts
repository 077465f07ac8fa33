/** What a reader wrote that others don't see: it waits for a moderator, or one did not let it through. Comes with the first. */

import { now } from "../core/clock";
import { load, save } from "../core/storage";
import type { OwnComment } from "../protocol/generated";
import { countdown } from "./countdown";
import { button, fill, focused, h, pageLang } from "./dom";
import { language } from "./language";
import { DELETE, DISCARD, HELD, REMOVED_BY, seenIn } from "./strings";
import type { ThreadView } from "./thread-view";

/** Of refused ones that their author has seen; the earliest are forgotten. */
const MOST = 100;

const boxes = new WeakMap<ThreadView, (own: readonly OwnComment[]) => void>();

const MINUTE_S = 60;

/** "Others see it in 40 seconds." by the server's clock; "" once it is to be seen. */
function seenAt(due: string): string {
  const left = Math.ceil((Date.parse(due) - now()) / 1000);
  const [size, unit] =
    left > MINUTE_S ? ([Math.ceil(left / MINUTE_S), "minute"] as const) : ([left, "second"] as const);
  return left > 0 ? seenIn(new Intl.RelativeTimeFormat(language()).format(size, unit)) : "";
}

/** Shows the state of these comments above the form, and takes away what others see by now. */
export function showOwn(view: ThreadView, own: readonly OwnComment[]): void {
  const show = boxes.get(view) ?? begin(view);
  boxes.set(view, show);
  show(own);
}

function begin(view: ThreadView): (own: readonly OwnComment[]) => void {
  const list = h("ol", { role: "list", hidden: true });
  const items = new Map<string, HTMLElement>();
  const slot = `refused:${view._host}:${view._id()}`;
  const seen = () => load<string[]>(slot) ?? [];
  view._composerSlot.prepend(list);

  function forget(id: string): void {
    const item = items.get(id);
    const had = item && focused(item);
    item?.remove();
    items.delete(id);
    // To the next of them, or to where one writes.
    if (had) (list.querySelector("button") ?? view._root.querySelector<HTMLElement>(".composer textarea"))?.focus();
    list.hidden = !items.size;
  }

  // Let through while the connection was away: nothing but the comment itself tells of it.
  view._additions.push(({ id }) => {
    if (items.has(id)) forget(id);
    return {};
  });

  /** What its author may do about it, after a line that says what it is about. */
  function choices({ id, state, reason, due }: OwnComment): [string, ...HTMLElement[]] {
    if (state === "held") {
      const take = button(DELETE(), () => view._guarded(view._subscription.send({ cmd: "remove", comment: id })));
      return [HELD(), ...(due ? [countdown(h("span.due"), () => seenAt(due))] : []), take];
    }
    const discard = () => {
      save(slot, [...seen(), id].slice(-MOST));
      forget(id);
    };
    return [[REMOVED_BY.moderator?.(), reason].filter(Boolean).join(": "), button(DISCARD(), discard)];
  }

  function draw(comment: OwnComment): string {
    const { id, body } = comment;
    const item =
      items.get(id) ?? h("li.comment", {}, h("div", { class: "body plain", lang: pageLang() }), h("div.actions"));
    items.set(id, item);
    list.append(item);
    const [text, state] = item.children as unknown as [HTMLElement, HTMLElement];
    // What is refused comes without its text; who wrote it may have it before them still.
    if (body) text.textContent = body;
    const [line, ...rest] = choices(comment);
    fill(state, h("span", { dir: "auto" }, line), ...rest);
    return line;
  }

  return (own) => {
    const first = !list.isConnected || list.hidden;
    let said = "";
    for (const comment of own) {
      const { id, number, removed_by } = comment;
      view._writer?._outbox.done(id);
      if (number !== null || removed_by === "author" || seen().includes(id)) forget(id);
      else said = draw(comment);
    }
    list.hidden = !items.size;
    // Those that were there before are no news.
    if (!first || own.length === 1) view._notices._tell(said);
    view._draw();
  };
}

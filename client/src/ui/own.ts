/** What a reader wrote that others don't see: it waits for a moderator, or one did not let it through. Comes with the first. */

import { now } from "../core/clock";
import { load, save } from "../core/storage";
import type { OwnComment, SnapshotAnswer } from "../protocol/generated";
import { countdown } from "./countdown";
import { button, fill, focused, h, pageLang } from "./dom";
import { language } from "./language";
import { DELETE, DISCARD, HELD, REMOVED_BY, seenIn } from "./strings";
import type { ThreadView } from "./thread-view";

/** Of refused ones that their author has seen; the earliest are forgotten. */
const MOST = 100;

/** As the subscription tells it. */
type Told = readonly (OwnComment | undefined)[];
type Show = (own: readonly OwnComment[]) => void;
const boxes = new WeakMap<ThreadView, (own: Told) => void>();

const MINUTE_S = 60;

/** "Others see it in 40 seconds." by the server's clock; "" once it is to be seen. */
function seenAt(due: string): string {
  const left = Math.ceil((Date.parse(due) - now()) / 1000);
  const [size, unit] =
    left > MINUTE_S ? ([Math.ceil(left / MINUTE_S), "minute"] as const) : ([left, "second"] as const);
  return left > 0 ? seenIn(new Intl.RelativeTimeFormat(language()).format(size, unit)) : "";
}

/** Shows the state of these comments above the form, and takes away what others see by now. Asks where it is not told of any. */
export function showOwn(view: ThreadView, own: Told): void {
  const show = boxes.get(view) ?? begin(view);
  boxes.set(view, show);
  show(own);
}

/** What its author may do about it, after a line that says what it is about. */
function choices(
  { id, state, reason, due }: OwnComment,
  view: ThreadView,
  discard: (id: string) => void,
): [string, ...HTMLElement[]] {
  if (state === "held") {
    const take = button(DELETE(), () => view._guarded(view._subscription.send({ cmd: "remove", comment: id })));
    return [HELD(), ...(due ? [countdown(h("span.due"), () => seenAt(due))] : []), take];
  }
  const line = [REMOVED_BY.moderator?.(), reason].filter(Boolean).join(": ");
  return [line, button(DISCARD(), () => discard(id))];
}

/**
 * Asks what has become of what waits: what is held of `own`, and what was sent and is not seen yet. Asks nothing while there is
 * nothing. What is not among the author's own any more is seen by others, or gone.
 */
async function look(
  view: ThreadView,
  own: Iterable<OwnComment>,
  show: Show,
  forget: (id: string) => void,
): Promise<void> {
  const { _subscription, _writer } = view;
  // What others see by now is no longer on its way once it is drawn.
  view._draw();
  const sent = _writer?._outbox.items().filter(({ state, seq }) => state === "sent" && !seq) ?? [];
  const waiting = [...[...own].filter(({ state }) => state === "held"), ...sent].map(({ id }) => id);
  if (!waiting[0]) return;
  const { own: found } = await _subscription._get<SnapshotAnswer>(`/threads?thread=${view._id()}&limit=1`);
  if (!found) return;
  show(found);
  const gone = waiting.filter((id) => !found.some((one) => one.id === id));
  if (!gone[0]) return;
  // What others see comes before it goes from here.
  await _subscription.up();
  for (const id of gone) {
    _writer?._outbox.done(id);
    forget(id);
  }
  view._draw();
}

function begin(view: ThreadView): (own: Told) => void {
  const list = h("ol", { role: "list", hidden: true });
  const items = new Map<string, HTMLElement>();
  /** What was last told of each of them. */
  const told = new Map<string, OwnComment>();
  const slot = `refused:${view._host}:${view._id()}`;
  const seen = () => load<string[]>(slot) ?? [];
  view._composerSlot.prepend(list);

  function forget(id: string): void {
    const item = items.get(id);
    const had = item && focused(item);
    item?.remove();
    items.delete(id);
    told.delete(id);
    // To the next of them, or to where one writes.
    if (had) (list.querySelector("button") ?? view._root.querySelector<HTMLElement>(".composer textarea"))?.focus();
    list.hidden = !items.size;
  }

  // Let through while the connection was away: nothing but the comment itself tells of it.
  view._additions.push(({ id }) => {
    if (items.has(id)) forget(id);
    return {};
  });

  function discard(id: string): void {
    save(slot, [...seen(), id].slice(-MOST));
    forget(id);
  }

  function draw(comment: OwnComment): string {
    const { id, body } = comment;
    const item =
      items.get(id) ?? h("li.comment", {}, h("div", { class: "body plain", lang: pageLang() }), h("div.actions"));
    items.set(id, item);
    told.set(id, comment);
    list.append(item);
    const [text, actions] = item.children as unknown as [HTMLElement, HTMLElement];
    // What is refused comes without its text; who wrote it may have it before them still.
    if (body) text.textContent = body;
    const [line, ...rest] = choices(comment, view, discard);
    fill(actions, h("span", { dir: "auto" }, line), ...rest);
    return line;
  }

  function show(own: readonly OwnComment[]): void {
    const first = !list.isConnected || list.hidden;
    let said = "";
    for (const comment of own) {
      const { id, number, removed_by } = comment;
      view._writer?._outbox.done(id);
      if (number !== null || removed_by === "author" || seen().includes(id)) forget(id);
      else if (JSON.stringify(told.get(id)) !== JSON.stringify(comment)) said = draw(comment);
    }
    list.hidden = !items.size;
    // Those that were there before are no news.
    if (said && (!first || own.length === 1)) view._notices._tell(said);
    view._draw();
  }

  return (own) => (own[0] ? show(own as OwnComment[]) : void look(view, told.values(), show, forget).catch(() => {}));
}

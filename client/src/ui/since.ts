/** What is new since the reader was last here: a line where it begins, and a key that leads from one to the next. */

import { now } from "../core/clock";
import { putSeen, readSeen } from "../core/seen";
import { load, save } from "../core/storage";
import type { Comment } from "../protocol/generated";
import { h, styleSheet } from "./dom";
import { language } from "./language";
import css from "./since.css?inline";
import { newSince } from "./strings";
import type { ThreadView } from "./thread-view";

/** As many threads are remembered, those that were read last. */
const THREADS = 200;

/** The number of the last comment that was there, and when, by thread. */
type Seen = Record<string, [number, number]>;

const sheet = styleSheet(css);

function keep(key: string, number: number): void {
  const { [key]: _, ...others } = load<Seen>("seen") ?? {};
  const entries = [...Object.entries(others).slice(1 - THREADS), [key, [number, now()]]];
  save("seen", Object.fromEntries(entries));
}

export async function since(view: ThreadView): Promise<void> {
  const id = view._id();
  const key = `${view._host}:${id}`;
  const session = view._subscription.session();
  // Without an answer it is as without a session: what this browser knows.
  const there = await readSeen(session, id).catch(() => undefined);
  if (view._gone) return;
  const here = load<Seen>("seen")?.[key];
  const counted = view._list._comments.at(-1)?.number ?? 0;
  const [seen, at] = (there && (!here || there[0] > here[0]) ? there : here) ?? [counted, 0];
  /** Not before something is new: the first time that a browser puts in words takes it 20 ms. */
  const time = () => new Date(at).toLocaleString(language(), { weekday: "short", hour: "2-digit", minute: "2-digit" });
  let last = counted;
  /** How many are new; those of ignored people are not counted where they have come. */
  const fresh = () => {
    const come = view._list._comments.filter(({ number }) => number > seen && number <= counted);
    return counted - seen - come.filter((one) => view._hides?.(one)).length;
  };
  let saving = false;
  view._root.adoptedStyleSheets.push(sheet);
  if (!document.hidden) keep(key, last);

  let told = document.hidden ? last : 0;
  const tell = () => {
    if (last > told) putSeen(session, id, last);
    told = last;
  };
  const tellHidden = () => document.hidden && tell();
  document.addEventListener("visibilitychange", tellHidden);
  const end = view._endReading;
  view._endReading = () => {
    end?.();
    document.removeEventListener("visibilitychange", tellHidden);
    tell();
  };

  view._additions.push(({ number }) => {
    if (number > last && !document.hidden) {
      last = number;
      if (!saving)
        queueMicrotask(() => {
          saving = false;
          keep(key, last);
        });
      saving = true;
    }
    const { _newestFirst, _scattered } = view._list._layout;
    const begins = at && !_scattered && number === (_newestFirst ? seen : seen + 1);
    const count = begins ? fresh() : 0;
    return { _marks: count > 0 && h("span.since", {}, newSince(count, time())) };
  });
  const marked = at && view._list._comments.filter(({ number }) => number === seen || number === seen + 1);
  for (const comment of marked || []) view._list._redrawOne(comment);

  view._root.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, target } = event as KeyboardEvent;
    if (key !== "n" || ctrlKey || metaKey || altKey || (target as Element).matches("input, textarea, select")) return;
    const { _all, _items } = view._list;
    const from = _all.findIndex(({ id }) => _items.get(id)?.contains(target as Node));
    const next = _all.find((entry, index) => index > from && "number" in entry && entry.number > seen) as Comment;
    const item = next && view._list._item(next.number);
    item?.scrollIntoView({ block: "center" });
    item?.focus({ preventScroll: true });
  });
}

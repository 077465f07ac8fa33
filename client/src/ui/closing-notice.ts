/** When comments were closed and by whom, how long it is until they close, and who may write how often: above the thread,
 * and where one writes. */

import { now } from "../core/clock";
import type { Thread } from "../protocol/generated";
import { fill, h, setText } from "./dom";
import { language } from "./language";
import { modeWords } from "./mode";
import { BE_FIRST, CLOSING, closedBecause, closesIn, EMPTY } from "./strings";
import type { ThreadView } from "./thread-view";

const SECOND_MS = 1000;
const MINUTE_S = 60;
/** In seconds. What is said is never later than what will be. */
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", MINUTE_S],
];

/** "in 12 minutes", and in seconds below two: "in 1 hour" would be half of the truth for long. */
function until(seconds: number): string {
  const relative = new Intl.RelativeTimeFormat(language());
  for (const [unit, size] of UNITS) if (seconds >= 2 * size) return relative.format(Math.floor(seconds / size), unit);
  return relative.format(seconds, "second");
}

/** The time alone where it is of today. */
function shortTime(at: string): string {
  const time = new Date(at);
  const today = time.toDateString() === new Date(now()).toDateString();
  return time.toLocaleString(language(), { ...(!today && { dateStyle: "medium" }), timeStyle: "short" });
}

/** "– Stella, 14:32" */
function byline(line: HTMLElement, { state, closed_at, closed_by }: Thread): void {
  const name = closed_by?.name;
  line.hidden = state !== "closed" || !closed_at;
  if (!closed_at) return;
  const time = h(
    "time",
    { dateTime: closed_at, title: new Date(closed_at).toLocaleString(language()) },
    shortTime(closed_at),
  );
  fill(line, "– ", name && [h("bdi", {}, name), ", "], time);
}

export function closingNotice(view: ThreadView): void {
  const by = h("p.byline", { hidden: true });
  /** Above the thread, and where one writes if that is elsewhere. */
  const above = h("p.closes", { hidden: true });
  const here = h("p.closes", { hidden: true });
  let drawn: string | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let told = "";
  let mode: string | undefined;

  function say(text: string): void {
    setText(above, [mode, text].filter(Boolean).join(" "));
    above.hidden = !above.textContent;
  }

  /** Says how long it is until comments close; in the last minute in seconds, of which the ear hears once. */
  function count(): void {
    const at = view._subscription.state?.thread.mode?.close_at;
    if (!at || !view._isOpen() || !above.isConnected) {
      clearInterval(ticker);
      ticker = undefined;
      say("");
    } else {
      ticker ??= setInterval(count, SECOND_MS);
      const left = Math.ceil((Date.parse(at) - now()) / 1000);
      const words = left > 0 ? closesIn(until(left)) : CLOSING();
      if (left < MINUTE_S && told !== at) {
        told = at;
        view._notices._tell(words);
      }
      say(words);
    }
    place();
  }

  /** What is read above the thread is repeated where one writes, if that is elsewhere. */
  function place(): void {
    const thread = view._subscription.state?.thread;
    const root = view._writer?._composer._root;
    const apart = !view._layout._newestFirst || !view._composerSlot.contains(root ?? null);
    const text = view._isOpen() ? (above.textContent ?? "") : closedBecause(thread?.reason);
    here.hidden = !apart || !text || !root;
    setText(here, text);
    // The form itself is out of sight in a closed thread.
    const to = view._isOpen() || !root?.hidden ? root : view._composerSlot;
    if (to && here.parentElement !== to) to.prepend(here);
  }

  view._tellClosing = () => {
    const thread = view._subscription.state?.thread;
    if (!thread) return;
    const next = `${thread.state} ${thread.closed_at} ${thread.closed_by?.name}`;
    if (next !== drawn) byline(by, thread);
    drawn = next;
    const words = view._isOpen() && thread.mode ? modeWords(thread.mode) : "";
    if (words !== mode && mode !== undefined) view._notices._tell(words);
    mode = words;
    setText(view._empty, view._isOpen() ? BE_FIRST() : EMPTY());
    count();
  };
  view._notices._root.querySelector(".closed")?.after(by, above);
  view._tellClosing();
}

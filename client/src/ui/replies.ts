/** Where an answer was written stays a line that says what has become of it: it is shown somewhere else on the page. */

import type { Pending } from "../core/outbox";
import type { Comment } from "../protocol/generated";
import { button, fill, focused, h, type Kid } from "./dom";
import * as t from "./strings";

export interface Replies {
  /** Answer `id` was written in `place`: puts a line there, which may have focus. */
  _add(id: string, place: HTMLElement): HTMLElement;
  /** Says what is known now: the comment once it is there, else how far it is. */
  _draw(find: (id: string) => Comment | undefined, pending: readonly Pending[]): void;
}

export function replies(stateOf: (pending: Pending) => Kid, show: (number: number) => void): Replies {
  const lines = new Map<string, HTMLElement>();
  /** What each line was drawn from. */
  const drawn = new WeakMap<HTMLElement, Comment | Pending>();

  return {
    _add(id, place) {
      const line = h("p.replied", { tabIndex: -1, role: "group", "aria-label": t.REPLY_SENT() });
      lines.set(id, line);
      place.append(line);
      return line;
    },
    _draw(find, pending) {
      for (const [id, line] of lines) {
        const now = find(id) ?? pending.find((each) => each.id === id);
        if (now === drawn.get(line)) continue;
        if (!now || !line.isConnected) {
          line.remove();
          lines.delete(id);
          continue;
        }
        drawn.set(line, now);
        const active = focused(line);
        if ("number" in now)
          fill(
            line,
            t.repliedAs(now.number),
            button(t.SHOW(), () => show(now.number)),
          );
        else fill(line, stateOf(now));
        if (active && !focused(line)) line.focus({ preventScroll: true });
      }
    },
  };
}

/** One comment on its way, as nodes: how far it is, and what its writer may do about it. */

import { type Context, contentOf } from "./comment-view";
import { button, fill, h, pageLang } from "./dom";
import type { Sending } from "./outbox";
import { isDelayed } from "./protocol";
import * as t from "./strings";

export { problem } from "./strings";

/** Draws a comment that is on its way. */
export function drawSending(item: HTMLElement, sending: Sending, { retry, takeBack }: Context): void {
  const { id, body, state, error } = sending;
  const delayed = isDelayed(sending);
  item.className = "comment pending";
  fill(
    contentOf(item),
    h("div", { class: "body plain", lang: pageLang() }, body),
    h(
      "div.actions",
      {},
      state === "failed"
        ? [
            delayed ? t.DELAYED : h("span.error", { role: "alert" }, t.NOT_SENT, error && t.problem(error)),
            !delayed && button(t.RETRY, () => retry(id)),
            button(t.TAKE_BACK, () => takeBack(id)),
          ]
        : state === "sent"
          ? t.SENT
          : t.SENDING,
    ),
  );
}

/** One comment on its way, as nodes: how far it is, and what its writer may do about it. */

import { isDelayed } from "../core/errors";
import type { Pending } from "../core/outbox";
import { contentOf } from "./comment-view";
import { button, fill, h, pageLang } from "./dom";
import * as t from "./strings";

/** Draws a comment that is on its way. */
export function drawPending(item: HTMLElement, pending: Pending, retry: () => void, takeBack: () => void): void {
  const { body, state, error } = pending;
  const delayed = isDelayed(pending);
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
            !delayed && button(t.RETRY, retry),
            button(t.TAKE_BACK, takeBack),
          ]
        : state === "sent"
          ? t.SENT
          : t.SENDING,
    ),
  );
}

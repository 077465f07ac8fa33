/** A comment on its way, as nodes: how far it is, and what its writer may do about it. */

import { isDelayed } from "../core/errors";
import type { Pending } from "../core/outbox";
import { contentOf } from "./comment-view";
import { button, fill, h, type Kid, pageLang } from "./dom";
import * as t from "./strings";

/** Draws it where it will stand; `state` is how far it is. */
export function drawPending(item: HTMLElement, { body }: Pending, state: Kid): void {
  item.className = "comment pending";
  fill(contentOf(item), h("div", { class: "body plain", lang: pageLang() }, body), h("div.actions", {}, state));
}

export function stateOf(pending: Pending, retry: () => void, takeBack: () => void): Kid {
  const { state, error } = pending;
  if (state !== "failed") return state === "sent" ? t.SENT : t.SENDING;
  const delayed = isDelayed(pending);
  return [
    delayed ? t.DELAYED : h("span.error", { role: "alert" }, t.NOT_SENT, error && t.problem(error)),
    !delayed && button(t.RETRY, retry),
    button(t.TAKE_BACK, takeBack),
  ];
}

/** A comment on its way, as nodes: how far it is, and what its writer may do about it. */

import type { Pending } from "../core/outbox";
import { isDelayed } from "../core/outbox";
import { contentOf } from "./comment-view";
import { countdown } from "./countdown";
import { button, fill, h, type Kid, pageLang } from "./dom";
import * as t from "./strings";
import { ago } from "./time";

/** Draws it where it will stand; `state` is how far it is. */
export function drawPending(item: HTMLElement, { body }: Pending, state: Kid): void {
  item.className = "comment pending";
  fill(contentOf(item), h("div", { class: "body plain", lang: pageLang() }, body), h("div.actions", {}, state));
}

/** What its writer may do about it. */
export interface Choices {
  _retry(): void;
  /** Again, under another name. */
  _rename(name: string): void;
  /** The name is their own: puts into `place` what says so. */
  _own(place: HTMLElement): void;
  _takeBack(): void;
  _discard(): void;
}

/** How far it is; `role` says whether a refusal is read out from here. */
export function stateOf(pending: Pending, choices: Choices, role?: "alert"): Kid {
  const { state, error, at, until } = pending;
  if (state !== "failed") return state === "sent" ? t.SENT() : t.SENDING();
  const retry = (label: string) => button(label, choices._retry);
  const given = [button(t.TAKE_BACK(), choices._takeBack), button(t.DISCARD(), choices._discard)];
  if (isDelayed(pending)) return [`${t.DELAYED()} ${t.KEEP_OPEN()}`, given];
  const slow = error?.code === "slow_mode";
  if (until) return [countdown(h("span"), () => (slow ? t.slowMode : t.tooMany)(left(until))), given];
  // Of another visit.
  if (!error && at) return [t.notSentSince(ago(new Date(at).toISOString())), retry(t.SEND_NOW()), given];
  const why = h("span.error", role ? { role } : {}, t.NOT_SENT(), error && t.problem(error));
  const free = error?.suggestions?.map((name) => button(h("bdi", {}, name), () => choices._rename(name)));
  const own = h("span");
  if (error?.code === "name_taken") choices._own(own);
  return [why, free ?? retry(t.RETRY()), own, given];
}

/** How many seconds it takes still. */
const left = (until: number): number => Math.max(1, Math.ceil((until - Date.now()) / 1000));

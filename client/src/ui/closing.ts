/** A moderator's button that closes or reopens the thread. */

import { LIMITS } from "../protocol/generated";
import { confirm, type Question } from "./confirm";
import { button, fill, focused, h } from "./dom";
import * as t from "./strings";

/** Asks in place of `trigger` for a reason, which may be empty, with what it is done. */
export function askReason(
  trigger: HTMLElement,
  label: string,
  _yes: string,
  run: (reason: string) => Promise<boolean>,
  rest: Pick<Question, "_hasty" | "_done"> = {},
): void {
  const _field = h("input.field", { maxLength: LIMITS.reason, placeholder: label, "aria-label": label, dir: "auto" });
  confirm(trigger, { _yes, _field, _run: () => run(_field.value.trim()), ...rest });
}

/**
 * Puts the button that fits into `controls` each time the returned function is called; `closed` undefined shows none.
 * `decide` closes (with a reason) or reopens the thread, and says whether that was done.
 */
export function closeControl(
  controls: HTMLElement,
  decide: (closing: boolean, reason: string) => Promise<boolean>,
): (closed: boolean | undefined) => void {
  let shown: boolean | undefined;

  const close = ({ currentTarget }: Event) =>
    askReason(currentTarget as HTMLElement, t.CLOSE_REASON(), t.CLOSE(), (reason) => decide(true, reason));

  return (closed) => {
    if (closed === shown) return;
    shown = closed;
    const hadFocus = focused(controls);
    const next = closed ? button(t.REOPEN(), () => decide(false, "")) : button(t.CLOSE(), close);
    fill(controls, closed !== undefined && next);
    if (hadFocus) next.focus();
  };
}

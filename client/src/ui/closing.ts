/** A moderator's button that closes or reopens the thread. */

import { LIMITS } from "../protocol/generated";
import { confirm } from "./confirm";
import { button, fill, focused, h } from "./dom";
import * as t from "./strings";

/**
 * Puts the button that fits into `controls` each time the returned function is called; `closed` undefined shows none.
 * `decide` closes (with a reason) or reopens the thread, and says whether that was done.
 */
export function closeControl(
  controls: HTMLElement,
  decide: (closing: boolean, reason: string) => Promise<boolean>,
): (closed: boolean | undefined) => void {
  let shown: boolean | undefined;

  function close({ currentTarget }: Event): void {
    const label = t.CLOSE_REASON();
    const _field = h("input", { maxLength: LIMITS.reason, placeholder: label, "aria-label": label, dir: "auto" });
    const _run = () => decide(true, _field.value.trim());
    confirm(currentTarget as HTMLElement, { _yes: t.CLOSE(), _field, _run });
  }

  return (closed) => {
    if (closed === shown) return;
    shown = closed;
    const hadFocus = focused(controls);
    const next = closed ? button(t.REOPEN(), () => decide(false, "")) : button(t.CLOSE(), close);
    fill(controls, closed !== undefined && next);
    if (hadFocus) next.focus();
  };
}

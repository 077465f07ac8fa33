/** The line above the comments: how many, who is here, and the moderator's close and reopen. */

import { button, fill, focused, h, setText } from "./dom";
import { LIMITS } from "./generated";
import * as t from "./strings";
import { whenWriting } from "./writing";

export interface Header {
  readonly root: HTMLElement;
  count(comments: number): void;
  presence(watching: number, typing?: number): void;
  /** Shows a moderator the button that fits; `closed` undefined shows none. */
  moderate(closed: boolean | undefined): void;
}

/** `decide` closes (with a reason) or reopens the thread, and says whether that was done. */
export function header(decide: (closing: boolean, reason: string) => Promise<boolean>): Header {
  const title = h("h2", {}, t.COMMENTS);
  const here = h("span.here");
  const controls = h("span");
  let shown: boolean | undefined;

  function close({ currentTarget }: Event): void {
    const trigger = currentTarget as HTMLElement;
    const label = t.CLOSE_REASON;
    const field = h("input", { maxLength: LIMITS.reason, placeholder: label, "aria-label": label, dir: "auto" });
    const run = () => decide(true, field.value.trim());
    whenWriting(({ ask }) => ask(trigger, { yes: t.CLOSE, field, run }));
  }

  return {
    root: h("header", { hidden: true }, title, here, controls),
    count: (comments) => setText(title, t.commentCount(comments)),
    presence: (watching, typing) => setText(here, t.readers(watching) + (typing ? ` · ${t.TYPING}` : "")),
    moderate(closed) {
      if (closed === shown) return;
      shown = closed;
      const hadFocus = focused(controls);
      const next = closed ? button(t.REOPEN, () => decide(false, "")) : button(t.CLOSE, close);
      fill(controls, closed !== undefined && next);
      if (hadFocus) next.focus();
    },
  };
}

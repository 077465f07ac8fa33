/** The line above the comments: how many, who is here, in which order, and the moderator's close and reopen. */

import { ask } from "./ask";
import { button, h, setText } from "./dom";
import { LIMITS } from "./generated";
import type { Order } from "./list";
import * as t from "./strings";

export interface Header {
  readonly root: HTMLElement;
  count(comments: number): void;
  presence(watching: number, typing: number): void;
  /** Shows a moderator the button that fits; `closed` undefined shows none. */
  moderate(closed: boolean | undefined): void;
}

interface Hooks {
  order(order: Order): void;
  close(reason: string): Promise<boolean>;
  reopen(): void;
}

export function header(order: Order, hooks: Hooks): Header {
  const title = h("h2", {}, t.COMMENTS);
  const here = h("span", { class: "here" });
  const choice = h(
    "select",
    { "aria-label": t.ORDER, onchange: () => hooks.order(choice.value as Order) },
    ...Object.entries(t.ORDERS).map(([value, label]) => h("option", { value, selected: value === order }, label)),
  );
  const controls = h("span", { class: "moderate" });

  function close({ currentTarget }: Event): void {
    const label = t.CLOSE_REASON;
    const field = h("input", { maxLength: LIMITS.reason, placeholder: label, "aria-label": label });
    const run = () => hooks.close(field.value.trim());
    ask(currentTarget as HTMLElement, { text: t.CLOSE, yes: t.CLOSE, field, run });
  }

  return {
    root: h("header", {}, title, here, choice, controls),
    count: (comments) => setText(title, t.commentCount(comments)),
    presence(watching, typing) {
      const parts = [watching > 0 && t.readers(watching), typing > 0 && t.typing(typing)];
      setText(here, parts.filter(Boolean).join(" · "));
    },
    moderate(closed) {
      controls.replaceChildren(
        ...(closed === undefined ? [] : [closed ? button(t.REOPEN, hooks.reopen) : button(t.CLOSE, close)]),
      );
    },
  };
}

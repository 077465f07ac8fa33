/** The line above the comments: how many, who is here, and room for a moderator's controls. */

import { h, setText } from "./dom";
import * as t from "./strings";

export interface Header {
  readonly _root: HTMLElement;
  /** Where a moderator closes and reopens the thread. */
  readonly _controls: HTMLElement;
  /** Says that comments come in live. */
  readonly _live: HTMLElement;
  _count(comments: number): void;
  _presence(watching: number, typing?: number): void;
}

export function header(): Header {
  const title = h("h2", {}, t.COMMENTS());
  const here = h("span.here");
  const _live = h("span.live", { hidden: true }, t.LIVE());
  const _controls = h("span");
  return {
    _root: h("header", { hidden: true }, title, _live, here, _controls),
    _controls,
    _live,
    _count: (comments) => setText(title, t.commentCount(comments)),
    _presence: (watching, typing) =>
      setText(here, [watching > 1 && t.readers(watching), typing && t.TYPING()].filter(Boolean).join(" · ")),
  };
}

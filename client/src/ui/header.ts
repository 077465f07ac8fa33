/** The line above the comments: how many, who is here, and room for a moderator's controls. */

import { h, setText } from "./dom";
import * as t from "./strings";

export interface Header {
  readonly _root: HTMLElement;
  /** Where a moderator closes and reopens the thread. */
  readonly _controls: HTMLElement;
  /** Says that comments come in live. */
  readonly _live: HTMLElement;
  /** Says who is here. */
  readonly _here: HTMLElement;
  /** Says that somebody types, where the layout has a place for it. */
  readonly _typing: HTMLElement;
  _count(comments: number): void;
}

export function header(): Header {
  const title = h("h2.title", {}, t.COMMENTS());
  const _here = h("span.here");
  const _typing = h("p.typing");
  const _live = h("span.live", { hidden: true }, t.LIVE());
  const _controls = h("span");
  return {
    _root: h("header.header", { hidden: true }, title, _live, _here, _controls),
    _controls,
    _live,
    _here,
    _typing,
    _count: (comments) => setText(title, t.commentCount(comments)),
  };
}

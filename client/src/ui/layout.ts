/** The layouts of a thread: in which order its comments stand, where new ones appear, and what scrolls. */

import type { Pending } from "../core/outbox";
import type { Comment } from "../protocol/generated";
import type { CommentList } from "./list";
import { loadChat, loadThreaded } from "./parts";

export type Entry = Comment | Pending;

export interface Layout {
  readonly _name: string;
  /** New comments appear at the top, and push the others down. */
  readonly _newestFirst?: boolean;
  /** The list scrolls in a box of its own, which has one place to write. */
  readonly _box?: Box;
  readonly _sheet?: CSSStyleSheet;
  /** Puts what is there, by number, in its order on the page. */
  _arrange?(all: Entry[], list: CommentList): Entry[];
  /** `item` is drawn and stands after `before`. */
  _place?(item: HTMLElement, entry: Entry, before: Entry | undefined): void;
  /** How far in a comment stands. */
  _depth?(entry: Entry): number;
  /** New comments may come in anywhere, and not at one end alone. */
  readonly _scattered?: boolean;
  /** New comments come in when the reader asks for them, and not before. */
  readonly _waits?: boolean;
  /** Shows all that it has folded away. */
  _reveal?(list: CommentList): void;
}

export interface Box {
  _props(): Record<string, unknown>;
  /** True while its end is out of view. */
  _away(root: HTMLElement): boolean;
  _toEnd(root: HTMLElement): void;
}

const NEWEST: Layout = { _name: "newest", _newestFirst: true, _arrange: (all) => all.reverse() };
const OLDEST: Layout = { _name: "oldest" };

/** Those that few use are parts of their own. */
const LAYOUTS: Record<string, () => Layout | Promise<Layout>> = {
  newest: () => NEWEST,
  oldest: () => OLDEST,
  threaded: async () => (await loadThreaded()).THREADED,
  chat: async () => (await loadChat()).CHAT,
};

/** A layout that there is: `name`, or the default. */
export const knownLayout = (name: string | null | undefined): string =>
  name && Object.hasOwn(LAYOUTS, name) ? name : "newest";

export const layoutNamed = (name: string): Layout | Promise<Layout> => (LAYOUTS[name] ?? (() => NEWEST))();

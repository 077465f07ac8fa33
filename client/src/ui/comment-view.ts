/** One comment as nodes: who, when, what, and what this reader may do with it. */

import type { Pending } from "../core/outbox";
import type { Author, Comment } from "../protocol/generated";
import type { Arrivals } from "./arrivals";
import { button, fill, h, type Kid, pageLang } from "./dom";
import type { CommentList } from "./list";
import { withReading } from "./parts";
import { REL, safeHtml, webUrl } from "./safe-html";
import * as t from "./strings";
import { ago } from "./time";

/** As many characters as a line may have. */
const EXCERPT = 200;

/** What the comments of a thread share. */
export interface Context {
  _isOpen(): boolean;
  _isPinned(id: string): boolean;
  _find(id: string): Comment | undefined;
  _reply(comment: Comment): void;
  _address(number: number | string): string;
  _goTo(number: number): void;
  /** True when it is one line, for the reader ignores its author. */
  _hides?(comment: Comment): boolean;
  /** What only writers need, once it is there. */
  readonly _writer?: WriterContext | undefined;
  /** What parts draw on each comment, in this order. Whoever adds one has all comments drawn again. */
  readonly _additions: Addition[];
  /** Decides how new comments come into a list, from reading.ts; until it is there they are drawn as they come. */
  readonly _receive?: ((list: CommentList) => Arrivals) | undefined;
  /** Makes a change to `list` while what is being read stays where it is, from anchor.ts. */
  readonly _keepPlace?: ((list: CommentList, change: () => void) => void) | undefined;
  /** Has `list` draw only what is near the view once it is long, from rows.ts. */
  readonly _thin?: ((list: CommentList) => void) | undefined;
}

/** What a part draws on a comment, also on a removed one: votes, reactions, actions. `done` draws the comment again. */
export type Addition = (comment: Comment, done: () => void, item: HTMLElement) => Added;

export interface Added {
  /** Beside name and time. */
  readonly _marks?: Kid;
  /** Between the text and the actions. */
  readonly _below?: Kid;
  readonly _actions?: Kid;
}

export interface WriterContext {
  /** True while the reader may still edit it. */
  _mayEdit(comment: Comment): boolean;
  _drawPending(item: HTMLElement, pending: Pending): void;
}

/** The part of an <li> that is drawn again; a composer that answers the comment may stand below it. */
export const contentOf = (item: HTMLElement): Element => item.firstElementChild ?? item.appendChild(h("div"));

/** True while the reader edits it or is asked about it: what arrives then must not throw that away. */
export const isBusy = (item: HTMLElement): boolean => !!contentOf(item).querySelector("form");

/** Draws `comment` into `item`, an <li>, in place of what was there; `done` draws it again after a question. */
export function drawComment(item: HTMLElement, comment: Comment, context: Context, done: () => void): void {
  const { id, number, author, removed, html, at, edited_at } = comment;
  const added = context._additions.map((add) => add(comment, done, item));
  const reply =
    !removed &&
    context._isOpen() &&
    action(t.REPLY(), number, () => context._reply(comment), t.replyTo(author.name || t.ANONYMOUS(), number));
  const whole = item.matches(".whole") ? "whole" : "";
  item.className = `comment ${removed ? "removed" : context._writer?._mayEdit(comment) ? "own" : ""} ${whole}`;
  fill(
    contentOf(item),
    h(
      "div.meta",
      {},
      !removed && nameOf(author),
      linkTo(number, `#${number}`, "number", context),
      linkTo(number, h("time", { dateTime: at }, ago(at)), "when", context),
      edited_at && h("span", {}, t.EDITED()),
      !removed && context._isPinned(id) && h("span.role", {}, t.PINNED()),
      added.map(({ _marks }) => _marks),
    ),
    replyLine(comment, context),
    removed
      ? h(
          "div.body",
          {},
          (t.REMOVED_BY[comment.removed_by ?? ""] ?? t.REMOVED)(),
          comment.reason && [": ", h("bdi", {}, comment.reason)],
        )
      : foldable(item, h("div.body", { lang: pageLang() }, blocks(html, context))),
    added.map(({ _below }) => _below),
    h(
      "div.actions",
      {},
      reply,
      added.map(({ _actions }) => _actions),
    ),
  );
}

/** `body` of the comment in `item`, whose style says how tall it may be: the rest of it is shown when the reader wants it. */
function foldable(item: HTMLElement, body: HTMLElement): HTMLElement {
  withReading(({ fold }) => fold(item, body));
  return body;
}

/** Each block in its own direction; what is nested follows by its style. Links to comments stay on the page. */
export function blocks(html: string, context: Context): DocumentFragment {
  const all = safeHtml(html);
  for (const block of all.children) (block as HTMLElement).dir = "auto";
  for (const link of all.querySelectorAll<HTMLAnchorElement>("[href^='#']"))
    link.href = context._address(link.getAttribute("href")?.slice(1) as string);
  return all;
}

function nameOf({ name, website, role }: Author): Kid {
  const label = t.ROLES[role ?? ""]?.();
  const href = webUrl(website);
  const props = href ? { href, rel: REL } : {};
  return [
    h(href ? "a.name" : "b.name", props, h("bdi", {}, name || t.ANONYMOUS())),
    label && h("span.role", {}, label),
  ];
}

const linkTo = (number: number, text: Kid, name: string, context: Context) =>
  h(
    "a",
    {
      class: name,
      part: name,
      href: context._address(number),
      onclick: (event: Event) => follow(event, number, context),
    },
    text,
  );

/** The address leads to the comment, when it has changed: so the browser notes first where the reader was, and knows the way back. */
function follow({ currentTarget }: Event, number: number, context: Context): void {
  if ((currentTarget as HTMLAnchorElement).href === location.href) context._goTo(number);
}

function replyLine({ parent, removed }: Comment, context: Context): Kid {
  if (!parent || removed) return;
  const to = context._find(parent);
  const text = to
    ? linkTo(to.number, [t.IN_REPLY_TO(to.number), h("bdi", {}, to.author.name)], "", context)
    : t.IN_REPLY_TO_OLDER();
  // What the answered comment says, in one line.
  const said = to && safeHtml(to.html).textContent?.slice(0, EXCERPT);
  return h("div.answers", {}, h("span.parent", {}, text), h("span.excerpt", { dir: "auto" }, said));
}

/** Draws only the line that names the answered comment again. */
export function drawParent(item: HTMLElement, comment: Comment, context: Context): void {
  contentOf(item)
    .querySelector(".answers")
    ?.replaceWith(replyLine(comment, context) as Node);
}

/** A button below comment `number`, which says so to the ear. */
export const action = (
  label: string,
  number: number,
  run: (trigger: HTMLElement) => unknown,
  name = t.about(label, number),
): HTMLElement => button(label, ({ currentTarget }) => run(currentTarget as HTMLElement), { "aria-label": name });

/** One comment as nodes: who, when, what, and what this reader may do with it. */

import { button, fill, h, type Kid, pageLang, setText } from "./dom";
import { foldable, unfold } from "./fold";
import type { Sending } from "./outbox";
import { addressOf } from "./place";
import type { Author, Command, Comment } from "./protocol";
import { REL, safeHtml, webUrl } from "./safe-html";
import { isModerator } from "./session";
import * as t from "./strings";
import { ago, fullTime, now } from "./time";
import { whenWriting } from "./writing";

/** The server's default; it has the last word and answers `forbidden` after its own. */
const EDIT_WINDOW_MS = 15 * 60_000;

export interface Context {
  me(): Author | undefined;
  isOpen(): boolean;
  find(id: string): Comment | undefined;
  reply(comment: Comment): void;
  /** The comment as it was written, or undefined if the server would not say. */
  source(comment: Comment): Promise<string | undefined>;
  /** Sends a command and shows a refusal. True when the server did it. */
  run(command: Command): Promise<boolean>;
  retry(id: string): void;
  takeBack(id: string): void;
  goTo(number: number): void;
  /** Draws a comment that is on its way; there is none before what draws it is there. */
  drawSending?(item: HTMLElement, sending: Sending, context: Context): void;
}

/** The part of an <li> that is drawn anew; a composer that answers the comment may stand below it. */
export const contentOf = (item: HTMLElement): Element => item.firstElementChild ?? item.appendChild(h("div"));

/** True while the reader edits it or is asked about it: what arrives then must not throw that away. */
export const isBusy = (item: HTMLElement): boolean => !!contentOf(item).querySelector("form");

/** Draws `comment` into `item`, an <li>, in place of what was there; `done` is to draw it anew after a question. */
export function drawComment(item: HTMLElement, comment: Comment, context: Context, done: () => void): void {
  const { number, author, removed, html, at, edited_at } = comment;
  const whole = item.matches(".whole") ? "whole" : "";
  item.className = `comment ${removed ? "removed" : mayEdit(comment, context) ? "own" : ""} ${whole}`;
  fill(
    contentOf(item),
    h(
      "div.meta",
      {},
      !removed && nameOf(author),
      linkTo(number, `#${number}`, "number", context),
      h("time", { dateTime: at, title: fullTime(at) }, ago(at)),
      edited_at && h("span", {}, t.EDITED),
    ),
    replyLine(comment, context),
    removed
      ? h("div.body", {}, t.REMOVED)
      : // What has focus is seen, wherever the comment is cut.
        foldable(
          h(
            "div.body",
            { lang: pageLang(), onfocusin: ({ target }: Event) => unfold(item, target as Element) },
            blocks(html),
          ),
        ),
    h("div.actions", {}, actions(comment, context, done)),
  );
}

/** Each block in its own direction; what is nested follows by its style. Links to comments stay on the page. */
function blocks(html: string): DocumentFragment {
  const all = safeHtml(html);
  for (const block of all.children) (block as HTMLElement).dir = "auto";
  for (const link of all.querySelectorAll<HTMLAnchorElement>("[href^='#']"))
    link.href = addressOf(link.getAttribute("href")?.slice(1) as string);
  return all;
}

function nameOf({ name, website, role }: Author): Kid {
  const label = t.ROLES[role ?? ""];
  const href = webUrl(website);
  const props = href ? { href, rel: REL } : {};
  return [h(href ? "a.name" : "b.name", props, h("bdi", {}, name || t.ANONYMOUS)), label && h("span.role", {}, label)];
}

const linkTo = (number: number, text: Kid, name: string, { goTo }: Context) =>
  h("a", { class: name, href: addressOf(number), onclick: () => goTo(number) }, text);

function replyLine({ parent, removed }: Comment, context: Context): Kid {
  if (!parent || removed) return;
  const to = context.find(parent);
  const text = to
    ? linkTo(to.number, [t.IN_REPLY_TO(to.number), h("bdi", {}, to.author.name)], "", context)
    : t.IN_REPLY_TO_OLDER;
  return h("div.parent", {}, text);
}

/** Draws the line that names the comment it answers anew, and leaves the rest alone. */
export function drawParent(item: HTMLElement, comment: Comment, context: Context): void {
  contentOf(item)
    .querySelector(".parent")
    ?.replaceWith(replyLine(comment, context) as Node);
}

const mayEdit = ({ author, at }: Comment, { me }: Context) =>
  me()?.id === author.id && now() - Date.parse(at) < EDIT_WINDOW_MS;

function actions(comment: Comment, context: Context, done: () => void): Kid {
  const me = context.me();
  const open = context.isOpen();
  const { id, number, removed } = comment;
  const act = (label: string, run: (trigger: HTMLElement) => unknown) =>
    button(label, (event) => run(event.currentTarget as HTMLElement), { "aria-label": t.about(label, number) });
  const own = mayEdit(comment, context);
  const moderator = isModerator(me);
  if (removed) return moderator && act(t.RESTORE, () => context.run({ cmd: "restore", comment: id }));
  const removal = moderator ? t.REMOVE : t.DELETE;
  const remove = () => context.run({ cmd: "remove", comment: id });
  return [
    open && act(t.REPLY, () => context.reply(comment)),
    own && open && act(t.EDIT, (trigger) => whenWriting(({ edit }) => edit(trigger, comment, context, done))),
    (own || moderator) &&
      act(removal, (trigger) =>
        whenWriting(({ ask }) => ask(trigger, { text: t.REMOVE_ASK, yes: removal, run: remove, done })),
      ),
  ];
}

/** Brings the relative time of a drawn comment up to date. False when its author may edit it no longer, as drawn. */
export function drawTime(item: HTMLElement, comment: Comment, context: Context): boolean {
  setText(item.querySelector("time") as HTMLElement, ago(comment.at));
  return item.matches(".own") === mayEdit(comment, context);
}

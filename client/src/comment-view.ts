/** One comment as nodes: who, when, what, and what this reader may do with it. */

import { ask } from "./ask";
import { button, h } from "./dom";
import { editor } from "./editor";
import type { Sending } from "./outbox";
import type { Author, Comment } from "./protocol";
import { REL, safeHtml, webUrl } from "./safe-html";
import { isModerator } from "./session";
import * as t from "./strings";
import { ago, fullTime } from "./time";

/** The server's default; it has the last word and answers `forbidden` after its own. */
const EDIT_WINDOW_MS = 15 * 60_000;

export interface Context {
  readonly me: Author | undefined;
  readonly open: boolean;
  find(id: string): Comment | undefined;
  reply(comment: Comment): void;
  /** The comment as it was written, or undefined if the server would not say. */
  source(comment: Comment): Promise<string | undefined>;
  /** These resolve to true when the server did it. */
  edit(comment: Comment, body: string): Promise<boolean>;
  remove(comment: Comment): Promise<boolean>;
  restore(comment: Comment): Promise<boolean>;
  retry(id: string): void;
  takeBack(id: string): void;
  goTo(number: number): void;
  /** Draws a comment anew, after something stood in its place. */
  redraw(item: HTMLElement, comment: Comment): void;
}

export const isMine = (comment: Comment, me: Author | undefined): boolean => !!me?.id && comment.author.id === me.id;

/** The part of an <li> that is drawn anew; a composer that answers the comment may stand below it. */
export const contentOf = (item: HTMLElement): Element => item.firstElementChild ?? item.appendChild(h("div"));

/** True while the reader edits it or is asked about it: what arrives then must not throw that away. */
export const isBusy = (item: HTMLElement): boolean => !!contentOf(item).querySelector("form");

/** Draws `comment` into `item`, an <li>, in place of what was there. */
export function drawComment(item: HTMLElement, comment: Comment, context: Context): void {
  const { number, author, removed, html, at, edited_at } = comment;
  item.className = removed ? "comment removed" : "comment";
  contentOf(item).replaceChildren(
    h(
      "div",
      { class: "meta" },
      ...(removed ? [] : nameOf(author)),
      linkTo(number, `#${number}`, "number", context),
      h("time", { dateTime: at, title: fullTime(at) }, ago(at)),
      edited_at && h("span", { title: fullTime(edited_at) }, t.EDITED),
    ),
    ...replyLine(comment, context),
    h("div", { class: "body" }, removed ? t.REMOVED : safeHtml(html)),
    h("div", { class: "actions" }, ...actions(item, comment, context)),
  );
}

function nameOf({ name, website, role }: Author): (Node | string)[] {
  const label = t.ROLES[role ?? ""];
  const href = webUrl(website);
  const props = { class: "name", ...(href && { href, rel: REL }) };
  return [h(href ? "a" : "b", props, name || t.ANONYMOUS), label ? h("span", { class: "role" }, label) : ""];
}

const linkTo = (number: number, text: string, name: string, { goTo }: Context) =>
  h("a", { class: name, href: `#${number}`, onclick: () => goTo(number) }, text);

function replyLine({ parent, removed }: Comment, context: Context): Node[] {
  if (!parent || removed) return [];
  const to = context.find(parent);
  const text = to ? linkTo(to.number, t.IN_REPLY_TO(to.number, to.author.name), "", context) : t.IN_REPLY_TO_OLDER;
  return [h("div", { class: "parent" }, text)];
}

function actions(item: HTMLElement, comment: Comment, context: Context): (Node | false)[] {
  const { me, open } = context;
  const { number, removed } = comment;
  const act = (label: string, run: (trigger: HTMLElement) => void) =>
    button(label, (event) => run(event.currentTarget as HTMLElement), { "aria-label": t.about(label, number) });
  const own = isMine(comment, me) && Date.now() - Date.parse(comment.at) < EDIT_WINDOW_MS;
  const moderator = isModerator(me);
  if (removed) return [moderator && act(t.RESTORE, () => void context.restore(comment))];
  const removal = moderator ? t.REMOVE : t.DELETE;
  return [
    open && act(t.REPLY, () => context.reply(comment)),
    own && open && act(t.EDIT, () => void edit(item, comment, context)),
    (own || moderator) &&
      act(removal, (trigger) =>
        ask(trigger, {
          text: t.REMOVE_ASK,
          yes: removal,
          run: () => context.remove(comment),
          done: () => context.redraw(item, comment),
        }),
      ),
  ];
}

async function edit(item: HTMLElement, comment: Comment, context: Context): Promise<void> {
  const before = await context.source(comment);
  if (before === undefined) return;
  const text = t.about(t.EDIT, comment.number);
  const { root, area, set, tooLong } = editor(text, () => {});
  set(before);
  ask(contentOf(item).lastElementChild as Element, {
    text,
    yes: t.SAVE,
    no: t.CANCEL,
    field: root,
    focus: area,
    async run() {
      const body = area.value.trim();
      return !!body && !tooLong() && (body === before || context.edit(comment, body));
    },
    done: () => context.redraw(item, comment),
  });
}

/** Draws a comment that is on its way. */
export function drawSending(item: HTMLElement, sending: Sending, { retry, takeBack }: Context): void {
  const { id, body, state, error } = sending;
  item.className = "comment pending";
  contentOf(item).replaceChildren(
    h("div", { class: "body plain" }, body),
    state === "failed"
      ? h(
          "div",
          { class: "actions" },
          h("span", { class: "error", role: "alert" }, `${t.NOT_SENT} ${error ? t.problem(error) : ""}`),
          button(t.RETRY, () => retry(id)),
          button(t.TAKE_BACK, () => takeBack(id)),
        )
      : h("div", { class: "actions" }, state === "sent" ? t.SENT : t.SENDING),
  );
}

/** Brings the relative time of a drawn comment up to date. */
export function drawTime(item: HTMLElement): void {
  const time = item.querySelector("time");
  if (time) time.textContent = ago(time.dateTime);
}

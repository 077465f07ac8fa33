/**
 * Mentions: "@" and the name of somebody who wrote in this thread leads to what they wrote last before, and "mentions you" stands
 * beside the name of whoever mentions the reader. Comes with the first "@" in a comment, or typed: completion.ts offers names then.
 */

import { load } from "../core/storage";
import type { Comment } from "../protocol/generated";
import { Completion } from "./completion";
import { h, styleSheet } from "./dom";
import { folded, mentionsIn, NO_NAME } from "./mention-text";
import css from "./mentions.css?inline";
import { inert } from "./safe-html";
import { MENTIONS_YOU } from "./strings";
import type { ThreadView } from "./thread-view";

const sheet = styleSheet(css);
const begun = new WeakSet<ThreadView>();

/** Once for each view; also while it is being drawn. */
export function mentions(view: ThreadView): void {
  if (begun.has(view)) return;
  begun.add(view);
  view._root.adoptedStyleSheets.push(sheet);
  const mark = marker(view);
  const markIf = (comment: Comment) => {
    // Its text is not drawn yet.
    if (comment.html.includes("@")) queueMicrotask(() => mark(comment));
    return {};
  };
  view._additions.push(markIf);
  view._list._comments.forEach(markIf);
  tellMentions(view);
  new Completion(view);
}

const own = (view: ThreadView) => folded(view._me()?.name ?? "");
const isOwn = (view: ThreadView, { author }: Comment) => author.id === view._me()?.id;

/** Marks in a comment that stands there who is mentioned. */
function marker(view: ThreadView): (comment: Comment) => void {
  let from: readonly Comment[] | undefined;
  /** Numbers of comments by the names of their authors, in order. */
  const numbers = new Map<string, number[]>();

  /** Looks who there is, when the comments are others. */
  function known(): typeof numbers {
    const { _comments } = view._list;
    if (from === _comments) return numbers;
    from = _comments;
    numbers.clear();
    for (const { author, number } of _comments) {
      if (!author.name || author.name === NO_NAME) continue;
      const name = folded(author.name);
      const all = numbers.get(name);
      if (all) all.push(number);
      else numbers.set(name, [number]);
    }
    return numbers;
  }

  /** Marks them in `text`; true when one is the reader. */
  function markIn(text: Text, number: number): boolean {
    const all = known();
    const me = own(view);
    const found = mentionsIn(text.data, (name) => name === me || all.has(name));
    // From the end: what is before stays where it is.
    for (const [start, end, name] of found.reverse()) {
      const before = all.get(name)?.findLast((other) => other < number);
      const words = text.splitText(start);
      words.splitText(end - start);
      const href = before && { href: view._address(before) };
      const shown = h("bdi", {}, words.data);
      words.replaceWith(href ? h("a.mention", href, shown) : h("b.mention", {}, shown));
    }
    return found.some(([, , name]) => name === me);
  }

  return (comment) => {
    const item = view._list._items.get(comment.id);
    const body = item?.querySelector(".body:not(:has(.mention))");
    if (!body || comment.removed) return;
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    const marked = texts.filter((text) => !text.parentElement?.closest("a, code, pre") && markIn(text, comment.number));
    if (marked.length && !isOwn(view, comment))
      item?.querySelector(".meta")?.append(h("span.role", {}, MENTIONS_YOU()));
  };
}

/** Tells the ear of new comments that mention the reader, unless they have switched that off. */
function tellMentions(view: ThreadView): void {
  const newest = () => view._list._comments.at(-1)?.number ?? 0;
  let last = newest();
  const announce = view._announce;
  view._announce = (count) => {
    announce?.(count);
    const me = own(view);
    for (const comment of view._list._comments) {
      const { number, html, author } = comment;
      if (
        number <= last ||
        isOwn(view, comment) ||
        view._hides?.(comment) ||
        !html.includes("@") ||
        load("announce") === false
      )
        continue;
      const text = inert(html).textContent ?? "";
      if (mentionsIn(text, (name) => name === me).length)
        view._notices._tell(`${author.name}, #${number}: ${MENTIONS_YOU()}`);
    }
    last = newest();
  };
}

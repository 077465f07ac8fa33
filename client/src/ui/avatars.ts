/**
 * A small picture for each author, drawn from their id, so that many who have one name, or none, can be told apart; in a chat
 * the colour of their name. It asks nobody for anything. Its room is kept in thread.css, from the first draw on.
 */

import type { Author } from "../protocol/generated";
import css from "./avatars.css?inline";
import { h, styleSheet } from "./dom";
import type { ThreadView } from "./thread-view";

const HUES = 24;
/** What the server calls those who give no name, and what they have instead of its letters. */
const NO_NAME = "Anonymous";
const SHAPES = [..."◆●▲■★✚◗◢"];

const hues = Array.from({ length: HUES }, (_, hue) => `.meta:has(>.hue${hue}){--hue:${(hue * 360) / HUES}}`);
const sheet = styleSheet(css + hues.join(""));

/** Spreads ids evenly (FNV-1a, 32 bits). */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const unit of text) sum = Math.imul(sum ^ (unit.codePointAt(0) as number), 0x01000193);
  return sum >>> 0;
}

/** The first letters of the first two words of a name. */
const initials = (name: string): string =>
  name
    .split(/[\s._-]+/u)
    .map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "")
    .join("")
    .replace(/^(.{2}).*/u, "$1")
    .toLocaleUpperCase();

export function avatar({ id, name }: Author): HTMLElement {
  const sum = hash(id ?? "");
  const text = (name !== NO_NAME && initials(name ?? "")) || (SHAPES[sum % SHAPES.length] as string);
  return h("span", { class: `avatar hue${(sum >>> 8) % HUES}`, "aria-hidden": "true", translate: false }, text);
}

/** Draws them from now on, unless the element says `avatars="off"`. */
export function avatars(view: ThreadView): void {
  if (view._root.host.getAttribute("avatars") === "off") return;
  view._root.adoptedStyleSheets.push(sheet);
  view._additions.push(({ author, removed }) => ({ _marks: !removed && avatar(author) }));
  // Those that stand there are not drawn again for it.
  for (const { id, author, removed } of view._list._comments)
    if (!removed) view._list._items.get(id)?.querySelector(".meta")?.append(avatar(author));
}

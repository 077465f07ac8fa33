/** Who is mentioned in a text: "@" and the name of somebody who wrote in this thread. Pure functions. */

import { LIMITS } from "../protocol/generated";

/** What follows a letter, as in an address of e-mail, mentions nobody. */
const AT = /(?<![\w.%+-])@/g;
const TYPED = new RegExp(`${AT.source}([^@\\n]{0,${LIMITS.name}})$`);
/** Scripts in which a word goes on without a blank, and Korean, whose particles follow a name so. */
const SOLID = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]$/u;
/** What begins markup in a name, and an underscore at the edge of a word. */
const MARKUP = /[\\`*~[\]<]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/** What the server calls those who give no name. */
export const NO_NAME = "Anonymous";

const folds = new Map<string, string>();

/** `text` without case and accents, letter by letter: so the beginning of a name is the beginning of its fold. */
function fold(text: string): string {
  let out = "";
  for (const letter of text) out += letter.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase();
  return out;
}

/** `name` without case and accents. The same few come again and again. */
export function folded(name: string): string {
  const known = folds.get(name) ?? fold(name);
  folds.set(name, known);
  return known;
}

/** What is typed after "@" before the caret at `end`: where the "@" is, and the text after it. */
export function typedAt(text: string, end: number): { start: number; query: string } | undefined {
  const [all, query = ""] = TYPED.exec(text.slice(0, end)) ?? [];
  return all === undefined ? undefined : { start: end - all.length, query };
}

/** Whether `name` is one for `query`: it begins with it, or one of its words does. */
export function fits(name: string, query: string): boolean {
  const [whole, begun] = [folded(name), fold(query)];
  return whole !== begun && (whole.startsWith(begun) || whole.includes(` ${begun}`));
}

/** `name` as it is written in a text, where its signs are no markup. */
export const written = (name: string): string => `@${name.replace(MARKUP, "\\$&")}`;

/** True when no word goes on at `end`. */
const ends = (text: string, end: number) =>
  !/^[\p{L}\p{M}\p{N}]/u.test(text.slice(end)) || SOLID.test(text.slice(0, end));

/** From where to where somebody is mentioned in `text`, and their name without case and accents: the longest that `has` knows. */
export function mentionsIn(text: string, has: (name: string) => boolean): [start: number, end: number, name: string][] {
  const found: [number, number, string][] = [];
  for (const { index } of text.matchAll(AT)) {
    let [name, end, at, longest] = ["", index + 1, 0, ""];
    for (const letter of text.slice(end, end + 2 * LIMITS.name)) {
      name += fold(letter);
      end += letter.length;
      if (name && has(name) && ends(text, end)) [at, longest] = [end, name];
    }
    if (at) found.push([index, at, longest]);
  }
  return found;
}

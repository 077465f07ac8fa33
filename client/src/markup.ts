/** What the formatting buttons write: a pure function from a text and its selection to an edit. */

import * as t from "./strings";

/** What it is called, the tag that draws its sign, the sign, what it writes before and after, its key with Ctrl. */
export type Tool = readonly [
  label: string,
  tag: "b" | "i" | "u" | "s" | "small" | "big" | "span" | "code",
  sign: string,
  before: string,
  /** Without it, `before` goes in front of each selected line. */
  after?: string,
  key?: string,
];

export const TOOLS: readonly Tool[] = [
  [t.BOLD, "b", "B", "**", "**", "b"],
  [t.ITALIC, "i", "I", "*", "*", "i"],
  [t.UNDERLINE, "u", "U", "<u>", "</u>"],
  [t.STRIKE, "s", "S", "~~", "~~"],
  [t.SMALL, "small", "A", "<small>", "</small>"],
  [t.BIG, "big", "A", "<big>", "</big>"],
  [t.BULLETS, "span", "•", "- "],
  [t.NUMBERS, "span", "№", "1. "],
  [t.QUOTE, "span", "❝", "> "],
  [t.CODE, "code", "<>", "`", "`"],
  [t.LINK, "span", t.LINK, "[", "](https://)", "k"],
];

export interface Edit {
  /** Replace [start, end) by `text`, then select [from, to) of the result. */
  start: number;
  end: number;
  text: string;
  from: number;
  to: number;
}

export function applyTool([, , , before, after, key]: Tool, value: string, start: number, end: number): Edit {
  if (after === undefined) {
    const line = value.lastIndexOf("\n", start - 1) + 1;
    const text = value.slice(line, end).replace(/^/gm, before);
    const to = line + text.length;
    return { start: line, end, text, from: to, to };
  }
  const link = key === "k";
  const picked = value.slice(start, end) || (link ? t.LINK_TEXT : "");
  const text = before + picked + after;
  // A link on a chosen text still needs its address: the caret goes before the closing bracket.
  const address = link && end > start;
  const from = start + (address ? text.length - 1 : before.length);
  return { start, end, text, from, to: address ? from : from + picked.length };
}

/** Tidies pasted text, and goes on with a list: pure functions from a text to an edit, as docs/markup.md reads. */

import { type Edit, edited, FENCED } from "./markup";

/** A line that begins something of its own: a point of a list, a quotation, a heading, a row of a table. */
const APART = /^ {0,3}(?:[-+*]|\d{1,9}[.)]|#{1,6}) |^ {0,3}[>|]|^(?: {4}|\t)/;
/** Scripts that are written without blanks. */
const SOLID = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

function joined(text: string): string {
  const paragraphs = text.split(/\n(?:[^\S\n]*\n)+/).map((paragraph) => {
    let out = "";
    for (const raw of paragraph.split("\n")) {
      // What is indented is code, and stays as it is; so does what a backslash breaks.
      const line = APART.test(raw) ? raw.trimEnd() : raw.replace(/\s+/g, " ").trim();
      const solid = SOLID.test(out.slice(-1)) && SOLID.test(line[0] ?? "");
      const apart = !out || APART.test(raw) || /(?:^|\n)(?: {4}|\t|\|).*$|\\$/.test(out);
      out += apart ? (out && "\n") + line : (solid || /\p{L}-$/u.test(out) ? "" : " ") + line;
    }
    return out;
  });
  return paragraphs.filter((paragraph, index) => paragraph || (index && index < paragraphs.length - 1)).join("\n\n");
}

/** Joins broken lines and takes out runs of blanks, in what is selected, or in all; blocks of code stay as they are. */
export function squish(value: string, start: number, end: number): Edit {
  const [from, to] = start === end ? [0, value.length] : [start, end];
  const text = value.slice(from, to);
  const parts: string[] = [];
  let at = 0;
  for (const { index, 0: all } of text.matchAll(FENCED)) {
    parts.push(joined(text.slice(at, index)), all);
    at = index + all.length;
  }
  parts.push(joined(text.slice(at)));
  const done = parts.filter(Boolean).join("\n\n");
  return edited(from, to, done, start === end ? done.length : 0, done.length);
}

const POINT = /^((?: {0,3}> ?)*) {0,3}(?:(?:([-+*])|(\d{1,9})([.)]))( +))?/;

/** What Enter does in a list or a quotation: the next point; behind an empty one, the end. Undefined: what it does always. */
export function continued(value: string, at: number): Edit | undefined {
  const first = value.lastIndexOf("\n", at - 1) + 1;
  const line = value.slice(first, at);
  const [all, quote, bullet, number, dot, gap] = POINT.exec(line) as RegExpExecArray;
  if (!quote && !gap) return;
  const inCode = [...value.matchAll(FENCED)].some(({ index, 0: all }) => first > index && at <= index + all.length);
  if (inCode) return;
  const rest = value.slice(at).split("\n", 1)[0] as string;
  if (line === all && !rest.trim()) {
    const left = gap ? (quote as string) : "";
    // Without an empty line what follows would still belong to the point (CommonMark: lazy continuation).
    const text = `${first ? `${left.trimEnd()}\n` : ""}${left}`;
    return edited(first, at, text, text.length, text.length);
  }
  const indent = (/^ */.exec(line.slice((quote as string).length)) as RegExpExecArray)[0];
  const mark = gap ? indent + (bullet ?? `${Number(number) + 1}${dot}`) + gap : "";
  const text = `\n${quote}${mark}`;
  return edited(at, at, text, text.length, text.length);
}

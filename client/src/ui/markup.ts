/** What the formatting buttons write: pure functions from a text and its selection to an edit, as docs/markup.md reads. */

import { closing, inlineEdit, type Marked, uncut } from "./inline";
import { squish } from "./paste";
import * as t from "./strings";

/** What makes a line one of a list, a quotation, or of both; not the text behind it. */
const PREFIX = /^(?: {0,3}(?:>|(?:[-+*]|\d{1,9}[.)])(?= ))[ \t]?)*[ \t]*/;
const POINT = " {0,3}(?:[-+*]|\\d{1,9}[.)]) ";
/** A block of code, and what is in it. */
export const FENCED = /^ {0,3}(`{3,}|~{3,})[^\n`]*\n([\s\S]*?)(?:\n {0,3}\1[`~]* *$|(?![\s\S]))/gm;
const LINKS = /\[((?:\\.|[^\]\\])*)\]\((<[^>]*>|[^()\s]*)\)/g;
const NO_TARGET = "https://";

type Kind = "mark" | "lines" | "code" | "link" | "photo" | "squish";

/** What it is called, the tag that draws its sign, the sign (its name where that is empty), its kind, what it writes (best first), its key with Ctrl. */
export type Tool = readonly [
  label: () => string,
  tag: "b" | "i" | "u" | "s" | "small" | "big" | "span" | "code",
  sign: string,
  kind: Kind,
  marks: readonly string[],
  key?: string,
];

export const TOOLS: readonly Tool[] = [
  [t.BOLD, "b", "B", "mark", ["**", "<b>", "<strong>", "__"], "b"],
  [t.ITALIC, "i", "I", "mark", ["*", "<i>", "<em>", "_"], "i"],
  [t.QUOTE, "span", "❝", "lines", ["> "]],
  [t.LINK, "span", "", "link", ["["], "k"],
  [t.BULLETS, "span", "•", "lines", ["- "]],
  [t.NUMBERS, "span", "№", "lines", ["1. "]],
  [t.UNDERLINE, "u", "U", "mark", ["<u>"]],
  [t.STRIKE, "s", "S", "mark", ["~~", "<s>", "<del>"]],
  [t.SMALL, "small", "A", "mark", ["<small>"]],
  [t.BIG, "big", "A", "mark", ["<big>"]],
  [t.CODE, "code", "<>", "code", ["`", "<code>"]],
  [t.SQUISH, "span", "", "squish", []],
  [t.PHOTO, "span", "", "photo", ["!["]],
];

export interface Edit {
  /** Replace [start, end) by `text`, then select [from, to) of the result. */
  start: number;
  end: number;
  text: string;
  from: number;
  to: number;
}

/** A text with what is selected in it. */
interface State {
  value: string;
  from: number;
  to: number;
}

const applied = (value: string, { start, end, text }: Edit) => value.slice(0, start) + text + value.slice(end);

/** A tool used a second time at once, with nothing typed or selected meanwhile, takes back what it did the first time. */
export function toolbox(): (tool: Tool, value: string, from: number, to: number) => Edit {
  let last: { tool: Tool; after: State; undo: Edit } | undefined;
  return (tool, value, from, to) => {
    const same = last?.tool === tool && last.after.value === value && last.after.from === from && last.after.to === to;
    if (same && last) {
      const { undo } = last;
      last = undefined;
      return undo;
    }
    const edit = applyTool(tool, value, from, to);
    const { start, end, text } = edit;
    const undo = { start, end: start + text.length, text: value.slice(start, end), from, to };
    last = { tool, after: { value: applied(value, edit), from: edit.from, to: edit.to }, undo };
    return edit;
  };
}

/** What a tool works on: the lines [first, last) of the text, and what is selected in them. */
interface Block extends Record<"first" | "last" | "start" | "end", number> {
  value: string;
  lines: string[];
}

export function applyTool([, , , kind, marks]: Tool, value: string, start: number, end: number): Edit {
  if (kind === "squish") return squish(value, start, end);
  if (kind === "photo") return photo(value, start, end);
  const mark = marks[0] as string;
  const first = value.lastIndexOf("\n", start - 1) + 1;
  // A selection up to the beginning of a line has nothing of that line.
  if (end > start && value[end - 1] === "\n") end--;
  const last = (value.indexOf("\n", end) + 1 || value.length + 1) - 1;
  const lines = value.slice(first, last).split("\n");
  const block = { value, first, last, lines, start, end };
  const code = kind === "code";
  if (kind === "lines") return prefixed(mark, block);
  const fence = [...value.matchAll(FENCED)].find(({ index, 0: all }) => first >= index && first <= index + all.length);
  if (fence) {
    const { index, 0: all, 2: inside = "" } = fence;
    // What is in a block of code is shown as it is: no other tool does anything there.
    return code
      ? edited(index, index + all.length, inside, 0, inside.length)
      : edited(start, start, "", 0, end - start);
  }
  if (code && lines.length > 1) return fenced(block);
  if (kind === "link") {
    const edit = relinked(block) ?? eachLine(block, link);
    return lines.length > 1 ? { ...edit, to: edit.from } : edit;
  }
  if (start === end) {
    // In the midst of what is in one piece, such as an address, all of it is meant.
    const [from, to] = uncut(lines[0] as string, start - first, start - first);
    if (from === to) return edited(start, start, mark + closing(mark), mark.length, mark.length);
    Object.assign(block, { start: first + from, end: first + to });
  }
  // A backtick in another line might take ours for its other half.
  const stray = code && /`/.test(value.slice(0, first) + value.slice(last));
  const best = stray ? [...marks].reverse() : marks;
  let off = true;
  eachLine(block, (line, from, to) => {
    const done = inlineEdit(best, line, from, to);
    off &&= done.off;
    return done;
  });
  return eachLine(block, (line, from, to) => inlineEdit(best, line, from, to, off));
}

/** `text` in place of [start, end), with [from, to) of the text selected. */
export const edited = (start: number, end: number, text: string, from: number, to: number): Edit => ({
  start,
  end,
  text,
  from: start + from,
  to: start + to,
});

/** Marks end with their paragraph, so each line has its own; what blanks and marks alone are selected stays as it is. */
function eachLine({ first, last, lines, start, end }: Block, mark: (line: string, from: number, to: number) => Marked) {
  let at = first;
  let length = 0;
  const selected: number[] = [];
  const text = lines.map((line) => {
    const begin = Math.max(start - at, PREFIX.exec(line)?.[0].length ?? 0);
    const part = line.slice(begin, Math.max(begin, end - at));
    // A backslash at the end of a line is a break, and would take the mark's meaning away.
    const words = part.replace(/^\s+|[\s\\]+$/g, "");
    const from = begin + part.indexOf(words);
    const marked = /[^-=*_~`#>+|\s]/.test(words) && mark(line, from, from + words.length);
    if (marked) selected.push(length + marked.from, length + marked.to);
    at += line.length + 1;
    const done = marked ? marked.line : line;
    length += done.length + 1;
    return done;
  });
  return edited(first, last, text.join("\n"), selected[0] ?? start - first, selected.at(-1) ?? end - first);
}

/** "- ", "1. " or "> " before each line, or no longer. */
function prefixed(mark: string, { value, first, last, lines, start, end }: Block): Edit {
  const quote = mark === "> ";
  const own = quote ? /^ {0,3}> ?/ : mark === "- " ? /^ {0,3}[-+*] / : /^ {0,3}\d{1,9}[.)] /;
  const written = lines.filter((line) => line.trim());
  const off = written.length > 0 && written.every((line) => own.test(line));
  let number = Number(/(\d{1,9})[.)] .*\n$/.exec(value.slice(0, first))?.[1] ?? 0);
  const text = lines
    .map((line) => {
      if (off) return line.replace(own, "");
      if (!line.trim() && lines.length > 1) return quote ? ">" : line;
      return line.replace(RegExp(quote ? "^" : `^(?:${POINT})?`), mark === "1. " ? `${++number}. ` : mark);
    })
    .join("\n");
  // A line that follows would be read as going on with the quotation, or with the last point.
  const next = value.slice(last + 1).split("\n", 1)[0] as string;
  const apart = !off && next.trim() && !own.test(next) ? "\n" : "";
  return edited(first, last, text + apart, end > start && lines.length > 1 ? 0 : text.length, text.length);
}

/** Lines of code become a block. */
function fenced({ first, last, lines }: Block): Edit {
  const code = lines.join("\n");
  const fence = "`".repeat(Math.max(3, ...[...code.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  const from = fence.length + 1;
  return edited(first, last, `${fence}\n${code}\n${fence}`, from, from + code.length);
}

/** Takes off the link that the selection is in, or makes one of an address or of nothing. */
function relinked({ value, first, lines, start, end }: Block): Edit | undefined {
  for (const { index, 0: all, 1: words = "", 2: target = "" } of (lines[0] as string).matchAll(LINKS)) {
    const from = first + index;
    if (start < from || end > from + all.length) continue;
    const address = target.replace(/[<>]|^mailto:|^https:\/\/$/g, "");
    const text = words === t.LINK_TEXT() ? address : words.replace(/\\([[\]])/g, "$1");
    return edited(from, from + all.length, text, 0, text.length);
  }
  const words = value.slice(start, end).trim();
  const mail = /^[^\s@/]+@[^\s@]+\.[^\s@]+$/.test(words) ? "mailto:" : "";
  if (words && !mail && !/^https?:\/\/\S+$/i.test(words)) return;
  const target = mail + (words || NO_TARGET);
  const text = `[${t.LINK_TEXT()}](${/[()]/.test(target) ? `<${target}>` : target})`;
  const from = value.indexOf(words, start);
  return edited(from, from + words.length, text, 1, 1 + t.LINK_TEXT().length);
}

/** Chosen words still need their address: the caret goes before the closing bracket. */
function link(line: string, from: number, to: number): Marked {
  const text = `[${line.slice(from, to).replace(/\\?([[\]])/g, "\\$1")}](${NO_TARGET})`;
  const caret = from + text.length - 1;
  return { line: line.slice(0, from) + text + line.slice(to), from: caret, to: caret };
}

/** A picture: the selected address is where it is, selected words say what it shows. */
function photo(value: string, start: number, end: number): Edit {
  const words = value.slice(start, end).trim();
  if (!/^https:\/\/\S+$/i.test(words)) {
    const text = `![${words.replace(/\s*\n\s*/g, " ").replace(/\\?([[\]])/g, "\\$1")}](${NO_TARGET})`;
    return edited(start, end, text, text.length - 1, text.length - 1);
  }
  const target = /[()]/.test(words) ? `<${words}>` : words;
  return edited(start, end, `![${t.PHOTO_TEXT()}](${target})`, 2, 2 + t.PHOTO_TEXT().length);
}

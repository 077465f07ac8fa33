/** What the formatting buttons write: pure functions from a text and its selection to an edit, as docs/markup.md reads. */

import { closing, inlineEdit, uncut } from "./inline";
import * as t from "./strings";

/** A line of a list, a quotation, or of both; not the text behind it. */
const PREFIX = /^(?: {0,3}(?:>|(?:[-+*]|\d{1,9}[.)])(?= ))[ \t]?)*[ \t]*/;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/i;
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const NO_TARGET = "https://";

type Kind = "mark" | "lines" | "code" | "link";

/** What it is called, the tag that draws its sign, the sign, its kind, what it writes (best first), its key with Ctrl. */
export type Tool = readonly [
  label: string,
  tag: "b" | "i" | "u" | "s" | "small" | "big" | "span" | "code",
  sign: string,
  kind: Kind,
  marks: readonly string[],
  key?: string,
];

export const TOOLS: readonly Tool[] = [
  [t.BOLD, "b", "B", "mark", ["**", "<b>", "<strong>", "__"], "b"],
  [t.ITALIC, "i", "I", "mark", ["*", "<i>", "<em>", "_"], "i"],
  [t.UNDERLINE, "u", "U", "mark", ["<u>"]],
  [t.STRIKE, "s", "S", "mark", ["~~", "<s>", "<del>"]],
  [t.SMALL, "small", "A", "mark", ["<small>"]],
  [t.BIG, "big", "A", "mark", ["<big>"]],
  [t.BULLETS, "span", "•", "lines", ["- "]],
  [t.NUMBERS, "span", "№", "lines", ["1. "]],
  [t.QUOTE, "span", "❝", "lines", ["> "]],
  [t.CODE, "code", "<>", "code", ["`", "<code>"]],
  [t.LINK, "span", t.LINK, "link", ["["], "k"],
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

export function applyTool(tool: Tool, value: string, start: number, end: number): Edit {
  const [, , , kind] = tool;
  let [, , , , marks] = tool;
  const first = value.lastIndexOf("\n", start - 1) + 1;
  // A selection up to the beginning of a line has nothing of that line.
  const until = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const last = (value.indexOf("\n", until) + 1 || value.length + 1) - 1;
  const lines = value.slice(first, last).split("\n");
  const block = { value, first, last, lines, start, end: until };
  if (kind === "lines") return prefixed(marks[0] as string, block);
  const fence = fenced(value, first);
  if (kind === "code" && (fence || lines.length > 1)) return fence ? unfenced(block, fence) : fencedAnew(block);
  // What is in a block of code is shown as it is.
  if (fence) return { start, end: start, text: "", from: start, to: end };
  if (kind === "link") return linked(block);
  // A backtick in another line might take ours for its other half.
  if (kind === "code" && /`/.test(value.slice(0, first) + value.slice(last))) marks = [...marks].reverse();
  if (start < end) return perLine(marks, block);
  // In the midst of what is in one piece, such as an address, all of it is meant.
  const [from, to] = uncut(lines[0] as string, start - first, start - first);
  if (from === to) return empty(marks[0] as string, start);
  return perLine(marks, { ...block, start: first + from, end: first + to });
}

interface Block extends Record<"first" | "last" | "start" | "end", number> {
  value: string;
  lines: string[];
}

/** Nothing is selected: the marks are for what is typed next. */
function empty(mark: string, at: number): Edit {
  const close = closing(mark);
  return { start: at, end: at, text: mark + close, from: at + mark.length, to: at + mark.length };
}

/** Marks end with their paragraph, so each line has its own. */
function perLine(marks: readonly string[], { first, last, lines, start, end }: Block): Edit {
  let at = first;
  const parts = lines.map((line) => {
    const skip = PREFIX.exec(line)?.[0].length ?? 0;
    const from = Math.max(start - at, skip);
    const to = Math.min(end - at, line.length);
    at += line.length + 1;
    return { line, ...trimmed(line, from, to) };
  });
  const chosen = parts.filter(({ from, to }) => from < to);
  const off = chosen.every(({ line, from, to }) => inlineEdit(marks, line, from, to).off);
  let length = first;
  const selected: number[] = [];
  const text = parts.map(({ line, from, to }) => {
    const done = from < to ? inlineEdit(marks, line, from, to, off) : { line, from, to };
    if (from < to) selected.push(length + done.from, length + done.to);
    length += done.line.length + 1;
    return done.line;
  });
  return {
    start: first,
    end: last,
    text: text.join("\n"),
    from: selected[0] ?? start,
    to: selected.at(-1) ?? end,
  };
}

/** Without the blanks at both ends, which a mark must not touch; nothing, where there are no words but only marks. */
function trimmed(line: string, from: number, to: number): { from: number; to: number } {
  const part = line.slice(from, to);
  if (!/[^-=*_~`#>+|\s]/.test(part)) return { from, to: from };
  // A backslash at the end of a line is a break, and would take the mark's meaning away.
  return { from: from + part.search(/\S/), to: from + part.replace(/[\s\\]+$/, "").length };
}

/** "- ", "1. " or "> " before each line, or no longer. */
function prefixed(mark: string, { value, first, last, lines, start, end }: Block): Edit {
  const quote = mark === "> ";
  const own = quote ? /^ {0,3}> ?/ : mark === "- " ? /^ {0,3}[-+*] / : /^ {0,3}\d{1,9}[.)] /;
  const other = quote ? /^/ : /^(?: {0,3}(?:[-+*]|\d{1,9}[.)]) )?/;
  const written = lines.filter((line) => line.trim());
  const off = written.length > 0 && written.every((line) => own.test(line));
  let number = quote ? 0 : Number(/(\d{1,9})[.)] .*\n$/.exec(value.slice(0, first))?.[1] ?? 0);
  const changed = lines.map((line) => {
    if (off) return line.replace(own, "");
    if (!line.trim() && lines.length > 1) return quote ? ">" : line;
    return line.replace(other, mark === "1. " ? `${++number}. ` : mark);
  });
  // A line that follows would be read as going on with the quotation, or with the last point.
  const next = value.slice(last + 1).split("\n", 1)[0] as string;
  const apart = !off && next.trim() && !own.test(next) ? "\n" : "";
  const text = changed.join("\n");
  const to = first + text.length;
  return { start: first, end: last, text: text + apart, from: end > start && lines.length > 1 ? first : to, to };
}

interface Fence {
  open: number;
  /** Where the line that closes it begins; the end of the text without one. */
  close: number;
}

/** The block of code that the line at `at` is in. */
function fenced(value: string, at: number): Fence | undefined {
  let open: { at: number; mark: string } | undefined;
  let line = 0;
  for (const text of value.split("\n")) {
    const mark = FENCE.exec(text)?.[1];
    if (open && mark?.startsWith(open.mark) && text.trim() === mark) {
      if (at <= line) return { open: open.at, close: line };
      open = undefined;
    } else if (!open && mark) open = { at: line, mark };
    if (line >= at && !open) return;
    line += text.length + 1;
  }
  return open && { open: open.at, close: value.length };
}

/** Lines of code become a block. */
function fencedAnew({ first, last, lines }: Block): Edit {
  const code = lines.join("\n");
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = "`".repeat(longest + 1);
  const from = first + mark.length + 1;
  return { start: first, end: last, text: `${mark}\n${code}\n${mark}`, from, to: from + code.length };
}

function unfenced({ value }: Block, { open, close }: Fence): Edit {
  const from = value.indexOf("\n", open) + 1 || value.length;
  const text = value.slice(from, Math.max(from, close - 1));
  const end = (value.indexOf("\n", close) + 1 || value.length + 1) - 1;
  return { start: open, end, text, from: open, to: open + text.length };
}

const LINKS = /\[((?:\\.|[^\]\\])*)\]\((?:<([^>]*)>|([^()\s]*))\)/g;

function linked({ value, first, last, lines, start, end }: Block): Edit {
  const line = lines[0] as string;
  for (const { index, 0: all, 1: words = "", 2: safe, 3: bare } of line.matchAll(LINKS)) {
    const from = first + index;
    if (start < from || end > from + all.length) continue;
    const target = safe ?? bare ?? "";
    const text = words === t.LINK_TEXT ? target.replace(/^(https:\/\/|mailto:)$|^mailto:/, "") : unescaped(words);
    return { start: from, end: from + all.length, text, from, to: from + text.length };
  }
  const picked = value.slice(start, end);
  const words = picked.trim();
  const from = start + picked.indexOf(words);
  if (ADDRESS.test(words) || MAIL.test(words)) {
    const target = MAIL.test(words) ? `mailto:${words}` : words;
    const text = `[${t.LINK_TEXT}](${/[()<>]/.test(target) ? `<${target}>` : target})`;
    return { start: from, end: from + words.length, text, from: from + 1, to: from + 1 + t.LINK_TEXT.length };
  }
  if (!words) {
    const text = `[${t.LINK_TEXT}](${NO_TARGET})`;
    return { start, end, text, from: start + 1, to: start + 1 + t.LINK_TEXT.length };
  }
  return linkedLines({ value, first, last, lines, start, end });
}

/** Chosen words still need their address: the caret goes before the closing bracket, of the first. */
function linkedLines({ first, last, lines, start, end }: Block): Edit {
  let at = first;
  let caret = 0;
  let length = first;
  const text = lines.map((line) => {
    const skip = PREFIX.exec(line)?.[0].length ?? 0;
    const { from, to } = trimmed(line, Math.max(start - at, skip), Math.min(end - at, line.length));
    at += line.length + 1;
    const link = from < to ? `[${escaped(line.slice(from, to))}](${NO_TARGET})` : line.slice(from, to);
    if (from < to) caret ||= length + from + link.length - 1;
    const whole = from < to ? line.slice(0, from) + link + line.slice(to) : line;
    length += whole.length + 1;
    return whole;
  });
  return { start: first, end: last, text: text.join("\n"), from: caret || start, to: caret || end };
}

const escaped = (words: string) =>
  words.replace(/\\?[[\]]/g, (bracket) => (bracket.length > 1 ? bracket : `\\${bracket}`));
const unescaped = (words: string) => words.replace(/\\([[\]])/g, "$1");

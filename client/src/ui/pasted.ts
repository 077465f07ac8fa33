/**
 * Makes markup of what is pasted with its formatting, from a page or a word processor, as docs/markup.md reads it; comes with
 * the first of it.
 */

import type { Edit } from "./markup";
import { inert } from "./safe-html";

/** HTML without any of these is worth no more than the plain text beside it. */
const FORMATTED =
  "b,strong,i,em,u,s,del,strike,code,pre,a[href],li,blockquote,h1,h2,h3,h4,h5,h6,img,[style*=font-weight],[style*=italic]";
const BLOCKS =
  "address,article,aside,blockquote,dd,div,dl,dt,figure,footer,h1,h2,h3,h4,h5,h6,header,hr,li,main,ol,p,pre,section,table,tr,ul";
const UNSEEN = "head,meta,noscript,script,style,title";

/** Marks, from the outermost: what stands before the text, a tag where that would not be read as a mark, which elements have it. */
const MARKS: readonly (readonly [mark: string, tag: string, of: string])[] = [
  ["**", "b", "b,strong,h1,h2,h3,h4,h5,h6"],
  ["*", "i", "i,em"],
  ["~~", "s", "s,del,strike"],
  ["", "u", "u"],
  ["`", "code", "code"],
];

/** The style that means the same as a mark, and may take it off. */
const STYLES: Record<string, RegExp> = { "**": /font-weight:\s*(\w+)/, "*": /font-style:\s*(\w+)/ };

/** A piece of text, the address it leads to, and which of MARKS are around it. */
interface Run {
  text: string;
  href: string;
  marks: readonly boolean[];
}

/** The markup of pasted `html`; "" where plain text serves as well. With `images`, pictures stay where they are. */
export function markupOf(html: string, images: boolean): string {
  const content = inert(html);
  // Code editors say so of what they have coloured; as prose it would lose its lines.
  const isCode = content.querySelector("[style*='white-space: pre;'],[style*='white-space:pre;']");
  if (isCode || !content.querySelector(FORMATTED)) return "";
  for (const unseen of content.querySelectorAll(UNSEEN)) unseen.remove();
  return blocks(content, images).join("\n\n");
}

/** More than this is no quotation: it is cut. */
const MOST_QUOTED = 600;

/** The markup that quotes `html`, what is selected of a comment. */
export function quoted(html: string, images: boolean): string {
  const content = inert(html);
  const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
  let left = MOST_QUOTED;
  while (texts.nextNode()) {
    const text = texts.currentNode as Text;
    const letters = [...text.data];
    if (letters.length > left) text.data = left > 0 ? `${letters.slice(0, left).join("")}…` : "";
    left -= letters.length;
  }
  return blocks(content, images)
    .join("\n\n")
    .replace(/^(?=.)/gm, "> ")
    .replace(/^$/gm, ">");
}

function blocks(parent: Node, images: boolean): string[] {
  const done: string[] = [];
  let runs: Run[] = [];
  const end = () => {
    done.push(...paragraphs(runs).map((each) => lines(marked(each))));
    runs = [];
  };
  for (const node of parent.childNodes) {
    const element = node instanceof Element ? node : undefined;
    if (element?.matches(BLOCKS) || element?.querySelector(BLOCKS)) {
      end();
      done.push(block(element, images));
    } else runs.push(...runsOf(node, images));
  }
  end();
  return done.filter(Boolean);
}

const isBreak = (run: Run | undefined) => run?.text === "\n";

/** Two breaks in a row are the end of a paragraph, and of all marks. */
function paragraphs(runs: readonly Run[]): Run[][] {
  const all: Run[][] = [[]];
  for (const run of runs) {
    const last = all.at(-1) as Run[];
    const broken = isBreak(last.at(-1));
    if (isBreak(run) && broken) all.push([]);
    else if (run.text.trim() || !broken) last.push(run);
  }
  return all;
}

function block(element: Element, images: boolean): string {
  const name = element.localName;
  const text = element.textContent ?? "";
  const fence = text.includes("```") ? "~~~" : "```";
  if (name === "pre") return text.trim() && `${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
  if (/^[ou]l$/.test(name)) return list(element, images);
  const inside = blocks(element, images).join("\n\n");
  if (name !== "blockquote" || !inside) return inside;
  return inside.replace(/^/gm, "> ").replace(/ +$/gm, "");
}

function list(element: Element, images: boolean): string {
  let number = Number(element.getAttribute("start") ?? 1);
  return [...element.children]
    .map((item) => {
      const mark = element.localName === "ol" ? `${number}. ` : "- ";
      const indented = (text: string) => text.replace(/\n(?=.)/g, `\n${" ".repeat(mark.length)}`);
      // As word processors nest them: the list is no point itself.
      if (item.localName !== "li") return indented(`\n${block(item, images)}`).slice(1);
      const inside = blocks(item, images)
        .join("\n\n")
        .replace(/\n\n(?=(?:-|\d+\.) )/g, "\n");
      number++;
      return inside && mark + indented(inside);
    })
    .filter(Boolean)
    .join("\n");
}

function runsOf(node: Node, images: boolean): Run[] {
  const isBr = node.nodeName === "BR";
  if (node instanceof Element && !isBr) {
    if (node.localName === "img") return [picture(node, images)];
    const inside = [...node.childNodes].flatMap((kid) => runsOf(kid, images));
    return /^t[dh]$/.test(node.localName) ? [...inside, { text: " ", href: "", marks: [] }] : inside;
  }
  const parent = node.parentElement;
  const target = parent?.closest("a")?.getAttribute("href") ?? "";
  const href = /^(https?:|mailto:)/i.test(target) ? target : "";
  const marks = MARKS.map(([mark, , of]) => isMarked(parent, mark, of));
  const text = isBr ? "\n" : (node.textContent ?? "").replace(/\s+/g, " ");
  const isCode = marks.at(-1);
  return [{ text: isCode ? text : href ? bracketed(escaped(text)) : escaped(text), href, marks }];
}

function picture(image: Element, images: boolean): Run {
  const [text, source] = ["alt", "src"].map((name) => image.getAttribute(name) ?? "") as [string, string];
  const words = escaped(text.replace(/\s+/g, " "));
  const shown = images && /^https:[^\s<>]+$/i.test(source);
  return { text: shown ? `![${bracketed(words)}](<${source}>)` : words, href: "", marks: [] };
}

/** By an element around it, or by the style of one that is nearer. */
function isMarked(from: Element | null, mark: string, of: string): boolean {
  for (let each = from; each; each = each.parentElement) {
    // As text: a page's Content-Security-Policy may forbid to read it as style.
    const said = STYLES[mark]?.exec(each.getAttribute("style") ?? "");
    if (said) return /^(bold|[6-9]00|italic|oblique)/.test(said[1] as string);
    if (each.matches(of)) return true;
  }
  return false;
}

/**
 * Puts the marks from `level` on around the runs: those that runs in a row have in common are there once. `left` and `right`
 * are the characters around all.
 */
function marked(runs: readonly Run[], level = -1, [left, right] = ["", ""]): string {
  if (level === MARKS.length) return runs.map(({ text }) => text).join("");
  const value = ({ href, marks }: Run) => (level < 0 ? href : marks[level] ? "x" : "");
  const groups: Run[][] = [];
  for (const run of runs) {
    const last = groups.at(-1);
    if (last && value(last[0] as Run) === value(run)) last.push(run);
    else groups.push([run]);
  }
  return groups.reduce((done, group, index) => {
    const has = value(group[0] as Run);
    const before = done.slice(-1) || left;
    const after = groups[index + 1]?.[0]?.text[0] ?? right;
    const inside = marked(group, level + 1, has ? undefined : [before, after]);
    if (!has) return done + inside;
    // A link behind "!" would be a picture.
    return (level < 0 ? done.replace(/!$/, "\\!") : done) + around(inside, has, level, before, after);
  }, "");
}

function around(inside: string, href: string, level: number, before: string, after: string): string {
  const [, lead, text, rest] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inside) as unknown as [string, string, string, string];
  if (!text) return inside;
  if (level < 0) {
    if (href === `mailto:${text}`) return `${lead}<${text}>${rest}`;
    // An address goes on as far as it can.
    const exact = /[\s()<>]/.test(href) || (!rest && after.trim());
    const address = exact ? `<${href.replace(/[\s<>]/g, encodeURIComponent)}>` : href;
    const same = text.replace(/\/$/, "") === href.replace(/\/$/, "");
    return lead + (same ? href : `[${text.replace(/\n/g, " ")}](${address})`) + rest;
  }
  const [mark, tag] = MARKS[level] as (typeof MARKS)[number];
  const outer = [lead ? "" : before, rest ? "" : after] as const;
  const chars = [...text] as [string, ...string[]];
  const inner = [chars[0], chars.at(-1) as string] as const;
  const code = mark === "`";
  const alone = !`${outer}${code ? text : inner}`.includes(mark[0] as string);
  const fits = mark && alone && (code || (touches(outer[0], inner[0]) && touches(outer[1], inner[1])));
  return lead + (fits ? mark + text + mark : `<${tag}>${code ? bracketed(escaped(text)) : text}</${tag}>`) + rest;
}

/** Between these a mark is one, whatever it is: on the safe side of CommonMark 0.31.2, 6.2. */
const touches = (outside: string, inside: string) => /^[\p{L}\p{N}]/u.test(inside) || !outside.trim();

const bracketed = (words: string) => words.replace(/\\.|[[\]]/g, (sign) => (sign[1] ? sign : `\\${sign}`));

/** A sign that would be read as a mark has a backslash before it; addresses stay as they are. */
const escaped = (text: string) =>
  text
    .split(/(https?:\/\/[^\s<>]+)/i)
    .map((part, index) =>
      index % 2
        ? part
        : part.replace(
            /\\(?![\p{L}\p{N}])|[*`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|~|<(?=[a-z/!?])|\](?=[([:])|&(?=#?\w+;)/giu,
            "\\$&",
          ),
    )
    .join("");

/** Without blanks around its lines; what only the text begins with is no list, heading or quotation. */
const lines = (text: string) =>
  text
    .replace(/[^\S\n]*\n[^\S\n]*/g, "\n")
    .replace(/\n{2,}/g, "\n\n")
    .trim()
    .replace(/^(\d{1,9})(?=[.)](?: |$))/gm, "$1\\")
    .replace(/^(?=[-+](?: |$)|>|#{1,6}(?: |$)|[-=]+$|```|~~~)/gm, "\\");

/** `markup` in place of what is selected; what is more than a line of prose stands apart from the words around it. */
export function inserted(markup: string, value: string, start: number, end: number): Edit {
  const apart = /\n|^(?:- |> |\d+\. |```|~~~)/.test(markup);
  const gap = (text: string | undefined, at: number) => (apart && text ? "\n\n".slice(at) : "");
  const [before, after] = [value.slice(0, start), value.slice(end)];
  const lead = gap(before.trimEnd(), Math.min(2, /\n*$/.exec(before)?.[0].length ?? 0));
  const rest = gap(after.trimStart(), Math.min(2, /^\n*/.exec(after)?.[0].length ?? 0));
  const text = lead + markup + rest;
  const caret = start + lead.length + markup.length;
  return { start, end, text, from: caret, to: caret };
}

/** Marks in a line: finds those that are there, and puts new ones where the server's renderer reads them as marks. */

export const closing = (mark: string): string => mark.replace("<", "</");

/** What stands between two marks, or in one piece. A piece without an inside has `mark` "". */
interface Region extends Record<"from" | "_inFrom" | "_inTo" | "to", number> {
  mark: string;
}

/** Marks around words; then code, addresses, references and escapes, which are in one piece. */
const REGIONS = [
  /(?<mark>\*{1,3})(?=\S)(?<inside>.*?\S)(?<!\*)\k<mark>(?!\*)/g,
  /(?<![\p{L}\p{N}_])(?<mark>__?)(?=\S)(?<inside>.*?\S)\k<mark>(?![\p{L}\p{N}_])/gu,
  /(?<mark>~~)(?=\S)(?<inside>.*?\S)\k<mark>/g,
  /(?<mark><(\w+)>)(?<inside>.+?)<\/\2>/g,
  /(?<mark>!?\[)(?<inside>[^\]]+)\]\([^)\s]*\)/g,
  /(?<!`)(?<mark>`+)(?!`).*?(?<!`)\k<mark>(?!`)/g,
  /(?:https?:\/\/|mailto:)[^\s<>]*[^\s<>.,;:!?)\]'"*_~]|<[^\s<>]+>/g,
  /&#?\w+;/g,
  /\\./g,
];

function regions(line: string, offset = 0): Region[] {
  return REGIONS.flatMap((pattern) =>
    [...line.matchAll(pattern)].flatMap(({ 0: all, index, groups }) => {
      const from = offset + index;
      const to = from + all.length;
      const { mark = "", inside } = groups ?? {};
      const _inFrom = from + mark.length;
      if (inside === undefined) return [{ from, to, _inFrom, _inTo: to - mark.length, mark }];
      return [{ from, to, _inFrom, _inTo: _inFrom + inside.length, mark }, ...regions(inside, _inFrom)];
    }),
  );
}

/** In one piece: no mark within it is read as one. */
const isWhole = ({ mark }: Region) => !mark || mark[0] === "`";

/** Marks that stand close to a word outside are none if there is a mark of another kind, not a word, inside of them. */
const isTight = (line: string, { mark, from, to }: Region) =>
  /^[*_~]/.test(mark) && [before(line, from), behind(line, to)].some((outside) => /[^\s\p{P}]/u.test(outside));

/** [from, to) of the line, made so large that it cuts through nothing. */
export function uncut(line: string, from: number, to: number, all = regions(line)): [number, number] {
  for (const region of all) {
    const apart = to <= region.from || from >= region.to;
    const around = from <= region.from && to >= region.to;
    const inside = from >= region._inFrom && to <= region._inTo && !isWhole(region);
    if (inside && isTight(line, region) && (from === region._inFrom) !== (to === region._inTo))
      return uncut(line, region._inFrom, region._inTo, all);
    if (!apart && !around && !inside) {
      return uncut(line, Math.min(from, region.from), Math.max(to, region.to), all);
    }
  }
  return [from, to];
}

const isCode = ({ mark }: { mark: string }) => mark[0] === "`";
const isMark = (marks: readonly string[], region: Region) =>
  marks.includes(region.mark) ||
  (region.mark === "***" && /^\*\*?$/.test(marks[0] as string)) ||
  (marks.includes("`") && isCode(region));

/** The whole character before, or behind, a place; "" at the ends of the line. */
const before = (line: string, at: number) => [...line.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
const behind = (line: string, at: number) => [...line.slice(at, at + 2)][0] ?? "";

/**
 * Whether a run of `*` or `~` between these characters counts as a mark: CommonMark 0.31.2, 6.2, "left-flanking" and
 * "right-flanking", on the strict side where renderers differ (symbols, emoji).
 */
const flanks = (outside: string, inside: string) =>
  !/[\s\p{P}\p{S}]/u.test(inside) || (!/\s/.test(inside) && (!outside || /[\s\p{P}]/u.test(outside)));

/** The first of `marks` that will be read as one around [from, to), `own` of whose outer characters are `*` of ours. */
function bestMark(
  all: Region[],
  marks: readonly string[],
  line: string,
  from: number,
  to: number,
  own: number,
): string {
  const [best = "", tag = best] = marks;
  const sign = best[0] as string;
  if (sign === "<") return best;
  const outer = [before(line, from), behind(line, to)] as const;
  const ours = sign === "*" ? own : 0;
  const inner = line.slice(from + ours, to - ours);
  if (outer.includes(sign) || inner.includes(sign) || line.includes("\\")) return tag;
  const fits = flanks(outer[0], behind(inner, 0)) && flanks(outer[1], before(inner, inner.length));
  // A backtick elsewhere might take ours for its other half.
  const stray = all.filter(isCode).reduce((rest, { from, to }) => rest.fill("", from, to), line.split(""));
  return (isCode({ mark: sign }) ? !stray.includes("`") : fits) ? best : tag;
}

/** A line, and what of it is selected now. */
export interface Marked {
  line: string;
  from: number;
  to: number;
}

interface Done extends Marked {
  /** The marks were there, and are no longer. */
  off: boolean;
}

/** Marks [from, to) of the line, or takes the marks off; `off` undefined does what fits. */
export function inlineEdit(marks: readonly string[], line: string, start: number, end: number, off?: boolean): Done {
  const all = regions(line);
  const code = marks.includes("`");
  const around = code && all.find((region) => isCode(region) && region.from <= start && region.to >= end);
  let [from, to] = around ? [start, end] : uncut(line, start, end, all);
  let [outFrom, outTo] = [from, to];
  let found = around || undefined;
  let outermost: Region | undefined;
  // Marks that the selection has in it at both its ends, then those around it.
  for (;;) {
    const inner = all.find((region) => region.from === from && region.to === to);
    if (!inner || isWhole(inner)) break;
    outermost ??= inner;
    if (isMark(marks, inner)) found = inner;
    [from, to] = [inner._inFrom, inner._inTo];
  }
  for (;;) {
    const outer = all.find((region) => region._inFrom === outFrom && region._inTo === outTo);
    if (!outer || outer.mark.endsWith("[") || isWhole(outer)) break;
    outermost = outer;
    if (isMark(marks, outer)) found ??= outer;
    [outFrom, outTo] = [outer.from, outer.to];
  }
  // A part of what is marked: the mark goes as a whole.
  found ??= all.find((region) => isMark(marks, region) && region._inFrom <= from && region._inTo >= to);
  if (found && off !== false) return without(marks, line, from, to, found);
  if (found || off) return { line, from, to, off: false };
  // Code has no marks in it, all others go around those that are there.
  if (code) [outFrom, outTo, outermost] = [from, to, undefined];
  const own = outermost?.mark[0] === "*" ? outermost.mark.length : 0;
  const mark = bestMark(all, marks, line, outFrom, outTo, own);
  const text = line.slice(0, outFrom) + mark + line.slice(outFrom, outTo) + closing(mark) + line.slice(outTo);
  return { line: text, from: from + mark.length, to: to + mark.length, off: false };
}

function without(marks: readonly string[], line: string, from: number, to: number, found: Region): Done {
  const both = found.mark === "***" && (marks[0] as string).length;
  const wide = both || found._inFrom - found.from;
  const end = both || found.to - found._inTo;
  const text = line.slice(0, found.from) + line.slice(found.from + wide, found.to - end) + line.slice(found.to);
  const [least, most] = [found.from, found.to - wide - end];
  const moved = (at: number) => Math.min(most, Math.max(least, at - wide));
  return { line: text, from: moved(from), to: moved(to), off: true };
}

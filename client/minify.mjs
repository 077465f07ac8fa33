import { readdir, readFile } from "node:fs/promises";
import { minify } from "terser";

/** Members that begin with one "_" are our own, and get short names. No other member does: see `small`. */
const OWN = /\b_[^\W_]\w*/g;
/** As frequent as letters are in the rest of the code, which suits gzip; so are the first ones of those with two letters. */
const LETTERS = [..."etnrisouaflchpdvmgybwxSTCjMALDINEPRFOVBHqGWkKUzJQXYZ"];
const SHORT = ["", "e", "t", "n", "r"].flatMap((first) => LETTERS.map((letter) => first + letter));

/**
 * Minified code; terser's look takes off another 6 % of what esbuild gives. What `unsafe` does here: `a${b}` becomes "a"+b.
 *
 * Only our own members are renamed, in all files by one `nameCache`: any other may belong to the protocol, to the browser,
 * or to what is kept in the browser's storage.
 */
export async function small(text, nameCache) {
  const compress = {
    passes: 3,
    unsafe: true,
    unsafe_arrows: true,
    unsafe_comps: true,
    pure_getters: true,
    lhs_constants: false,
    loops: false,
  };
  const mangle = { properties: { regex: /^_[^\W_]/ } };
  return (await minify(text, { module: true, ecma: 2022, compress, mangle, nameCache })).code;
}

/** The classes of a directory's sources, each with its `text` and the names of its private members. */
async function classesIn(directory) {
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(`${directory}/${name}`, "utf8")));
  const parts = texts.flatMap((text) => text.split(/^(?=(?:export )?class )|(?<=^\})$/m));
  return parts.map((text) => ({
    text,
    own: /^(?:export )?class /.test(text)
      ? new Set(text.match(/(?<=\bprivate (?:readonly |async )*)_\w+/g))
      : new Set(),
  }));
}

/**
 * A name cache for `small`: the most used members have the shortest names, and private members of one class share their
 * names with those of others, as no two of them are ever members of one object.
 */
export async function shortNames(directory, built) {
  const classes = await classesIn(directory);
  const uses = new Map();
  for (const [name] of built.join("\n").matchAll(OWN)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const shared = (name) => classes.some(({ text, own }) => !own.has(name) && text.match(OWN)?.includes(name));
  // Names that are one in the end, by what they are used.
  const groups = [];
  for (const [name, count] of [...uses].sort(([, a], [, b]) => b - a)) {
    const isShared = shared(name);
    const fits = (group) =>
      !group.isShared && !classes.some(({ own }) => own.has(name) && group.names.some((other) => own.has(other)));
    const found = isShared ? undefined : groups.find(fits);
    if (found) {
      found.names.push(name);
      found.count += count;
    } else groups.push({ isShared, names: [name], count });
  }
  const sorted = groups.sort((a, b) => b.count - a.count);
  if (sorted.length > SHORT.length)
    throw new Error(`expected at most ${SHORT.length} names, got ${sorted.length}: add letters`);
  const pairs = sorted.flatMap(({ names }, index) => names.map((name) => [`$${name}`, SHORT[index]]));
  return { vars: { props: {} }, props: { props: Object.fromEntries(pairs) } };
}

/**
 * Fails when the widget outgrows its promises, gzip: 12 KB until the comments are read, 20 KB with what
 * writes one (`reading`, which comes between them, has a bound of its own), and
 * for each part that comes when it is first needed a bound of its own. The SDK has 6 KB.
 */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const READ = 12_000;
const WRITE = 20_000;
/** What a program loads at once from `hubbub-client`, and MessagePack beside it. */
const SDK = 6_000;
const MSGPACK = 1_000;
/** Those that come when they are first needed; every part of parts.ts but `write` has its line. */
const PARTS = {
  format: 6_000,
  pasted: 2_500,
  acting: 3_000,
  people: 3_200,
  passkey: 1_800,
  trouble: 2_000,
  count: 2_000,
  reading: 9_900,
  votes: 4_500,
  mentions: 3_200,
  rows: 3_000,
  own: 1_500,
  sharing: 2_500,
  chat: 1_500,
  threaded: 1_500,
  themes: 2_000,
};

/** Each file of a language. */
const LANGUAGE = 5_500;

const files = new URL("../server/hubbub/static/", import.meta.url);
const LANGUAGES = readdirSync(new URL("../server/hubbub/languages/", import.meta.url)).map((name) =>
  name.replace(".json", ""),
);
const sizes = {};
for (const file of readdirSync(files)) {
  const [, name] = /^([a-z]+(?:-Han[st])?)(-\w+)?\.js$/.exec(file) ?? [];
  if (name) sizes[name] = gzipSync(readFileSync(new URL(file, files)), { level: 9 }).length;
}
const read = sizes.embed + sizes.frame;
const bounds = [
  ["to read", read, READ],
  ["to write", read + sizes.write, WRITE],
];
for (const [name, bytes] of Object.entries(sizes))
  if (!/^(embed|frame|write)$/.test(name))
    bounds.push([name, bytes, PARTS[name] ?? (LANGUAGES.includes(name) ? LANGUAGE : 0)]);
const dist = new URL("dist/", import.meta.url);
const packed = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
const chunks = readdirSync(dist).filter((name) => name.startsWith("chunk-"));
bounds.push(["SDK", ["index.js", ...chunks].map(packed).reduce((a, b) => a + b), SDK]);
bounds.push(["SDK's MessagePack", packed("msgpack.js"), MSGPACK]);
for (const [what, bytes, bound] of bounds) {
  console.log(`${what}: ${bytes} of ${bound} bytes gzip${bytes > bound ? ", TOO MUCH" : ""}`);
  if (bytes > bound) process.exitCode = 1;
}

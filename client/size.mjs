/** Fails when the widget outgrows its promise: all of it, gzip, in 12 KB. */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 12_000;

const sizes = ["embed.js", "frame.js"].map((name) => {
  const bytes = gzipSync(readFileSync(new URL(`../server/hubbub/static/${name}`, import.meta.url)), {
    level: 9,
  }).length;
  console.log(`${name} ${bytes} bytes gzip`);
  return bytes;
});
const total = sizes.reduce((sum, bytes) => sum + bytes);
console.log(`total ${total} of ${LIMIT}`);
if (total > LIMIT) process.exitCode = 1;

/**
 * Fails when the widget outgrows its promises, gzip: 12 KB until the comments are read, 20 KB until one is written, and
 * 2 KB more where something is in the way.
 */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const READ = 12_000;
const WRITE = 20_000;
const TROUBLE = 2_000;

const files = new URL("../server/hubbub/static/", import.meta.url);
const sizes = readdirSync(files)
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(new URL(name, files)), { level: 9 }).length }));
for (const { name, bytes } of sizes) console.log(`${name} ${bytes} bytes gzip`);

const sum = (some) => some.reduce((total, { bytes }) => total + bytes, 0);
const part = (start) => sum(sizes.filter(({ name }) => name.startsWith(start)));
const trouble = part("trouble-");
const read = sum(sizes) - trouble - part("write-");
const write = sum(sizes) - trouble;
console.log(`to read ${read} of ${READ}, to write ${write} of ${WRITE}, in trouble ${trouble} of ${TROUBLE} more`);
if (read > READ || write > WRITE || trouble > TROUBLE) process.exitCode = 1;

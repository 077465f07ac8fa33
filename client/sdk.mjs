/** Makes the SDK's package, `hubbub-client`, in dist/: `npm run sdk`. What it holds is what `npm pack ./dist` packs. */

import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { small } from "./minify.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here("dist/");
const SDK = { in: here("src/core/index.ts"), out: "index" };
const MSGPACK = { in: here("src/core/msgpack.ts"), out: "msgpack" };

await rm(out, { recursive: true, force: true });
await mkdir(out);
const { outputFiles } = await esbuild.build({
  entryPoints: [SDK, MSGPACK],
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  outdir: out,
  write: false,
});
// One cache for all files, since they share objects.
const names = {};
for (const { path, text } of outputFiles) await writeFile(path, await small(text, names));

const types = [
  "--declaration",
  "--emitDeclarationOnly",
  "--noEmit",
  "false",
  "--rootDir",
  here("src"),
  "--outDir",
  out,
];
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "-p", here("src/core"), ...types]);
for (const name of await readdir(out, { recursive: true })) {
  if (!name.endsWith(".d.ts")) continue;
  const text = await readFile(out + name, "utf8");
  // Without the endings Node's own way of finding modules takes none of them.
  await writeFile(out + name, text.replace(/(from |import\()"(\.[^"]+)"/g, '$1"$2.js"'));
}

const { version, license } = JSON.parse(await readFile(here("package.json"), "utf8"));
const about = {
  name: "hubbub-client",
  version,
  description: "Follows and writes Hubbub's live comments, with or without a page",
  license,
  type: "module",
  sideEffects: false,
  engines: { node: ">=20" },
  exports: {
    ".": { types: "./core/index.d.ts", default: "./index.js" },
    "./msgpack": { types: "./core/msgpack.d.ts", default: "./msgpack.js" },
  },
  files: ["*.js", "core", "protocol"],
};
await writeFile(`${out}package.json`, `${JSON.stringify(about, undefined, 2)}\n`);
await cp(here("../docs/sdk.md"), `${out}README.md`);
await cp(here("../LICENSE"), `${out}LICENSE`);

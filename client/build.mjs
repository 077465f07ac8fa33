/** Bundles the client into the server's static folder: `npm run build`. */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { shortNames, small } from "./minify.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** `import css from "./x.css?inline"` gives the minified text, as it does in vitest. */
const inlineCss = {
  name: "inline-css",
  setup(build) {
    build.onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => ({
      path: fileURLToPath(new URL(path.replace("?inline", ""), `file://${resolveDir}/`)),
      namespace: "css",
    }));
    build.onLoad({ filter: /.*/, namespace: "css" }, async ({ path }) => {
      const { code } = await esbuild.transform(await readFile(path, "utf8"), {
        loader: "css",
        minify: true,
        target: "chrome123",
      });
      // Custom properties are kept as written by the minifier, spaces and all, and so are the long names of our own.
      const own = [...new Set((await readFile(here("src/ui/thread.css"), "utf8")).match(/--_\w+/g))];
      const unknown = code.match(/--_\w+/g)?.find((name) => !own.includes(name));
      if (unknown) throw new Error(`expected ${unknown} to be set in thread.css, where the short names come from`);
      const short = code.replace(/--_\w+/g, (name) => `--${own.indexOf(name)}`);
      return { contents: short.trim().replace(/ \/ |(?<=[,:]) /g, (gap) => gap.trim()), loader: "text" };
    });
  },
};

const common = {
  bundle: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  outdir: here("../server/hubbub/static"),
  plugins: [inlineCss],
  write: false,
};

/** What embed.js loads later, as parts.ts has it; and what it calls them, until their version is known. */
const LATER = [...(await readFile(here("src/ui/parts.ts"), "utf8")).matchAll(/import\("\.\/([\w-]+)"\)/g)].map(
  ([, name]) => name,
);
const nameOf = (part) => `${part}-VERSION.js`;

/** Words alone, and no state: each part has its own copy, with what it uses of them. `owners` has the part of a file. */
const copied = (owners) => ({
  name: "copied",
  setup(build) {
    build.onResolve({ filter: /\/(strings|generated)$/ }, ({ path, importer, resolveDir }) => ({
      path: `${join(resolveDir, path)}.ts`,
      suffix: `?${owners.get(basename(importer)) ?? ""}`,
    }));
  },
});

/** esbuild's share of the work: what each part has alone, and what several use. */
async function parts(owners = new Map()) {
  const entryPoints = ["embed", ...LATER, "home"].map((name) => here(`src/ui/${name}.ts`));
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    entryPoints,
    plugins: [inlineCss, copied(owners)],
    format: "esm",
    splitting: true,
    metafile: true,
  });
  if (!owners.size) {
    for (const [path, { inputs }] of Object.entries(metafile.outputs))
      for (const part of LATER)
        if (basename(path) === `${part}.js`) for (const input of Object.keys(inputs)) owners.set(basename(input), part);
    return parts(owners);
  }
  return new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
}

/**
 * A classic script can neither import nor export at its top. So a later part is a function of what it shares with
 * embed.js, and embed.js has all else in it. `shared` is one list for all parts, to which this adds what is not in it.
 */
function linked(text, shared) {
  const place = (name, from) => {
    const found = shared.findIndex((one) => one.name === name && one.from === from);
    return found < 0 ? shared.push({ name, from }) - 1 : found;
  };
  const body = text
    // For its effects alone: embed.js has had them.
    .replace(/^import "[^"]+";$/gm, "")
    .replace(/^import \{([^}]+)\} from "\.\/([^"]+)";$/gm, (_, names, from) => {
      const pairs = names.split(",").map((pair) => pair.trim().split(" as "));
      return `const { ${pairs.map(([name, local = name]) => `${place(name, from)}: ${local}`)} } = shared;`;
    })
    .replace(/^export \{([^}]+)\};$/m, (_, names) => {
      const pairs = names.split(",").map((pair) => pair.trim().split(" as "));
      return `return { ${pairs.map(([local, name = local]) => `${name}: ${local}`)} };`;
    });
  return { code: `export default (shared) => {${body}};` };
}

/** The module of embed.js that loads the others, and gives them what is shared. */
function loader(shared) {
  const imports = shared.map(({ name, from }) => `import { ${name} } from "${from}";`);
  return `
    import { HOME } from "home.js";
    ${imports.join("\n")}
    // Listed when it is asked for: it may itself be waiting for this.
    const shared = () => [${shared.map(({ name }) => name)}];
    // Browsers remember an address that failed, so each try has its own.
    export const __bring = (part) => (tries) =>
      import(HOME + "/" + part + "-VERSION.js" + (tries ? "?" + tries : "")).then((file) => file.default(shared()));`;
}

/** All but the later parts as one script that needs no module. */
async function script(all, load) {
  const virtual = {
    name: "parts",
    setup(build) {
      build.onResolve({ filter: /^(\.\/)?[\w-]+\.js$/ }, ({ path }) => ({ path: basename(path), namespace: "parts" }));
      build.onLoad({ filter: /.*/, namespace: "parts" }, ({ path }) => {
        if (path === "load.js") return { contents: load };
        const text = all.get(path);
        const contents = text.replace(/\(\) => import\("\.\/([\w-]+)\.js"\)/g, '__bring("$1")');
        return { contents: contents === text ? text : `import { __bring } from "load.js";${contents}` };
      });
    },
  };
  const entry = { in: "embed.js", out: "embed" };
  const { outputFiles } = await esbuild.build({ ...common, entryPoints: [entry], format: "iife", plugins: [virtual] });
  return outputFiles[0].text;
}

const LANGUAGES = here("../server/hubbub/languages");

/** As in de for languages/de.json. */
async function languages() {
  return (await readdir(LANGUAGES)).filter((name) => name.endsWith(".json")).map((name) => basename(name, ".json"));
}

/** The file of a language: of its texts those that the widget has, for the server's pages have others. */
async function language(name) {
  const strings = await readFile(here("src/ui/strings.ts"), "utf8");
  const texts = Object.entries(JSON.parse(await readFile(`${LANGUAGES}/${name}.json`, "utf8")));
  const used = Object.fromEntries(texts.filter(([english]) => strings.includes(JSON.stringify(english))));
  const contents = `import { lookupIn } from "./lookup"; export default lookupIn("${name}", ${JSON.stringify(used)});`;
  const stdin = { contents, resolveDir: here("src/ui"), loader: "js" };
  const { outputFiles } = await esbuild.build({ ...common, stdin, format: "esm" });
  return outputFiles[0].text;
}

/**
 * Has Chromium compile a file as it comes, beside the page's own work (https://v8.dev/blog/explicit-compile-hints): of these
 * nearly all runs at once. To others it is a comment.
 */
const EAGER = "//# allFunctionsCalledOnLoad\n";
const AT_ONCE = ["reading", "write", "votes"];

const all = await parts();
const shared = [];
const later = LATER.map((part) => ({ part, ...linked(all.get(`${part}.js`), shared) }));
const embedded = await script(all, loader(shared));
const nameCache = await shortNames(here("src"), [embedded, ...later.map(({ code }) => code)]);
const embedCode = EAGER + (await small(embedded, nameCache));
for (const one of later) one.code = (AT_ONCE.includes(one.part) ? EAGER : "") + (await small(one.code, nameCache));
for (const name of await languages()) later.push({ part: name, code: await small(await language(name)) });
const { outputFiles } = await esbuild.build({ ...common, entryPoints: [here("src/ui/frame.ts")], format: "esm" });
// One version for all: none works with another build of the others.
const version = createHash("sha256")
  .update(JSON.stringify([embedCode, later]))
  .digest("hex")
  .slice(0, 16);
const made = {
  "embed.js": embedCode.replaceAll("VERSION", version),
  ...Object.fromEntries(later.map(({ part, code }) => [nameOf(part).replace("VERSION", version), code])),
  "frame.js": await small(outputFiles[0].text),
};
await mkdir(common.outdir, { recursive: true });
for (const name of await readdir(common.outdir))
  if (/-\w+\.js$/.test(name) && !(name in made)) await rm(`${common.outdir}/${name}`);
for (const [name, code] of Object.entries(made)) await writeFile(`${common.outdir}/${name}`, code);

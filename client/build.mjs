/** Bundles the client into the server's static folder: `npm run build`. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";

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
      const own = [...new Set(code.match(/--_\w+/g))];
      const short = code.replace(/--_\w+/g, (name) => `--${own.indexOf(name)}`);
      return { contents: short.trim().replace(/ \/ |(?<=[,:]) /g, (gap) => gap.trim()), loader: "text" };
    });
  },
};

/** Members of our own objects, which neither the browser, the protocol nor the browser's storage knows. */
const OWN =
  `anchor area arrived changed claim count done ensure field fire fresh gap goTo hello identity isOpen item items
  known line lock moderate moved mySession older presence putBack redraw refused reject renew reply request resolve
  resume retry retryAfter root run say sayTyping session show signOut source speak take takeBack tell tick timer
  tooLong update wanted yes`.split(/\s+/);

const { outputFiles } = await esbuild.build({
  entryPoints: [here("src/embed.ts"), here("src/frame.ts")],
  outdir: here("../server/hubbub/static"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  plugins: [inlineCss],
  write: false,
});
await mkdir(here("../server/hubbub/static"), { recursive: true });
for (const { path, text } of outputFiles) {
  // terser's second look takes off another 6 %. What `unsafe` does here: `a${b}` becomes "a"+b.
  const compress = {
    passes: 3,
    unsafe: true,
    unsafe_arrows: true,
    unsafe_comps: true,
    pure_getters: true,
    lhs_constants: false,
  };
  const mangle = { properties: { builtins: true, regex: new RegExp(`^(${OWN.join("|")})$`) } };
  const { code } = await minify(text, { module: true, ecma: 2022, compress, mangle });
  await writeFile(path, code);
}

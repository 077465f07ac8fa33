// Makes markup of pasted HTML for tests/integration/test_pasted.py: a JSON string a line, a JSON string a line.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Window } from "happy-dom";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../src/ui/pasted.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
const window = new Window();
Object.assign(globalThis, { window, document: window.document, Element: window.Element });
const { markupOf } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(markupOf(JSON.parse(line), false)));
}

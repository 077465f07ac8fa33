// Presses format buttons for tests/integration/test_format_buttons.py: a JSON case a line, a JSON answer a line.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../src/ui/markup.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
// Where the script came from is asked when it is loaded; the words are English.
globalThis.document = { currentScript: { src: "https://hubbub.example/embed.js" } };
const { TOOLS, applyTool, toolbox } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

const after = (value, { start, end, text, from, to }) => ({
  value: value.slice(0, start) + text + value.slice(end),
  from,
  to,
});

for await (const line of createInterface({ input: process.stdin })) {
  const { label, value, from, to } = JSON.parse(line);
  const tool = TOOLS.find(([name]) => name() === label);
  const use = toolbox();
  const once = after(value, use(tool, value, from, to));
  const twice = after(once.value, use(tool, once.value, once.from, once.to));
  const later = after(once.value, applyTool(tool, once.value, once.from, once.to));
  console.log(JSON.stringify({ once, twice, later }));
}

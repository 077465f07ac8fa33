// @vitest-environment node
/** What docs/theming.md offers a publisher is what there is; and style has no left and right. */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ui = new URL("../../src/ui/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, ui), "utf8");
const files = (ending: string) => readdirSync(ui).filter((name) => name.endsWith(ending));
const all = (ending: string) => files(ending).map(read).join("\n");
const docs = readFileSync(new URL("../../../docs/theming.md", import.meta.url), "utf8");
const section = (heading: string) => docs.split(`## ${heading}`)[1]?.split("\n## ")[0] ?? "";
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/** The code words of a table: those of its first column, or of all. */
const words = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([\w-]+)`/g)].map(([, word]) => word as string));

test("every part is documented, and there are no others", () => {
  const code = all(".ts");
  const made = [...code.matchAll(/\bh\(\s*["`]\w+\.([^"`]+)["`]/g)].flatMap(([, name]) => (name as string).split(" "));
  const told = [...code.matchAll(/\bpart: "([^"]+)"/g)].flatMap(([, name]) => (name as string).split(" "));
  const linked = [...code.matchAll(/linkTo\([^;]*?"(number|when)"/g)].map(([, name]) => name as string);
  const notices = ["offline", "closed", "problem"];
  const named = [...made, ...told, ...linked].filter((name) => !name.includes("$"));
  const offered = [...words(section("Parts (::part)")), ...notices];
  expect(sorted([...named, ...notices])).toEqual(sorted(offered));
});

test("every custom property is documented, and there are no others", () => {
  const used = [...`${all(".css")}${all(".ts")}`.matchAll(/--hubbub-[\w-]+/g)].map(([name]) => name);
  expect(sorted(used)).toEqual(sorted(words(section("Custom properties"))));
});

test("style has no left and right, so that it fits both writing directions", () => {
  const pages = new URL("../../../server/hubbub/web/pages/style/", import.meta.url);
  const sheets = [
    ...files(".css").map((name) => new URL(name, ui)),
    new URL("paper.css", pages),
    new URL("classic.css", pages),
  ];
  for (const sheet of sheets) {
    const sides =
      /[\w-]*\b(left|right)\b(?=[\w-]*\s*:)|:\s*(left|right)\b|margin:\s*\S+ \S+ \S+ \S+;|padding:\s*\S+ \S+ \S+ \S+;/;
    const rules = readFileSync(sheet, "utf8").replace(/\/\*.*?\*\//gs, "");
    expect(sides.exec(rules)?.[0], String(sheet)).toBeUndefined();
  }
});

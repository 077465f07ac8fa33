// The files of the languages. That they are whole is tested in tests/unit/languages.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { known } from "../../src/ui/language";
import { lookupIn, type Texts } from "../../src/ui/lookup";

const DIRECTORY = join(import.meta.dirname, "../../../server/hubbub/languages");
const SOURCE = readFileSync(join(import.meta.dirname, "../../src/ui/strings.ts"), "utf8");
const CALL = /translate\(\s*("(?:[^"\\]|\\.)*")/g;
const NAMES = readdirSync(DIRECTORY).flatMap((name) => /(.+)\.json$/.exec(name)?.[1] ?? []);

const read = (name: string): Texts => JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), "utf8"));
const places = (text: string) => (text.match(/\{\d}/g) ?? []).sort().join();

/** The plural forms of a language for whole numbers below a million. */
function formsOf(name: string): string[] {
  const rules = new Intl.PluralRules(name);
  return [...new Set([...Array(200).keys()].map((number) => rules.select(number)))].sort();
}

test.each(NAMES)("%s has the plural forms of its language, and the places of the English text", (name) => {
  const forms = formsOf(name);
  const wrong = Object.entries(read(name)).filter(([english, text]) => {
    const given = typeof text === "string" ? { other: text } : text;
    if (
      typeof text === "string"
        ? english.includes("(s)") && forms.length > 1
        : `${Object.keys(text).sort()}` !== `${forms}`
    )
      return true;
    // "One comment" and "two comments" need no digit where the form is for that number alone.
    const exact = /^(ar|he)$/.test(name) ? /zero|one|two/ : /^$/;
    return Object.entries(given).some(
      ([form, words]) => !words.trim() || (!exact.test(form) && places(words) !== places(english)),
    );
  });
  expect(wrong).toEqual([]);
});

test("every language that pages may have has its file", () => {
  for (const name of NAMES) expect(known(name)).toBe(name);
  expect([known("xx"), known("eno"), known("")]).toEqual(["en", "en", "en"]);
});

test("no word of the widget is without a translation", () => {
  const code = SOURCE.replace(/\/\*[\s\S]*?\*\/|\/\/.*|^import.*$/gm, "").replace(CALL, "");
  const words = (code.match(/"[^"\n]*"|`[^`\n]*`/g) ?? []).map((text) => text.replace(/\$\{[^}]*\}/g, ""));
  expect(words.filter((text) => /[A-Z][a-z]|[a-z] /.test(text) && !text.includes("⌘"))).toEqual([]);
});

test("a plural form is chosen by the first value", () => {
  const find = lookupIn("pl", { "{0} comment(s)": { one: "komentarz", few: "komentarze", many: "komentarzy" } });
  expect([1, 2, 5, 22].map((number) => find("{0} comment(s)", number))).toEqual([
    "komentarz",
    "komentarze",
    "komentarzy",
    "komentarze",
  ]);
});

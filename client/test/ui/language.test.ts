// The language of the widget: which one it is, and what waits for it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HOME } from "../../src/ui/home";
import { known, language, translate } from "../../src/ui/language";
import { lookupIn } from "../../src/ui/lookup";
import { ago } from "../../src/ui/time";
import { element, join, one, put, texts } from "../page";
import { comment, FakeSocket, loaded, settled } from "../support";

const file = (name: string) => `${HOME}/${name}-VERSION.js`;

test.each([
  ["de-AT", "de"],
  ["PT-br", "pt"],
  ["zh", "zh-Hans"],
  ["zh-CN", "zh-Hans"],
  ["zh-TW", "zh-Hant"],
  ["zh-Hant-HK", "zh-Hant"],
  ["en-GB", "en"],
  ["sv", "en"],
  ["deu", "en"],
  ["", "en"],
])("a page in %s is spoken to in %s", (lang, name) => {
  expect(known(lang)).toBe(name);
});

const GERMAN = { "{0} comment(s)": { one: "{0} Kommentar", other: "{0} Kommentare" }, Reply: "Antworten" };

/** The next element is on a page in `lang`, whose file is `found`. */
function pageIn(lang: string, found?: () => object): void {
  vi.doMock(file(known(lang)), found ?? (() => Promise.reject(new Error("gone"))));
  document.documentElement.lang = lang;
}

beforeEach(async () => {
  // A page in English was there before.
  document.documentElement.lang = "";
  put();
  element.remove();
  await settled();
});

afterEach(() => {
  document.documentElement.lang = "";
});

test("an English page is drawn at once", () => {
  pageIn("en-GB");
  put();
  expect(one(".root").lang).toBe("en");
});

test("the page's language is spoken, and English where a text is not translated", async () => {
  pageIn("de", () => ({ default: lookupIn("de", GERMAN) }));
  put();
  expect(element.shadowRoot).toBeNull();
  await loaded();
  FakeSocket.last.accept();
  await join([comment(1)], { comments: 1234 });
  expect(one(".root").lang).toBe("de");
  expect(one("h2").textContent).toBe("1.234 Kommentare");
  expect(texts(".actions button")).toContain("Antworten");
  expect(texts("button")).toContain("Post comment");
  expect(ago("2026-11-22T10:00:00Z", Date.parse("2026-11-22T13:00:00Z"))).toBe("vor 3 Stunden");
});

test("the element's own language comes before the page's, also when it changes", async () => {
  pageIn("fr");
  pageIn("ar", () => ({ default: lookupIn("ar", {}) }));
  document.documentElement.lang = "fr";
  put('lang="ar"');
  await loaded();
  expect([one(".root").lang, one(".root").dir]).toEqual(["ar", "rtl"]);
  element.lang = "en";
  expect([one(".root").lang, one(".root").dir]).toEqual(["en", "ltr"]);
});

test("a language that does not load is English", async () => {
  pageIn("it");
  put();
  await loaded();
  expect(one(".root").lang).toBe("en");
  expect([language(), translate("{0} comment(s)", 1)]).toEqual(["en", "1 comment"]);
});

test("an element that goes before its language comes is not drawn", async () => {
  pageIn("nl", () => ({ default: lookupIn("nl", {}) }));
  put();
  element.remove();
  await loaded();
  expect(element.shadowRoot).toBeNull();
});

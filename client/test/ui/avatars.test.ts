// The pictures beside names: drawn from the author's id, readable in both schemes, and none where the publisher says so.
import { readFileSync } from "node:fs";
import { join as path } from "node:path";
import { expect, test } from "vitest";
import { avatar } from "../../src/ui/avatars";
import { all, join, put, texts } from "../page";
import { author, comment, tombstone } from "../support";

const CSS = readFileSync(path(import.meta.dirname, "../../src/ui/avatars.css"), "utf8");
const text = (name: string | null, id = "ada") => avatar(author({ id, name })).textContent;

/** WCAG's relative luminance of oklch(l c h), and of a hexadecimal colour. */
function ofOklch(l: number, c: number, h: number): number {
  const [a, b] = [c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)];
  const [x, y, z] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ];
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z);
  const green = clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z);
  const blue = clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function ofHex(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
const contrast = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

test("two letters of the name, or a shape where there is none", () => {
  expect(
    ["Nina", "Nina Otter", "vega 27", "Ada B. C.", "Ünal-Öz", "李 明", "🦊 Fox"].map((name) => text(name)),
  ).toEqual(["N", "NO", "V2", "AB", "ÜÖ", "李明", "F"]);
  expect(text(null)).toMatch(/[◆●▲■★✚◗◢]/u);
  expect([text("🦊"), text("Anonymous")]).toEqual([text(null), text(null)]);
});

test("the id alone makes the colour: the same author has one, those of one name have many", () => {
  const looks = new Set(
    [...Array(60).keys()].map((number) => avatar(author({ id: `guest ${number}`, name: null })).outerHTML),
  );
  expect(looks.size).toBeGreaterThan(30);
  expect(avatar(author({ name: "Ada" })).className).toBe(avatar(author({ name: "Nina" })).className);
});

test("letters are readable in every colour, in both schemes, and so are the names of a chat", () => {
  const pairs = [
    ...CSS.matchAll(/light-dark\(oklch\(([\d.]+) ([\d.]+) var\(--hue\)\), oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)\)/g),
  ];
  const [, light, dark] = /color: light-dark\((#\w+), (#\w+)\)/.exec(CSS) ?? [];
  expect(pairs).toHaveLength(2);
  for (const [, ...values] of pairs)
    for (let hue = 0; hue < 360; hue += 15) {
      const [l1, c1, l2, c2] = values.map(Number) as [number, number, number, number];
      for (const against of [light, "#fff", "#fdfcf8"])
        expect(contrast(ofOklch(l1, c1, hue), ofHex(against as string))).toBeGreaterThan(4.5);
      for (const against of [dark, "#1f1e1c", "#000"])
        expect(contrast(ofOklch(l2, c2, hue), ofHex(against as string))).toBeGreaterThan(4.5);
    }
});

test("each comment has one, which the ear does not hear; a removed one has none", async () => {
  put();
  await join([tombstone(comment(3)), comment(2, { author: author({ id: "bob", name: "Bob" }) }), comment(1)]);
  expect(texts(".avatar")).toEqual(["B", "A"]);
  expect(all(".avatar").every((one) => one.getAttribute("aria-hidden") === "true")).toBe(true);
});

test("there are none where the publisher wants none", async () => {
  put('avatars="off"');
  await join([comment(1)]);
  expect(all(".avatar")).toEqual([]);
});

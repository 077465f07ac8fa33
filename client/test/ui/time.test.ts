import { expect, test, vi } from "vitest";
import { written } from "../../src/ui/language";
import { fullTime } from "../../src/ui/preview";
import { ago } from "../../src/ui/time";

const AT = "2026-11-22T10:00:00.000Z";
const after = (seconds: number) => ago(AT, Date.parse(AT) + seconds * 1000);

test.each([
  [0, "now"],
  [59, "now"],
  [-3600, "now"],
  [60, "1 minute ago"],
  [3599, "59 minutes ago"],
  [7200, "2 hours ago"],
  [86_400, "yesterday"],
  [86_400 * 40, "last month"],
  [86_400 * 800, "2 years ago"],
])("%i s later it is %s", (seconds, words) => {
  expect(after(seconds)).toBe(words);
});

test("the full time names the year", () => {
  expect(fullTime(AT)).toContain("2026");
});

test("English is written as Intl writes it, without Intl", () => {
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const units: [Intl.RelativeTimeFormatUnit, number, number][] = [
    ["minute", 60, 60],
    ["hour", 3600, 24],
    ["day", 86_400, 30],
    ["month", 2_592_000, 12],
    ["year", 31_536_000, 30],
  ];
  for (const [unit, size, end] of units)
    for (let count = 1; count < end; count++) expect(after(count * size)).toBe(relative.format(-count, unit));
  for (const number of [0, 7, 999, 1000, 12_345, 100_000, 1_234_567, -5, -1000])
    expect(written(number)).toBe(number.toLocaleString("en"));
  expect(written("1000")).toBe("1000");
});

test("English makes no Intl object", async () => {
  const numbers = vi.spyOn(Number.prototype, "toLocaleString");
  const times = vi.spyOn(Intl, "RelativeTimeFormat");
  vi.resetModules(); // one that is kept from before would do
  const { ago } = await import("../../src/ui/time");
  const { commentCount } = await import("../../src/ui/strings");
  expect([ago(AT, Date.parse(AT) + 300_000), commentCount(1234)]).toEqual(["5 minutes ago", "1,234 comments"]);
  expect([numbers.mock.calls, times.mock.calls]).toEqual([[], []]);
  vi.restoreAllMocks();
});

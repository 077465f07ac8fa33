import { expect, test } from "vitest";
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

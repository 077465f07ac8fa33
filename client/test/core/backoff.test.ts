import { expect, test } from "vitest";
import { fullJitter } from "../../src/core/backoff";

test("the ceiling doubles from 250 ms to 10 s", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 20].map((attempt) => fullJitter(attempt, () => 1));
  expect(ceilings).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("the jitter is full: it reaches down to nothing", () => {
  expect(fullJitter(5, () => 0)).toBe(0);
  expect(fullJitter(5, () => 0.5)).toBe(4000);
});

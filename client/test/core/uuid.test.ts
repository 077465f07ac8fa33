import { expect, test } from "vitest";
import { uuid } from "../../src/core/uuid";

test("an id is a random UUID of version 4", () => {
  const made = Array.from({ length: 200 }, uuid);
  for (const id of made) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(new Set(made).size).toBe(200);
  // Each of the four variants comes up, and each digit of the last group takes many values.
  expect(new Set(made.map((id) => id[19]))).toEqual(new Set("89ab"));
  for (let at = 24; at < 36; at++) expect(new Set(made.map((id) => id[at])).size).toBeGreaterThan(8);
});

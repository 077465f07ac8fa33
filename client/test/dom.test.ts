import { expect, test, vi } from "vitest";
import { uuid } from "../src/dom";

test("an id is a UUID, and leaves nothing behind", () => {
  const kept = new Set<string>();
  const { createObjectURL, revokeObjectURL } = URL;
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    const url = createObjectURL.call(URL, blob);
    kept.add(url);
    return url;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => {
    kept.delete(url);
    revokeObjectURL.call(URL, url);
  });
  expect(uuid()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(kept.size).toBe(0);
});

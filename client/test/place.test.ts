import { afterEach, beforeEach, expect, test } from "vitest";
import { canonicalKey, hostOf, keyOf, linkedNumber, takeClaim } from "../src/place";

beforeEach(() => history.replaceState(null, "", "/2026/11/22/ferry?from=mail"));
afterEach(() => document.head.replaceChildren());

test("the key is the canonical path, else the page's own", () => {
  expect(canonicalKey()).toBe("/2026/11/22/ferry");
  document.head.innerHTML = '<link rel="canonical" href="https://paper.example/news/ferry?x=1#y">';
  expect(canonicalKey()).toBe("/news/ferry");
  const element = document.createElement("div");
  expect(keyOf(element)).toBe("/news/ferry");
  element.setAttribute("key", "/other");
  expect(keyOf(element)).toBe("/other");
});

test("a host is an origin, whatever follows it", () => {
  const element = document.createElement("div");
  element.setAttribute("host", "https://comments.example/embed.js");
  expect(hostOf(element)).toBe("https://comments.example");
});

test.each([
  ["#12", 12],
  ["", 0],
  ["#top", 0],
  ["#12a", 0],
  ["#1e3", 0],
])("%s points to comment %i", (hash, number) => {
  history.replaceState(null, "", `/x${hash}`);
  expect(linkedNumber()).toBe(number);
});

test("a claim is taken out of the address, and only a claim", () => {
  history.replaceState(null, "", "/x?y=1#hubbub-claim=CODE");
  expect(takeClaim()).toBe("CODE");
  expect(location.href).toMatch(/\/x\?y=1$/);
  expect(takeClaim()).toBeUndefined();
  history.replaceState(null, "", "/x#12");
  expect(takeClaim()).toBeUndefined();
  expect(location.hash).toBe("#12");
});

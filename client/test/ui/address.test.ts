import { afterEach, beforeEach, expect, test } from "vitest";
import keys from "../../../tests/support/keys.json";
import { addressOf, hideClaim, hostOf, keyOf, pageKey, takeClaim } from "../../src/ui/address";
import { plainKey } from "../../src/ui/count";
import { linkedNumber } from "../../src/ui/link";

beforeEach(() => history.replaceState(null, "", "/2026/11/22/ferry?from=mail"));
afterEach(() => document.head.replaceChildren());

test("the key is the canonical path with its query, else the page's own path", () => {
  expect(pageKey()).toBe("/2026/11/22/ferry");
  document.head.innerHTML = '<link rel="canonical" href="https://paper.example/?p=1#y">';
  expect(pageKey()).toBe("/?p=1");
  const element = document.createElement("div");
  expect(keyOf(element)).toBe("/?p=1");
  element.setAttribute("key", "/other");
  expect(keyOf(element)).toBe("/other");
});

test("a canonical address that is none is no key", () => {
  document.head.innerHTML = '<link rel="canonical" href="http://[">';
  expect(pageKey()).toBe("/2026/11/22/ferry");
});

test.each<[string, string | undefined]>([
  ["//c.example", "https://c.example"],
  ["http://c.example:8000/", "http://c.example:8000"],
  ["/comments/", "https://paper.example/comments"],
  ["c.example", undefined],
  ["c.example/comments", undefined],
  ["ftp://c.example", undefined],
  ["https://", undefined],
])("host=%s is %s", (host, found) => {
  const element = document.createElement("div");
  element.setAttribute("host", host);
  expect(hostOf(element)).toBe(found);
});

const isUtf8 = ([typed]: string[]) => {
  try {
    return decodeURI(typed as string) !== "";
  } catch {
    return false;
  }
};

test.each((keys as [string, string][]).filter(isUtf8))("the key %j is that of %j", (typed, kept) => {
  expect(plainKey(typed)).toBe(plainKey(kept));
});

test("keys of other pages are others", () => {
  const others = new Set((keys as [string, string][]).map(([, kept]) => kept));
  expect(new Set([...others].map(plainKey)).size).toBe(others.size);
});

test("a host is an origin, whatever follows it", () => {
  const element = document.createElement("div");
  element.setAttribute("host", "https://comments.example/embed.js");
  expect(hostOf(element)).toBe("https://comments.example");
});

test.each([
  ["#12", 12],
  ["#comment-12", 12],
  ["#comment-x", 0],
  ["", 0],
  ["#top", 0],
  ["#12a", 0],
  ["#1e3", 0],
])("%s points to comment %i", (hash, number) => {
  history.replaceState(null, "", `/x${hash}`);
  expect(linkedNumber()).toBe(number);
});

test("where there are several threads, a link has one of them", () => {
  document.body.innerHTML = "<hubbub-thread thread=a></hubbub-thread><hubbub-thread thread=b></hubbub-thread>";
  const [first, second] = document.body.children;
  history.replaceState(null, "", "/x");
  expect(addressOf(7, first, "aaa")).toBe("https://paper.example/x#comment-7");
  expect(addressOf(7, second, "bbb")).toBe("https://paper.example/x#hubbub-bbb-7");
  for (const [hash, numbers] of Object.entries({
    "comment-7": [7, 0],
    7: [7, 0],
    "hubbub-bbb-7": [0, 7],
    "hubbub-c-7": [0, 0],
  })) {
    history.replaceState(null, "", `/x#${hash}`);
    expect([linkedNumber(first, "aaa"), linkedNumber(second, "bbb")]).toEqual(numbers);
  }
  document.body.replaceChildren();
});

test("what the page itself calls so is no comment, and what stands in an element for comments is one", () => {
  document.body.innerHTML = '<p id="1"></p><p id="comment-2"></p><hubbub-count><i id="3"></i></hubbub-count>';
  for (const [hash, number] of Object.entries({ 1: 0, "comment-1": 1, "comment-2": 0, 2: 2, 3: 0 })) {
    history.replaceState(null, "", `/x#${hash}`);
    expect(linkedNumber()).toBe(number);
  }
  document.body.innerHTML = '<hubbub-thread key="/in-place"><i id="3"></i></hubbub-thread>';
  history.replaceState(null, "", "/x#3");
  expect(linkedNumber()).toBe(3);
  document.body.replaceChildren();
});

test("addresses stay on the page, whatever its base is", () => {
  document.head.innerHTML = '<base href="/elsewhere/">';
  history.replaceState(null, "", "/x?y=1#hubbub-claim=CODE");
  hideClaim();
  expect(addressOf(7)).toBe("https://paper.example/x?y=1#comment-7");
  expect(takeClaim()).toBe("CODE");
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

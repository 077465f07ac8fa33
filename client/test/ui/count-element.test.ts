import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { COUNT_EVENT } from "../../src/ui/count-element";
import "../../src/ui/embed";
import { fakeFetch, HOST, loaded, settled } from "../support";

// The page's one interval starts with the module, and is to be under the test's clock.
vi.hoisted(() => vi.useFakeTimers());
afterAll(() => void vi.useRealTimers());
// What it does comes with the first one.
beforeAll(async () => {
  document.body.append(document.createElement("hubbub-count"));
  document.body.replaceChildren();
  await loaded();
});
afterEach(() => document.body.replaceChildren());

const put = (...keys: string[]) => {
  document.body.innerHTML = keys
    .map((key) => `<a href="${key}"><hubbub-count site="demo" key="${key}" host="${HOST}">…</hubbub-count></a>`)
    .join("");
};
const texts = () => [...document.querySelectorAll("hubbub-count")].map(({ textContent }) => textContent);
const counts = (url: string) =>
  Object.fromEntries(new URL(url).searchParams.getAll("key").map((key, index) => [key, index]));

test("all counts of a page come in one request, each key once", async () => {
  const fetch = fakeFetch((url) => [200, { counts: counts(url) }]);
  put("/a", "/b", "/c", "/a");
  await settled();
  expect(fetch).toHaveBeenCalledOnce();
  expect(fetch.mock.calls[0]?.[0]).toBe(`${HOST}/api/v1/counts?site=demo&key=%2Fa&key=%2Fb&key=%2Fc`);
  expect(texts()).toEqual(["No comments", "1 comment", "2 comments", "No comments"]);
});

test("a long page asks in parts that the server takes", async () => {
  const fetch = fakeFetch((url) => [200, { counts: counts(url) }]);
  put(...Array.from({ length: 1000 }, (_, index) => `${index}`));
  await settled();
  const parts = fetch.mock.calls.map(([url]) => new URL(url).searchParams.getAll("key").length);
  expect(Math.max(...parts)).toBeLessThanOrEqual(600);
  expect(parts.reduce((sum, keys) => sum + keys)).toBe(1000);
});

test("long keys come in requests that a proxy takes, and one that no server takes spoils none", async () => {
  const fetch = fakeFetch((url) => [200, { counts: counts(url) }]);
  put(...Array.from({ length: 100 }, (_, index) => `/${index}/${"é".repeat(98)}`), `/${"x".repeat(500)}`);
  await settled();
  const asked = fetch.mock.calls.map(([url]) => new URL(url));
  expect(Math.max(...asked.map(({ search }) => search.length))).toBeLessThan(8000);
  const keys = asked.flatMap((url) => url.searchParams.getAll("key"));
  expect(keys).toHaveLength(100);
  expect(texts().at(-1)).toBe("…");
});

test("a site's name that fills a query by itself is asked for all the same", async () => {
  fakeFetch((url) => [200, { counts: counts(url) }]);
  put("/a");
  document.querySelector("hubbub-count")?.setAttribute("site", "s".repeat(4000));
  await settled();
  expect(texts()).toEqual(["No comments"]);
});

test("an element that says nothing takes no count from the others", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  fakeFetch((url) => [200, { counts: counts(url) }]);
  document.body.innerHTML = `
    <hubbub-count site="demo" key="/a" host="c.example">…</hubbub-count>
    <hubbub-count key="/a" host="${HOST}">…</hubbub-count>
    <hubbub-count site="demo" key="/a" host="//comments.example">…</hubbub-count>`;
  await settled();
  await loaded();
  expect(texts()).toEqual(["…", "…", "No comments"]);
  expect(said.mock.calls.map(([text]) => String(text).slice(0, 30))).toEqual([
    '[hubbub] host="c.example" of <',
    "[hubbub] <hubbub-count> needs ",
  ]);
});

test("a key that the server leaves out has no count, and a thread is followed however its key is written", async () => {
  fakeFetch((url) => [200, { counts: Object.fromEntries(Object.entries(counts(url)).slice(1)) }]);
  put("/\u202a", "/caf%c3%a9");
  await settled();
  expect(texts()).toEqual(["…", "1 comment"]);
  document.dispatchEvent(
    new CustomEvent(COUNT_EVENT, { detail: { host: HOST, site: "demo", counts: { "/café": 7 } } }),
  );
  expect(texts()).toEqual(["…", "7 comments"]);
});

test("a site that is refused is told to the publisher", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  fakeFetch(() => [404, { error: { code: "not_found", message: "" } }]);
  put("/a");
  await settled();
  await loaded();
  await settled();
  expect(said.mock.lastCall?.[0]).toContain("hubbub site add demo --origin https://paper.example");
});

test("another key is asked for at once", async () => {
  fakeFetch((url) => [
    200,
    { counts: Object.fromEntries(new URL(url).searchParams.getAll("key").map((key) => [key, key.length])) },
  ]);
  put("/a");
  await settled();
  document.querySelector("hubbub-count")?.setAttribute("key", "/abc");
  await settled();
  expect(texts()).toEqual(["4 comments"]);
});

test("without an answer what stood there stays", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  put("/a");
  await settled();
  expect(texts()).toEqual(["…"]);
});

test("it looks again every minute, and follows a thread that is live on the page at once", async () => {
  const fetch = fakeFetch(() => [200, { counts: { "/a": 1 } }]);
  put("/a", "/b");
  await settled();
  document.dispatchEvent(new CustomEvent(COUNT_EVENT, { detail: { host: HOST, site: "demo", counts: { "/a": 7 } } }));
  document.dispatchEvent(new CustomEvent(COUNT_EVENT, { detail: { host: HOST, site: "else", counts: { "/a": 9 } } }));
  expect(texts()).toEqual(["7 comments", "…"]);
  vi.advanceTimersByTime(60_000);
  await settled();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("on a page of the server's own it looks again every ten seconds", async () => {
  const fetch = fakeFetch(() => [200, { counts: { "/a": 1 } }]);
  put("/a");
  await settled();
  vi.advanceTimersByTime(10_000);
  await settled();
  const before = fetch.mock.calls.length;
  document.querySelector("hubbub-count")?.setAttribute("host", location.origin);
  await settled();
  vi.advanceTimersByTime(10_000);
  await settled();
  expect(fetch.mock.calls.length - before).toBe(2);
});

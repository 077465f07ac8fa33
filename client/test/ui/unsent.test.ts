// What was not sent is not forgotten: other pages say where it waits.
import { expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import { all, host, join, post, put } from "../page";
import { loaded, thread } from "../support";

const WEEK_MS = 7 * 24 * 3_600_000;
const PAGE = "https://paper.example/ferry";

/** What another page has kept since `ago` milliseconds. */
const keep = (ago: number, more = {}, thread = "another") =>
  save(`outbox:${host}:${thread}`, {
    a: {
      id: "a",
      body: "hello",
      profile: {},
      state: "failed",
      at: Date.now() - ago,
      page: PAGE,
      title: "Ferry",
      ...more,
    },
  });

const line = () => all("p").find(({ textContent }) => /on another page/.test(textContent ?? ""));
const links = () => [...(line()?.querySelectorAll("a") ?? [])].map(({ href, textContent }) => [textContent, href]);

test("what was not sent on another page is said here, with the way there", async () => {
  put();
  keep(120_000);
  await join();
  await loaded();
  expect(line()?.hidden).toBe(false);
  expect(links()).toEqual([["Ferry", PAGE]]);
  save(`outbox:${host}:another`, undefined);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(line()?.hidden).toBe(true);
});

test.each([
  ["what is on its way in another tab", 5_000, {}],
  ["what is a week old", WEEK_MS + 1000, {}],
  ["what another thread on this page says itself", 120_000, { page: "https://paper.example/x" }],
  ["what an older version has kept, without its page", 120_000, { page: undefined }],
])("nothing is said of %s", async (_, ago, more) => {
  put();
  keep(ago, more);
  await join();
  await loaded();
  expect(line()?.hidden).toBe(true);
});

test("nothing is said of what this thread shows itself", async () => {
  put();
  keep(120_000, {}, thread().id);
  await join();
  await loaded();
  expect(line()?.hidden).toBe(true);
});

test("a comment keeps the page that it was written on", async () => {
  document.title = "Paper";
  put();
  await join();
  await post("hello");
  const kept = Object.entries(localStorage).find(([key]) => key.includes("outbox:"))?.[1];
  const [item] = Object.values(JSON.parse(kept as string));
  expect(item).toMatchObject({ body: "hello", page: location.href, title: "Paper" });
});

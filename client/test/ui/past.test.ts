// A link to a comment that is far back.
import { expect, test, vi } from "vitest";
import type { Comment } from "../../src/protocol/generated";
import { all, button, join, one, put, root, texts } from "../page";
import { comment, fakeFetch, loaded, settled, thread } from "../support";

const range = (low: number, high: number) =>
  Array.from({ length: high - low + 1 }, (_, index) => comment(high - index));

test("it is shown with those around it by one request, and buttons lead on", async () => {
  history.replaceState(null, "", "/x#comment-500");
  put();
  const pages: Record<string, Comment[]> = {
    "before=526": range(476, 525),
    "after=525": range(526, 725),
    "after=725": range(726, 990),
  };
  const page = (url: string) => Object.entries(pages).find(([query]) => url.includes(`&${query}&`))?.[1] ?? [];
  const fetch = fakeFetch((url) => [200, { thread: thread({ head: 1000 }), comments: page(url), more: true }]);
  await join(range(991, 1000), {}, true);
  await loaded();
  await settled();
  expect(new Set(fetch.mock.calls.map(([url]) => url)).size).toBe(1);
  expect(all("li")).toHaveLength(60);
  expect(root().activeElement?.querySelector(".number")?.textContent).toBe("#500");
  expect(one("li:has(.gap) .number").textContent).toBe("#525");
  button("Show newer comments").click();
  vi.advanceTimersByTime(50); // no task of its own, in which the part could come that draws a long thread by pieces
  await settled();
  expect(one("li:has(.gap) .number").textContent).toBe("#725");
  button("Show newer comments").click();
  vi.advanceTimersByTime(50);
  await settled();
  expect(one(".gap")).toBeNull();
  expect(texts(".number")).toEqual(range(476, 1000).map(({ number }) => `#${number}`));
});

// What is new since the last visit.
import { describe, expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import type { Comment } from "../../src/protocol/generated";
import { all, area, element, event, host, join, one, put, root, signIn, texts } from "../page";
import { author, comment, fakeFetch, loaded, settled, thread } from "../support";

const some = (count: number) => Array.from({ length: count }, (_, index) => comment(count - index));

async function visit(count: number, attributes = ""): Promise<void> {
  put(attributes);
  await join(some(count));
  await vi.advanceTimersByTimeAsync(1_000);
  await loaded();
}

async function again(count: number, attributes = ""): Promise<void> {
  element.remove();
  await settled();
  await visit(count, attributes);
}

const marked = () => all("li:has(.since) .number").map(({ textContent }) => textContent);
const press = (key: string, at: Element = root().activeElement ?? one("li")) =>
  at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));

describe("since the last visit", () => {
  test.each([
    ["newest", "#3"],
    ["oldest", "#4"],
  ])("%s first, a line stands where new comments begin", async (layout, at) => {
    await visit(3, `layout="${layout}"`);
    expect(marked()).toEqual([]);
    await again(5, `layout="${layout}"`);
    expect(marked()).toEqual([at]);
    expect(texts(".since")[0]).toMatch(/^2 new comments since /);
    await again(5, `layout="${layout}"`);
    expect(marked()).toEqual([]);
  });

  test("a time is put in words when something is new, and not before: the first one costs a browser 20 ms", async () => {
    const words = vi.spyOn(Date.prototype, "toLocaleString");
    await visit(3);
    await again(3);
    expect(words).not.toHaveBeenCalled();
    await again(5);
    expect(words).toHaveBeenCalled();
  });

  test("what ignored people wrote is not counted, and no line tells of them alone", async () => {
    const eve = author({ id: "eve", name: "Eve" });
    const back = async (comments: Comment[]) => {
      element.remove();
      await settled();
      put();
      await join(comments);
      await vi.advanceTimersByTimeAsync(1_000);
      await loaded();
    };
    await visit(3);
    save(`ignored:${host}:demo`, { eve: "Eve" });
    await back([comment(5), comment(4, { author: eve }), ...some(3)]);
    expect(texts(".since")[0]).toMatch(/^1 new comment since /);
    await back([comment(6, { author: eve }), comment(5), comment(4, { author: eve }), ...some(3)]);
    expect(marked()).toEqual([]);
  });

  test("what came while the page was open was seen", async () => {
    await visit(3);
    await event(4, "comment.posted", { comment: comment(4) });
    await again(4);
    expect(marked()).toEqual([]);
  });

  test("what came while nobody looked was not", async () => {
    await visit(3);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    await event(4, "comment.posted", { comment: comment(4) });
    hidden.mockReturnValue(false);
    await again(4);
    expect(marked()).toEqual(["#3"]);
  });

  test("what another device of the author has shown is not new here", async () => {
    await visit(2);
    element.remove();
    signIn();
    const fetch = fakeFetch(() => [200, { number: 4, at: "2026-11-20T10:00:00.000Z" }]);
    await again(5);
    expect(marked()).toEqual(["#4"]);
    expect(texts(".since")[0]).toMatch(/^1 new comment since /);
    expect(fetch.mock.calls.filter(([url]) => url.endsWith(`/me/seen?thread=${thread().id}`))).toHaveLength(1);
  });

  test("the server is told what was seen when the page is left, once", async () => {
    signIn();
    const fetch = fakeFetch(() => [200, { number: 0, at: null }]);
    await visit(3);
    const mine = () => fetch.mock.calls.filter(([url]) => url === `${host}/api/v1/me/seen`);
    const told = () => mine().map(([, { body }]) => body);
    expect(told()).toEqual([]);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    for (let times = 0; times < 2; times++) document.dispatchEvent(new Event("visibilitychange"));
    hidden.mockReturnValue(false);
    expect(told()).toEqual([JSON.stringify({ thread: thread().id, number: 3 })]);
  });

  test("n leads from one that is new to the next, and is a letter where one writes", async () => {
    await visit(2, 'layout="oldest"');
    await again(4, 'layout="oldest"');
    press("n", one("li"));
    expect(root().activeElement).toBe(all("li")[2]);
    press("n");
    expect(root().activeElement).toBe(all("li")[3]);
    area().focus();
    press("n", area());
    expect(root().activeElement).toBe(area());
  });
});

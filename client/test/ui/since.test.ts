// What is new since the last visit.
import { describe, expect, test, vi } from "vitest";
import { all, area, element, event, join, one, put, root, texts } from "../page";
import { comment, loaded, settled } from "../support";

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

// Of the first page those rows come first that fill the view, and the others right after them.
import { describe, expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import type { Comment } from "../../src/protocol/generated";
import { all, area2, element, event, host, join, one, put, texts } from "../page";
import { author, comment, settled, thread } from "../support";

const COUNT = 50;
/** Until the others are drawn, in milliseconds. */
const REST_MS = 50;
/** As many as fill a view of happy-dom, 768 pixels. */
const FIRST = 20;

const page = (count = COUNT): Comment[] => Array.from({ length: count }, (_, index) => comment(count - index));
const numbers = () => texts(".number").map((text) => Number(text?.slice(1)));
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe("the first rows", () => {
  test("newest first, those that fill the view are drawn at once and the others right after, in order", async () => {
    put();
    await join(page());
    expect(numbers()).toEqual(down(COUNT, COUNT - FIRST + 1));
    const first = one("li");
    await vi.advanceTimersByTimeAsync(REST_MS);
    expect(numbers()).toEqual(down(COUNT, 1));
    expect(one("li")).toBe(first);
  });

  test("oldest first, they are those at the top", async () => {
    put('layout="oldest"');
    await join(page());
    expect(numbers()).toEqual(down(FIRST, 1).reverse());
    await vi.advanceTimersByTimeAsync(REST_MS);
    expect(numbers()).toEqual(down(COUNT, 1).reverse());
  });

  test.each([
    ["in a chat, which stands at its end", 'layout="chat"', ""],
    ["over the server's own comments, among which somebody may be reading", "", "<ol><li>text</li></ol>"],
  ])("all are drawn at once %s", async (_, attributes, children) => {
    put(attributes, children);
    await join(page());
    await settled();
    expect(all("li")).toHaveLength(COUNT);
  });

  test("who comes meanwhile stands before them, and is the only one that is new", async () => {
    put();
    await join(page());
    expect(all("li")).toHaveLength(FIRST);
    await event(COUNT + 1, "comment.posted", { comment: comment(COUNT + 1, { author: author({ id: "bo" }) }) });
    expect(numbers()).toEqual(down(COUNT + 1, 1));
    expect(texts(".fresh .number")).toEqual([`#${COUNT + 1}`]);
  });

  test("a comment that the address names is drawn when it is asked for", async () => {
    history.replaceState(null, "", "#comment-3");
    put();
    await join(page());
    await vi.waitFor(() => expect(element.shadowRoot?.activeElement?.textContent).toContain("text 3"));
  });

  test("an answer that was begun below one of the others is there again", async () => {
    save(`draft:${host}:${thread().id}`, {
      body: "As I said",
      parent: "c3",
      id: "11111111-1111-4111-8111-111111111111",
    });
    put();
    await join(page());
    await vi.waitFor(() => expect(area2()?.value).toBe("As I said"));
    expect(area2().closest("li")?.textContent).toContain("text 3");
  });
});

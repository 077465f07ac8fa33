// Of a long thread few comments are drawn.
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Comment } from "../../src/protocol/generated";
import { loadRows } from "../../src/ui/parts";
import { all, area2, button, event, join, one, put, root, texts } from "../page";
import { comment, FakeSocket, loaded, posted, settled, thread, tombstone } from "../support";

const MANY = 420;
const some = (over: (number: number) => Partial<Comment> = () => ({})) =>
  Array.from({ length: MANY }, (_, index) => comment(MANY - index, over(MANY - index)));

/** Those of the page, which tell what is in view when the test says so. */
let observers: { tell: IntersectionObserverCallback; targets: Set<Element> }[];

beforeEach(async () => {
  await loadRows();
  observers = [];
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      private readonly mine = { tell: (() => {}) as IntersectionObserverCallback, targets: new Set<Element>() };
      constructor(tell: IntersectionObserverCallback) {
        this.mine.tell = tell;
        observers.push(this.mine);
      }
      observe(target: Element): void {
        this.mine.targets.add(target);
      }
      unobserve(target: Element): void {
        this.mine.targets.delete(target);
      }
      disconnect(): void {
        this.mine.targets.clear();
      }
    },
  );
});

const numbers = () => texts("li .number").map((text) => Number(text?.slice(1)));
const row = (number: number) => all("li").find((item) => item.querySelector(".number")?.textContent === `#${number}`);

/** These come into view, and what was there goes. */
async function view(...shown: number[]): Promise<void> {
  const rows = shown.map(row);
  for (const { tell, targets } of observers) {
    const entries = [...targets]
      .filter((target) => target.matches("li"))
      .map((target) => ({ target, isIntersecting: rows.includes(target as HTMLElement) }));
    if (entries.length) tell(entries as unknown as IntersectionObserverEntry[], {} as IntersectionObserver);
  }
  await settled();
}

/** From the top down to comment `number`. */
async function scrollTo(number: number): Promise<void> {
  for (let at = MANY; at > number; at -= 40) await view(at, at - 1);
  await view(number, number - 1);
}

async function read(comments = some(), attributes = ""): Promise<void> {
  put(attributes);
  await join(comments);
  await settled();
}

describe.each(["newest", "oldest", "chat", "threaded"])("a long thread, laid out as %s", (layout) => {
  test("has few rows, both ends among them; each tells its place", async () => {
    await read(some(), `layout="${layout}"`);
    expect(numbers().length).toBeLessThanOrEqual(400);
    expect(numbers()).toEqual(expect.arrayContaining([1, MANY]));
    const [first, last] = [all("li").at(0), all("li").at(-1)];
    expect([first?.ariaPosInSet, first?.ariaSetSize]).toEqual(["1", `${MANY}`]);
    expect([last?.ariaPosInSet, last?.ariaSetSize]).toEqual([`${MANY}`, `${MANY}`]);
  });
});

test("what the view comes near to is drawn, and what it has left is taken out", async () => {
  await read();
  await scrollTo(220);
  const near = Array.from({ length: 100 }, (_, index) => 270 - index);
  expect(numbers()).toEqual(expect.arrayContaining(near));
  expect(row(350)).toBeUndefined();
  expect(numbers().length).toBeLessThanOrEqual(400);
  expect(numbers()).toEqual([...numbers()].sort((a, b) => b - a));
});

test("where somebody writes, or has focus, stays", async () => {
  await read();
  const reply = row(410)?.querySelector<HTMLButtonElement>(".actions button");
  reply?.click();
  await loaded();
  area2().focus();
  const form = area2();
  await scrollTo(200);
  expect(row(350)).toBeUndefined();
  expect(area2()).toBe(form);
  expect(root().activeElement).toBe(form);
});

test("a link leads to one that is not drawn", async () => {
  await read();
  expect(row(200)).toBeUndefined();
  history.replaceState(null, "", `#hubbub-${thread().id}-200`);
  dispatchEvent(new Event("hashchange"));
  await loaded();
  expect(root().activeElement).toBe(row(200));
  expect(numbers()).toEqual(expect.arrayContaining([198, 199, 201, 202]));
});

test("who comes back is not new", async () => {
  await read();
  await event(MANY + 1, "comment.posted", {
    comment: comment(MANY + 1, { author: { ...comment(1).author, id: "b" } }),
  });
  expect(all(".fresh").length).toBe(1);
  await vi.advanceTimersByTimeAsync(5_000);
  for (let number = MANY + 2; number < MANY + 40; number++) {
    await event(number, "comment.posted", { comment: comment(number) });
    await vi.advanceTimersByTimeAsync(1_000); // one a second comes in as it is
  }
  await scrollTo(200);
  expect(row(MANY + 1)).toBeUndefined();
  await view(MANY + 35);
  expect(row(MANY + 1)?.matches(".fresh")).toBe(false);
});

test("removed ones in a row are one line, however many", async () => {
  const removed = (number: number) => (number > 40 && number < 380 ? tombstone(comment(number)) : {});
  await read(some(removed));
  await scrollTo(380);
  expect(texts("[aria-expanded]")).toEqual(["339 removed comments · Show"]);
  expect(numbers()).toEqual(expect.arrayContaining([380, 379, 40, 39]));
  button("339 removed comments · Show").click();
  expect(numbers()).toEqual(expect.arrayContaining([380, 379, 378]));
  expect(numbers().length).toBeLessThanOrEqual(400);
});

test("all are printed", async () => {
  await read();
  dispatchEvent(new Event("beforeprint"));
  expect(numbers().length).toBe(MANY);
  expect(one("li").ariaSetSize).toBeNull();
  dispatchEvent(new Event("afterprint"));
  expect(numbers().length).toBeLessThanOrEqual(400);
});

test("one layout follows another", async () => {
  await read();
  const select = one<HTMLSelectElement>("header select");
  select.value = "oldest";
  select.dispatchEvent(new Event("change"));
  await loaded();
  expect(numbers().length).toBeLessThanOrEqual(400);
  expect(numbers()[0]).toBe(1);
});

const pour = async (count: number, from = MANY + 1) => {
  const events = Array.from({ length: count }, (_, index) => posted(from + index));
  FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
  await vi.advanceTimersByTimeAsync(100);
};
const loadedNow = () => Number(one("li").ariaSetSize);

test("of many thousands the oldest are forgotten, and can be loaded again", async () => {
  await read(some(), 'layout="chat"');
  await view(MANY, MANY - 1);
  await pour(6_000);
  await view(MANY + 6_000, MANY + 5_999);
  await pour(1, MANY + 6_001);
  expect(loadedNow()).toBe(5_000);
  expect(button("Show older comments").hidden).toBe(false);
});

test("nothing is forgotten that is read", async () => {
  await read(some(), 'layout="chat"');
  await view(10, 11);
  await pour(6_000);
  expect(loadedNow()).toBe(MANY + 6_000);
});

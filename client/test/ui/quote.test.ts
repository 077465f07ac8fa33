// What is selected in a comment, quoted in a reply.
import { beforeEach, expect, test, vi } from "vitest";
import { area, button, join, one, put, root, signIn } from "../page";
import { comment, loaded } from "../support";

beforeEach(async () => {
  signIn();
  put();
  await join([comment(1), comment(2, { html: "<p>one <strong>two</strong> three</p>" })]);
  await loaded();
});

const bodyOf = (number: number) =>
  [...root().querySelectorAll(".body")].find((body) =>
    body.closest("li")?.textContent?.includes(`#${number}`),
  ) as Element;

async function select(from: Node, to: Node, end = to.childNodes.length): Promise<void> {
  from.dispatchEvent(new Event("selectstart", { bubbles: true }));
  await loaded();
  // happy-dom has no selection in a shadow root; Chromium's is of this shape.
  const range = document.createRange();
  range.setStart(from, 0);
  range.setEnd(to, end);
  Object.assign(root(), { getSelection: () => ({ rangeCount: 1, getRangeAt: () => range }) });
  document.dispatchEvent(new Event("selectionchange"));
  await vi.advanceTimersByTimeAsync(1000);
}

test("a button quotes it, and the writer goes on below", async () => {
  await select(bodyOf(2), bodyOf(2));
  expect(one(".quote").previousElementSibling).toBe(bodyOf(2));
  one(".quote").dispatchEvent(new Event("pointerdown", { bubbles: true }));
  one(".quote").click();
  await loaded();
  expect(area().value).toBe("> one **two** three\n\n");
  expect([root().activeElement, area().selectionStart]).toEqual([area(), area().value.length]);
  expect(one(".replying").textContent).toContain("#2");
  expect(one(".quote")).toBeNull();
});

test("Reply quotes what is selected in its comment; in another one nothing is quoted", async () => {
  await select(bodyOf(2), bodyOf(2).parentElement?.querySelector(".actions") as Element, 0);
  const [reply2, reply1] = [2, 1].map((number) => bodyOf(number).parentElement?.querySelector(".actions button"));
  reply1?.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  (reply1 as HTMLElement).click();
  await loaded();
  expect(area().value).toBe("");
  reply2?.dispatchEvent(new Event("keydown", { bubbles: true }));
  (reply2 as HTMLElement).click();
  await loaded();
  expect(area().value).toBe("> one **two** three\n\n");
});

test("what lies in two comments is not offered", async () => {
  await select(bodyOf(2), bodyOf(1));
  expect(button("Quote in a reply")).toBeUndefined();
});

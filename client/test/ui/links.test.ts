import { expect, test } from "vitest";
import { element, join, one, put, root } from "../page";
import { comment, settled } from "../support";

/** A click as the browser does it: whether it may follow the link. */
function click(link: HTMLElement, init: MouseEventInit = {}): boolean {
  return link.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, cancelable: true, ...init }));
}

const numbers = [comment(3, { html: '<p>See <a href="#1">#1</a></p>' }), comment(2), comment(1)];

test('links="off" leaves the address to the page: a link leads to its comment without it', async () => {
  history.replaceState(null, "", "/x#/article/2");
  put('links="off"');
  await join(numbers);
  const link = one<HTMLAnchorElement>("li:nth-child(2) .number");
  expect(link.href).toMatch(/#comment-2$/); // to be copied
  expect(click(link)).toBe(false);
  await settled();
  expect(root().activeElement?.querySelector(".number")?.textContent).toBe("#2");
  expect(click(one(".body a"))).toBe(false);
  await settled();
  expect(root().activeElement?.querySelector(".number")?.textContent).toBe("#1");
  expect(location.hash).toBe("#/article/2");
  expect(click(link, { ctrlKey: true })).toBe(true); // another tab has an address of its own
});

test('with links="off" what the address says is not for the comments', async () => {
  history.replaceState(null, "", "/x#comment-1");
  put('links="off"');
  await join(numbers);
  expect(root().activeElement).toBeNull();
});

test("otherwise the browser follows links, and notes the way back", async () => {
  put();
  await join(numbers);
  expect(element.hasAttribute("links")).toBe(false);
  expect(click(one("li:nth-child(2) .number"))).toBe(true);
});

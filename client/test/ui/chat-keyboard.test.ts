// A phone's keyboard over a chat: what the browser tells of it is here before the chat comes.
import { expect, test, vi } from "vitest";

const viewport = vi.hoisted(() => {
  const made = Object.assign(new EventTarget(), { height: innerHeight, scale: 1 });
  Object.defineProperty(globalThis, "visualViewport", { value: made });
  return made;
});

import { area, join, one, put, root } from "../page";
import { comment } from "../support";

const limits = () =>
  root()
    .adoptedStyleSheets.flatMap((sheet) => [...sheet.cssRules])
    .map(({ cssText }) => /\d+px - 9em/.exec(cssText)?.[0])
    .filter(Boolean);

function resize(height: number, scale = 1): void {
  Object.assign(viewport, { height, scale });
  viewport.dispatchEvent(new Event("resize"));
}

test("above a keyboard a chat is lower, stays at its end, and its field is in view", async () => {
  put('layout="chat"');
  await join([comment(2), comment(1)]);
  area().focus();
  const shown = vi.spyOn(area(), "scrollIntoView");
  Object.defineProperty(one(".chat"), "scrollHeight", { value: 900 });
  resize(innerHeight - 40); // a bar of the browser's
  resize(innerHeight / 2, 2); // enlarged with two fingers
  expect([limits(), shown.mock.calls.length]).toEqual([[], 0]);
  one(".chat").scrollTop = 890;
  resize(300);
  expect(limits()).toEqual(["300px - 9em"]);
  expect([one(".chat").scrollTop, shown.mock.calls.length]).toEqual([900, 1]);
  resize(innerHeight);
  expect(limits()).toEqual([]);
});

import { expect, test, vi } from "vitest";
import { element, join, put } from "../page";
import { comment, settled } from "../support";

/** Listeners of the page, added and not removed. */
function counted(): () => number {
  const kept = new Map<string, number>();
  const ids = new Map<unknown, number>();
  for (const [name, target] of [
    ["window", window],
    ["document", document],
  ] as const)
    for (const [method, step] of [
      ["addEventListener", 1],
      ["removeEventListener", -1],
    ] as const) {
      const before = target[method].bind(target) as (...all: unknown[]) => void;
      const noted = (...all: unknown[]): void => {
        const [kind, listener] = all;
        if (!ids.has(listener)) ids.set(listener, ids.size);
        kept.set(`${name} ${kind} ${ids.get(listener)}`, step === 1 ? 1 : 0);
        before(...all);
      };
      Object.assign(target, { [method]: noted });
    }
  return () => [...kept.values()].reduce((sum, each) => sum + each, 0);
}

/** Puts an element, lets all come that comes by itself, and takes it away. */
async function mount(): Promise<void> {
  put();
  await join([comment(1), comment(2)]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(element.shadowRoot?.querySelector(".composer")).not.toBeNull();
  element.remove();
  await settled();
  await vi.advanceTimersByTimeAsync(60_000);
}

test("elements that come and go leave no listener and no timer", async () => {
  const listeners = counted();
  await mount();
  await mount();
  const before = [listeners(), vi.getTimerCount(), document.querySelectorAll("*").length];
  for (let times = 0; times < 20; times++) await mount();
  expect([listeners(), vi.getTimerCount(), document.querySelectorAll("*").length]).toEqual(before);
});

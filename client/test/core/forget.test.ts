import { expect, test } from "vitest";
import { forget } from "../../src/core/forget";
import { mergePast } from "../../src/core/past";
import { applyEvents, fromSnapshot, hasOlder, mergePage, shown } from "../../src/core/store";
import { comment, thread } from "../support";

const numbers = (low: number, high: number) => Array.from({ length: high - low + 1 }, (_, index) => low + index);
const page = (low: number, high: number) => ({
  thread: thread({ head: 100 }),
  comments: numbers(low, high)
    .map((number) => comment(number))
    .reverse(),
  more: low > 1,
});
const read = (state: Parameters<typeof shown>[0]) => shown(state).map(({ number }) => number);
const counts = { score: { up: 1, down: 0 } };
const scored = { seq: 101, kind: "thread.scored", at: "2026-11-22T10:00:00.000Z", counts: { c2: counts, c99: counts } };

test("the newest stay, and a page of older ones brings the others again", () => {
  const { state } = applyEvents(fromSnapshot(page(1, 100)), [scored as never]);
  const less = forget(state, 10);
  expect(read(less)).toEqual(numbers(91, 100));
  expect([less.known.size, [...less.told.keys()]]).toEqual([10, ["c99"]]);
  expect(hasOlder(less)).toBe(true);
  expect(read(mergePage(less, page(81, 90)))).toEqual(numbers(81, 100));
});

test("where there are no more, nothing changes", () => {
  const state = fromSnapshot(page(91, 100));
  expect(forget(state, 10)).toBe(state);
  expect(forget(state, 20)).toBe(state);
});

test("the past of a link stays", () => {
  const state = mergePast(fromSnapshot(page(51, 100)), page(11, 20));
  const less = forget(state, 10);
  expect(less.past).toEqual({ low: 11, high: 20 });
  expect([...less.known.keys()].sort((a, b) => a - b)).toEqual([...numbers(11, 20), ...numbers(91, 100)]);
});

// What the reader has said to comments, until the server has taken it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ErrorCode, HubbubError } from "../../src/core/errors";
import { load, save } from "../../src/core/storage";
import { opinions } from "../../src/ui/opinions";

const SLOT = "said:test";
let sent: [string, string, number][];
let refusals: (HubbubError | undefined)[];
let told: unknown[];
let over: boolean;

const refuse = (code: ErrorCode, retryAfter?: number) => refusals.push(new HubbubError(code, "", retryAfter));
const begin = () =>
  opinions(
    SLOT,
    async (...word) => {
      sent.push(word);
      const error = refusals.shift();
      if (error) throw error;
    },
    (id, error) => told.push(error?.code ?? id),
    () => over,
  );

beforeEach(() => {
  vi.useFakeTimers();
  // The longest that is waited.
  vi.spyOn(Math, "random").mockReturnValue(1);
  [sent, refusals, told, over] = [[], [], [], false];
  save(SLOT, undefined);
});

afterEach(() => vi.useRealTimers());

const later = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  return sent.length;
};

test("what the last page did not bring to the server goes out when the next one opens", async () => {
  save(SLOT, { "c1 ": -1, "c2 wow": 1 });
  begin();
  await later(0);
  expect([sent, told, load(SLOT)]).toEqual([
    [
      ["c1", "", -1],
      ["c2", "wow", 1],
    ],
    ["c1", "c2"],
    undefined,
  ]);
});

test("a word that cannot be taken is tried again, ever later, and as late as the server says", async () => {
  refuse("unavailable");
  refuse("offline");
  refuse("rate_limited", 20);
  begin()._say("c1", "", 1);
  expect([await later(249), await later(1), await later(499), await later(1)]).toEqual([1, 2, 2, 3]);
  expect([await later(19_999), await later(1)]).toEqual([3, 4]);
  expect([told, load(SLOT), await later(60_000)]).toEqual([["c1", "c1"], undefined, 4]);
});

test("what is taken makes the next one's wait short again, and a connection ends a wait", async () => {
  for (let tries = 0; tries < 3; tries++) refuse("offline");
  refusals.push(undefined);
  refuse("offline");
  const { _say, _resume } = begin();
  _say("c1", "", 1);
  _say("c2", "", 1);
  expect([await later(1750), await later(249), await later(1)]).toEqual([5, 5, 6]);
  refuse("offline");
  _say("c3", "", 1);
  expect(await later(0)).toBe(7);
  _resume();
  expect(await later(0)).toBe(8);
});

test("a word that is refused for good is forgotten, the next one goes out, and nothing after the thread has gone", async () => {
  refuse("forbidden");
  const { _say, _said } = begin();
  _say("c1", "", 1);
  _say("c1", "wow", 1);
  expect([_said("c1", ""), _said("c1", "wow"), _said("c2", "")]).toEqual([1, 1, undefined]);
  expect([await later(0), _said("c1", ""), told.slice(2)]).toEqual([2, undefined, ["forbidden", "c1"]]);
  over = true;
  _say("c1", "", -1);
  expect([await later(60_000), load(SLOT)]).toEqual([2, { "c1 ": -1 }]);
});

test("what was said otherwise meanwhile goes out again, and another tab's words stay where they are", async () => {
  const { _say } = begin();
  _say("c1", "", 1);
  _say("c1", "", 0);
  save(SLOT, { ...load<object>(SLOT), "c9 ": 1 });
  expect([await later(0), sent.map(([, , value]) => value), load(SLOT)]).toEqual([2, [1, 0], { "c9 ": 1 }]);
});

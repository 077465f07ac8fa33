// What is known once a page of the best comments has come.
import { expect, test } from "vitest";
import { type BestPage, loadBest } from "../../src/core/best";
import { applyEvents, fromSnapshot, type State } from "../../src/core/store";
import type { Subscription } from "../../src/core/subscription";
import { comment, posted, thread } from "../support";

const start = (epoch: string) =>
  fromSnapshot({ thread: thread({ epoch, head: 2 }), comments: [comment(2)], more: true });
const told = { comments: [comment(1, { html: "<p>as it was</p>" })], cursor: null };

/** Loads a page, while whose answer is on its way the state becomes `now`; what is known then, by number. */
async function load(now: State) {
  const subscription = {
    state: start("e1"),
    session: () => ({ get: () => undefined }),
    async _get(): Promise<BestPage> {
      this.state = now;
      return told;
    },
    show(state: State) {
      this.state = state;
    },
  };
  await loadBest(subscription as unknown as Subscription);
  return Object.fromEntries([...subscription.state.known].map(([number, one]) => [number, one.comment.html]));
}

test("its comments are known from then on", async () => {
  expect(await load(start("e1"))).toMatchObject({ 1: "<p>as it was</p>" });
});

test("a page that comes after the thread was reset tells nothing of the new one", async () => {
  expect(await load(start("e2"))).not.toHaveProperty("1");
});

test("what an event has told meanwhile is newer", async () => {
  const edited = { ...posted(3, 1), kind: "comment.edited", comment: comment(1, { html: "<p>edited</p>" }) };
  const { state } = applyEvents(start("e1"), [edited]);
  expect(await load({ ...state, thread: { ...state.thread, head: 9 } })).toMatchObject({ 1: "<p>edited</p>" });
});

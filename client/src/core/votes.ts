/** Votes and reactions of the reader. A module of its own, which is loaded when it is needed. */

import type { Comment, Vote } from "../protocol/generated";
import type { Request } from "./connection";
import type { State } from "./store";
import type { Subscription } from "./subscription";

/** Votes (1 is up, -1 down, 0 takes it back). Raises HubbubError. */
export function vote(subscription: Subscription, { id, number }: Comment, value: Vote["value"]): Promise<void> {
  return say(subscription, number, { cmd: "vote", comment: id, value });
}

/** Adds one of the site's reactions, or takes it back. Raises HubbubError. */
export function react(subscription: Subscription, { id, number }: Comment, name: string, on: boolean): Promise<void> {
  return say(subscription, number, { cmd: "react", comment: id, name, on });
}

async function say(subscription: Subscription, number: number, command: Request): Promise<void> {
  const asked = subscription.state?.known.get(number)?.seq;
  const answer = await subscription.send<{ comment: Comment }>(command);
  const { state } = subscription;
  if (state) subscription.show(voted(state, answer.comment, asked));
}

/**
 * Puts in what the answer to a vote or reaction tells: what the reader said, and the sums, unless others came since the
 * comment was learnt at `asked`.
 */
export function voted(state: State, { number, mine, score, reactions }: Comment, asked?: number): State {
  const one = state.known.get(number);
  if (!one) return state;
  const sums = one.seq === asked && { score, reactions };
  const known = new Map(state.known).set(number, { ...one, comment: { ...one.comment, ...sums, mine } as Comment });
  return { ...state, known };
}

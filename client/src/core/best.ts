/** The comments of a thread, the best first. For the parts that need it, so in no first script. */

import type { Comment } from "../protocol/generated";
import { mergePage } from "./store";
import type { Subscription } from "./subscription";

const PAGE = 50;

export interface BestPage {
  readonly comments: readonly Comment[];
  /** Where the next page begins; null after the last. */
  readonly cursor: string | null;
}

/**
 * Loads the best comments, or those that follow at `cursor`; what they say is known from then on. Which are best may change
 * between two pages: then one may come twice. Raises HubbubError.
 */
export async function loadBest(subscription: Subscription, cursor?: string): Promise<BestPage> {
  const asked = subscription.state;
  const path = `/threads/${asked?.thread.id}/comments?order=best&limit=${PAGE}${cursor ? `&cursor=${cursor}` : ""}`;
  const page = await subscription._get<BestPage>(path, subscription.session().get()?.token);
  const { state } = subscription;
  if (asked && state?.epoch === asked.epoch) {
    // It is at least as new as what was known when it was asked for.
    const thread = { ...state.thread, head: asked.seq };
    const { known } = mergePage(state, { thread, comments: [...page.comments], more: true });
    subscription.show({ ...state, known });
  }
  return page;
}

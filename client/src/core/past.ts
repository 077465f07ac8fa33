/**
 * A comment that is far back, as a permalink may name one: loads it with those around it, by one request however long the
 * thread is, and then what lies beside them. They are the state's `past`. For the parts that need it, so in no first script.
 */

import type { Comment, SnapshotAnswer } from "../protocol/generated";
import { mergePage, type State } from "./store";
import { OLDER_PAGE, type Subscription } from "./subscription";

/** Around a comment: as many as a thread shows at first. */
const PAST_PAGE = 50;

/** Adds a page from further back: it is the state's past, which grows where the page continues it. */
export function mergePast(state: State, page: SnapshotAnswer): State {
  const numbers = page.comments.map((comment) => comment.number);
  if (!numbers.length) return state;
  let [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const { past, from } = state;
  if (past && low <= past.high + 1 && high >= past.low - 1) {
    low = Math.min(low, past.low);
    high = Math.max(high, past.high);
  }
  const known = { ...state, known: mergePage(state, page).known };
  // Where nothing is missing behind the past any more, it is shown with all else.
  return high + 1 < from ? { ...known, past: { low, high } } : { ...known, past: undefined, from: Math.min(from, low) };
}

/** The comments of the past that are not shown with all else, by number. */
export function shownPast({ known, past, from }: State): Comment[] {
  const out: Comment[] = [];
  for (let number = past?.low ?? from; number < from && number <= (past?.high ?? 0); number++) {
    const found = known.get(number);
    if (found) out.push(found.comment);
  }
  return out;
}

/** Whether comments are missing between the past and those that are shown with all else. */
export const hasGap = ({ past, from }: State): boolean => !!past && past.high + 1 < from;

/** Whether a comment is among those that are shown, in the past or now. */
export const isShown = ({ from, past }: State, number: number): boolean =>
  number >= from || (!!past && number >= past.low && number <= past.high);

/** Shows the comments around a number, beside what is shown already, and part of that where they reach it. Raises HubbubError. */
export async function loadAround(subscription: Subscription, number: number): Promise<void> {
  for (const before of [number + PAST_PAGE / 2 + 1, number + 1]) {
    // The second time only where the first page ended early, since its comments are large.
    const { state } = subscription;
    if (state && !isShown(state, number)) await subscription.load(`before=${before}&limit=${PAST_PAGE}`, mergePast);
  }
}

/** Loads what follows the past, or comes before it. Raises HubbubError. */
export async function loadPast(subscription: Subscription, direction: "newer" | "older"): Promise<void> {
  const past = subscription.state?.past;
  if (!past) return;
  const query = direction === "newer" ? `order=oldest&after=${past.high}` : `before=${past.low}`;
  await subscription.load(`${query}&limit=${OLDER_PAGE}`, mergePast);
}

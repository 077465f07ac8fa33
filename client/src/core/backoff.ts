/** How long to wait before the next try: exponential backoff with full jitter, so a crowd does not come back at once. */

const BASE_MS = 250;
const CAP_MS = 10_000;

/** Milliseconds before try number `attempt` (from 0): anything from 0 to the doubled ceiling, evenly. */
export function fullJitter(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}

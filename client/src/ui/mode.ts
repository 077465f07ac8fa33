/** Slow mode, who may write, and when others see a comment, in words. */

import type { ThreadMode } from "../protocol/generated";
import { language } from "./language";
import { HOLDS, KNOWN_ALONE, STAFF_ALONE, seenAfter, slowly } from "./strings";

const MINUTE_S = 60;

/** "30 seconds" */
function duration(seconds: number): string {
  const [size, unit] = seconds % MINUTE_S ? [seconds, "second"] : [seconds / MINUTE_S, "minute"];
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(size);
}

/** What holds for those who write in a thread; "" where nothing does. What only a newer server knows is passed over. */
export function modeWords({ slow = 0, who, hold, delay = 0 }: ThreadMode): string {
  if (who === "staff") return STAFF_ALONE();
  return [
    who === "known" && KNOWN_ALONE(),
    slow && slowly(duration(slow)),
    HOLDS[hold ?? ""]?.(),
    // What a moderator lets through is seen then.
    delay && hold !== "all" && seenAfter(duration(delay)),
  ]
    .filter(Boolean)
    .join(" ");
}

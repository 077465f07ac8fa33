/** Slow mode, and who may write, in words. */

import type { ThreadMode } from "../protocol/generated";
import { language } from "./language";
import { KNOWN_ALONE, STAFF_ALONE, slowly } from "./strings";

const MINUTE_S = 60;

/** What holds for those who write in a thread; "" where nothing does. */
export function modeWords({ slow = 0, who }: ThreadMode): string {
  if (who === "staff") return STAFF_ALONE();
  return [who === "known" && KNOWN_ALONE(), slow && slowly(timeOf(slow))].filter(Boolean).join(" ");
}

/** "30 seconds". */
function timeOf(seconds: number): string {
  const [size, unit] = seconds % MINUTE_S ? [seconds, "second"] : [seconds / MINUTE_S, "minute"];
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(size);
}

/** Slow mode, and who may write, in words. */

import type { ThreadMode } from "../protocol/generated";
import { language } from "./language";
import { KNOWN_ALONE, STAFF_ALONE, slowly } from "./strings";

const MINUTE_S = 60;

/** What holds for those who write in a thread; "" where nothing does. */
export function modeWords({ slow = 0, who }: ThreadMode): string {
  if (who === "staff") return STAFF_ALONE();
  const [size, unit] = slow % MINUTE_S ? [slow, "second"] : [slow / MINUTE_S, "minute"];
  const time = new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" });
  return [who === "known" && KNOWN_ALONE(), size && slowly(time.format(size))].filter(Boolean).join(" ");
}

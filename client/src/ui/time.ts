/** Times as readers say them. */

import { now } from "../core/clock";
import { language } from "./language";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** By language: making one is slow. */
const formats: Record<string, Intl.RelativeTimeFormat> = {};

/** "5 minutes ago"; anything under a minute is "now", also when the clocks are a little apart. */
export function ago(at: string, time = now()): string {
  const name = language();
  formats[name] ??= new Intl.RelativeTimeFormat(name, { numeric: "auto" });
  const relative = formats[name];
  const seconds = (time - Date.parse(at)) / 1000;
  for (const [unit, size] of UNITS) if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  return relative.format(0, "second");
}

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

/** By language: making one is slow. English has none, for the first one on a page takes 10 to 20 ms. */
const formats: Record<string, Intl.RelativeTimeFormat> = {};

/** What English calls one of them. */
const LAST: Partial<Record<Intl.RelativeTimeFormatUnit, string>> = {
  year: "last year",
  month: "last month",
  day: "yesterday",
};

function past(count: number, unit: Intl.RelativeTimeFormatUnit): string {
  const name = language();
  if (name === "en") {
    if (!count) return "now";
    return (count < 2 && LAST[unit]) || `${count} ${unit}${count < 2 ? "" : "s"} ago`;
  }
  formats[name] ??= new Intl.RelativeTimeFormat(name, { numeric: "auto" });
  return formats[name].format(-count, unit);
}

/** "5 minutes ago"; anything under a minute is "now", also when the clocks are a little apart. */
export function ago(at: string, time = now()): string {
  const seconds = (time - Date.parse(at)) / 1000;
  for (const [unit, size] of UNITS) if (seconds >= size) return past(Math.floor(seconds / size), unit);
  return past(0, "second");
}

/** Times as readers say them. */

import { LANGUAGE } from "./strings";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How far the reader's clock is behind the server's, in milliseconds; negative when it is ahead. */
let behind = 0;

/** The server says what time it is. */
export function setClock(serverNow: string | undefined): void {
  behind = serverNow ? Date.parse(serverNow) - Date.now() : behind;
}

/** Milliseconds since 1970 by the server's clock, to which all times of comments belong. */
export const now = (): number => Date.now() + behind;

const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
/** "5 minutes ago"; anything under a minute is "now", also when the clocks are a little apart. */
export function ago(at: string, time = now()): string {
  const seconds = (time - Date.parse(at)) / 1000;
  for (const [unit, size] of UNITS) if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  return relative.format(0, "second");
}

export const fullTime = (at: string): string => new Date(at).toLocaleString(LANGUAGE);

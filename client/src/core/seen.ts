/** How far the author has read a thread, as their devices share it. Who has no session is asked nothing. */

import type { SeenAnswer } from "../protocol/generated";
import { call } from "./api";
import type { Session } from "./session";

/** The number of the last comment that was seen, and when (ms), on any device; undefined where it is not known. */
export async function readSeen({ host, get }: Session, thread: string): Promise<[number, number] | undefined> {
  const token = get()?.token;
  if (!token) return undefined;
  const { number, at } = await call<SeenAnswer>(host, `/me/seen?thread=${thread}`, { token });
  return at ? [number, Date.parse(at)] : undefined;
}

/** Tells that the comments up to `number` were seen. It arrives even where the page is being closed. */
export function putSeen({ host, get }: Session, thread: string, number: number): void {
  const token = get()?.token;
  if (!token) return;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ thread, number });
  fetch(`${host}/api/v1/me/seen`, { method: "POST", body, headers, credentials: "omit", keepalive: true }).catch(
    () => {},
  );
}

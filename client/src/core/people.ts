/** What a reader asks for about themselves: names to pick from, a code for another device, all that they wrote. */

import type { OwnAuthor, PairingAnswer } from "../protocol/generated";
import { call } from "./api";
import { HubbubError, refusal } from "./errors";
import type { Session } from "./session";

/** Three friendly names that are free on the site. Raises HubbubError. */
export async function drawNicks({ host, site }: Session): Promise<string[]> {
  const { nicks } = await call<{ nicks: string[] }>(host, `/sites/${encodeURIComponent(site)}/nicks`);
  return nicks;
}

/** The author as shown to themselves, if there is one. Raises HubbubError. */
export async function ownAuthor({ host, get }: Session): Promise<OwnAuthor | undefined> {
  const token = get()?.token;
  return token ? (await call<{ author: OwnAuthor }>(host, "/me", { token })).author : undefined;
}

/** A code that brings the author to another device, once. Raises HubbubError. */
export const makePairing = ({ host, get }: Session): Promise<PairingAnswer> =>
  call(host, "/me/pair", { token: get()?.token, body: {} });

/** Erases all that the author wrote on the site; how many comments that were. Raises HubbubError. */
export async function eraseOwn({ host, get }: Session): Promise<number> {
  const { erased } = await call<{ erased: number }>(host, "/me/erase", { token: get()?.token, body: {} });
  return erased;
}

/** All that the author wrote on the site, as a file of JSON lines. Raises HubbubError. */
export async function exportOwn({ host, get }: Session): Promise<Blob> {
  const headers = { Authorization: `Bearer ${get()?.token}` };
  const response = await fetch(`${host}/api/v1/me/export`, { headers, credentials: "omit" }).catch(() => undefined);
  if (!response) throw new HubbubError("offline");
  if (response.ok) return response.blob();
  const { error } = await response.json().catch(() => ({}));
  throw error ? refusal(error) : new HubbubError("unavailable", `HTTP ${response.status}`);
}

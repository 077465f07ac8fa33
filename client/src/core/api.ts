/** The HTTP half of the protocol. No cookie is ever sent; a token goes in the Authorization header alone. */

import type { Error as WireError } from "../protocol/generated";
import { HubbubError, refusal } from "./errors";

const TIMEOUT_MS = 10_000;

export interface Call {
  token?: string | undefined;
  body?: object;
  /** GET, or POST with a `body`, unless it says otherwise. */
  method?: string;
}

/** "a=1&b=2" */
export const query = (fields: Record<string, string>): string => `${new URLSearchParams(fields)}`;

/**
 * Asks for /api/v1 + path at `host`. Raises HubbubError. An answer that is not of our form is a proxy's, for want of a
 * server: it is `unavailable`, and the message has the status.
 */
export async function call<T>(host: string, path: string, { token, body, method = "POST" }: Call = {}): Promise<T> {
  let status = 0;
  let answer: { error?: WireError } | undefined;
  try {
    const response = await fetch(`${host}/api/v1${path}`, {
      ...(body && { method, body: JSON.stringify(body) }),
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    answer = await response.json();
  } catch {
    if (!status) throw new HubbubError("offline");
  }
  if (answer && status < 400) return answer as T;
  const error = answer?.error;
  if (error?.code) throw refusal(error);
  throw new HubbubError(status === 413 ? "too_large" : "unavailable", `HTTP ${status}`);
}

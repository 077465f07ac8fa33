/** The HTTP half of the protocol. No cookie is ever sent; a token goes in the Authorization header alone. */

import { HubbubError, refusal, type WireError } from "./protocol";

const TIMEOUT_MS = 10_000;

interface Options {
  token?: string | undefined;
  body?: object;
}

/** GETs (or POSTs, with a `body`) /api/v1 + path at `host`. Raises HubbubError. */
export async function call<T>(host: string, path: string, { token, body }: Options = {}): Promise<T> {
  let status = 0;
  let answer: { error?: WireError };
  try {
    const response = await fetch(`${host}/api/v1${path}`, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
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
    throw new HubbubError(status ? "internal" : "offline");
  }
  if (status < 400) return answer as T;
  throw refusal(answer.error ?? { code: "internal" });
}

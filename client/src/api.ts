/** The HTTP half of the protocol. No cookie is ever sent; a token goes in the Authorization header alone. */

import { HubbubError } from "./protocol";

const TIMEOUT_MS = 10_000;

interface Options {
  token?: string | undefined;
  body?: unknown;
}

/** GETs (or POSTs, with a `body`) /api/v1 + path at `host`. Raises HubbubError. */
export async function call<T>(host: string, path: string, { token, body }: Options = {}): Promise<T> {
  let status = 0;
  let answer: { error?: { code: never; message: string; retry_after?: number } };
  try {
    const response = await fetch(`${host}/api/v1${path}`, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { "Content-Type": "application/json" }),
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
  const { code, message, retry_after } = answer.error ?? ({} as Record<string, never>);
  throw new HubbubError(code ?? "internal", message, retry_after ?? null);
}

/** What a request can fail with. */

import type { ERROR_CODES, Error as WireError } from "../protocol/generated";

/** The server's codes, and one of our own: no connection. */
export type ErrorCode = (typeof ERROR_CODES)[number] | "offline";

/** A refusal, by the server or for want of one. `retryAfter` is in seconds; `suggestions` are free names. */
export class HubbubError extends Error {
  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly retryAfter?: number | null,
    readonly suggestions?: readonly string[],
  ) {
    super(message);
  }
}

export const refusal = ({ code, message, retry_after, suggestions }: WireError) =>
  new HubbubError(code as ErrorCode, message, retry_after, suggestions);

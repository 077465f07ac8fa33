/** The shapes that travel between Hubbub's server and its readers (docs/protocol.md). Types only: no bytes. */

import type { ERROR_CODES } from "./generated";

export type ServerErrorCode = (typeof ERROR_CODES)[number];
/** The server's codes, and two of our own: no connection, and no answer that we understand. */
export type ErrorCode = ServerErrorCode | "offline";
export type Role = "guest" | "moderator" | "owner";

export interface Author {
  id: string | null;
  name: string | null;
  website: string | null;
  role: Role | null;
}

export interface Comment {
  id: string;
  number: number;
  parent: string | null;
  author: Author;
  html: string;
  body?: string;
  at: string;
  edited_at: string | null;
  removed: boolean;
}

export interface Thread {
  id: string;
  site: string;
  key: string;
  title: string | null;
  url: string | null;
  state: "open" | "closed";
  reason: string | null;
  epoch: string;
  head: number;
  comments: number;
  watching?: number;
}

export interface CommentEvent {
  seq: number;
  kind: "comment.posted" | "comment.edited" | "comment.removed" | "comment.restored";
  at: string;
  comment: Comment;
}

export interface ThreadEvent {
  seq: number;
  kind: "thread.closed" | "thread.reopened" | "thread.changed";
  at: string;
  thread: Thread;
  reason?: string | null;
  by?: string | null;
}

export type Event = CommentEvent | ThreadEvent;

export interface Page {
  thread: Thread;
  comments: Comment[];
  more: boolean;
}

export interface Snapshot extends Page {
  reset?: boolean;
  now?: string;
}

export interface CatchUp {
  thread: Thread;
  events: Event[];
  more: boolean;
  now?: string;
}

export type Target = { thread: string } | { site: string; key: string };

export type Join = { cmd: "join"; after?: { epoch: string; seq: number } } & Target;
export type Joined = Snapshot | CatchUp;

export type Command =
  | { cmd: "hello"; token: string }
  | Join
  | { cmd: "leave"; thread: string }
  | { cmd: "post"; thread: string; id: string; body: string; parent?: string }
  | { cmd: "edit"; comment: string; body: string }
  | { cmd: "remove" | "restore"; comment: string }
  | { cmd: "close"; thread: string; reason?: string }
  | { cmd: "reopen"; thread: string };

/** What is pushed to a reader of a thread. */
export type Push =
  | { push: "events"; thread: string; epoch: string; events: Event[] }
  | { push: "presence"; thread: string; watching: number; typing?: number }
  | { push: "reset"; thread: string };

/** What is pushed to the connection itself. */
export type Goodbye = { push: "goodbye"; reconnect_in: number };

export interface WireError {
  code: ServerErrorCode;
  message?: string;
  retry_after?: number | null;
}

export type Reply = { re: number | null; ok: true } | { re: number | null; ok: false; error: WireError };

/** A refusal, by the server or by the lack of one. `retryAfter` is in seconds. */
export class HubbubError extends Error {
  constructor(
    readonly code: ErrorCode,
    message?: string,
    readonly retryAfter?: number | null,
  ) {
    super(message);
  }
}

export const refusal = ({ code, message, retry_after }: WireError) => new HubbubError(code, message, retry_after);

/** True when what failed so is tried again by itself: the line or the server is away. */
export const isDelayed = ({ error }: { error?: HubbubError | undefined }): boolean =>
  /^(offline|unavailable)$/.test(error?.code as string);

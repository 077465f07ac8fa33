/** Makers of comments and threads, and a WebSocket that a test plays the server of. */

import { vi } from "vitest";
import type { Handlers } from "../src/core/subscription";
import type { Author, Comment, Event, Thread } from "../src/protocol/generated";

export const HOST = "https://comments.example";

/** Of a subscription whose owner does not care. */
export const HANDLERS: Handlers = {
  changed() {},
  presence() {},
  refused() {},
  unreached() {},
  status() {},
  renew: async () => undefined,
  signedOut() {},
};

export const author = (over: Partial<Author> = {}): Author => ({
  id: "ada",
  name: "Ada",
  website: null,
  role: "guest",
  ...over,
});

export const comment = (number: number, over: Partial<Comment> = {}): Comment => ({
  id: `c${number}`,
  number,
  parent: null,
  author: author(),
  html: `<p>text ${number}</p>`,
  at: "2026-11-22T10:00:00.000Z",
  edited_at: null,
  removed: false,
  ...over,
});

export const tombstone = (gone: Comment): Comment => ({
  ...gone,
  author: { id: null, name: null, website: null, role: null },
  html: "",
  edited_at: null,
  removed: true,
});

export const thread = (over: Partial<Thread> = {}): Thread => ({
  id: "abcdefghijklmnop",
  site: "demo",
  key: "/2026/11/22/ferry",
  title: null,
  url: null,
  state: "open",
  reason: null,
  epoch: "e1",
  head: 0,
  comments: 0,
  ...over,
});

export const posted = (seq: number, number = seq): Event => ({
  seq,
  kind: "comment.posted",
  at: "2026-11-22T10:00:00.000Z",
  comment: comment(number),
});

type Json = Record<string, unknown>;

/** Stands in for the browser's WebSocket; the test says what the server does. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  static install(): void {
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
  }

  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code?: number }) => void) | null = null;
  readonly sent: Json[] = [];
  closed = false;
  /** The thread that was joined, as the test has said since; and who joined it. */
  private thread: Json | undefined;
  private token: unknown;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    const message = JSON.parse(text);
    this.sent.push(message);
    if (message.cmd !== "join") return;
    // It knows every token, unless the test refuses it in the same turn.
    const again = this.thread && message.token !== this.token;
    if (again)
      queueMicrotask(() => this.says({ re: message.ref, ok: true, thread: this.thread, events: [], more: false }));
    this.token = message.token;
  }

  close(): void {
    this.closed = true;
  }

  accept(): void {
    this.onopen?.();
  }

  says(message: Json): void {
    if (message.push === "events") this.note(message.events as Event[]);
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  drops(code = 1006): void {
    this.onclose?.({ code });
  }

  /** The last command of this kind. */
  command(cmd: string): Json {
    const found = this.sent.findLast((message) => message.cmd === cmd);
    if (!found) throw new Error(`${cmd} was not sent, but ${JSON.stringify(this.sent)}`);
    return found;
  }

  private note(events: Event[]): void {
    for (const { seq, kind, thread } of events) {
      const counted = { "comment.posted": 1, "comment.restored": 1, "comment.removed": -1 }[kind] ?? 0;
      const comments = (this.thread?.comments as number) + counted;
      this.thread = { ...this.thread, ...thread, head: seq, comments };
    }
  }

  /** Answers the last command of this kind. */
  answers(cmd: string, fields: Json): void {
    if (cmd === "join") this.thread = fields.thread as Json;
    this.says({ re: this.command(cmd).ref, ok: true, ...fields });
  }

  refuses(cmd: string, code: string, retryAfter: number | null = null): void {
    const error = { code, message: `no: ${code}`, retry_after: retryAfter };
    this.says({ re: this.command(cmd).ref, ok: false, error });
  }
}

/** Answers every HTTP call with what `answer` returns: [status, body], or throws like a dead network. */
export function fakeFetch(answer: (url: string, init: RequestInit & { json?: Json }) => [number, unknown]) {
  const fake = vi.fn(async (url: string, init: RequestInit) => {
    const json = init.body ? JSON.parse(String(init.body)) : undefined;
    const [status, body] = answer(url, { ...init, json });
    return new Response(JSON.stringify(body), { status });
  });
  vi.stubGlobal("fetch", fake);
  return fake;
}

/** Lets every promise that can settle do so. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

/** Waits until the parts that come when they are needed are there, and have been used. */
export async function loaded(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await vi.dynamicImportSettled();
    await settled();
  }
}

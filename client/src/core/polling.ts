/**
 * Stands in for the WebSocket where none gets through: takes the same commands, makes a request of each, and asks every
 * now and then what is new. Its users see no difference, except that events come late.
 */

import type { Command, OwnPush, Push, SnapshotAnswer } from "../protocol/generated";
import { call, query } from "./api";
import type { HubbubError } from "./errors";
import type { CatchUp } from "./store";
import type { Transport } from "./transport";

/** How often a page that is seen asks: 10 of one address stay far below what the server takes of it. */
const POLL_MS = 15_000;

interface Position {
  epoch: string;
  seq: number;
  /** What the readers of the site were last told of it, as text. */
  site?: string;
  /** Whether the reader joined as somebody, who may have comments that only they see. */
  speaks: boolean;
}
/** Says that the state of a comment of the reader's own may be another, where only they know whether they ask for it. */
type OwnNews = Omit<OwnPush, "comment">;
type Fields = { cmd: string; thread?: string; comment?: string | null } & Record<string, unknown>;
type News = Pick<CatchUp, "events" | "more" | "site">;

/** Commands that need no request. */
const NONE = /^(hello|leave|typing)$/;
/** The method of those whose path ends with the thread or the comment; the others are a POST to their name below it. */
const METHODS: Record<string, string> = { edit: "PATCH", mode: "PATCH", remove: "DELETE" };

export class Polling implements Transport {
  onopen: Transport["onopen"] = null;
  onmessage: Transport["onmessage"] = null;
  onclose: Transport["onclose"] = null;
  private readonly _positions = new Map<string, Position>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _asking: boolean | undefined;
  private _again: boolean | undefined;
  private _closed: boolean | undefined;

  /** `_hidden` is true while nobody sees the page: then it asks for nothing, and joins again when it is seen. */
  constructor(
    private readonly _host: string,
    private readonly _hidden: () => boolean,
  ) {
    // Its maker sets the handlers in the same turn.
    queueMicrotask(() => this.onopen?.());
    this._plan(POLL_MS);
  }

  send(text: string, token?: string): void {
    const { ref, ...command } = JSON.parse(text);
    this._carryOut(command, token).then(
      (fields) => this._tell({ re: ref, ok: true, ...fields }),
      ({ code, message, retryAfter }: HubbubError) => {
        if (code === "offline") this._lost();
        else this._tell({ re: ref, ok: false, error: { code, message, retry_after: retryAfter } });
      },
    );
  }

  close(): void {
    this._closed = true;
    clearTimeout(this._timer);
  }

  private _tell(message: object): void {
    if (!this._closed) this.onmessage?.({ data: JSON.stringify(message) });
  }

  private _ask<T>(path: string, options?: object): Promise<T> {
    return call<T>(this._host, path, options);
  }

  /** The command's reply, but for `re` and `ok`. Raises HubbubError. */
  private async _carryOut(command: Command, token?: string): Promise<object | undefined> {
    if (command.cmd === "join") return this._join(command);
    const { cmd, thread, comment, ...body } = command as Fields;
    if (cmd === "leave") this._positions.delete(thread as string);
    if (NONE.test(cmd)) return;
    if (cmd === "pin") body.comment = comment;
    const method = METHODS[cmd];
    const path = thread ? `/threads/${thread}` : `/comments/${comment}`;
    const end = method ? "" : cmd === "post" ? "/comments" : `/${cmd}`;
    const done = await this._ask<object>(path + end, { method, body, token });
    this._soon();
    return done;
  }

  private async _join({ cmd, after, token, ...target }: Extract<Command, { cmd: "join" }>): Promise<object> {
    const snapshot = await this._ask<SnapshotAnswer>(`/threads?${query(target as unknown as Record<string, string>)}`, {
      token,
    });
    const { id, epoch, head } = snapshot.thread;
    const known = after?.epoch === epoch && after.seq <= head;
    const position = { epoch, seq: known ? after.seq : head, site: JSON.stringify(snapshot.site), speaks: !!token };
    this._positions.set(id, position);
    if (!known) return { ...snapshot, reset: after && true };
    const { events, more } = await this._next(id, position);
    if (more) this._soon();
    return { ...snapshot, comments: undefined, events, more };
  }

  /** What follows `position`, which moves on. */
  private async _next(thread: string, position: Position): Promise<News> {
    const { epoch, seq } = position;
    const news = await this._ask<News>(`/threads/${thread}/events?epoch=${epoch}&after=${seq}&site=1`);
    position.seq = Math.max(position.seq, ...news.events.map((event) => event.seq));
    return news;
  }

  private async _poll(): Promise<void> {
    this._asking = true;
    this._again = false;
    for (const [thread, position] of this._hidden() ? [] : this._positions) await this._bring(thread, position);
    // A reply that nobody waits for: it shows that the server answers.
    this._tell({ re: null, ok: true });
    this._asking = false;
    this._plan(this._again ? 0 : POLL_MS * (0.8 + Math.random() * 0.4));
  }

  /** Pushes what follows `position`. */
  private async _bring(thread: string, position: Position): Promise<void> {
    // The thread may have been left or joined again meanwhile.
    const push = (message: Push | OwnNews) => this._positions.get(thread) === position && this._tell(message);
    try {
      for (let more = true; more && !this._closed; ) {
        const { epoch, seq } = position;
        const news = await this._next(thread, position);
        const events = news.events.filter((event) => event.seq > seq);
        if (events.length) push({ push: "events", thread, epoch, events });
        more = news.more;
        const { site } = news;
        const told = JSON.stringify(site);
        if (site && told !== position.site) push({ push: "site", site });
        position.site = told;
      }
      if (position.speaks) push({ push: "own", thread });
    } catch (error) {
      const { code } = error as HubbubError;
      if (code === "reset") {
        push({ push: "reset", thread });
        this._positions.delete(thread);
      } else if (/^(offline|unavailable)$/.test(code)) this._lost();
    }
  }

  private _plan(waitMs: number): void {
    clearTimeout(this._timer);
    if (!this._closed) this._timer = setTimeout(() => this._poll(), waitMs);
  }

  /** Asks at once: the reader wants to see what they wrote. */
  private _soon(): void {
    this._again = true;
    if (!this._asking) this._plan(0);
  }

  private _lost(): void {
    if (this._closed) return;
    this.close();
    this.onclose?.({});
  }
}

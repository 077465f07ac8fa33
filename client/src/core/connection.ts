/**
 * One WebSocket a host, shared by all subscriptions.
 *
 * It reconnects with backoff until nobody listens any more or a close code says not to. It does not remember threads: a
 * listener is told `up()` after every (re)connect and joins again by itself. Where listeners find that requests get through
 * and no WebSocket does, `poll()` puts requests in its place, until one does.
 */

import {
  type Command,
  FINAL,
  type GoodbyePush,
  type JoinReply,
  type Push,
  type RefusalReply,
  type Reply,
  type SnapshotAnswer,
} from "../protocol/generated";
import { fullJitter } from "./backoff";
import { HubbubError, refusal } from "./errors";
import type { CatchUp } from "./store";
import type { Transport } from "./transport";

/** No answer for this long means that the connection is dead. A repeated post is harmless, so this may be short. */
const ANSWER_MS = 10_000;
/** How often a WebSocket is tried where requests stand in for it. */
const TRY_MS = 30_000;
/** After the third connection that brought nothing listeners ask why, and again after each fourth from there. */
const ASK_AT = 3;
const ASK_EVERY = 4;

type Unnumbered<C> = C extends unknown ? Omit<C, "ref"> : never;
/** A command that is answered, without the number that the connection gives it. */
export type Request = Unnumbered<Exclude<Command, { cmd: "typing" }>>;
export type Join = Extract<Request, { cmd: "join" }>;
export type Joined = Partial<Pick<JoinReply, "now" | "own">> & (SnapshotAnswer | CatchUp);

export interface Listener {
  up(): void;
  /** `final` when the server said not to come back. */
  down(final: boolean): void;
  push(message: Push): void;
  /** Another listener joined the thread that this one follows, when its head was `head`; the server sends what comes after. */
  joined?(head: number, thread: string): void;
  /** The token with which it joined, if any. */
  _speaker?: string | undefined;
  /** No WebSocket comes about. */
  unreached?(): void;
}

export type Message = Reply | RefusalReply | Push | GoodbyePush;

interface Waiting {
  _resolve(reply: unknown): void;
  _reject(error: HubbubError): void;
  _timer: ReturnType<typeof setTimeout>;
}

export class Connection {
  readonly _listeners = new Set<Listener>();
  readonly _waiting = new Map<number, Waiting>();
  /** To the server all listeners are one reader, which must not leave a thread that any of them follows. */
  readonly _followers = new Map<string, Set<Listener>>();
  _transport: Transport | undefined;
  private _standIn: Transport | undefined;
  _ready: boolean | undefined;
  /** Whether the present transport has brought anything, and whether any WebSocket ever has. */
  private _answered: boolean | undefined;
  private _reached: boolean | undefined;
  /** Transports in a row that brought nothing. */
  private _failures = 0;
  /** The server said not to come back. Only a new listener, or a page that comes back from sleep, makes it try again. */
  private _over: boolean | undefined;
  private _attempt = 0;
  private _goodbyeMs: number | undefined;
  private _retry: ReturnType<typeof setTimeout> | undefined;
  private _trying: ReturnType<typeof setInterval> | undefined;
  private _heard = 0;
  private _ref = 0;
  /** Joins that are not answered yet. Their answers say which threads they are for; until then no thread is left. */
  _joins = 0;

  /** `_host` is an origin such as https://comments.example.org; `_polling` loads what makes the stand-in for a WebSocket. */
  constructor(
    private readonly _host: string,
    private readonly _polling: () => Promise<() => Transport>,
  ) {}

  add(listener: Listener): void {
    this._listeners.add(listener);
    if (this._ready) listener.up();
    else if (!this._transport) this.open();
  }

  /** The listener hears nothing more; threads that no other follows are left. */
  remove(listener: Listener): void {
    this._listeners.delete(listener);
    for (const set of this._followers.values()) set.delete(listener);
    if (this._listeners.size) this._leaveUnfollowed();
    else this.drop();
  }

  /** The answer to a join; the listener follows the thread from then on. Raises HubbubError. */
  async join(listener: Listener, command: Join): Promise<Joined> {
    this._joins++;
    try {
      const reply = await this.request<Joined>(command, command.token ?? undefined);
      const { id, head } = reply.thread;
      const others = this._followers.get(id) ?? new Set();
      for (const other of others) if (other !== listener) other.joined?.(head, id);
      // A listener that was removed before the answer follows nothing.
      this._followers.set(id, this._listeners.has(listener) ? others.add(listener) : others);
      return reply;
    } finally {
      this._joins--;
      this._leaveUnfollowed();
    }
  }

  /** The answer to a command of `token`'s author. Raises HubbubError: the server's, or `offline`. */
  request<T>(command: Request, token?: string): Promise<T> {
    return new Promise<unknown>((_resolve, _reject) => {
      if (!this._ready) return _reject(new HubbubError("offline"));
      const ref = ++this._ref;
      this._transport?.send(JSON.stringify({ ...command, ref }), token);
      this._waiting.set(ref, { _resolve, _reject, _timer: setTimeout(() => this.lost(), ANSWER_MS) });
    }) as Promise<T>;
  }

  /** Tells the server that the reader of this thread is typing. It is not answered. */
  typing(thread: string): void {
    if (this._ready) this._transport?.send(JSON.stringify({ cmd: "typing", thread }));
  }

  /** Requests stand in for the WebSocket from now on, if there is none. */
  async poll(): Promise<void> {
    const make = await this._polling();
    if (this._ready || this._over || !this._listeners.size) return;
    this.drop();
    this._standIn = make();
    this._use(this._standIn);
    this._trying = setInterval(() => this._tryAgain(), TRY_MS);
  }

  /** Connects now, unless it is connected or nobody listens. */
  open(): void {
    clearTimeout(this._retry);
    if (this._transport || !this._listeners.size) return;
    this._over = false;
    try {
      this._use(this._dial());
    } catch {
      // A page under https may not even try ws:.
      this.lost();
    }
  }

  /** The network or the page may have slept: connects now rather than later, or checks that the other side lives. */
  wake(silenceMs: number): void {
    if (this._transport) this.check(silenceMs);
    else if (!this._over) this.open();
  }

  /** After this much silence a listener is asked to join again, which doubles as a check: browsers cannot ping. */
  check(silenceMs: number): void {
    if (this._ready && Date.now() - this._heard > silenceMs) [...this._listeners][0]?.up();
  }

  /** Ends the present transport, which may have closed by itself, and plans the next. */
  lost(code?: number): void {
    const failed = !this._answered;
    this._over ||= FINAL.includes(code);
    this.drop();
    if (this._over || !this._listeners.size) return;
    this._retry = setTimeout(() => this.open(), this._goodbyeMs ?? fullJitter(this._attempt++));
    this._goodbyeMs = undefined;
    // The server may just be restarting: listeners ask later.
    if (failed && ++this._failures % ASK_EVERY === ASK_AT && !(this._reached && this._failures === ASK_AT))
      for (const listener of this._listeners) listener.unreached?.();
  }

  /** Disconnects, and does not come back by itself. */
  drop(): void {
    clearTimeout(this._retry);
    clearInterval(this._trying);
    const transport = this._transport;
    if (transport) {
      transport.onopen = transport.onmessage = transport.onclose = null;
      transport.close();
    }
    this._transport = undefined;
    this._ready = false;
    for (const { _reject, _timer } of this._waiting.values()) {
      clearTimeout(_timer);
      _reject(new HubbubError("offline"));
    }
    this._waiting.clear();
    this._followers.clear();
    for (const listener of this._listeners) listener.down(!!this._over);
  }

  /** A new WebSocket. */
  _dial(): Transport {
    return new WebSocket(`${this._host.replace(/^http/, "ws")}/api/v1/live`, "hubbub.v1.json") as unknown as Transport;
  }

  protected _use(transport: Transport): void {
    this._transport = transport;
    this._answered = false;
    this._heard = Date.now();
    this._retry = setTimeout(() => this.lost(), ANSWER_MS);
    transport.onopen = () => this._opened();
    transport.onmessage = ({ data }) => this._receive(JSON.parse(data));
    transport.onclose = ({ code }) => this.lost(code);
  }

  private _opened(): void {
    clearTimeout(this._retry);
    this._ready = true;
    for (const listener of this._listeners) listener.up();
  }

  /** A WebSocket that opens takes the place of the requests. */
  private _tryAgain(): void {
    const transport = this._dial();
    transport.onopen = () => {
      if (this._transport !== this._standIn) return transport.close();
      this.drop();
      this._use(transport);
      this._opened();
    };
  }

  protected _receive(message: Message): void {
    this._heard = Date.now();
    // Only an answer resets the backoff: a server that accepts and drops us must not be hammered.
    this._attempt = this._failures = 0;
    this._answered = true;
    this._reached ||= this._transport !== this._standIn;
    if ("push" in message) {
      if (message.push === "goodbye") this._goodbyeMs = message.reconnect_in * 1000;
      else for (const listener of this._listeners) listener.push(message);
      return;
    }
    const ref = message.re as number;
    const waiting = this._waiting.get(ref);
    if (!waiting) return;
    this._waiting.delete(ref);
    clearTimeout(waiting._timer);
    if (message.ok) waiting._resolve(message);
    else waiting._reject(refusal(message.error));
  }

  /** Leaves the threads that nobody follows. */
  _leaveUnfollowed(): void {
    if (this._joins) return;
    for (const [thread, { size }] of this._followers) {
      if (size) continue;
      this._followers.delete(thread);
      this.request({ cmd: "leave", thread }).catch(() => {});
    }
  }
}

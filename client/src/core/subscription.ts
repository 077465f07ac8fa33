/** One reader in one thread: joins, resumes, notices gaps, and speaks for the reader. No DOM. */

import type { Event, OwnComment, Push, SnapshotAnswer } from "../protocol/generated";
import { call, query } from "./api";
import { setClock } from "./clock";
import type { Connection, Joined, Listener, Request } from "./connection";
import type { HubbubError } from "./errors";
import { type Identity, type Session, session } from "./session";
import { type Applied, applyEvents, catchUp, fromSnapshot, mergePage, type State } from "./store";

export const OLDER_PAGE = 200;
/** Refusals of a join that may pass by themselves, and how long to wait when the server does not say. */
const isPassing = ({ code }: HubbubError) => /^(offline|unavailable|internal|rate_limited|reset)$/.test(code);
const RETRY_S = 5;
/** After a reset, or for what was announced and not delivered. */
const RECHECK_S = 1;
const TYPING_MS = 3_000;

/** A thread by its id, or by the page it belongs to. */
export type Target = { thread: string } | { site: string; key: string };

/**
 * `live`: connected and joined. `reconnecting`: there is no connection, or none yet. `delayed`: there is one, but the server
 * cannot serve the thread just now. `stopped`: the server said not to come back.
 */
export type Status = "live" | "reconnecting" | "delayed" | "stopped";

/** What a subscription tells. */
export interface Handlers {
  /** The state is another; `fresh` are the events that made it so, none after a snapshot or an older page. */
  changed(fresh: readonly Event[]): void;
  /** `typing`: how many others write just now; none when it is left out. */
  presence(watching: number, typing?: number): void;
  /** What the reader wrote that others don't see, or do by now; undefined where it has to be asked for, if anything waits. */
  own?(comments: readonly (OwnComment | undefined)[]): void;
  /** The thread cannot be joined. */
  refused(error: HubbubError): void;
  /** No WebSocket has come about yet; what a request was refused with, or nothing if it was answered. */
  unreached(error?: HubbubError): void;
  status(status: Status): void;
  /** Makes a new token in place of one that has expired; nothing if it cannot. */
  renew(session: Session): Promise<Identity | undefined>;
  /** The reader's claimed token was refused, and is forgotten: from here on they only read. */
  signedOut(error: HubbubError): void;
}

export class Subscription implements Listener {
  state: State | undefined;
  private _joining: boolean | undefined;
  private _startOver: boolean | undefined;
  /** An event was missing while a join was on its way, which may have been too early to bring it. */
  private _again: boolean | undefined;
  private _gone: boolean | undefined;
  private _typedAt = 0;
  /** The token with which the thread was joined: its author speaks in this thread. */
  _speaker: string | undefined;
  private _older: Promise<void> | undefined;
  private _retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly _connection: Connection,
    private readonly _host: string,
    private readonly _target: Target,
    private readonly _handlers: Handlers,
  ) {}

  /** Joins as soon as there is a connection. */
  start(): void {
    this._connection.add(this);
  }

  leave(): void {
    this._gone = true;
    clearTimeout(this._retry);
    this._connection.remove(this);
  }

  /** Who speaks in this thread. */
  session(): Session {
    return session(this._host, this._site());
  }

  /** Loads the page before the oldest comment shown; asked again meanwhile it is the same page. */
  older(): Promise<void> {
    this._older ??= this._loadOlder().finally(() => {
      this._older = undefined;
    });
    return this._older;
  }

  /** Loads a page of comments, which `merge` puts into the state. Raises HubbubError. */
  async load(query: string, merge: (state: State, page: SnapshotAnswer) => State): Promise<void> {
    const epoch = this.state?.epoch;
    const page = await this._get<SnapshotAnswer>(`/threads?thread=${this._id()}&${query}`);
    // A page of another epoch does not fit; the reset that goes with it is on its way.
    if (this.state?.epoch !== epoch || page.thread.epoch !== epoch || !this.state) return;
    this.show(merge(this.state, page));
  }

  /** Asks for `path` as the reader, or as nobody once their token has expired. Raises HubbubError. */
  _get<T>(path: string, token = this._speaker): Promise<T> {
    return call<T>(this._host, path, { token }).catch((error: HubbubError) => {
      if (error.code !== "unauthorized") throw error;
      return call(this._host, path);
    });
  }

  /** Sends a command as the reader, whose expired token is renewed once. Raises HubbubError. */
  async send<T>(command: Request): Promise<T> {
    const mine = this.session();
    try {
      return await this._sendAs(mine.get()?.token, command);
    } catch (error) {
      if ((error as HubbubError).code !== "unauthorized") throw error;
      const renewed = await this._handlers.renew(mine);
      if (!renewed) throw error;
      return this._sendAs(renewed.token, command);
    }
  }

  /** Another state than events made, such as one with an older page. */
  show(state: State): void {
    this.state = state;
    this._handlers.changed([]);
  }

  /** Tells the others that this reader is typing, but not at every key. */
  typing(): void {
    const id = this._id();
    if (!id || Date.now() - this._typedAt < TYPING_MS) return;
    this._typedAt = Date.now();
    this._connection.typing(id);
  }

  // What the connection calls.

  async up(): Promise<void> {
    if (this._joining || this._gone) return;
    this._joining = true;
    clearTimeout(this._retry);
    const mine = this.session();
    const identity = this._site() ? mine.get() : undefined;
    try {
      try {
        await this._join(identity?.token);
      } catch (error) {
        // The token is no longer valid. Reading needs none. The next command renews a guest's; a claimed one is over.
        if (!identity || (error as HubbubError).code !== "unauthorized") throw error;
        if (!identity.profile) {
          mine.keep(undefined);
          this._handlers.signedOut(error as HubbubError);
        }
        await this._join();
      }
    } catch (error) {
      this._refuse(error as HubbubError);
    }
    this._joining = false;
  }

  down(final: boolean): void {
    this._joining = false;
    this._speaker = undefined;
    this._handlers.status(final ? "stopped" : "reconnecting");
  }

  push(message: Push): void {
    const { state } = this;
    if (!state) return;
    if (message.push === "site") {
      if (message.site.name === state.thread.site) this.show({ ...state, site: message.site });
    } else if (message.thread !== this._id()) return;
    else if (message.push === "own") this._handlers.own?.([message.comment]);
    else if (message.push === "presence") this._handlers.presence(message.watching, message.typing);
    else if (message.push === "reset" || message.epoch !== state.epoch) {
      this._startOver = true;
      void this.up();
    } else {
      const applied = applyEvents(state, message.events);
      this._take(applied);
      if (!applied.gap) return;
      this._again = this._joining;
      void this.up();
    }
  }

  /** Finds out whether the WebSocket alone does not get through, or why the server refuses us. */
  async unreached(): Promise<void> {
    try {
      await call(this._host, `/threads?${query({ ...this._target, limit: "1" })}`);
      if (this._gone) return;
      void this._connection.poll();
      if (!this.state) this._handlers.unreached();
    } catch (caught) {
      const error = caught as HubbubError;
      if (!isPassing(error)) this._refuse(error);
      else if (!this.state && !this._gone) this._handlers.unreached(error);
    }
  }

  /** What the server sends now begins after `head`. Wait a moment: the events before it may be on their way. */
  joined(head: number): void {
    setTimeout(() => this.state && !this._gone && this.state.seq < head && void this.up(), RECHECK_S * 1000);
  }

  private _id(): string | undefined {
    return this.state?.thread.id;
  }

  private _site(): string {
    return "site" in this._target ? this._target.site : (this.state?.thread.site ?? "");
  }

  private _take({ state, fresh }: Applied): void {
    this.state = state;
    if (fresh.length) this._handlers.changed(fresh);
  }

  private _arrive(reply: Joined): void {
    if (this._gone) return;
    setClock(reply.now);
    if ("comments" in reply) {
      this._startOver = false;
      this.show(fromSnapshot(reply));
    } else if (this.state) {
      const applied = catchUp(this.state, reply);
      this._again ||= applied.gap;
      this._take(applied);
    }
    this._handlers.presence(reply.thread.watching ?? 0);
    if (reply.own?.[0]) this._handlers.own?.(reply.own);
    this._handlers.status("live");
    // Wait a moment: if the server never delivers what it announces, it must not be asked in a tight loop.
    if (this._again) this._retryIn(RECHECK_S);
    this._again = false;
  }

  private _refuse(error: HubbubError): void {
    if (this._gone || error.code === "offline") return;
    if (isPassing(error)) {
      const reset = error.code === "reset";
      this._startOver ||= reset;
      this._retryIn(error.retryAfter ?? (reset ? RECHECK_S : RETRY_S));
      this._handlers.status("delayed");
    } else {
      // Another try would get the same answer, and the server closes a connection that follows no thread.
      this._connection.remove(this);
      this._handlers.refused(error);
    }
  }

  private _retryIn(seconds: number): void {
    this._retry = setTimeout(() => this.up(), seconds * 1000);
  }

  private async _loadOlder(): Promise<void> {
    const { state } = this;
    if (!state) return;
    await this.load(`before=${state.from}&limit=${OLDER_PAGE}`, mergePage);
  }

  /** Follows the thread from the present state on, as the author of `token`. Raises HubbubError. */
  private async _join(token?: string): Promise<void> {
    const { state } = this;
    const after = state && !this._startOver && { after: { epoch: state.epoch, seq: state.seq } };
    const join = { cmd: "join" as const, ...this._target, ...after };
    const { _connection } = this;
    const reply = await _connection.join(this, token ? { ...join, token } : join).catch(async (error: HubbubError) => {
      if (!token || error.code !== "bad_request") throw error;
      // An older server, during a rolling upgrade, knows no token in a join: there `hello` is for all threads.
      await _connection.request({ cmd: "hello", token });
      return _connection.join(this, join);
    });
    this._speaker = token;
    this._arrive(reply);
  }

  private async _sendAs<T>(token: string | undefined, command: Request): Promise<T> {
    if (token !== this._speaker) await this._join(token);
    return this._connection.request<T>(command, token);
  }
}

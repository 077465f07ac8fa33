/** A thread as a store: what it holds now, who is told when that changes, and what a reader may do in it. */

import type { Comment, Event, Thread, Vote } from "../protocol/generated";
import { fullJitter } from "./backoff";
import type { Connection, Request } from "./connection";
import { HubbubError } from "./errors";
import type { Profile, Session } from "./session";
import type { Signer } from "./signing";
import { hasOlder, type State, shown } from "./store";
import { type Handlers, type Status, Subscription, type Target } from "./subscription";
import { uuid } from "./uuid";
import { react, vote } from "./votes";

/** What is known of a thread. It never changes: another one takes its place. */
export interface Snapshot {
  readonly status: Status;
  /** Missing until the thread has been joined. */
  readonly thread: Thread | undefined;
  /** In order of their numbers; a removed one stays in its place. */
  readonly comments: readonly Comment[];
  /** There are comments before these: see `older()`. */
  readonly hasOlder: boolean;
  /** How many read the thread, and how many others write just now. */
  readonly watching: number;
  readonly typing: number;
  /** Why the thread cannot be joined. */
  readonly error: HubbubError | undefined;
}

/** It is followed while anybody is told of it, or waits for something. */
export interface ThreadStore {
  /**
   * Tells `listener` the snapshot, at once and whenever it is another, until the returned function is called. So it is a
   * store as Svelte has them, and with `getSnapshot` one for React's useSyncExternalStore.
   */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  /** The present snapshot, the same object until something changes. */
  getSnapshot(): Snapshot;
  /** Tells `listener` each event as it comes, none twice, until the returned function is called. */
  onEvent(listener: (event: Event) => void): () => void;
  /** Posts a comment. It is tried until the server has stored or refused it, and stored once. Raises HubbubError. */
  post(body: string, options?: { parent?: string; id?: string }): Promise<Comment>;
  edit(comment: string, body: string): Promise<Comment>;
  remove(comment: string, reason?: string): Promise<Comment>;
  restore(comment: string): Promise<Comment>;
  /** 1 is up, -1 down, 0 takes it back. */
  vote(comment: Comment, value: Vote["value"]): Promise<void>;
  /** Adds one of the site's reactions, or takes it back. */
  react(comment: Comment, name: string, on: boolean): Promise<void>;
  /** For staff, as the next two. */
  close(reason?: string): Promise<Thread>;
  reopen(): Promise<Thread>;
  pin(comment: string | null): Promise<Thread>;
  /** Adds a page of older comments to the snapshot. */
  older(): Promise<void>;
  /** Others are told that this reader writes. */
  typing(): void;
}

/** What a store is made of. */
export interface Parts {
  connection: Connection;
  host: string;
  /** Where it is kept who writes, given where the widget keeps it. */
  sessionOf: (kept: Session) => Session;
  signer: (session: Session) => Signer;
  /** Under what name to write where nobody has a token yet. */
  profile: Profile;
  /** A store has begun to follow its thread. */
  began: (store: Store) => void;
  ended: (store: Store) => void;
}

const NOTHING: Snapshot = {
  status: "reconnecting",
  thread: undefined,
  comments: [],
  hasOlder: false,
  watching: 0,
  typing: 0,
  error: undefined,
};

/** True when what failed so may be tried again, with the same id. */
const isPassing = ({ code }: HubbubError) => /^(offline|unavailable|rate_limited|internal)$/.test(code);

export class Store implements ThreadStore {
  private _snapshot = NOTHING;
  private _subscription: Subscription | undefined;
  /** What is known of the thread, also while nobody follows it: it is resumed from there. */
  private _state: State | undefined;
  private readonly _listeners = new Set<(snapshot: Snapshot) => void>();
  private readonly _eventListeners = new Set<(event: Event) => void>();
  /** Commands on their way, and what `onEvent` and `subscribe` promised. */
  private readonly _users = new Set<object>();
  private _over = false;

  constructor(
    private readonly _target: Target,
    private readonly _parts: Parts,
  ) {}

  readonly subscribe = (listener: (snapshot: Snapshot) => void): (() => void) => {
    listener(this._snapshot);
    return this._tell(this._listeners, listener);
  };

  readonly getSnapshot = (): Snapshot => this._snapshot;

  readonly onEvent = (listener: (event: Event) => void): (() => void) => this._tell(this._eventListeners, listener);

  async post(body: string, { id = uuid(), parent }: { parent?: string; id?: string } = {}): Promise<Comment> {
    const done = this._use({});
    const post = { cmd: "post" as const, id, body, ...(parent && { parent }) };
    try {
      for (let tries = 0; ; tries++) {
        const comment = await this._comment((thread) => ({ ...post, thread })).catch((error: HubbubError) => {
          if (this._over || !isPassing(error)) throw error;
          const wait = Math.max((error.retryAfter ?? 0) * 1000, fullJitter(tries));
          return new Promise<undefined>((resolve) => setTimeout(resolve, wait));
        });
        if (comment) return comment;
      }
    } finally {
      done();
    }
  }

  edit(comment: string, body: string): Promise<Comment> {
    return this._comment(() => ({ cmd: "edit", comment, body }));
  }

  remove(comment: string, reason?: string): Promise<Comment> {
    return this._comment(() => ({ cmd: "remove", comment, ...(reason && { reason }) }));
  }

  restore(comment: string): Promise<Comment> {
    return this._comment(() => ({ cmd: "restore", comment }));
  }

  vote(comment: Comment, value: Vote["value"]): Promise<void> {
    return this._with((subscription) => vote(subscription, comment, value));
  }

  react(comment: Comment, name: string, on: boolean): Promise<void> {
    return this._with((subscription) => react(subscription, comment, name, on));
  }

  close(reason?: string): Promise<Thread> {
    return this._thread((thread) => ({ cmd: "close", thread, ...(reason && { reason }) }));
  }

  reopen(): Promise<Thread> {
    return this._thread((thread) => ({ cmd: "reopen", thread }));
  }

  pin(comment: string | null): Promise<Thread> {
    return this._thread((thread) => ({ cmd: "pin", thread, comment }));
  }

  async older(): Promise<void> {
    await this._subscription?.older();
  }

  typing(): void {
    this._subscription?.typing();
  }

  /** Ends it for good: whoever waits for something hears `offline`. */
  _end(): void {
    this._over = true;
    this._users.clear();
    this._leave();
    this._set({ status: "stopped" });
  }

  private _tell<T extends object>(listeners: Set<T>, listener: T): () => void {
    listeners.add(listener);
    const done = this._use(listener);
    return () => {
      listeners.delete(listener);
      done();
    };
  }

  /** Follows the thread until the returned function is called. */
  private _use(user: object): () => void {
    this._users.add(user);
    if (!this._subscription && !this._over) {
      const { connection, host, sessionOf, began } = this._parts;
      this._subscription = new Subscription(connection, host, this._target, this._handlers());
      const kept = this._subscription.session.bind(this._subscription);
      this._subscription.session = () => sessionOf(kept());
      this._subscription.state = this._state;
      began(this);
      this._subscription.start();
    }
    return () => {
      this._users.delete(user);
      // A framework may leave and come again in one go.
      queueMicrotask(() => this._users.size || this._leave());
    };
  }

  private _leave(): void {
    if (!this._subscription) return;
    this._subscription.leave();
    this._subscription = undefined;
    this._parts.ended(this);
  }

  private _set(change: Partial<Snapshot>): void {
    this._snapshot = { ...this._snapshot, ...change };
    for (const listener of this._listeners) listener(this._snapshot);
  }

  private _handlers(): Handlers {
    return {
      changed: (fresh) => {
        const state = this._subscription?.state;
        if (!state) return;
        this._state = state;
        this._set({ thread: state.thread, comments: shown(state), hasOlder: hasOlder(state) });
        for (const event of fresh) for (const listener of this._eventListeners) listener(event);
      },
      presence: (watching, typing = 0) => this._set({ watching, typing }),
      refused: (error) => this._set({ status: "stopped", error }),
      unreached() {},
      status: (status) => this._set({ status, error: undefined }),
      renew: (session) => this._parts.signer(session).renew(),
      signedOut: (error) => this._set({ error }),
    };
  }

  /** What `work` does once the thread is live and the reader has a token. */
  private async _with<T>(work: (subscription: Subscription, thread: string) => Promise<T>): Promise<T> {
    const done = this._use({});
    try {
      const thread = await this._id();
      const subscription = this._subscription as Subscription;
      const session = subscription.session();
      if (!session.get()) await this._parts.signer(session).ensure(this._parts.profile);
      return await work(subscription, thread);
    } finally {
      done();
    }
  }

  private _send<T>(command: (thread: string) => Request): Promise<T> {
    return this._with((subscription, thread) => subscription.send<T>(command(thread)));
  }

  private async _comment(command: (thread: string) => Request): Promise<Comment> {
    return (await this._send<{ comment: Comment }>(command)).comment;
  }

  private async _thread(command: (thread: string) => Request): Promise<Thread> {
    return (await this._send<{ thread: Thread }>(command)).thread;
  }

  /** The thread's id, once it is live. Raises the refusal of a thread that cannot be joined. */
  private async _id(): Promise<string> {
    let stop = () => {};
    try {
      return await new Promise((resolve, reject) => {
        stop = this.subscribe(({ status, thread, error }) => {
          if (status === "live" && thread) resolve(thread.id);
          else if (status === "stopped") reject(error ?? new HubbubError("offline"));
        });
      });
    } finally {
      stop();
    }
  }
}

/**
 * Comments on their way. Each keeps its id from the first try to the last, so however often it is sent it is stored
 * once; and it stays in the browser's storage until the thread shows it, so a reload does not lose the text. While the
 * server cannot take it, it is tried again and again.
 */

import { fullJitter } from "./backoff";
import { HubbubError, isDelayed } from "./errors";
import type { Profile } from "./session";
import { load, save } from "./storage";

/** Without an answer for this long a comment is shown as delayed. */
const PATIENCE_MS = 10_000;

export interface Item {
  id: string;
  body: string;
  parent?: string;
  profile: Profile;
}

export interface Pending extends Item {
  state: "sending" | "sent" | "failed";
  error?: HubbubError | undefined;
  /** Once sent: the event that carries it. */
  seq?: number | null | undefined;
}

/** Ids that are done with may stand in it without an item. */
type Stored = Record<string, (Omit<Pending, "error"> & { error?: Pick<HubbubError, "code" | "message"> }) | undefined>;
type Send = (item: Item) => Promise<{ seq: number | null }>;

export interface Outbox {
  items(): Pending[];
  add(item: Item): void;
  /** Tries again what was refused, under the name that its writer has now. */
  retry(id: string, profile: Profile): void;
  /** Forgets an item and returns it. */
  take(id: string): Item | undefined;
  /** Forgets an item that the thread shows. */
  done(id: string): void;
  /** The connection is back: what was interrupted goes out again, at once. */
  resume(): void;
  /** Ends all tries. What was not sent is kept. */
  stop(): void;
  /** Goes on with what `stop` interrupted. */
  start(): void;
}

/** An element that shows the thread. */
export interface User {
  _send: Send;
  _changed(): void;
}

/** The page's outboxes, by key. They outlive their elements, of which one may come in another's place. */
const onPage = new Map<string, { _users: Set<User>; _box: Outbox }>();

/** The outbox of all elements on the page that show the thread: one of them sends, all show it; see `outbox`. */
export function sharedOutbox(key: string, user: User): Outbox {
  let shared = onPage.get(key);
  if (!shared) {
    const _users = new Set<User>();
    const changed = () => {
      for (const each of _users) each._changed();
    };
    shared = { _users, _box: outbox(key, (item) => ([..._users].at(-1) as User)._send(item), changed) };
    onPage.set(key, shared);
  }
  const { _users, _box } = shared;
  _users.add(user);
  _box.start();
  return {
    ..._box,
    stop() {
      _users.delete(user);
      if (!_users.size) _box.stop();
    },
  };
}

/** `key` names the thread in storage; `send` resolves when the server has acknowledged, to the event's seq. */
export function outbox(key: string, send: Send, changed: () => void): Outbox {
  const { _all, _get, _put, _mark } = keeper(`outbox:${key}`, changed);
  const busy = new Set<string>();
  const wakeUp: (() => void)[] = [];
  let stopped = false;

  async function attempt(id: string): Promise<void> {
    const item = _get(id);
    if (!item || busy.has(id)) return;
    busy.add(id);
    _mark(item, "sending");
    setTimeout(() => _get(id)?.state === "sending" && _mark(item, "failed", new HubbubError("offline")), PATIENCE_MS);
    for (let tries = 0; _get(id) && !stopped; tries++) {
      try {
        _mark(item, "sent", undefined, (await send(item)).seq);
        break;
      } catch (caught) {
        const error = caught as HubbubError;
        // Offline is no verdict yet: the next try may still bring it through.
        if (error.code !== "offline") _mark(item, "failed", error);
        if (!isDelayed({ error })) break;
        await nextTry(error, tries);
      }
    }
    busy.delete(id);
  }

  const nextTry = ({ code, retryAfter }: HubbubError, tries: number) =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, Math.max((retryAfter ?? 1) * 1000, fullJitter(tries)));
      // Not for the connection alone, which may be up while a request by HTTP fails.
      if (code === "offline") wakeUp.push(resolve);
    });

  function resume(): void {
    for (const next of wakeUp.splice(0)) next();
  }

  return {
    items: _all,
    add(item) {
      _put(item.id, { ...item, state: "sending" });
      changed();
      void attempt(item.id);
    },
    retry(id, profile) {
      const item = _get(id);
      if (item && !busy.has(id)) _put(id, { ...item, profile });
      void attempt(id);
    },
    take(id) {
      const item = _get(id);
      _put(id);
      changed();
      return item;
    },
    done: _put,
    resume,
    stop() {
      stopped = true;
    },
    start() {
      stopped = false;
      resume();
      for (const item of _all()) if (item.state === "sending" || isDelayed(item)) void attempt(item.id);
    },
  };
}

/** Keeps items in the browser's storage, by their ids. */
function keeper(slot: string, changed: () => void) {
  const entries = new Map<string, Pending>();
  const stored = () => load<Stored>(slot) ?? {};

  for (const item of Object.values(stored()))
    if (item) {
      const { code, message } = item.error ?? {};
      // What another page sent is not tried again by itself.
      const error = code && !isDelayed(item as Pending) ? new HubbubError(code, message) : undefined;
      entries.set(item.id, { ...item, state: "failed", error });
    }

  // Another tab on this thread has its own items in the same place: never write more than the one that changed.
  function _put(id: string, entry?: Pending): void {
    if (entry) entries.set(id, entry);
    else entries.delete(id);
    // An error is no JSON by itself.
    const error = entry?.error && { code: entry.error.code, message: entry.error.message };
    save(slot, { ...stored(), [id]: entry?.state === "sent" ? undefined : entry && { ...entry, error } });
  }

  return {
    _all: () => [...entries.values()],
    _get: (id: string) => entries.get(id),
    _put,
    _mark(item: Pending, state: Pending["state"], error?: HubbubError, seq?: number | null): void {
      const now = entries.get(item.id);
      // Tell each state once, or a screen reader would hear of each try.
      if (!now || (now.state === state && now.error?.code === error?.code)) return;
      _put(item.id, { ...item, state, error, seq });
      changed();
    },
  };
}

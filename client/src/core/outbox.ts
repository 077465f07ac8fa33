/**
 * Comments on their way. Each keeps its id from the first try to the last, so however often it is sent it is stored
 * once; and it stays in the browser's storage until the thread shows it, so a reload does not lose the text. While the
 * server cannot take it, it is tried again and again.
 */

import { fullJitter } from "./backoff";
import { HubbubError } from "./errors";
import type { Profile } from "./session";
import { load, save } from "./storage";
import { onSaved } from "./tabs";

/** Without an answer for this long a comment is shown as delayed. */
const PATIENCE_MS = 10_000;
/** What was left behind goes out by itself when its writer is back so soon; later they are asked. */
const FRESH_MS = 10 * 60_000;

/** True when what failed so is tried again by itself: the connection or the server is away. */
export const isDelayed = ({ error }: { error?: HubbubError | undefined }): boolean =>
  /^(offline|unavailable)$/.test(error?.code as string);

export interface Item {
  id: string;
  body: string;
  parent?: string | undefined;
  profile: Profile;
  /** When it was written; unknown for those of an older version. */
  at?: number;
  /** Where it was written: the page's address, and its title. */
  page?: string | undefined;
  title?: string;
}

export interface Pending extends Item {
  state: "sending" | "sent" | "failed";
  error?: HubbubError | undefined;
  /** Once sent: the event that carries it. */
  seq?: number | null | undefined;
  /** Too many were sent at once, or the thread is in slow mode: when it is tried again. */
  until?: number | undefined;
}

/** Too much, too fast: the server says how long to wait. */
const isLimit = (code: string | undefined) => /^(rate_limited|slow_mode)$/.test(code as string);

/** True when it is tried again by itself. */
export const isWaiting = (item: Pick<Pending, "error">): boolean => isDelayed(item) || isLimit(item.error?.code);

/** Ids that are done with may stand in it without an item. */
type Stored = Record<string, (Omit<Pending, "error"> & { error?: Pick<HubbubError, "code" | "message"> }) | undefined>;
type Send = (item: Item) => Promise<{ seq: number | null }>;

export interface Outbox {
  items(): Pending[];
  add(item: Item): void;
  /** Tries again at once what was refused or waits, under the name that its writer has now. */
  retry(id: string, profile: Profile): void;
  /** Forgets an item and returns it. */
  take(id: string): Item | undefined;
  /** Forgets an item that the thread shows. */
  done(id: string): void;
  /** The connection is back: what was interrupted goes out again, at once. */
  resume(): void;
  /** Ends all tries. What was not sent is kept. */
  stop(): void;
  /** Goes on with what `stop` interrupted, or the end of the page a short while ago. */
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

const isFresh = ({ at = 0, error }: Pending) => !error && Date.now() - at < FRESH_MS;

/** `key` names the thread in storage; `send` resolves when the server has acknowledged, to the event's seq. */
export function outbox(key: string, send: Send, changed: () => void): Outbox {
  const { _all, _get, _put, _mark } = keeper(`outbox:${key}`, changed);
  const busy = new Set<string>();
  const { _wait, _end, resume } = waits();
  let stopped = false;

  async function attempt(id: string): Promise<void> {
    const item = _get(id);
    if (!item || busy.has(id)) return;
    busy.add(id);
    _mark(item, "sending");
    setTimeout(() => _get(id)?.state === "sending" && _mark(item, "failed", new HubbubError("offline")), PATIENCE_MS);
    for (let tries = 0; !stopped && (await once(id, tries)); tries++);
    busy.delete(id);
  }

  /** Sends it; true when it has waited for its next try. */
  async function once(id: string, tries: number): Promise<boolean> {
    // Its writer may have another name by now.
    const item = _get(id);
    if (!item) return false;
    try {
      _mark(item, "sent", undefined, { seq: (await send(item)).seq });
      return false;
    } catch (caught) {
      const error = caught as HubbubError;
      const { code, retryAfter } = error;
      const wait = Math.max((retryAfter ?? 1) * 1000, fullJitter(tries));
      const until = isLimit(code) ? { until: Date.now() + wait } : {};
      // Offline is no verdict yet: the next try may still bring it through.
      if (code !== "offline") _mark(item, "failed", error, until);
      if (!isWaiting({ error })) return false;
      // Not for the connection alone, which may be up while a request by HTTP fails.
      await _wait(id, wait, code === "offline");
      return true;
    }
  }

  return {
    items: _all,
    add(item) {
      _put(item.id, { ...item, at: Date.now(), state: "sending" });
      changed();
      void attempt(item.id);
    },
    retry(id, profile) {
      const item = _get(id);
      if (item) _put(id, { ...item, profile });
      _end(id);
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
      for (const item of _all())
        if (item.state === "sending" || isWaiting(item) || (item.state === "failed" && isFresh(item)))
          void attempt(item.id);
    },
  };
}

/** What waits for its next try, by its id. */
function waits() {
  /** How to end each, and whether a connection that comes back does. */
  const all = new Map<string, [end: () => void, line: boolean]>();
  return {
    async _wait(id: string, ms: number, line: boolean): Promise<void> {
      await new Promise<void>((end) => {
        setTimeout(end, ms);
        all.set(id, [end, line]);
      });
      all.delete(id);
    },
    _end: (id: string) => all.get(id)?.[0](),
    resume(): void {
      for (const [end, line] of all.values()) if (line) end();
    },
  };
}

/** Keeps items in the browser's storage, by their ids. */
function keeper(slot: string, changed: () => void) {
  const entries = new Map<string, Pending>();
  /** Those of another visit, or of another tab. */
  const found = new Set<string>();
  const stored = () => load<Stored>(slot) ?? {};

  for (const item of Object.values(stored()))
    if (item) {
      const { code, message } = item.error ?? {};
      // Whatever it waited for is over.
      const error = code && !isWaiting(item as Pending) ? new HubbubError(code, message) : undefined;
      found.add(item.id);
      entries.set(item.id, { ...item, state: "failed", error, until: undefined });
    }

  // Another tab has sent what both found, or its writer has taken it back there. Its own no tab loses.
  onSaved(slot, () => {
    const there = stored();
    for (const [id, entry] of entries) {
      if (entry.state === "sent" || there[id]) continue;
      if (found.has(id)) entries.delete(id);
      else _put(id, entry);
    }
    changed();
  });

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
    _mark({ id }: Item, state: Pending["state"], error?: HubbubError, more: Pick<Pending, "seq" | "until"> = {}): void {
      const now = entries.get(id);
      const { until } = more;
      // Tell each state once, or a screen reader would hear of each try.
      if (!now || (now.state === state && now.error?.code === error?.code && now.until === until)) return;
      _put(id, { ...now, seq: undefined, ...more, until, state, error });
      changed();
    },
  };
}

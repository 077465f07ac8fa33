/**
 * Comments on their way. Each keeps its id from the first try to the last, so however often it is sent it is stored
 * once; and it stays in the browser's storage until the thread shows it, so a reload does not lose the text. While the
 * server cannot take it, it is tried again and again.
 */

import { fullJitter } from "./backoff";
import { HubbubError, isDelayed } from "./protocol";
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

export interface Sending extends Item {
  state: "sending" | "sent" | "failed";
  error?: HubbubError | undefined;
  /** Once sent: the event that carries it. */
  seq?: number | null | undefined;
}

/** Ids that are done with may stand in it without an item. */
type Stored = Record<string, (Omit<Sending, "error"> & { error?: Pick<HubbubError, "code" | "message"> }) | undefined>;
type Send = (item: Item) => Promise<{ seq: number | null }>;

export interface Outbox {
  items(): Sending[];
  add(item: Item): void;
  /** Tries again what was refused, under the name that its writer has now. */
  retry(id: string, profile: Profile): unknown;
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

interface User {
  send: Send;
  changed(): void;
}

/** The page's outboxes, by key. They outlive their elements, of which one may come in another's place. */
const onPage = new Map<string, { users: Set<User>; box: Outbox }>();

/** The outbox of all elements on the page that show the thread: one of them sends, all show it; see `outbox`. */
export function sharedOutbox(key: string, send: Send, changed: () => void): Outbox {
  const user: User = { send, changed };
  let shared = onPage.get(key);
  if (!shared) {
    const users = new Set<User>();
    const box = outbox(
      key,
      (item) => ([...users].at(-1) as User).send(item),
      () => {
        for (const each of users) each.changed();
      },
    );
    shared = { users, box };
    onPage.set(key, shared);
  }
  const { users, box } = shared;
  users.add(user);
  box.start();
  return {
    ...box,
    stop() {
      users.delete(user);
      if (!users.size) box.stop();
    },
  };
}

/** `key` names the thread in storage; `send` resolves when the server has acknowledged, to the event's seq. */
export function outbox(key: string, send: Send, changed: () => void): Outbox {
  const slot = `outbox:${key}`;
  const entries = new Map<string, Sending>();
  const busy = new Set<string>();
  const wakeUp: (() => void)[] = [];
  let stopped = false;

  // Another tab on this thread has its own items in the same place: never write more than the one that changed.
  function put(id: string, entry?: Sending): void {
    if (entry) entries.set(id, entry);
    else entries.delete(id);
    // An error is no JSON by itself.
    const error = entry?.error && { code: entry.error.code, message: entry.error.message };
    save(slot, { ...load<Stored>(slot), [id]: entry?.state === "sent" ? undefined : entry && { ...entry, error } });
  }

  async function attempt(id: string): Promise<void> {
    const item = entries.get(id);
    if (!item || busy.has(id)) return;
    busy.add(id);
    const mark = (state: Sending["state"], error?: HubbubError, seq?: number | null) => {
      const now = entries.get(id);
      // What is said already is not said again, or a reader would hear of each try.
      if (now && (now.state !== state || now.error?.code !== error?.code)) {
        put(id, { ...item, state, error, seq });
        changed();
      }
    };
    mark("sending");
    setTimeout(() => entries.get(id)?.state === "sending" && mark("failed", new HubbubError("offline")), PATIENCE_MS);
    for (let tries = 0; entries.has(id) && !stopped; tries++) {
      try {
        mark("sent", undefined, (await send(item)).seq);
        break;
      } catch (caught) {
        const { code, retryAfter } = caught as HubbubError;
        const offline = code === "offline";
        // Offline is no verdict yet: the next try may still bring it through.
        if (!offline) mark("failed", caught as HubbubError);
        if (!isDelayed({ error: caught as HubbubError })) break;
        const wait = Math.max((retryAfter ?? 1) * 1000, fullJitter(tries));
        await new Promise<void>((resolve) => {
          setTimeout(resolve, wait);
          // Not for the line alone, which may be up while a request by HTTP fails.
          if (offline) wakeUp.push(resolve);
        });
      }
    }
    busy.delete(id);
  }

  function resume(): void {
    for (const next of wakeUp.splice(0)) next();
  }

  for (const item of Object.values(load<Stored>(slot) ?? {}))
    if (item) {
      const { code, message } = item.error ?? {};
      // Nobody tries by itself what another page sent.
      const error = code && !isDelayed(item as Sending) ? new HubbubError(code, message) : undefined;
      entries.set(item.id, { ...item, state: "failed", error });
    }

  return {
    items: () => [...entries.values()],
    add(item) {
      put(item.id, { ...item, state: "sending" });
      changed();
      void attempt(item.id);
    },
    retry(id, profile) {
      const item = entries.get(id);
      if (item && !busy.has(id)) put(id, { ...item, profile });
      void attempt(id);
    },
    take(id) {
      const item = entries.get(id);
      put(id);
      changed();
      return item;
    },
    done: put,
    resume,
    stop() {
      stopped = true;
    },
    start() {
      stopped = false;
      resume();
      for (const item of entries.values()) if (item.state === "sending" || isDelayed(item)) void attempt(item.id);
    },
  };
}

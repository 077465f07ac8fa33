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
  seq?: number | undefined;
}

/** Ids that are done with may stand in it without an item. */
type Stored = Record<string, Sending | undefined>;

export interface Outbox {
  items(): Sending[];
  add(item: Item): void;
  retry(id: string): unknown;
  /** Forgets an item and returns it. */
  take(id: string): Item | undefined;
  /** The connection is back: what was interrupted goes out again, at once. */
  resume(): void;
  /** Ends all tries. What was not sent stays in storage. */
  stop(): void;
}

/** `key` names the thread in storage; `send` resolves when the server has acknowledged, to the event's seq. */
export function outbox(key: string, send: (item: Item) => Promise<{ seq: number }>, changed: () => void): Outbox {
  const slot = `outbox:${key}`;
  const entries = new Map<string, Sending>();
  const busy = new Set<string>();
  const wakeUp: (() => void)[] = [];

  // Another tab on this thread has its own items in the same place: never write more than the one that changed.
  function put(id: string, entry?: Sending): void {
    if (entry) entries.set(id, entry);
    else entries.delete(id);
    save(slot, { ...load<Stored>(slot), [id]: entry?.state === "sent" ? undefined : entry });
    if (entry) changed();
  }

  async function attempt(id: string): Promise<void> {
    const item = entries.get(id);
    if (!item || busy.has(id)) return;
    busy.add(id);
    const mark = (state: Sending["state"], error?: HubbubError, seq?: number) => {
      const now = entries.get(id);
      // What is said already is not said again, or a reader would hear of each try.
      if (now && (now.state !== state || now.error?.code !== error?.code)) put(id, { ...item, state, error, seq });
    };
    mark("sending");
    setTimeout(() => entries.get(id)?.state === "sending" && mark("failed", new HubbubError("offline")), PATIENCE_MS);
    for (let tries = 0; entries.has(id); tries++) {
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

  for (const item of Object.values(load<Stored>(slot) ?? {}))
    if (item) entries.set(item.id, { ...item, state: "failed", error: undefined });

  return {
    items: () => [...entries.values()],
    add(item) {
      put(item.id, { ...item, state: "sending" });
      void attempt(item.id);
    },
    retry: attempt,
    take(id) {
      const item = entries.get(id);
      put(id);
      return item;
    },
    resume() {
      for (const next of wakeUp.splice(0)) next();
    },
    stop: () => entries.clear(),
  };
}

/**
 * Comments on their way. Each keeps its id from the first try to the last, so however often it is sent it is stored
 * once; and it stays in the browser's storage until the thread shows it, so a reload does not lose the text.
 */

import { HubbubError } from "./protocol";
import type { Profile } from "./session";
import { load, save } from "./storage";

/** Without an answer for this long a comment is shown as not sent, though it goes out by itself if the line returns. */
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
  seq?: number;
}

export interface Outbox {
  items(): Sending[];
  add(item: Item): void;
  retry(id: string): void;
  /** Forgets an item and returns it. */
  take(id: string): Item | undefined;
  /** The connection is back: what was interrupted goes out again. */
  resume(): void;
}

/** `key` names the thread in storage; `send` resolves when the server has acknowledged, to the event's seq. */
export function outbox(key: string, send: (item: Item) => Promise<{ seq: number }>, changed: () => void): Outbox {
  const slot = `outbox:${key}`;
  const entries = new Map<string, Sending>();
  const busy = new Set<string>();

  // Another tab on this thread has its own items in the same place: never write more than the one that changed.
  function persist(id: string, item?: Item): void {
    const { [id]: _, ...others } = load<Record<string, Item>>(slot) ?? {};
    const all = item ? { ...others, [id]: item } : others;
    save(slot, Object.keys(all).length ? all : undefined);
  }

  function update(id: string, change: Pick<Sending, "state" | "error" | "seq">): void {
    const entry = entries.get(id);
    if (!entry) return;
    entries.set(id, { ...entry, error: undefined, ...change });
    changed();
  }

  async function attempt(id: string): Promise<void> {
    const entry = entries.get(id);
    if (!entry || busy.has(id)) return;
    busy.add(id);
    update(id, { state: "sending" });
    const { state: _, error: __, seq: ___, ...item } = entry;
    setTimeout(() => {
      if (entries.get(id)?.state === "sending") update(id, { state: "failed", error: new HubbubError("offline") });
    }, PATIENCE_MS);
    try {
      const { seq } = await send(item);
      persist(id);
      update(id, { state: "sent", seq });
    } catch (caught) {
      const error = caught instanceof HubbubError ? caught : new HubbubError("internal");
      // Offline is no verdict yet: `resume` may still bring it through.
      if (error.code !== "offline") update(id, { state: "failed", error });
    } finally {
      busy.delete(id);
    }
  }

  for (const item of Object.values(load<Record<string, Item>>(slot) ?? {}))
    entries.set(item.id, { ...item, state: "failed" });

  return {
    items: () => [...entries.values()],
    add(item) {
      entries.set(item.id, { ...item, state: "sending" });
      persist(item.id, item);
      void attempt(item.id);
    },
    retry: (id) => void attempt(id),
    take(id) {
      const item = entries.get(id);
      entries.delete(id);
      persist(id);
      return item;
    },
    resume() {
      for (const { id, state, error } of entries.values())
        if (state === "sending" || error?.code === "offline") void attempt(id);
    },
  };
}

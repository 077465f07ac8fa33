/**
 * What the reader has said to comments and the server has not answered yet: the last word about each, kept in the browser. While
 * the server cannot take it, it is tried again and again, as a comment is.
 */

import { fullJitter } from "../core/backoff";
import type { HubbubError } from "../core/errors";
import { load, save } from "../core/storage";

const isPassing = ({ code }: HubbubError) => /^(offline|unavailable|rate_limited)$/.test(code);

export interface Opinions {
  _say(id: string, name: string, value: number): void;
  /** What was said and is not answered: a vote, or 1 and 0 for a reaction. */
  _said(id: string, name: string): number | undefined;
  /** The connection is back: what waits goes out at once. */
  _resume(): void;
}

/** By a comment's id, a space, and the name of a reaction, or none for its vote. */
type Stored = Record<string, number>;

/**
 * `send` resolves when the server has taken it; `changed` says about which comment, and what it was refused with; `isOver` ends
 * all tries.
 */
export function opinions(
  slot: string,
  send: (id: string, name: string, value: number) => Promise<void>,
  changed: (id: string, error?: HubbubError) => void,
  isOver: () => boolean | undefined,
): Opinions {
  const said = new Map(Object.entries(load<Stored>(slot) ?? {}));
  let sending = false;
  let wake: (() => void) | undefined;

  function put(key: string, value?: number): void {
    if (value === undefined) said.delete(key);
    else said.set(key, value);
    // Another tab has its own words in the same place.
    const all = { ...load<Stored>(slot), [key]: value };
    save(slot, Object.values(all).some((one) => one !== undefined) ? all : undefined);
  }

  /** One after the other: a word must not overtake the one before it. */
  async function flush(): Promise<void> {
    if (sending) return;
    sending = true;
    for (let tries = 0; said.size && !isOver(); ) {
      const [[key, value]] = said as unknown as [[string, number]];
      const [id = "", name = ""] = key.split(" ");
      try {
        await send(id, name, value);
        tries = 0;
        // Said otherwise meanwhile, it goes out again.
        if (said.get(key) === value) put(key);
        changed(id);
      } catch (caught) {
        const error = caught as HubbubError;
        if (isPassing(error)) await pause(Math.max((error.retryAfter ?? 0) * 1000, fullJitter(tries++)));
        else {
          put(key);
          changed(id, error);
        }
      }
    }
    sending = false;
  }

  const pause = (ms: number) =>
    new Promise<void>((end) => {
      wake = end;
      setTimeout(end, ms);
    });

  void flush();
  return {
    _say(id, name, value) {
      put(`${id} ${name}`, value);
      changed(id);
      void flush();
    },
    _said: (id, name) => said.get(`${id} ${name}`),
    _resume: () => wake?.(),
  };
}

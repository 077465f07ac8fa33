/**
 * Brings the parts that are not needed to show the thread: each is one line here, with a bound in size.mjs, and a file of its
 * own in the build. What two of them share and embed.js does not use, it has all the same: hand such things over.
 *
 * What every reader needs, but not to see the comments, is no part of its own: it is a line in `begin` of reading.ts, which
 * comes right after the first draw. What it shows on each comment it adds to the view's `_additions`. What few need is a part:
 * its line here costs the first script some 30 bytes, and any part may bring it.
 */

import { HOME } from "./home";

/** From a second or two to a minute or two: the file is small, but may be gone for good. */
const DOUBLINGS = 6;

/** `bring` is told how often it has failed; the build makes it of the `import`. */
function part<T>(bring: (tries: number) => Promise<T>) {
  let loading: Promise<T> | undefined;
  let loaded: T | undefined;
  let tries = 0;

  async function load(): Promise<T> {
    for (;;) {
      try {
        loaded = await bring(tries);
        return loaded;
      } catch {
        // After an upgrade a cached script asks for a file that is gone: let the next load of the page have the new one.
        if (!tries) fetch(`${HOME}/embed.js`, { cache: "reload" }).catch(() => {});
        const wait = 1000 * 2 ** Math.min(tries++, DOUBLINGS) * (1 + Math.random());
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** All of it, once it is there; one for the page. */
  const all = (): Promise<T> => (loading ??= load());

  /** Hands all of it to `use`: at once when it is there, or when it comes. */
  function when(use: (all: T) => unknown): void {
    if (loaded) use(loaded);
    else void all().then(use);
  }
  return [all, when] as const;
}

export const [loadWriting, withWriting] = part(() => import("./write"));
export const [loadFormat, withFormat] = part(() => import("./format"));
export const [loadActing, withActing] = part(() => import("./acting"));
export const [loadPeople, withPeople] = part(() => import("./people"));
export const [loadTrouble, withTrouble] = part(() => import("./trouble"));
export const [loadReading, withReading] = part(() => import("./reading"));
export const [, withPasskey] = part(() => import("./passkey"));
export const [, withPasted] = part(() => import("./pasted"));
export const [, withCount] = part(() => import("./count"));
export const [, withVotes] = part(() => import("./votes"));
export const [, withOwn] = part(() => import("./own"));
export const [, withMentions] = part(() => import("./mentions"));
export const [, withSharing] = part(() => import("./sharing"));
export const [loadRows] = part(() => import("./rows"));
export const [loadThreaded] = part(() => import("./threaded"));
export const [loadThemes] = part(() => import("./themes"));
export const [loadChat] = part(() => import("./chat"));

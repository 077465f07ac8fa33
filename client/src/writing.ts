/** Brings the part that only writers need, after the part that shows the thread. */

import { HOME } from "./home";

type Writing = typeof import("./write");

/** From a second or two to a minute or two: the file is small, but may be gone for good. */
const DOUBLINGS = 6;

let loading: Promise<Writing> | undefined;
let loaded: Writing | undefined;
let tries = 0;

/** `import`, again and again until it brings the file. */
async function load(): Promise<Writing> {
  for (;;) {
    try {
      loaded = await import("./write");
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
export const writing = (): Promise<Writing> => (loading ??= load());

/** Hands all of it to `use`: at once when it is there, or when it comes. */
export function whenWriting(use: (all: Writing) => unknown): void {
  if (loaded) use(loaded);
  else void writing().then(use);
}

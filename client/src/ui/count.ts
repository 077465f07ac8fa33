/** The text of <hubbub-count>, for a front page or beside a headline. It is in the light DOM. */

import { call } from "../core/api";
import type { HubbubError } from "../core/errors";
import { hostOf, keyOf, siteOf } from "./address";
import { COUNT_EVENT, type Counted } from "./count-element";
import { setText } from "./dom";
import { direction, language, speak } from "./language";
import { withTrouble } from "./parts";
import { commentCount } from "./strings";

/** How often pages of the server's own ask again, as its front page; all others do so with each sixth turn. */
const REFRESH_MS = 10_000;
const TURNS = 6;
/** A query this long takes no further key: with its last one it still fits in the 8 KB that nginx has for it, and it
 * has no more keys than the server takes. */
const LONG = 3500;
/** The server's limit for a key; a longer one would have the whole request refused. */
const KEY_CHARS = 500;

/** For comparing keys: the server finds a page's thread by any form of its address, and has one form of each. */
export function plainKey(key: string): string {
  try {
    // Once, and what decodeURI leaves is encoded in capitals.
    return decodeURI(key.replaceAll("%25", "%2525"))
      .replace(/%../g, (code) => code.toUpperCase())
      .normalize();
  } catch {
    return key;
  }
}

const elements = new Set<HTMLElement>();
let asked = false;

/** Asks once for all elements that are added in the same turn. */
function askSoon(): void {
  if (asked || document.hidden) return;
  asked = true;
  queueMicrotask(ask);
}

const belongs = (host: string, site: string) => (element: Element) =>
  hostOf(element) === host && siteOf(element) === site;

/** One that is not keeps what it has, and the others count. */
function isWhole(element: HTMLElement): boolean {
  const host = hostOf(element);
  const site = siteOf(element);
  const whole = !!host && !!site;
  if (!whole) withTrouble(({ misplaced }) => misplaced(element, host));
  return whole;
}

/** One request for each host and site, or several for many keys. */
function ask(): void {
  asked = false;
  let left = [...elements].filter(isWhole);
  for (let first = left[0]; first; first = left[0]) {
    const host = hostOf(first) as string;
    const site = siteOf(first);
    const here = belongs(host, site);
    const keys = [...new Set(left.filter(here).map(keyOf))].filter((key) => key.length <= KEY_CHARS);
    left = left.filter((element) => !here(element));
    while (keys.length) {
      const query = new URLSearchParams({ site });
      const [key] = keys as [string];
      // One at least, or this would never end.
      do query.append("key", keys.shift() as string);
      while (keys.length && `${query}`.length < LONG);
      call<Counted>(host, `/counts?${query}`).then(
        ({ counts }) => show({ host, site, counts }),
        // A count is an ornament: what stood there stays, and the next round asks again.
        (error: HubbubError) => withTrouble(({ refused }) => refused(host, { site, key }, error)),
      );
    }
  }
}

function show({ host, site, counts }: Counted): void {
  const byKey = new Map(Object.entries(counts).map(([key, count]) => [plainKey(key), count]));
  for (const element of [...elements].filter(belongs(host, site))) {
    const count = byKey.get(plainKey(keyOf(element)));
    if (count === undefined) continue;
    // Our words, whatever the page's language and direction.
    element.lang = language();
    element.dir = direction();
    setText(element, commentCount(count));
  }
}

document.addEventListener(COUNT_EVENT, (event) => show((event as CustomEvent<Counted>).detail));
document.addEventListener("visibilitychange", askSoon);
let turn = 0;
setInterval(() => {
  if (++turn % TURNS === 0 || [...elements].some((element) => hostOf(element)?.startsWith(location.origin))) askSoon();
}, REFRESH_MS);

/** Counts for `element` for as long as it is on the page; it has come, gone, or got another attribute. */
export function follow(element: HTMLElement): void {
  if (!element.isConnected) elements.delete(element);
  else {
    elements.add(element);
    speak(element, askSoon);
  }
}

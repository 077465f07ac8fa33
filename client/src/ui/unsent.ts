/** Says on each page what its reader wrote on another one that was not sent, with the way there. */

import type { Item } from "../core/outbox";
import { load, PREFIX, page } from "../core/storage";
import { fill, h } from "./dom";
import { UNSENT } from "./strings";
import type { ThreadView } from "./thread-view";

/** What is younger may be on its way, in another tab. */
const YOUNGEST_MS = 60_000;
/** Who has not come back for it by then does not miss it. */
const OLDEST_MS = 7 * 24 * 3_600_000;

/** What other threads of the server at `host` have kept. */
function others(host: string, thread: string): Item[] {
  const slots = `${PREFIX}outbox:${host}:`;
  try {
    return Object.keys(page.localStorage)
      .filter((key) => key.startsWith(slots) && key !== slots + thread)
      .flatMap((key) => Object.values(load<Record<string, Item>>(key.slice(PREFIX.length)) ?? {}));
  } catch {
    return [];
  }
}

/** Adds a line for it; call what it returns to look again. */
export function unsent(view: ThreadView): () => void {
  const line = h("p.quiet");
  view._notices._root.append(line);

  function look(): void {
    const [here] = location.href.split("#");
    const waiting = others(view._host, view._id()).filter(({ page, at = 0 }) => {
      const age = Date.now() - at;
      return page && page !== here && age > YOUNGEST_MS && age < OLDEST_MS;
    });
    const pages = new Map(waiting.map(({ page, title }) => [page as string, title]));
    const links = [...pages].map(([href, title]) => [" ", h("a", { href }, h("bdi", {}, title || href))]);
    line.hidden = !pages.size;
    fill(line, UNSENT(), links);
  }

  look();
  return look;
}

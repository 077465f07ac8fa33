/** Several tabs of one browser: what another has saved, and a name for each. */

import { memory, PREFIX, page } from "./storage";

/** Calls `then` when another tab has saved or forgotten `key`, until the returned function is called. */
export function onSaved(key: string, then: () => void): () => void {
  const heard = (event: Event) => (event as Event & { key: string }).key === PREFIX + key && then();
  globalThis.addEventListener?.("storage", heard); // no page, no other tab
  return () => removeEventListener("storage", heard);
}

/** A name for this tab, which a reload does not change: one of `make`'s. */
export function tab(make: () => string): string {
  const key = `${PREFIX}tab`;
  try {
    page.sessionStorage[key] ??= make();
    return page.sessionStorage[key];
  } catch {
    memory[key] ??= make();
    return memory[key] as string;
  }
}

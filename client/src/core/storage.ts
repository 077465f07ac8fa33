/** localStorage that never throws: in a sandboxed or cookie-less frame what is written lasts as long as the page. */

type Texts = Record<string, string>;
/** Read at each use: a page may forbid it, and then the access itself throws. */
const page = globalThis as unknown as { localStorage: Texts; sessionStorage: Texts };

const memory: Record<string, unknown> = {};
const PREFIX = "hubbub:";

export function load<T>(key: string): T | undefined {
  try {
    return JSON.parse(page.localStorage[PREFIX + key] as string);
  } catch {
    return memory[key] as T | undefined;
  }
}

/** Keeps `value` (JSON), or forgets the key when it is undefined. */
export function save(key: string, value: unknown): void {
  memory[key] = value;
  try {
    if (value === undefined) delete page.localStorage[PREFIX + key];
    else page.localStorage[PREFIX + key] = JSON.stringify(value);
  } catch {}
}

/** Calls `then` when another tab has saved or forgotten `key`, until the returned function is called. */
export function onSaved(key: string, then: () => void): () => void {
  const heard = (event: Event) => (event as Event & { key: string }).key === PREFIX + key && then();
  addEventListener("storage", heard);
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

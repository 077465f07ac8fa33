/** localStorage that never throws: in a sandboxed or cookie-less frame what is written lasts as long as the page. */

const memory: Record<string, unknown> = {};
const PREFIX = "hubbub:";

export function load<T>(key: string): T | undefined {
  try {
    return JSON.parse(localStorage[PREFIX + key]);
  } catch {
    return memory[key] as T | undefined;
  }
}

/** Keeps `value` (JSON), or forgets the key when it is undefined. */
export function save(key: string, value: unknown): void {
  memory[key] = value;
  try {
    if (value === undefined) delete localStorage[PREFIX + key];
    else localStorage[PREFIX + key] = JSON.stringify(value);
  } catch {}
}

/** Calls `then` when another tab has saved or forgotten `key`, until the returned function is called. */
export function onSaved(key: string, then: () => void): () => void {
  const heard = (event: StorageEvent) => event.key === PREFIX + key && then();
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}

/** A name for this tab, which a reload does not change: one of `make`'s. */
export function tab(make: () => string): string {
  const key = `${PREFIX}tab`;
  try {
    sessionStorage[key] ??= make();
    return sessionStorage[key];
  } catch {
    memory[key] ??= make();
    return memory[key] as string;
  }
}

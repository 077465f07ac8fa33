/** localStorage that never throws: in a sandboxed or cookie-less frame what is written lasts as long as the page. */

type Texts = Record<string, string>;
/** Read at each use: a page may forbid it, and then the access itself throws. */
export const page = globalThis as unknown as { localStorage: Texts; sessionStorage: Texts };

export const memory: Record<string, unknown> = {};
export const PREFIX = "hubbub:";

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

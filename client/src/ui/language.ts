/**
 * The language of the widget: the closest `lang` to the first thread on the page, for all that is drawn from then on. English
 * is here; each other language is a file of its own, made of server/hubbub/languages, and drawing waits for it.
 */

import { HOME } from "./home";

/** Finds a text by the English one, in the plural form for `number`; undefined where it is not translated. */
export type Lookup = (english: string, number: unknown) => string | undefined;

const LANGUAGES = /^(ar|cs|de|es|fa|fr|he|hi|it|ja|ko|nl|pl|pt|ru|tr|uk|zh)\b/;

let current = "en";
let wanted = current;
let lookup: Lookup | undefined;
let coming: Promise<void> | undefined;

/** For Intl too: a German sentence with an English number in it is neither. */
export const language = () => current;
export const direction = () => (/ar|fa|he/.test(current) ? "rtl" : "ltr");

/** The language that we have for the tag `lang` (BCP 47), as in de for de-AT; English for the others. */
export function known(lang: string): string {
  const [name = "en"] = LANGUAGES.exec(lang.toLowerCase()) ?? [];
  return name === "zh" ? `zh-Han${/hant|tw|hk|mo/i.test(lang) ? "t" : "s"}` : name;
}

/** A number as the language writes it. English does without Intl, whose first use takes a browser 10 to 20 ms. */
export const written = (value: number | string): string =>
  current === "en" && typeof value === "number"
    ? `${value}`.replace(/\B(?=(\d{3})+$)/g, ",")
    : value.toLocaleString(current);

/** The text for `english`. {0} and {1} are places for `values`; where it has (s), the first value is a number that chooses the plural. */
export function translate(english: string, ...values: (string | number)[]): string {
  const [number] = values;
  const text = lookup?.(english, number) ?? english.replace("(s)", number === 1 ? "" : "s");
  return text.replace(/\{(\d)}/g, (_, place) => written(values[place] as number));
}

/** Calls `then` when the language for `element` is there, which is at once for English. */
export function speak(element: HTMLElement, then: () => void): void {
  const first = document.querySelector<HTMLElement>("hubbub-thread") ?? element;
  const name = known((first.closest<HTMLElement>("[lang]") ?? document.documentElement).lang);
  if (name !== wanted) {
    wanted = name;
    if (name === "en") use();
    else coming = bring(name);
  }
  if (coming) void coming.then(then);
  else then();
}

function use(found?: Lookup): void {
  if (!found) wanted = "en";
  current = wanted;
  lookup = found;
  coming = undefined;
}

async function bring(name: string): Promise<void> {
  // It is better to read in English than not at all.
  const file = await import(/* @vite-ignore */ `${HOME}/${name}-VERSION.js`).catch(() => ({}));
  if (name === wanted) use(file.default);
}

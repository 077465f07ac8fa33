/** What the file of a language is, besides its texts. */

import type { Lookup } from "./language";

/** By the English text: one text, or one for each plural form that the language has for whole numbers. */
export type Texts = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;

export function lookupIn(language: string, texts: Texts): Lookup {
  const rules = new Intl.PluralRules(language);
  return (english, number) => {
    const found = texts[english];
    // A form that no whole number below a million has, as in French, may be missing.
    return typeof found === "object" ? (found[rules.select(number as number)] ?? found.other) : found;
  };
}

/** What the address of the page says: which thread, which comment, and a one-time code. */

import { directory, HOME } from "./home";

/** The path of the page's canonical address: the same for every address the article has. */
export function canonicalKey(): string {
  const link = document.querySelector<HTMLLinkElement>("link[rel=canonical]");
  return new URL(link?.href || location.href).pathname;
}

export const hostOf = (element: Element): string => directory(element.getAttribute("host") || HOME);
export const siteOf = (element: Element): string => element.getAttribute("site") ?? "";
export const keyOf = (element: Element): string => element.getAttribute("key") || canonicalKey();

/** The comment that the address points to, as in #12; 0 when it points to none. */
export const linkedNumber = (): number => Number(/^#(\d{1,9})$/.exec(location.hash)?.[1] ?? 0);

/** The one-time code in #hubbub-claim=CODE; taken out of the address, so that it is in no history and no bookmark. */
export function takeClaim(): string | undefined {
  const code = location.hash.split("#hubbub-claim=")[1];
  if (code) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

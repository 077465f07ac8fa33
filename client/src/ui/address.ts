/** What the address of the page says: which thread, which comment, and a one-time code. */

import { directory, HOME } from "./home";

/** The page's key: path and query of its canonical address, the same for every address that the article has; else its path. */
export function pageKey(): string {
  const href = document.querySelector<HTMLLinkElement>("link[rel~=canonical][href]")?.href;
  const canonical = href && URL.canParse(href) && new URL(href);
  return canonical ? canonical.pathname + canonical.search : location.pathname;
}

/** Where the element's server is; nothing if its `host` is no address. */
export function hostOf(element: Element): string | undefined {
  const host = element.getAttribute("host");
  if (!host) return HOME;
  // Without a scheme or slash the name of a host would be a file beside the page.
  if (!/^(https?:\/)?\//i.test(host)) return;
  try {
    const { protocol, href } = new URL(host, location.href);
    if (/^http/.test(protocol)) return directory(href);
  } catch {}
  return;
}

export const siteOf = (element: Element): string => element.getAttribute("site") ?? "";
export const keyOf = (element: Element): string => element.getAttribute("key") || pageKey();

/** The page's address, in full: others are relative to a base that may lead elsewhere. */
const here = (): string => location.href.split("#")[0] as string;

/** The address of a comment on this page; where there are several threads, all but the first name `thread`, their id. */
export const addressOf = (number: number | string, host?: Node, thread = ""): string =>
  `${here()}#${isFirst(host) ? "comment-" : `hubbub-${thread}-`}${number}`;

/** True for the first thread on the page. */
export function isFirst(host?: Node): boolean {
  const first = document.querySelector("hubbub-thread");
  return !host || !first || first === host;
}

let code: string | undefined;

/** Takes the one-time code in #hubbub-claim=CODE out of the address, so that it is in no history and no bookmark. */
export function hideClaim(): void {
  const found = location.hash.split("#hubbub-claim=")[1];
  if (!found) return;
  code = found;
  history.replaceState(history.state, "", here());
}

/** The code that came with the address, once. */
export function takeClaim(): string | undefined {
  hideClaim();
  const taken = code;
  code = undefined;
  return taken;
}

/** What the publisher of a page has to know, on the console and with what sets it right. Readers are told in `strings`. */

import type { HubbubError } from "../core/errors";
import type { Target } from "../core/subscription";

const said = new Set<string>();
/** The page's policy keeps something of ours out, and that has been said. */
let blocked = false;

/** Says it once, if there is something to say. */
function complain(text: string | undefined): void {
  if (!text || said.has(text)) return;
  said.add(text);
  console.error(`[hubbub] ${text}`);
}

/** As the browser tells it to servers; location's differs in sandboxed frames. */
const page = () => self.origin || location.origin;

const allow = (site: string) => `hubbub site add ${site} --origin ${page()}`;

/** An element does not say which comments are its own: it has no site, or a host that is no address. */
export function misplaced(element: Element, host: string | undefined): void {
  const { localName } = element;
  complain(
    host
      ? `<${localName}> needs a site="NAME". To make one, run on the server: ${allow("NAME")}`
      : `host="${element.getAttribute("host")}" of <${localName}> is no address, such as https://comments.example.org`,
  );
}

/** Why there are no comments; nothing is said of what passes by itself. */
export const refused = (host: string, target: Target, error: HubbubError): void =>
  complain(reason(host, target, error));

function reason(host: string, target: Target, { code, message }: HubbubError): string | undefined {
  if (!/^(bad_request|forbidden|not_found)$/.test(code)) return;
  if ("thread" in target) return `${host} refuses thread="${target.thread}": ${message}`;
  const { site, key } = target;
  if (code === "not_found") return `${host} has no site "${site}". To make it, run on the server: ${allow(site)}`;
  if (code === "forbidden") return notAllowed(host, site);
  return `${host} refuses site="${site}" key="${key}": ${message}`;
}

function notAllowed(host: string, site: string): string {
  if (page() === "null")
    return "A file, or a frame with a sandbox that lacks allow-same-origin, has no origin that a site could allow.";
  return `The site "${site}" on ${host} does not allow pages of ${page()}. To allow them, run on the server: ${allow(site)}`;
}

/** Why nothing comes from the server, if a request was answered so, or done. */
export async function unreached(host: string, target: Target, error: HubbubError | undefined): Promise<void> {
  if (blocked) return;
  if (!error)
    return complain(
      `WebSockets do not get through to ${host}, so comments come late. A proxy has to pass Upgrade on, a Content-Security-Policy to allow it.`,
    );
  if (!navigator.onLine) return;
  if (error.code !== "offline") return complain(`${host} has no comments just now: ${error.message}`);
  try {
    // Any page may read the script, and only those of allowed origins what comes from the API.
    const { ok } = await fetch(`${host}/embed.js`, { method: "HEAD", cache: "no-store", credentials: "omit" });
    if (ok) return complain(notAllowed(host, "site" in target ? target.site : "NAME"));
  } catch {}
  complain(`${host} does not answer. Does it run?`);
}

/** A Content-Security-Policy of the page keeps something out: comments? True for their socket. */
export function violated(host: string, { blockedURI, disposition }: SecurityPolicyViolationEvent): boolean {
  const { origin } = new URL(host);
  const socket = origin.replace(/^http/, "ws");
  if (disposition !== "enforce" || !(blockedURI.startsWith(origin) || blockedURI.startsWith(socket))) return false;
  blocked = true;
  complain(`The page's Content-Security-Policy keeps comments out. Add to it: connect-src ${origin} ${socket}`);
  return blockedURI.startsWith(socket);
}

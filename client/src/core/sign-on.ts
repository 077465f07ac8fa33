/** Sign-on from the publisher: their token (JWT) says who the reader is, and is exchanged for a session of ours. */

import { call } from "./api";
import { now } from "./clock";
import type { HubbubError } from "./errors";
import type { Identity, Session } from "./session";

/** Gets a token of the publisher's; nothing where nobody is signed in there. */
export type SignOn = () => Promise<string | null | undefined>;

/** A session that ends so soon is renewed before. */
const ENDING_MS = 60_000;

/** Whom the page's publisher was asked about, by host and site, and the answer that comes. */
const asked = new Map<string, Promise<unknown>>();

/** What a token says of itself; it is the server that checks it. */
function claim(token: string, name: string): unknown {
  try {
    return JSON.parse(atob((token.split(".")[1] as string).replace(/-/g, "+").replace(/_/g, "/")))[name];
  } catch {
    return undefined;
  }
}

const isEnding = ({ token }: Identity) => (claim(token, "exp") as number) * 1000 - ENDING_MS < now();
const isSignedOn = (kept: Identity | undefined): kept is Identity => !!kept && "signedOn" in kept;

/**
 * Who the reader is by the publisher's word; undefined where that is nobody. The publisher is asked once a page, when the session
 * ends, and `anew`: what is kept was refused, or somebody else may be signed in by now. Raises HubbubError.
 */
export function enter(session: Session, signOn: SignOn, anew?: boolean): Promise<Identity | undefined> {
  const here = `${session.host} ${session.site}`;
  const before = asked.get(here);
  const kept = session.get();
  if (!anew && before && !(isSignedOn(kept) && isEnding(kept)))
    return before.then(() => (isSignedOn(session.get()) ? session.get() : undefined));
  // One after the other: two threads of a page sign on once.
  const entered = (async () => {
    await before;
    return exchange(session, signOn).catch((error: HubbubError) => {
      // Theirs may have been an old token: once again.
      if (error.code !== "unauthorized") throw error;
      return exchange(session, signOn);
    });
  })();
  asked.set(
    here,
    entered.catch(() => {}),
  );
  return entered;
}

async function exchange({ host, site, get, keep }: Session, signOn: SignOn): Promise<Identity | undefined> {
  const sso = await signOn();
  const kept = get();
  // A moderator's one-time link counts for more.
  if (kept && !kept.profile && !isSignedOn(kept)) return kept;
  if (!sso) {
    if (isSignedOn(kept)) keep(undefined);
    return;
  }
  const signedOn = claim(sso, "sub") ?? null;
  if (isSignedOn(kept) && kept.signedOn === signedOn && !isEnding(kept)) return kept;
  const identity = { ...(await call<Identity>(host, "/sessions", { body: { site, sso } })), signedOn };
  keep(identity);
  return identity;
}

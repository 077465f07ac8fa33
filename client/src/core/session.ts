/** Who writes here: a token and its author per site, kept in the browser. */

import type { Author, OwnAuthor } from "../protocol/generated";
import { load, save } from "./storage";

/** What was filled in: to the contract the fields are optional, not empty. */
export interface Profile {
  name?: string;
  email?: string;
  website?: string;
}

export interface Identity {
  token: string;
  /** `comments` and `original` are missing where an older version kept it. */
  author: Author & Partial<OwnAuthor>;
  /** What the token was made from; a claimed one, and that of a sign-on, have none. */
  profile?: Profile | undefined;
  /** Whom the publisher's sign-on named (the `sub` of their token), where it says who this is. */
  signedOn?: unknown;
}

export interface Session {
  readonly host: string;
  readonly site: string;
  get(): Identity | undefined;
  /** Keeps an identity, or forgets the one that is kept. */
  keep(identity: Identity | undefined): void;
}

export function session(host: string, site: string): Session {
  const slot = `session:${host}:${site}`;
  return {
    host,
    site,
    get: () => load<Identity>(slot),
    keep: (identity) => save(slot, identity),
  };
}

/** Who writes here: a token and its author per site, kept in the browser. */

import type { Author } from "../protocol/generated";
import { load, save } from "./storage";

/** What was filled in: to the contract the fields are optional, not empty. */
export interface Profile {
  name?: string;
  email?: string;
  website?: string;
}

export interface Identity {
  token: string;
  author: Author;
  /** What the token was made from; a claimed one has none and is not made again. */
  profile?: Profile | undefined;
}

export interface Session {
  readonly host: string;
  readonly site: string;
  get(): Identity | undefined;
  /** Keeps an identity, or forgets the one that is kept. */
  keep(identity: Identity | undefined): void;
}

export const isModerator = (author: Author | undefined): boolean =>
  author?.role === "moderator" || author?.role === "owner";

export function session(host: string, site: string): Session {
  const slot = `session:${host}:${site}`;
  return {
    host,
    site,
    get: () => load<Identity>(slot),
    keep: (identity) => save(slot, identity),
  };
}

/** Who writes here: a token and its author per site, kept in the browser, made at the first post. */

import { call } from "./api";
import type { Author } from "./protocol";
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
  get(): Identity | undefined;
  /** The identity for this profile: the kept one when it fits, or a new one from the server. */
  ensure(profile: Profile): Promise<Identity>;
  /** Makes a guest's token again, with the same name, after the server refused the old one. Undefined if it cannot. */
  renew(): Promise<Identity | undefined>;
  /** Trades a one-time code for a moderator's token. */
  claim(code: string): Promise<Identity>;
  clear(): void;
}

export const isModerator = (author: Author | undefined): boolean =>
  author?.role === "moderator" || author?.role === "owner";

const PROFILE = "profile";
export const savedProfile = (): Profile => load<Profile>(PROFILE) ?? {};

export function session(host: string, site: string): Session {
  const slot = `session:${host}:${site}`;
  const get = () => load<Identity>(slot);
  const clear = () => save(slot, undefined);
  async function ask(path: string, body: object, profile?: Profile): Promise<Identity> {
    const identity = { ...(await call<Identity>(host, `/sessions${path}`, { body })), profile };
    save(slot, identity);
    return identity;
  }
  function create(profile: Profile): Promise<Identity> {
    save(PROFILE, profile);
    return ask("", { site, ...profile }, profile);
  }
  return {
    get,
    clear,
    async ensure(profile) {
      const kept = get();
      const fits = kept && (!kept.profile || JSON.stringify(kept.profile) === JSON.stringify(profile));
      return fits ? kept : create(profile);
    },
    async renew() {
      const profile = get()?.profile;
      clear();
      return profile && create(profile);
    },
    claim: (code) => ask("/claim", { code }),
  };
}

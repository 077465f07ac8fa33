/** How a reader comes to an identity: at the first post, under another name, by a one-time code. */

import type { Author } from "../protocol/generated";
import { call } from "./api";
import type { HubbubError } from "./errors";
import type { Identity, Profile, Session } from "./session";
import { load, save } from "./storage";

/** The code that another device shows, or what the browser answers of a passkey. */
export type Proof = { pair: string } | { passkey: object };

export interface Signer {
  /** The identity for this profile: the kept one when it fits, or another from the server, of the same author. */
  ensure(profile: Profile): Promise<Identity>;
  /** Makes a guest's token again, with the same name, after the server refused the old one. Undefined if it cannot. */
  renew(): Promise<Identity | undefined>;
  /** Trades a one-time code for a moderator's token. */
  claim(code: string): Promise<Identity>;
  /** Becomes the author whom a pairing code or a passkey stands for. */
  signIn(proof: Proof): Promise<Identity>;
}

export const isModerator = (author: Author | undefined): boolean =>
  author?.role === "moderator" || author?.role === "owner";

const PROFILE = "profile";
export const savedProfile = (): Profile => load<Profile>(PROFILE) ?? {};
export const saveProfile = (profile: Profile): void => save(PROFILE, profile);

/** What is being made, by host and site. */
const making = new Map<string, Promise<unknown>>();

/** Becomes who the publisher says that the reader is, as in sign-on.ts; `anew` where what is kept was refused. */
export type Enter = (anew?: boolean) => Promise<Identity | undefined>;

/** With `enter` the publisher says who the reader is; without, or where nobody is signed in there, the profile does. */
export function signer({ host, site, get, keep }: Session, enter?: Enter): Signer {
  async function ask(path: string, body: object, profile?: Profile, token?: string): Promise<Identity> {
    const identity = { ...(await call<Identity>(host, `/sessions${path}`, { body, token })), profile };
    keep(identity);
    return identity;
  }

  /** With the old token, whose author keeps what they wrote under the new name. */
  function create(profile: Profile, token?: string): Promise<Identity> {
    saveProfile(profile);
    return ask("", { site, ...profile }, profile, token);
  }

  async function make(profile: Profile): Promise<Identity> {
    const entered = await enter?.();
    if (entered) return entered;
    const kept = get();
    if (kept && (!kept.profile || JSON.stringify(kept.profile) === JSON.stringify(profile))) return kept;
    try {
      return await create(profile, kept?.token);
    } catch (error) {
      if (!kept || (error as HubbubError).code !== "unauthorized") throw error;
      return create(profile);
    }
  }

  return {
    // One after the other: two first comments in one breath are one author's.
    ensure(profile) {
      const here = `${host} ${site}`;
      const before = making.get(here);
      const made = (async () => {
        await before;
        return make(profile);
      })();
      making.set(
        here,
        made.catch(() => {}),
      );
      return made;
    },
    async renew() {
      const profile = get()?.profile;
      keep(undefined);
      return (await enter?.(true)) ?? (profile && create(profile));
    },
    claim: (code) => ask("/claim", { code, site }),
    async signIn(proof) {
      const identity = await ask("", { site, ...proof });
      const { name, website } = identity.author;
      const profile = { ...(name && { name }), ...(website && { website }) };
      saveProfile(profile);
      keep({ ...identity, profile });
      return { ...identity, profile };
    },
  };
}

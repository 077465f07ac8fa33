/** Passkeys (WebAuthn): one keeps a reader's name for good, and brings it to another device. The page's host is asked for it. */

import { call } from "../core/api";
import type { HubbubError } from "../core/errors";
import type { Session } from "../core/session";
import type { Proof } from "../core/signing";
import { button, fill, h, type Kid } from "./dom";
import { language } from "./language";
import type { Asking } from "./my-data";
import type { Person } from "./signature";
import * as t from "./strings";

/** Theirs, as the server lists them. */
interface PasskeysAnswer {
  passkeys: { id: string; host: string; at: string }[];
}

type Attempt = (act: () => Promise<Kid>) => unknown;
type SignIn = (proof: Proof) => Promise<Kid>;

/** Browsers give it to https alone, and no page at a bare address may use it. */
const isOffered = () => "PublicKeyCredential" in window && !/^[\d.]+$|]$/.test(location.hostname);

/** Keeps the reader by a passkey, if they are somebody, signs in by one, and takes theirs away, one by one. */
export function passkeyButtons(session: Session, attempt: Attempt, asking: Asking, signIn: SignIn): HTMLElement[] {
  const { host, get } = session;
  const own = get();
  const list = h("span", { class: "keys" });
  const path = "/me/passkeys";

  const draw = ({ passkeys }: PasskeysAnswer) => fill(list, passkeys.map(removal));

  function removal({ id, host: page, at }: PasskeysAnswer["passkeys"][0]): HTMLElement {
    const day = new Date(at).toLocaleDateString(language(), { dateStyle: "medium" });
    return asking(t.removePasskey(page, day), t.PASSKEY_REMOVE_ASK(), async () => {
      await call(host, path, { token: own?.token, method: "DELETE", body: { id } });
      return t.PASSKEY_REMOVED();
    });
  }

  async function keep(): Promise<Kid> {
    const token = own?.token;
    const { options } = await call<{ options: PublicKeyCredentialCreationOptionsJSON }>(host, `${path}/options`, {
      token,
      body: {},
    });
    const { challenge, user, excludeCredentials = [] } = options;
    const made = await navigator.credentials.create({
      publicKey: {
        ...(options as unknown as PublicKeyCredentialCreationOptions),
        challenge: decode(challenge),
        user: { ...user, id: decode(user.id) },
        excludeCredentials: excludeCredentials.map(({ id }) => ({ type: "public-key", id: decode(id) })),
      },
    });
    draw(await call(host, path, { token, body: { passkey: answer(made as PublicKeyCredential) } }));
    return t.passkeyKept(own?.author.name || t.ANONYMOUS());
  }

  // What is not known is not shown.
  if (own)
    call<PasskeysAnswer>(host, path, { token: own.token })
      .then(draw)
      .catch(() => {});
  if (!isOffered()) return [list];
  const using = trying(t.PASSKEY_USE(), attempt, () => use(session, signIn));
  return own ? [trying(t.PASSKEY_KEEP(), attempt, keep), using, list] : [using];
}

/** Where a name is somebody else's, its owner says that they are the one: then `again` is called. Nothing where no passkey is. */
export function ownerButton(person: Person, again: () => void): Kid {
  const said = h("span", { role: "status" });
  const attempt: Attempt = async (act) => fill(said, await act().catch((error) => wrong(t.problem(error))));

  async function signIn(proof: Proof): Promise<undefined> {
    await person._signIn(proof);
    person._changed();
    again();
  }

  return isOffered() && [trying(t.PASSKEY_YOURS(), attempt, () => use(person._session(), signIn)), said];
}

async function use({ host, site }: Session, signIn: SignIn): Promise<Kid> {
  const { options } = await call<{ options: PublicKeyCredentialRequestOptionsJSON }>(host, "/sessions/options", {
    body: { site },
  });
  const used = await navigator.credentials.get({
    publicKey: {
      ...(options as unknown as PublicKeyCredentialRequestOptions),
      challenge: decode(options.challenge),
    },
  });
  return signIn({ passkey: answer(used as PublicKeyCredential) });
}

/** What a browser refuses has no words for readers. */
const trying = (label: string, attempt: Attempt, act: () => Promise<Kid>) =>
  button(label, () =>
    attempt(async () => {
      try {
        return await act();
      } catch (error) {
        if ((error as HubbubError).code === "unauthorized") return wrong(t.PASSKEY_UNKNOWN());
        if (!(error instanceof DOMException)) throw error;
        return wrong(error.name === "InvalidStateError" ? t.PASSKEY_THERE() : t.PASSKEY_UNUSED());
      }
    }),
  );

const wrong = (text: string): Kid => h("span.error", {}, text);

/** By hand: `toJSON` is missing in older browsers, and fails in some password managers. */
function answer({ id, response }: PublicKeyCredential): object {
  const said: Record<string, string> = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    const bytes = (response as unknown as Record<string, ArrayBuffer | null | undefined>)[name];
    if (bytes) said[name] = encode(bytes);
  }
  return { id, response: said };
}

const decode = (text: string) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const encode = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");

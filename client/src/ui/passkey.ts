/** Passkeys (WebAuthn): one keeps a reader's name for good, and brings it to another device. The page's host is asked for it. */

import { call } from "../core/api";
import type { HubbubError } from "../core/errors";
import type { Session } from "../core/session";
import type { Proof } from "../core/signing";
import { button, h, type Kid } from "./dom";
import type { Attempt } from "./my-data";
import * as t from "./strings";

/** Keeps the reader by a passkey, if they are somebody, and signs in by one; nothing where the browser has none for this page. */
export function passkeyButtons(
  session: Session,
  attempt: Attempt,
  signIn: (proof: Proof) => Promise<Kid>,
): HTMLElement[] {
  const { host, site, get } = session;
  const own = get();

  async function keep(): Promise<Kid> {
    const token = own?.token;
    const { options } = await call<{ options: PublicKeyCredentialCreationOptionsJSON }>(host, "/me/passkeys/options", {
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
    await call(host, "/me/passkeys", { token, body: { passkey: answer(made as PublicKeyCredential) } });
    return t.passkeyKept(own?.author.name || t.ANONYMOUS());
  }

  async function use(): Promise<Kid> {
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
  const asking = (label: string, act: () => Promise<Kid>) =>
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
  // Browsers give it to https alone, and no page at a bare address may use it.
  if (!("PublicKeyCredential" in window) || /^[\d.]+$|]$/.test(location.hostname)) return [];
  const buttons = [asking(t.PASSKEY_USE(), use)];
  return own ? [asking(t.PASSKEY_KEEP(), keep), ...buttons] : buttons;
}

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

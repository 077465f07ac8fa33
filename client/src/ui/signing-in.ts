/** Who writes in a thread: a guest, or whoever the publisher says by the element's `token` or `signOn`. */

import type { SignOn } from "../core/sign-on";
import { type Signer, signer } from "../core/signing";
import { loadPeople } from "./parts";
import type { ThreadView } from "./thread-view";

/** What a publisher may give the element. */
export interface Publisher extends Element {
  signOn?: SignOn;
}

export const offersSignOn = (element: Publisher): boolean => !!element.signOn || element.matches("[token],[sign-in]");

export function signerOf({ _root, _subscription }: ThreadView): Signer {
  const mine = _subscription.session();
  return signer(
    mine,
    offersSignOn(_root.host) ? async (anew) => (await loadPeople()).enterBy(_root.host, mine, anew) : undefined,
  );
}

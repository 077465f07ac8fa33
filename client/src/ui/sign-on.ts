/** Sign-on from the publisher: who is signed in on their page is so here, and a button for those who are not. */

import type { Identity, Session } from "../core/session";
import { enter } from "../core/sign-on";
import { button, setText } from "./dom";
import type { Publisher } from "./signing-in";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

/** Asks the publisher by what they gave the element; see `enter`. */
export const enterBy = (element: Publisher, session: Session, anew?: boolean): Promise<Identity | undefined> =>
  enter(session, async () => (element.signOn ? element.signOn() : element.getAttribute("token")), anew);

/** Signs on when the thread is shown, and when what the publisher says changes; the button stands before `place`. */
export function signOn(view: ThreadView, place: HTMLElement): void {
  const element: Publisher = view._root.host;
  const session = view._subscription.session();
  const signIn = button("", () => {
    view._fire("sign-in", {});
    if (element.signOn) void again(true);
  });

  async function again(anew: boolean): Promise<void> {
    await view._guarded(enterBy(element, session, anew));
    const label = element.getAttribute("sign-in");
    signIn.hidden = label === null || "signedOn" in (session.get() ?? {});
    setText(signIn, label || t.SIGN_IN());
    view._identify();
  }

  place.before(signIn);
  new MutationObserver(() => again(true)).observe(element, { attributeFilter: ["token", "sign-in"] });
  void again(false);
}

/** What a reader may need once the comments are shown: it comes right after them, and the build makes a file of its own of it. */

import { hasOlder } from "../core/store";
import { hideClaim, takeClaim } from "./address";
import { follow } from "./link";
import { loadWriting } from "./parts";
import type { ThreadView } from "./thread-view";

export { Arrivals } from "./arrivals";
export { fold } from "./fold";
export { goTo } from "./link";
export { preview } from "./preview";
export { since } from "./since";

/** Oldest first means from the first on, as far as this many comments; beyond it a button loads the rest. */
const OLDEST_AUTO = 1000;

/** Loads what the layout shows from the first on. */
export async function loadOldest(view: ThreadView): Promise<void> {
  const { _subscription, _root } = view;
  while (view._layout._name === "oldest" && view._list._comments.length < OLDEST_AUTO) {
    const { state } = _subscription;
    if (!state || !hasOlder(state) || !(await view._older()) || !_root.isConnected) break;
  }
}

/** Follows the address, which has a comment's number or a one-time code: when the page opens, or later in the open page. */
export async function followAddress(view: ThreadView): Promise<void> {
  hideClaim();
  const code = takeClaim();
  if (/\d$/.test(location.hash)) follow(view);
  else if (code && (await view._guarded(claim(view, code)))) view._identify();
}

async function claim(view: ThreadView, code: string): Promise<unknown> {
  return (await loadWriting()).signer(view._subscription.session()).claim(code);
}

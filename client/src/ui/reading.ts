/** What a reader may need once the comments are shown: it comes right after them, and the build makes a file of its own of it. */

import { hasOlder } from "../core/store";
import { hideClaim, takeClaim } from "./address";
import { announcements } from "./announcements";
import { closingNotice } from "./closing-notice";
import { setText, styleSheet } from "./dom";
import { label, labels } from "./labels";
import { follow } from "./link";
import { loadWriting } from "./parts";
import { presence } from "./presence";
import css from "./reading.css?inline";
import type { ThreadView } from "./thread-view";
import { ago } from "./time";
import { tombstones } from "./tombstones";

export { Arrivals } from "./arrivals";
export { fold } from "./fold";
export { goTo } from "./link";
export { preview } from "./preview";
export { since } from "./since";

const TICK_MS = 30_000;
/** Oldest first means from the first on, as far as this many comments; beyond it a button loads the rest. */
const OLDEST_AUTO = 1000;

const sheet = styleSheet(css);

/** The comments are shown. */
export function begin(view: ThreadView): void {
  if (view._gone) return;
  view._root.adoptedStyleSheets.push(sheet);
  labels(view);
  announcements(view);
  tombstones(view);
  closingNotice(view);
  presence(view);
  view._ticker = setInterval(() => tick(view), TICK_MS);
  void loadOldest(view).then(() => followAddress(view));
}

/** Brings relative times up to date, and what may be edited no longer. */
function tick(view: ThreadView): void {
  const { _list, _writer } = view;
  for (const comment of _list._comments) {
    const item = _list._items.get(comment.id);
    if (!item) continue;
    setText(item.querySelector("time") as HTMLElement, ago(comment.at));
    label(item, comment);
    if (item.matches(".own") !== !!_writer?._mayEdit(comment)) _list._redrawOne(comment);
  }
}

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

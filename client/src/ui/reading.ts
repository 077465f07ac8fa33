/** What a reader may need once the comments are shown: it comes right after them, and the build makes a file of its own of it. */

import { save } from "../core/storage";
import { hasOlder } from "../core/store";
import { hideClaim, takeClaim } from "./address";
import { keepPlace } from "./anchor";
import { announcements } from "./announcements";
import { Arrivals } from "./arrivals";
import { avatars } from "./avatars";
import { busy } from "./busy";
import { closingNotice } from "./closing-notice";
import { COUNT_EVENT } from "./count-element";
import { focused, setText, styleSheet } from "./dom";
import { ignore } from "./ignore";
import { each, label, labels, standing } from "./labels";
import { layoutSwitch } from "./layout-switch";
import { follow, keepAddress } from "./link";
import { connectionTo } from "./page-connection";
import { loadRows, loadWriting, withActing, withMentions, withSharing, withVotes } from "./parts";
import { presence } from "./presence";
import { preview } from "./preview";
import css from "./reading.css?inline";
import { since } from "./since";
import { olderComments } from "./strings";
import type { ThreadView } from "./thread-view";
import { ago } from "./time";
import { unsent } from "./unsent";

export { fold } from "./fold";
export { goTo } from "./link";

const TICK_MS = 30_000;
/** What is new since the last visit is looked up when all else is there. */
const SINCE_MS = 1_000;
/** Soon it will be more than is drawn at once. */
const LONG = 200;
/** Oldest first means from the first on, as far as this many comments; beyond it a button loads the rest. */
const OLDEST_AUTO = 1000;

const sheet = styleSheet(css);

/** The comments are shown. */
export function begin(view: ThreadView): void {
  if (view._gone) return;
  view._root.adoptedStyleSheets.push(sheet);
  view._keepPlace = keepPlace;
  view._busy = busy;
  avatars(view);
  labels(view);
  announcements(view);
  closingNotice(view);
  presence(view);
  const lookAgain = unsent(view);
  warnOfStray(view._root);
  view._tellCount = () => tellCount(view);
  view._tellCount();
  view._receive = (list) => new Arrivals(list);
  point(view);
  keepAddress(view);
  view._header._root.append(layoutSwitch(view));
  offerVotes(view);
  seekMentions(view);
  const look = ignore(view);
  view._root.addEventListener("selectstart", () => withActing(({ quoting }) => quoting(view)), { once: true });
  setTimeout(() => view._gone || void since(view), SINCE_MS);
  const ticker = setInterval(() => {
    tick(view);
    look();
    lookAgain();
  }, TICK_MS);
  // The first tab hears of the second; the second hears the answer.
  const heard = ({ key }: StorageEvent) =>
    key === "hubbub:tabs" && withSharing(({ share }) => share(connectionTo(view._host), view._host));
  addEventListener("storage", heard); // not by tabs.ts, which the first script would have to bring then
  save("tabs", Math.random());
  view._endReading = () => {
    clearInterval(ticker);
    removeEventListener("storage", heard);
  };
  void loadOldest(view).then(() => followAddress(view));
}

const bringRows = async (view: ThreadView) => (await loadRows()).rows(view);

/** What only a `/>` puts into the element: the rest of the page. */
const STRAY = "main, aside, footer, h1, script[src], hubbub-thread, hubbub-count";
let warned = false;

function warnOfStray({ host }: ShadowRoot): void {
  if (!host.querySelector(STRAY) || warned) return;
  warned = true;
  console.warn(
    '[hubbub] What follows <hubbub-thread> on the page is inside it, and not shown. Write <hubbub-thread …></hubbub-thread>: "/>" does not end it.',
  );
}

/** Tells the page's <hubbub-count> how many comments there are. A long thread is drawn in part. */
function tellCount(view: ThreadView): void {
  const { _host, _subscription, _list } = view;
  if (!_subscription.state) return;
  const { _comments } = _list;
  if (_comments.length > LONG || _comments.some(({ removed }) => removed)) void bringRows(view);
  const { site, key, comments } = _subscription.state.thread;
  const detail = { host: _host, site, counts: { [key]: comments } };
  document.dispatchEvent(new CustomEvent(COUNT_EVENT, { detail }));
}

/** Notes where the pointer is: nothing moves below it, and some links have a card. */
function point(view: ThreadView): void {
  const { _root, _header } = view;
  const show = ({ target }: Event) => {
    const link = (target as Element).closest<HTMLAnchorElement>(".parent a, .when");
    if (link) preview(view, link);
  };
  const pointed = ({ pointerType, target }: PointerEvent) => {
    view._list._pointed = pointerType !== "touch" && !!(target as Element).closest("li");
  };
  _root.addEventListener("pointermove", pointed as EventListener, { passive: true });
  _header._root.parentElement?.addEventListener("pointerleave", () => {
    view._list._pointed = false;
  });
  for (const kind of ["pointerover", "focusin", "touchstart"]) _root.addEventListener(kind, show, { passive: true });
}

/** Loads the page before the oldest comment, and tells the ear how many came. */
export async function showOlder(view: ThreadView): Promise<void> {
  const { _older, _comments } = view._list;
  const { length } = _comments;
  const [first] = _comments;
  const asked = focused(_older);
  if (!(await busy(_older, () => view._older()))) return;
  view._draw();
  // Who asked for the last ones goes on with them.
  if (asked && first && _older.hidden && (focused(view._root) ?? _older) === _older)
    view._list._item(first.number - 1)?.focus({ preventScroll: true });
  view._notices._tell(olderComments(view._list._comments.length - length));
}

/** Brings votes and reactions as soon as the site takes any. */
function offerVotes(view: ThreadView): void {
  const look = () => {
    const { votes = "none", reactions = {} } = view._subscription.state?.site ?? {};
    const takes = votes !== "none" || Object.keys(reactions).length > 0;
    if (takes || view._gone) document.removeEventListener(COUNT_EVENT, look);
    if (takes && !view._gone) withVotes((part) => part.votes(view));
  };
  document.addEventListener(COUNT_EVENT, look);
  look();
}

/** Brings mentions with the first "@". */
function seekMentions(view: ThreadView): void {
  const seek = (text: string) => text.includes("@") && withMentions(({ mentions }) => mentions(view));
  view._root.addEventListener("input", ({ target }) => seek((target as HTMLTextAreaElement).value));
  each(view, (_, { html }) => seek(html));
}

/** Brings relative times up to date, and what may be edited no longer. */
function tick(view: ThreadView): void {
  standing(view, (item, comment) => {
    setText(item.querySelector("time") as HTMLElement, ago(comment.at));
    label(view, item, comment);
    if (item.matches(".own") !== !!view._writer?._mayEdit(comment)) view._list._redrawOne(comment);
  });
}

/** Loads what the layout shows from the first on. */
export async function loadOldest(view: ThreadView): Promise<void> {
  const { _subscription, _root } = view;
  while (view._layout._name === "oldest" && view._list._comments.length < OLDEST_AUTO) {
    const { state } = _subscription;
    if (!state || !hasOlder(state) || !(await view._older()) || !_root.isConnected) break;
    await bringRows(view);
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
  return (await loadWriting()).signerOf(view).claim(code);
}

/**
 * The drafts of a thread, one for each tab that writes in it: none overwrites another's. A new tab begins with the latest
 * one, and shows what becomes of it until something is written there: then that is a draft of its own. A draft has the id of
 * the comment that it becomes, its idempotency key: two tabs that post the same draft post it once.
 */

import { load, save } from "../core/storage";
import { onSaved, tab } from "../core/tabs";
import { uuid } from "../core/uuid";

export interface Draft {
  body: string;
  parent?: string | undefined;
  /** Another text has another one. Unknown for those of an older version. */
  id?: string;
}

/** By tab. One without text tells its tab that another has posted it. */
type Stored = Record<string, Draft>;

/** Tabs that were closed leave theirs behind; the latest are kept. */
const MOST = 5;

export interface Drafts {
  /** What to begin with. */
  _load(): Draft | undefined;
  /** What stands in the field now. */
  _keep(draft: Draft | undefined): void;
  /** The id of the comment that it becomes. */
  _id(): string;
  /** What stood in the field is on its way. */
  _posted(): void;
  /** Hears of other tabs no more. */
  readonly _stop: () => void;
}

/** `show` is called when another tab has changed or posted what stands here; false ends that. */
export function drafts(slot: string, show: (draft: Draft | undefined) => boolean): Drafts {
  const own = tab(uuid);
  let owner = own;
  /** What was shown or kept last. */
  let last: Draft | undefined;
  /** Another tab's, from which this one came. */
  let origin: Draft | undefined;
  let from = "";

  function all(): Stored {
    const stored = load<Stored | Draft>(slot) ?? {};
    return typeof stored.body === "string" ? { "": stored as Draft } : (stored as Stored);
  }

  function put(id: string, draft: Draft | undefined): void {
    const { [id]: _, ...others } = all();
    const kept = Object.entries(draft ? { ...others, [id]: draft } : others).slice(-MOST);
    save(slot, kept.length ? Object.fromEntries(kept) : undefined);
  }

  function follow(id: string, draft: Draft | undefined): void {
    last = draft;
    if (id === own) return;
    [from, origin] = [id, draft];
  }

  const off = onSaved(slot, () => {
    const now = all()[owner];
    if (owner === own && now?.body) return;
    // Another tab, which knows nothing of this one's, may have forgotten it.
    if (owner === own && !now) return put(own, last);
    if (now?.body === last?.body) return;
    follow(owner, now?.body ? now : undefined);
    if (owner === own) put(own, undefined);
    if (!show(last)) off();
  });

  return {
    _stop: off,
    _load() {
      const stored = all();
      const latest = Object.keys(stored).findLast((id) => stored[id]?.body);
      owner = stored[own]?.body ? own : (latest ?? own);
      follow(owner, stored[owner]);
      return last;
    },
    _keep(draft) {
      // Another tab's as it is shown, or, in an element that has nothing new, another element's in the same place.
      if (draft?.body === last?.body && (owner !== own || draft?.parent === last?.parent)) return;
      owner = own;
      last = draft && { ...draft, id: uuid() };
      put(own, last);
    },
    _id: () => last?.id ?? uuid(),
    _posted() {
      // The other tab still has it, or a mark that it is gone; what was changed there meanwhile is another draft.
      if (origin && all()[from]?.body === origin.body) put(from, { body: "" });
      origin = undefined;
      owner = own;
      last = undefined;
      put(own, undefined);
    },
  };
}

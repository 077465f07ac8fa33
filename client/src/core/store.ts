/**
 * What a reader knows of a thread, as a pure function of what the server sent: a snapshot, then events.
 *
 * Every comment carries the `seq` at which it was learnt, and the later knowledge wins. So duplicates change nothing,
 * a page of older comments that was overtaken by an event cannot bring a removed text back, and an old snapshot with
 * the events since equals a new snapshot.
 */

import type { Comment, Counts, Event, JoinReply, Site, SnapshotAnswer, Thread } from "../protocol/generated";

/** The answer to a join from a position on. */
export type CatchUp = Pick<JoinReply, "thread" | "more" | "site"> & Required<Pick<JoinReply, "events">>;

interface Known {
  readonly comment: Comment;
  readonly seq: number;
}

/** By the comments' ids. */
type Told = ReadonlyMap<string, { readonly counts: Counts; readonly seq: number }>;

export interface State {
  readonly thread: Thread;
  /** As the server last told; an older one tells nothing of it. */
  readonly site?: Site;
  readonly epoch: string;
  /** The last event applied. */
  readonly seq: number;
  /** By number. May hold comments below `from` that an event told of before their page was loaded. */
  readonly known: ReadonlyMap<number, Known>;
  /** The counts that events told, also of comments that are not known yet. */
  readonly told: Told;
  /** The lowest number that is shown; everything from here up is known. */
  readonly from: number;
  /** A part further back that is known too; see past.ts. */
  readonly past?: Past | undefined;
}

/** The numbers of the first and the last comment of a part of the thread. */
export interface Past {
  readonly low: number;
  readonly high: number;
}

export interface Applied {
  readonly state: State;
  /** Events that were new to this reader, in order; none of a kind that this version does not know. */
  readonly fresh: readonly Event[];
  /** True when an event is missing before one that came: the thread must be joined again, with `after`. */
  readonly gap: boolean;
}

/** Notes what a comment was at `seq`, unless something later is known. */
function learn(known: Map<number, Known>, told: Told, comment: Comment, seq: number): void {
  if ((known.get(comment.number)?.seq ?? -1) >= seq) return;
  const late = told.get(comment.id);
  known.set(comment.number, { comment: late && late.seq > seq ? { ...comment, ...late.counts } : comment, seq });
}

const siteOf = ({ site }: { readonly site?: Site }): Pick<State, "site"> => (site ? { site } : {});

/** The state after a join without `after`, or after a reset. */
export function fromSnapshot(page: SnapshotAnswer): State {
  const { thread } = page;
  const empty = { thread, epoch: thread.epoch, seq: thread.head, known: new Map(), told: new Map() };
  return mergePage({ ...empty, from: Number.POSITIVE_INFINITY, ...siteOf(page) }, page);
}

/** Adds a page of older comments, read when the thread's head was `page.thread.head`. */
export function mergePage(state: State, page: SnapshotAnswer): State {
  const seq = page.thread.head;
  const known = new Map(state.known);
  for (const comment of page.comments) {
    learn(known, state.told, comment, seq);
  }
  const from = page.more ? Math.min(state.from, ...page.comments.map((comment) => comment.number)) : 1;
  return { ...state, known, from };
}

/** By how much an event of each kind changes the number of comments shown. */
const COUNTED: ReadonlyMap<string, number> = new Map([
  ["comment.posted", 1],
  ["comment.restored", 1],
  ["comment.removed", -1],
  ["comment.edited", 0],
  ["thread.closed", 0],
  ["thread.reopened", 0],
  ["thread.changed", 0],
  ["thread.pinned", 0],
  ["thread.mode", 0],
  ["thread.scored", 0],
]);

/** Applies what continues the state; drops what is known already; stops before a hole and says so. */
export function applyEvents(state: State, events: readonly Event[]): Applied {
  let { seq, thread } = state;
  const known = new Map(state.known);
  const told = new Map(state.told);
  const fresh: Event[] = [];
  let gap = false;
  for (const event of events) {
    if (event.seq <= seq) continue;
    if (event.seq > seq + 1) {
      gap = true;
      break;
    }
    seq = event.seq;
    const counted = COUNTED.get(event.kind);
    if (counted === undefined) continue; // a newer server's, of whatever form: it has its place, and that is all
    fresh.push(event);
    // An event's own count may be of a later moment than its seq (replays show the present), so we count ourselves.
    const comments = thread.comments + counted;
    thread = { ...thread, ...event.thread, comments };
    if (event.comment) {
      const mine = known.get(event.comment.number)?.comment.mine; // no event tells it
      learn(known, told, mine ? { ...event.comment, mine } : event.comment, seq);
    }
    const { counts } = event;
    if (!counts) continue;
    for (const id in counts) told.set(id, { counts: counts[id] as Counts, seq });
    for (const [number, { comment, seq: at }] of known) {
      if (comment.id in counts && at <= seq) known.set(number, { comment: { ...comment, ...counts[comment.id] }, seq });
    }
  }
  return { state: seq > state.seq ? { ...state, seq, thread, known, told } : state, fresh, gap };
}

/** Applies the answer to a join with `after`. */
export function catchUp(state: State, { thread, events, more, ...rest }: CatchUp): Applied {
  const applied = applyEvents(state, events);
  // When more is to come, the count in the answer already has what will be counted as it comes.
  const comments = more || applied.gap ? applied.state.thread.comments : thread.comments;
  return { ...applied, state: { ...applied.state, ...siteOf(rest), thread: { ...thread, comments } } };
}

/** The comments to show, by number. */
export function shown(state: State): Comment[] {
  const out: Comment[] = [];
  for (const [number, { comment }] of state.known) if (number >= state.from) out.push(comment);
  return out.sort((a, b) => a.number - b.number);
}

/** True when there are older comments than those shown. */
export const hasOlder = (state: State): boolean => state.from > 1;

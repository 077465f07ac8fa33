import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasGap, isShown, mergePast, shownPast } from "../../src/core/past";
import { applyEvents, catchUp, fromSnapshot, hasOlder, mergePage, type State, shown } from "../../src/core/store";
import type { Comment, Counts, Event, SnapshotAnswer, Thread } from "../../src/protocol/generated";
import { comment, posted, thread, tombstone } from "../support";

const NO_COUNTS = { score: { up: 0, down: 0 }, reactions: {}, replies: 0 };

/** A thread as a server keeps it, written from the contract and not from the client's code. */
class Server {
  readonly log: { kind: Event["kind"]; number?: number; was?: Comment | Thread; counts?: Record<string, Counts> }[] =
    [];
  readonly comments: Comment[] = [];
  readonly kept = new Map<string, Comment>();
  closed = false;

  thread(head = this.log.length): Thread {
    const count = this.comments.filter(({ removed }) => !removed).length;
    return thread({
      head,
      comments: count,
      state: this.closed ? "closed" : "open",
      reason: this.closed ? "enough" : null,
    });
  }

  /** What one random step does; steps that make no sense now do nothing. */
  step([what, which]: [string, number]): void {
    const target = this.comments[which % Math.max(1, this.comments.length)];
    if (what === "post") this.change("comment.posted", comment(this.comments.length + 1, { ...NO_COUNTS }));
    else if (what === "answer" && target)
      this.change("comment.posted", comment(this.comments.length + 1, { ...NO_COUNTS, parent: target.id }));
    else if (what === "close" && !this.closed) this.gate(true);
    else if (what === "reopen" && this.closed) this.gate(false);
    else if (!target) return;
    else if (what === "edit" && !target.removed)
      this.change("comment.edited", { ...target, html: `<p>edit ${this.log.length}</p>`, edited_at: "later" });
    else if (what === "remove" && !target.removed) {
      const { score, reactions } = NO_COUNTS;
      this.kept.set(target.id, target);
      this.change("comment.removed", { ...tombstone(target), score, reactions });
    } else if (what === "restore" && target.removed) {
      const { parent, replies } = target;
      const { score, reactions } = this.kept.get(target.id) as Comment;
      this.change("comment.restored", { ...comment(target.number), parent, replies, score, reactions } as Comment);
    } else if (what === "vote" && !target.removed) {
      const up = (target.score?.up ?? 0) + 1;
      const voted = { ...target, score: { up, down: 0 }, reactions: { wow: up } };
      this.comments[target.number - 1] = voted;
      this.log.push({ kind: "thread.scored", counts: this.counts(voted) });
    }
  }

  private counts({ id, removed, score, reactions, replies }: Comment): Record<string, Counts> {
    return { [id]: { ...(removed ? NO_COUNTS : { score, reactions }), replies } as Counts };
  }

  /** A comment is another now; where everybody sees it now, or no longer, that counts for the one it answers. */
  private change(kind: Event["kind"], next: Comment): void {
    const by = kind === "comment.edited" ? 0 : kind === "comment.removed" ? -1 : 1;
    this.comments[next.number - 1] = next;
    const parent = this.comments.find(({ id }) => by && id === next.parent);
    if (!parent) this.log.push({ kind, number: next.number, was: next });
    else {
      const now = { ...parent, replies: (parent.replies ?? 0) + by };
      this.comments[parent.number - 1] = now;
      this.log.push({ kind, number: next.number, was: next, counts: this.counts(now) });
    }
  }

  private gate(closed: boolean): void {
    this.closed = closed;
    const kind = closed ? "thread.closed" : "thread.reopened";
    this.log.push({ kind, was: this.thread(this.log.length + 1) });
  }

  /** As they were pushed live, or as a replay shows them: from the current rows. */
  events(after: number, replay: boolean): Event[] {
    return this.log.slice(after).map(({ kind, number, was, counts }, index) => {
      const base = { seq: after + index + 1, kind, at: "now", ...(counts && { counts }) };
      if (kind === "thread.scored") return base as Event;
      if (number === undefined) return { ...base, thread: replay ? this.thread() : was } as Event;
      return { ...base, comment: replay ? this.comments[number - 1] : was } as Event;
    });
  }

  page(before = Number.MAX_SAFE_INTEGER, limit = 5): SnapshotAnswer {
    const all = this.comments.filter(({ number }) => number < before).reverse();
    return structuredClone({ thread: this.thread(), comments: all.slice(0, limit), more: all.length > limit });
  }
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("post", "post", "answer", "vote", "vote", "edit", "remove", "restore", "close", "reopen"),
    fc.nat(30),
  ),
  { maxLength: 40 },
);

/** What a reader sees, down to comment `from`. */
const seen = (state: State, from: number) => ({
  comments: shown(state).filter(({ number }) => number >= from),
  count: state.thread.comments,
  gate: [state.thread.state, state.thread.reason],
  seq: state.seq,
});

function grown(all: [string, number][], cut: number): { server: Server; old: State } {
  const server = new Server();
  for (const step of all.slice(0, cut)) server.step(step);
  const old = fromSnapshot(server.page());
  for (const step of all.slice(cut)) server.step(step);
  return { server, old };
}

describe("old snapshot + events = new snapshot", () => {
  test.each([false, true])("in order (replayed: %s)", (replay) => {
    fc.assert(
      fc.property(steps, fc.nat(40), (all, cut) => {
        const { server, old } = grown(all, cut);
        const { state, gap } = applyEvents(old, server.events(old.seq, replay));
        const fresh = fromSnapshot(server.page(undefined, 1000));
        expect(gap).toBe(false);
        expect(seen(state, old.from)).toEqual(seen(fresh, old.from));
      }),
    );
  });

  test("with duplicates, reorderings and losses, as long as every gap is followed by a join", () => {
    const order = fc.array(fc.nat(60), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.nat(40), order, (all, cut, picks) => {
        const { server, old } = grown(all, cut);
        const live = server.events(0, false);
        let state = old;
        for (const pick of picks) {
          const event = live[pick % Math.max(1, live.length)];
          if (!event) continue;
          const applied = applyEvents(state, [event]);
          expect(applied.gap).toBe(event.seq > state.seq + 1);
          if (applied.gap) expect(applied.state).toBe(state);
          state = applied.state;
        }
        const { thread } = server.page();
        state = catchUp(state, { thread, events: server.events(state.seq, true), more: false }).state;
        expect(seen(state, old.from)).toEqual(seen(fromSnapshot(server.page(undefined, 1000)), old.from));
      }),
    );
  });

  test("with older pages that were read at any moment and arrive at any other", () => {
    fc.assert(
      fc.property(steps, fc.nat(40), fc.nat(40), (all, cut, readAt) => {
        const server = new Server();
        for (const step of all.slice(0, cut)) server.step(step);
        let state = fromSnapshot(server.page());
        let page: SnapshotAnswer | undefined;
        all.slice(cut).forEach((step, index) => {
          if (index === readAt) page = server.page(state.from);
          server.step(step);
        });
        page ??= server.page(state.from);
        state = applyEvents(state, server.events(state.seq, false)).state;
        state = mergePage(state, page);
        const fresh = fromSnapshot(server.page(undefined, 1000));
        expect(seen(state, state.from)).toEqual(seen(fresh, state.from));
        const numbers = shown(state).map(({ number }) => number);
        expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 1) + index));
      }),
    );
  });

  test("with pages around any comment, in any order, and what comes meanwhile", () => {
    const asks = fc.array(fc.tuple(fc.constantFrom("around", "newer", "older", "before"), fc.nat(30)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, fc.nat(40), asks, (all, cut, asked) => {
        const { server, old } = grown(all, cut);
        let state = old;
        for (const [what, number] of asked) {
          const { past } = state;
          if (what === "before") state = mergePage(state, server.page(state.from, 3));
          else if (what === "around") state = mergePast(state, server.page(number + 3));
          else if (past && what === "older") state = mergePast(state, server.page(past.low, 3));
          else if (past) state = mergePast(state, server.page(past.high + 4, 3));
          if (what === "around" && number && number <= server.comments.length)
            expect(isShown(state, number)).toBe(true);
          const numbers = shownPast(state).map(({ number }) => number);
          const together = [...numbers, ...shown(state).map(({ number }) => number)];
          const whole = together.every((one, index) => !index || one === (together[index - 1] ?? 0) + 1);
          expect(whole).toBe(!numbers.length || !hasGap(state));
        }
        state = applyEvents(state, server.events(state.seq, false)).state;
        const fresh = shown(fromSnapshot(server.page(undefined, 1000)));
        const wanted = fresh.filter(({ number }) => isShown(state, number));
        expect([...shownPast(state), ...shown(state)]).toEqual(wanted);
      }),
    );
  });

  test("when a page was read ahead of the events", () => {
    const server = new Server();
    for (let n = 0; n < 8; n++) server.step(["post", 0]);
    const old = fromSnapshot(server.page());
    server.step(["edit", 0]);
    server.step(["remove", 0]);
    const state = mergePage(old, server.page(old.from));
    const events = server.events(old.seq, false);
    // The edit that is known to be past must not show the removed text again.
    const between = applyEvents(state, events.slice(0, 1)).state;
    const after = applyEvents(between, events.slice(1)).state;
    expect(shown(after)[0]?.removed).toBe(true);
    expect(shown(between)[0]?.html).toBe("");
  });
});

describe("gaps and duplicates", () => {
  const start = fromSnapshot({ thread: thread({ head: 1, comments: 1 }), comments: [comment(1)], more: false });

  test("a hole is told and nothing beyond it applied", () => {
    const { state, gap, fresh } = applyEvents(start, [posted(2), posted(4)]);
    expect(gap).toBe(true);
    expect(fresh.map(({ seq }) => seq)).toEqual([2]);
    expect(state.seq).toBe(2);
  });

  test("what is known changes nothing, not even the object", () => {
    expect(applyEvents(start, [posted(1)]).state).toBe(start);
  });

  test("an event of a kind that only a newer server knows has its place, and changes nothing else", () => {
    const unknown = [
      { seq: 2, kind: "thread.future", at: "", thread: "all else" },
      { seq: 3, kind: "comment.future", at: "", comment: comment(1, { html: "new" }) },
      { seq: 4, kind: "constructor", at: "", comment: 7 },
    ] as unknown as Event[];
    const { state, gap, fresh } = applyEvents(start, [...unknown, posted(5, 2)]);
    expect(gap).toBe(false);
    expect(fresh.map(({ seq }) => seq)).toEqual([5]);
    expect(state.seq).toBe(5);
    expect(state.thread).toEqual({ ...start.thread, comments: 2 });
    expect(shown(state).map(({ number }) => number)).toEqual([1, 2]);
    expect(applyEvents(start, unknown).state.seq).toBe(4);
  });

  test("a count in a catch-up that goes on is not counted twice", () => {
    const first = catchUp(start, { thread: thread({ head: 3, comments: 3 }), events: [posted(2)], more: true });
    expect(first.state.thread.comments).toBe(2);
    expect(applyEvents(first.state, [posted(3)]).state.thread.comments).toBe(3);
  });
});

test("older comments are known to exist until the first page", () => {
  const state = fromSnapshot({ thread: thread({ head: 9 }), comments: [comment(9), comment(8)], more: true });
  expect(hasOlder(state)).toBe(true);
  const all = [7, 6, 5, 4, 3, 2, 1].map((number) => comment(number));
  expect(hasOlder(mergePage(state, { thread: thread({ head: 9 }), comments: all, more: false }))).toBe(false);
});

test("an empty thread has no older comments", () => {
  expect(hasOlder(fromSnapshot({ thread: thread(), comments: [], more: false }))).toBe(false);
});

test("counts that were told before their comment was known are later than the page that brings it", () => {
  const page = { thread: thread({ head: 1, comments: 9 }), comments: [comment(1, { ...NO_COUNTS })], more: false };
  const start = fromSnapshot({ ...page, comments: [comment(9)], more: true });
  const counts = { c1: { score: { up: 3, down: 0 }, reactions: {}, replies: 2 } };
  const { state } = applyEvents(start, [{ seq: 2, kind: "thread.scored", at: "now", counts }]);
  expect(shown(mergePage(state, page))[0]).toMatchObject(counts.c1);
  const later = { ...page, thread: thread({ head: 3, comments: 9 }) };
  expect(shown(mergePage(state, later))[0]).toMatchObject(NO_COUNTS);
});

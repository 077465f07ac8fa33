import { describe, expect, test } from "vitest";
import { applyEvents, fromSnapshot, shown } from "../../src/core/store";
import { voted } from "../../src/core/votes";
import type { Event } from "../../src/protocol/generated";
import { comment, thread } from "../support";

const NO_COUNTS = { score: { up: 0, down: 0 }, reactions: {}, replies: 0 };

describe("what the reader said", () => {
  const mine = { vote: 1, reactions: ["wow"] };
  const scored = (seq: number, up: number): Event =>
    ({
      seq,
      kind: "thread.scored",
      at: "now",
      counts: { c1: { score: { up, down: 0 }, reactions: {}, replies: 0 } },
    }) as Event;
  const start = () =>
    fromSnapshot({ thread: thread({ head: 1, comments: 1 }), comments: [comment(1, { ...NO_COUNTS })], more: false });

  test("is put in by the answer, with its sums, and no event takes it away", () => {
    const state = start();
    const asked = state.known.get(1)?.seq;
    const answer = comment(1, { ...NO_COUNTS, score: { up: 1, down: 0 }, mine });
    const said = voted(state, answer, asked);
    expect(shown(said)[0]).toMatchObject({ mine, score: { up: 1 } });
    const edited = { seq: 2, kind: "comment.edited", at: "now", comment: comment(1, { html: "other" }) } as Event;
    expect(shown(applyEvents(said, [edited]).state)[0]).toMatchObject({ mine, html: "other" });
  });

  test("an answer that comes after later sums changes none", () => {
    const state = start();
    const asked = state.known.get(1)?.seq;
    const later = applyEvents(state, [scored(2, 7)]).state;
    const said = voted(later, comment(1, { ...NO_COUNTS, score: { up: 1, down: 0 }, mine }), asked);
    expect(shown(said)[0]).toMatchObject({ mine, score: { up: 7 } });
  });

  test("of a comment that is not known changes nothing", () => {
    const state = start();
    expect(voted(state, comment(9, { mine }))).toBe(state);
  });
});

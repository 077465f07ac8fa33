import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/core/connection";
import { loadAround, loadPast } from "../../src/core/past";
import { signer } from "../../src/core/signing";
import { save } from "../../src/core/storage";
import { shown } from "../../src/core/store";
import { type Handlers, Subscription } from "../../src/core/subscription";
import type { Comment } from "../../src/protocol/generated";
import { connect } from "../../src/ui/page-connection";
import { comment, FakeSocket, fakeFetch, HOST, settled, thread } from "../support";

const SLOT = `session:${HOST}:demo`;

let connection: Connection;
let handlers: { [K in keyof Handlers]: ReturnType<typeof vi.fn> };
let subscription: Subscription;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  localStorage.clear();
  save(SLOT, undefined);
  FakeSocket.install();
  connection = connect(HOST);
  handlers = {
    changed: vi.fn(),
    presence: vi.fn(),
    refused: vi.fn(),
    unreached: vi.fn(),
    status: vi.fn(),
    renew: vi.fn((session) => signer(session).renew()),
    signedOut: vi.fn(),
  };
  subscription = new Subscription(connection, HOST, { site: "demo", key: "/k" }, handlers as unknown as Handlers);
  subscription.start();
  FakeSocket.last.accept();
});

afterEach(() => {
  subscription.leave();
  vi.useRealTimers();
});

const numbers = () => (subscription.state ? shown(subscription.state).map(({ number }) => number) : []);

async function joined(comments: Comment[] = [comment(1)], more = false): Promise<void> {
  const head = comments[0]?.number ?? 0;
  FakeSocket.last.answers("join", { thread: thread({ head, comments: head, watching: 4 }), comments, more });
  await settled();
}

describe("a comment that is far back", () => {
  const range = (low: number, high: number) =>
    Array.from({ length: high - low + 1 }, (_, index) => comment(high - index));
  const answers = (comments: Comment[]) =>
    fakeFetch(() => [200, { thread: thread({ head: 100_000 }), comments, more: true }]);
  const past = () => subscription.state?.past;

  test("comes with those around it by one request, beside what is shown", async () => {
    await joined(range(99_951, 100_000), true);
    const fetch = answers(range(476, 525));
    await loadAround(subscription, 500);
    await loadAround(subscription, 510);
    expect(fetch).toHaveBeenCalledOnce();
    expect(String(fetch.mock.calls[0]?.[0])).toBe(`${HOST}/api/v1/threads?thread=${thread().id}&before=526&limit=50`);
    expect(past()).toEqual({ low: 476, high: 525 });
    expect(numbers()[0]).toBe(99_951);
    expect(handlers.changed).toHaveBeenLastCalledWith([]);
    answers(range(576, 625));
    await loadAround(subscription, 600);
    expect(past()).toEqual({ low: 576, high: 625 });
  });

  test("is there although its neighbours are too large for one page", async () => {
    await joined(range(99_951, 100_000), true);
    const large = [range(511, 525), range(490, 500)];
    const fetch = fakeFetch(() => [200, { thread: thread({ head: 100_000 }), comments: large.shift(), more: true }]);
    await loadAround(subscription, 500);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(past()).toEqual({ low: 490, high: 500 });
  });

  test("leads on in both directions, until it meets what is shown", async () => {
    await joined(range(700, 750), true);
    answers(range(476, 525));
    await loadAround(subscription, 500);
    const older = answers(range(276, 475));
    await loadPast(subscription, "older");
    expect(String(older.mock.calls[0]?.[0])).toContain("&before=476&limit=200");
    expect(past()).toEqual({ low: 276, high: 525 });
    const newer = answers(range(526, 699)); // 700 is shown
    await loadPast(subscription, "newer");
    expect(String(newer.mock.calls[0]?.[0])).toContain("&order=oldest&after=525&limit=200");
    expect(past()).toBeUndefined();
    expect(numbers()).toEqual(
      range(276, 750)
        .map(({ number }) => number)
        .reverse(),
    );
    await loadPast(subscription, "newer");
    expect(newer).toHaveBeenCalledOnce();
  });
});

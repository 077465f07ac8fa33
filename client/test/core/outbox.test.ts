import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HubbubError } from "../../src/core/errors";
import { type Item, isDelayed, type Outbox, outbox, type Pending, sharedOutbox } from "../../src/core/outbox";
import { save } from "../../src/core/storage";
import { settled } from "../support";

const item = (id: string): Item => ({ id, body: `text of ${id}`, profile: {} });

let send: ReturnType<typeof vi.fn<(item: Item) => Promise<{ seq: number }>>>;
let box: Outbox;

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  save("outbox:k", undefined);
  send = vi.fn<(item: Item) => Promise<{ seq: number }>>(async () => ({ seq: 5 }));
  box = outbox("k", send, () => {});
});

afterEach(() => {
  vi.useRealTimers();
});

const states = (from = box) => from.items().map(({ state }) => state);

test("a comment goes from sending to sent, and knows its event", async () => {
  box.add(item("a"));
  expect(states()).toEqual(["sending"]);
  await settled();
  expect(box.items()).toMatchObject([{ state: "sent", seq: 5 }]);
});

test("a refusal is kept with its reason, and a retry sends the very same", async () => {
  send.mockRejectedValueOnce(new HubbubError("rate_limited", "", 3));
  box.add(item("a"));
  await settled();
  expect(box.items()).toMatchObject([{ state: "failed", error: { code: "rate_limited", retryAfter: 3 } }]);
  box.retry("a", {});
  await settled();
  expect(send).toHaveBeenCalledTimes(2);
  for (const [sent] of send.mock.calls) expect(sent).toMatchObject(item("a"));
  expect(box.items()[0]).toMatchObject({ state: "sent", error: undefined });
});

test("a retry goes out under the name that its writer has by now; one of what has gone sends nothing", async () => {
  send.mockRejectedValueOnce(new HubbubError("forbidden"));
  box.add(item("a"));
  await settled();
  box.retry("a", { name: "Nina" });
  box.retry("gone", { name: "Nina" });
  await settled();
  expect(send.mock.calls.map(([{ id, profile }]) => [id, profile.name])).toEqual([
    ["a", undefined],
    ["a", "Nina"],
  ]);
  expect(box.items().map(({ id }) => id)).toEqual(["a"]);
});

test("what the line interrupted goes out by itself when it returns", async () => {
  send.mockRejectedValueOnce(new HubbubError("offline"));
  box.add(item("a"));
  await settled();
  expect(states()).toEqual(["sending"]);
  vi.advanceTimersByTime(10_000);
  expect(box.items()).toMatchObject([{ state: "failed", error: { code: "offline" } }]);
  box.resume();
  await settled();
  expect(states()).toEqual(["sent"]);
});

test("what was refused for a reason is not sent again unasked", async () => {
  send.mockRejectedValueOnce(new HubbubError("thread_closed"));
  box.add(item("a"));
  await settled();
  box.resume();
  expect(send).toHaveBeenCalledOnce();
});

test("while the server is away it is tried again by itself, with the same id, and told of once", async () => {
  const told: unknown[] = [];
  box = outbox("k", send, () => told.push(box.items()[0]));
  for (let time = 0; time < 3; time++) send.mockRejectedValueOnce(new HubbubError("unavailable", "", 2));
  box.add(item("a"));
  await settled();
  expect(box.items()).toMatchObject([{ state: "failed", error: { code: "unavailable" } }]);
  expect(isDelayed(box.items()[0] as Pending)).toBe(true);
  await vi.advanceTimersByTimeAsync(1_900);
  expect(send).toHaveBeenCalledTimes(1);
  const before = told.length;
  await vi.advanceTimersByTimeAsync(4_200);
  expect(send).toHaveBeenCalledTimes(4);
  expect(new Set(send.mock.calls.map(([{ id }]) => id))).toEqual(new Set(["a"]));
  expect(told.slice(before)).toMatchObject([{ state: "sent", error: undefined, seq: 5 }]);
});

test("tries come less and less often, however soon the server says", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  send.mockRejectedValue(new HubbubError("unavailable", "", 0));
  box.add(item("a"));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(send.mock.calls.length).toBeLessThan(15);
  vi.restoreAllMocks();
});

test("one that is delayed can be taken back, and is sent no more", async () => {
  send.mockRejectedValue(new HubbubError("unavailable", "", 1));
  box.add(item("a"));
  await settled();
  expect(box.take("a")).toMatchObject({ body: "text of a" });
  await vi.advanceTimersByTimeAsync(20_000);
  expect(send).toHaveBeenCalledOnce();
});

test("a line that breaks while one is delayed does not end its tries", async () => {
  send.mockRejectedValueOnce(new HubbubError("unavailable", "", 1)).mockRejectedValueOnce(new HubbubError("offline"));
  box.add(item("a"));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(states()).toEqual(["failed"]);
  box.resume();
  await settled();
  expect(states()).toEqual(["sent"]);
});

test("a request that fails while the line is up is made again, though no connection comes back to tell of", async () => {
  for (let time = 0; time < 3; time++) send.mockRejectedValueOnce(new HubbubError("offline"));
  box.add(item("a"));
  await vi.advanceTimersByTimeAsync(900);
  expect(send).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(4_100);
  expect(send).toHaveBeenCalledTimes(4);
  expect(states()).toEqual(["sent"]);
});

test("a thread that has left the page tries no more, and keeps what it has not sent", async () => {
  send.mockRejectedValue(new HubbubError("offline"));
  box.add(item("a"));
  await settled();
  box.stop();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(send).toHaveBeenCalledOnce();
  expect(outbox("k", send, () => {}).items()).toMatchObject([{ id: "a", body: "text of a", state: "failed" }]);
});

test("a thread that closed meanwhile ends the tries, and the text is kept", async () => {
  send
    .mockRejectedValueOnce(new HubbubError("unavailable", "", 1))
    .mockRejectedValueOnce(new HubbubError("thread_closed", "Closed at noon."));
  box.add(item("a"));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(send).toHaveBeenCalledTimes(2);
  expect(box.items()).toMatchObject([{ body: "text of a", state: "failed", error: { code: "thread_closed" } }]);
  const [later] = outbox("k", send, () => {}).items();
  expect([later?.error?.code, later?.error?.message]).toEqual(["thread_closed", "Closed at noon."]);
});

test("one is not sent twice at a time", () => {
  send.mockReturnValue(new Promise(() => {}));
  box.add(item("a"));
  box.retry("a", {});
  box.resume();
  expect(send).toHaveBeenCalledOnce();
});

test("a reload loses nothing that was not acknowledged, and sends nothing unasked", async () => {
  send.mockReturnValueOnce(new Promise(() => {}));
  box.add(item("a"));
  box.add(item("b"));
  await settled();
  const later = outbox("k", send, () => {});
  expect(later.items()).toMatchObject([{ id: "a", body: "text of a", state: "failed" }]);
  later.resume();
  expect(send).toHaveBeenCalledTimes(2);
});

test("two tabs do not forget each other's", () => {
  send.mockReturnValue(new Promise(() => {}));
  const other = outbox("k", send, () => {});
  box.add(item("a"));
  other.add(item("b"));
  other.take("b");
  expect(outbox("k", send, () => {}).items()).toMatchObject([{ id: "a" }]);
});

test("taking one forgets it for good", () => {
  box.add(item("a"));
  expect(box.take("a")).toMatchObject({ body: "text of a" });
  expect(box.items()).toEqual([]);
  expect(outbox("k", send, () => {}).items()).toEqual([]);
});

test.each(["rate_limited", "slow_mode"])("after %s it is sent by itself, when the server said", async (code) => {
  send.mockRejectedValueOnce(new HubbubError(code as "rate_limited", "", 3));
  box.add(item("a"));
  await settled();
  expect(box.items()).toMatchObject([{ state: "failed", until: Date.now() + 3_000 }]);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(send).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(send).toHaveBeenCalledTimes(2);
  expect(box.items()).toMatchObject([{ state: "sent", until: undefined }]);
});

test("of a thread's elements one that is there sends, and the next one goes on with what waits", async () => {
  const user = () => ({ _send: vi.fn((one: Item) => send(one)), _changed: vi.fn() });
  const [first, second, third] = [user(), user(), user()];
  const one = sharedOutbox("shared", first);
  const other = sharedOutbox("shared", second);
  one.add(item("a"));
  expect([first._send.mock.calls.length, second._send.mock.calls.length]).toEqual([0, 1]);
  other.stop();
  second._changed.mockClear();
  send.mockRejectedValue(new HubbubError("offline"));
  one.add(item("b"));
  await settled();
  expect([first._send.mock.calls.length, second._changed.mock.calls.length]).toEqual([1, 0]);
  one.stop();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(first._send).toHaveBeenCalledTimes(1);
  send.mockResolvedValue({ seq: 6 });
  const last = sharedOutbox("shared", third);
  await settled();
  expect([third._send.mock.calls.length, states(last)]).toEqual([1, ["sent", "sent"]]);
});

describe("what was left behind", () => {
  const leave = async () => {
    send.mockRejectedValue(new HubbubError("offline"));
    box.add(item("a"));
    await settled();
    box.stop();
    send.mockReset();
    send.mockResolvedValue({ seq: 5 });
  };

  test("goes out by itself when its writer is back soon", async () => {
    await leave();
    await vi.advanceTimersByTimeAsync(9 * 60_000);
    const later = outbox("k", send, () => {});
    later.start();
    await settled();
    expect(send.mock.calls).toMatchObject([[{ id: "a", body: "text of a" }]]);
    expect(states(later)).toEqual(["sent"]);
  });

  test("is asked about when they come back later, and sent when they say so", async () => {
    await leave();
    const written = Date.now();
    await vi.advanceTimersByTimeAsync(11 * 60_000);
    const later = outbox("k", send, () => {});
    later.start();
    await settled();
    expect(send).not.toHaveBeenCalled();
    expect(later.items()).toMatchObject([{ state: "failed", error: undefined, at: written }]);
    later.retry("a", {});
    await settled();
    expect(states(later)).toEqual(["sent"]);
  });

  test("is gone from a tab when another has sent it, and what that tab wrote itself is not", async () => {
    send.mockReturnValue(new Promise(() => {}));
    localStorage.setItem("hubbub:outbox:k2", JSON.stringify({ a: { ...item("a"), state: "sending" } }));
    let drawn = 0;
    const later = outbox("k2", send, () => drawn++);
    later.add(item("b"));
    drawn = 0;
    localStorage.setItem("hubbub:outbox:k2", "{}");
    dispatchEvent(Object.assign(new Event("storage"), { key: "hubbub:outbox:k2" }));
    expect(later.items().map(({ id }) => id)).toEqual(["b"]);
    expect(drawn).toBe(1);
    expect(outbox("k2", send, () => {}).items()).toMatchObject([{ id: "b" }]);
  });
});

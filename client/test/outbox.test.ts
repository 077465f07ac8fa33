import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Item, type Outbox, outbox } from "../src/outbox";
import { HubbubError } from "../src/protocol";
import { save } from "../src/storage";
import { settled } from "./support";

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
  box.retry("a");
  await settled();
  expect(send).toHaveBeenCalledTimes(2);
  for (const [sent] of send.mock.calls) expect(sent).toMatchObject(item("a"));
  expect(box.items()[0]).toMatchObject({ state: "sent", error: undefined });
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

test("one is not sent twice at a time", () => {
  send.mockReturnValue(new Promise(() => {}));
  box.add(item("a"));
  box.retry("a");
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

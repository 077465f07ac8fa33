// @vitest-environment node
// `connect` and its stores, in a program without a page.
import { afterEach, expect, test, vi } from "vitest";
import { connect, type Hubbub, type Snapshot } from "../../src/core/index";
import { decode, encode } from "../../src/core/msgpack";
import { comment, FakeSocket, fakeFetch, HOST, posted, settled, thread } from "../support";

const PAGE = { site: "demo", key: "/k" };
let hubbub: Hubbub;

function begin(options: Parameters<typeof connect>[1] = {}) {
  FakeSocket.install();
  fakeFetch(() => [201, { token: "guest", author: comment(1).author }]);
  hubbub = connect(`${HOST}/`, options);
  return hubbub.thread(PAGE);
}

/** The server takes the reader in. */
async function joined(): Promise<void> {
  FakeSocket.last.accept();
  FakeSocket.last.answers("join", { thread: thread({ head: 1, comments: 1 }), comments: [comment(1)], more: false });
  await settled();
}

const says = (...events: ReturnType<typeof posted>[]) =>
  FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });

afterEach(() => {
  hubbub.close();
  vi.useRealTimers();
});

test("a store tells its snapshot at once and whenever it is another", async () => {
  const store = begin();
  const told: Snapshot[] = [];
  const stop = store.subscribe((snapshot) => told.push(snapshot));
  expect(told).toEqual([store.getSnapshot()]);
  await joined();
  says(posted(2));
  expect(store.getSnapshot()).toBe(told.at(-1));
  expect(store.getSnapshot()).toMatchObject({ status: "live", hasOlder: false, thread: { comments: 2 } });
  expect(store.getSnapshot().comments.map(({ number }) => number)).toEqual([1, 2]);
  expect(store.getSnapshot()).not.toBe(told.at(-2));
  stop();
  await settled();
  expect(FakeSocket.last.closed).toBe(true);
});

test("events are told one by one, none twice", async () => {
  const store = begin();
  const heard: number[] = [];
  store.onEvent(({ seq }) => heard.push(seq));
  await joined();
  says(posted(2));
  says(posted(2), posted(3));
  expect(heard).toEqual([2, 3]);
});

test("who leaves and comes back in one go stays, and later goes on from where it was", async () => {
  const store = begin();
  let stop = store.subscribe(() => {});
  await joined();
  stop();
  stop = store.subscribe(() => {});
  await settled();
  expect(FakeSocket.all).toHaveLength(1);
  stop();
  await settled();
  store.subscribe(() => {});
  FakeSocket.last.accept();
  await settled();
  expect(FakeSocket.last.command("join").after).toEqual({ epoch: "e1", seq: 1 });
});

test("a comment is posted as a guest, with one id however often it is tried", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const store = begin({ profile: { name: "Nina" } });
  const answer = store.post("hello", { parent: "c1" });
  await joined();
  await settled();
  const { id } = FakeSocket.last.command("post");
  FakeSocket.last.refuses("post", "unavailable", 2);
  await settled();
  await vi.advanceTimersByTimeAsync(2000);
  await settled();
  expect(FakeSocket.last.sent.filter(({ cmd }) => cmd === "post")).toMatchObject([{ id }, { id, parent: "c1" }]);
  FakeSocket.last.answers("post", { comment: comment(2), seq: 2 });
  expect(await answer).toMatchObject({ number: 2 });
  expect(vi.mocked(fetch).mock.calls[0]?.[1]?.body).toBe('{"site":"demo","name":"Nina"}');
});

test("what the server refuses is raised", async () => {
  const store = begin({ token: "T" });
  const answer = store.post("hello");
  await joined();
  expect(FakeSocket.last.command("join").token).toBe("T");
  FakeSocket.last.refuses("post", "thread_closed");
  await expect(answer).rejects.toMatchObject({ code: "thread_closed" });
});

test("a thread that cannot be joined says why, to who waits for it too", async () => {
  const store = begin();
  const closing = store.close();
  FakeSocket.last.accept();
  FakeSocket.last.refuses("join", "not_found");
  await expect(closing).rejects.toMatchObject({ code: "not_found" });
  expect(store.getSnapshot()).toMatchObject({ status: "stopped", error: { code: "not_found" } });
});

test("two clients of one program are two people", async () => {
  const first = begin({ token: "T1" });
  first.subscribe(() => {});
  await joined();
  const other = connect(HOST, { token: "T2" });
  other.thread(PAGE).subscribe(() => {});
  FakeSocket.last.accept();
  await settled();
  expect(FakeSocket.all.map((socket) => socket.command("join").token)).toEqual(["T1", "T2"]);
  other.close();
});

test("a WebSocket class is taken where it is given, and asked for where there is none", () => {
  vi.stubGlobal("WebSocket", undefined);
  expect(() => connect(HOST)).toThrow("no WebSocket");
  hubbub = connect(HOST, { WebSocket: FakeSocket });
  hubbub.thread(PAGE).subscribe(() => {});
  expect(FakeSocket.last.url).toBe("wss://comments.example/api/v1/live");
});

test("MessagePack takes the place of JSON", async () => {
  class Packed extends FakeSocket {
    override send(bytes: unknown): void {
      super.send(JSON.stringify(decode(bytes as Uint8Array)));
    }
    override says(message: Record<string, unknown>): void {
      this.onmessage?.({ data: encode(message).buffer as unknown as string });
    }
  }
  FakeSocket.all = [];
  hubbub = connect(HOST, { WebSocket: Packed, codec: { encode, decode } });
  const store = hubbub.thread(PAGE);
  store.subscribe(() => {});
  expect(FakeSocket.last.protocol).toBe("hubbub.v1.msgpack");
  await joined();
  expect(store.getSnapshot()).toMatchObject({ status: "live", comments: [{ number: 1 }] });
});

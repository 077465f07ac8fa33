import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/core/connection";
import { signer } from "../../src/core/signing";
import { save } from "../../src/core/storage";
import { shown } from "../../src/core/store";
import { type Handlers, Subscription } from "../../src/core/subscription";
import type { Comment } from "../../src/protocol/generated";
import { connect } from "../../src/ui/page-connection";
import { author, comment, FakeSocket, fakeFetch, HOST, posted, settled, thread } from "../support";

const SLOT = `session:${HOST}:demo`;
const PROFILE = { name: "Ada" };

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
const pushes = (...seqs: number[]) => ({
  push: "events",
  thread: thread().id,
  epoch: "e1",
  events: seqs.map((seq) => posted(seq)),
});

async function joined(comments: Comment[] = [comment(1)], more = false): Promise<void> {
  const head = comments[0]?.number ?? 0;
  FakeSocket.last.answers("join", { thread: thread({ head, comments: head, watching: 4 }), comments, more });
  await settled();
}

async function reconnect(): Promise<FakeSocket> {
  FakeSocket.last.drops();
  await vi.advanceTimersByTimeAsync(250);
  FakeSocket.last.accept();
  return FakeSocket.last;
}

test("joins by site and key, and shows the snapshot", async () => {
  expect(FakeSocket.last.command("join")).toMatchObject({ site: "demo", key: "/k" });
  expect(FakeSocket.last.command("join")).not.toHaveProperty("after");
  await joined();
  expect(numbers()).toEqual([1]);
  expect(handlers.presence).toHaveBeenCalledWith(4);
  expect(handlers.status).toHaveBeenLastCalledWith("live");
});

test("a reconnect asks for what was missed, and nothing is lost or doubled", async () => {
  await joined();
  FakeSocket.last.says(pushes(2));
  const socket = await reconnect();
  expect(handlers.status).toHaveBeenLastCalledWith("reconnecting");
  expect(socket.command("join")).toMatchObject({ after: { epoch: "e1", seq: 2 } });
  socket.says(pushes(3));
  socket.answers("join", { thread: thread({ head: 3, comments: 3 }), events: [posted(3)], more: false });
  await settled();
  expect(numbers()).toEqual([1, 2, 3]);
  expect(subscription.state?.thread.comments).toBe(3);
});

test("a gap is noticed and filled by a join", async () => {
  await joined();
  FakeSocket.last.says(pushes(3));
  expect(numbers()).toEqual([1]);
  expect(FakeSocket.last.command("join")).toMatchObject({ after: { epoch: "e1", seq: 1 } });
  FakeSocket.last.answers("join", { thread: thread({ head: 3 }), events: [posted(2), posted(3)], more: false });
  await settled();
  expect(numbers()).toEqual([1, 2, 3]);
});

test("an event that slipped by while the join was on its way is asked for again, a little later", async () => {
  await joined();
  FakeSocket.last.says(pushes(3));
  FakeSocket.last.says(pushes(5));
  FakeSocket.last.answers("join", { thread: thread({ head: 3 }), events: [posted(2), posted(3)], more: false });
  await settled();
  const joins = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "join").length;
  expect(joins()).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(joins()).toBe(3);
  expect(FakeSocket.last.command("join")).toMatchObject({ after: { seq: 3 } });
});

test("a catch-up that goes on in pushes is no gap", async () => {
  await joined();
  const socket = await reconnect();
  socket.answers("join", { thread: thread({ head: 4, comments: 4 }), events: [posted(2)], more: true });
  await settled();
  socket.says(pushes(3, 4));
  await vi.advanceTimersByTimeAsync(5000);
  expect(numbers()).toEqual([1, 2, 3, 4]);
  expect(subscription.state?.thread.comments).toBe(4);
  expect(socket.sent.filter(({ cmd }) => cmd === "join")).toHaveLength(1);
});

test("what is told of the thread's site is a part of the state, and not what is told of another one", async () => {
  const site = { name: "demo", title: "News", images: false, votes: "up", reactions: {} };
  FakeSocket.last.answers("join", { thread: thread(), comments: [], more: false, site });
  await settled();
  FakeSocket.last.says({ push: "site", site: { ...site, name: "other", title: "Other" } });
  expect(subscription.state?.site?.title).toBe("News");
  FakeSocket.last.says({ push: "site", site: { ...site, title: "New" } });
  expect(subscription.state?.site?.title).toBe("New");
  expect(handlers.changed).toHaveBeenLastCalledWith([]);
});

describe("a reset", () => {
  test.each([
    ["by push", { push: "reset", thread: thread().id }],
    ["by another epoch", { ...pushes(2), epoch: "e2" }],
  ])("%s leads to a snapshot", async (_, message) => {
    await joined();
    FakeSocket.last.says(message);
    expect(FakeSocket.last.command("join")).not.toHaveProperty("after");
    const other = thread({ epoch: "e2", head: 1, comments: 1 });
    FakeSocket.last.answers("join", { thread: other, comments: [comment(7)], more: true });
    await settled();
    expect(numbers()).toEqual([7]);
    expect(subscription.state?.epoch).toBe("e2");
  });

  test("in the answer to a join replaces what was known", async () => {
    await joined();
    const socket = await reconnect();
    const other = thread({ epoch: "e2", head: 1, comments: 1 });
    socket.answers("join", { thread: other, comments: [comment(9)], more: true, reset: true });
    await settled();
    expect(numbers()).toEqual([9]);
  });
});

test("where the server forgot the thread, the page goes on with its new one", async () => {
  await joined([]);
  const socket = FakeSocket.last;
  socket.says({ push: "reset", thread: thread().id });
  const made = thread({ id: "bbbbbbbbbbbbbbbb", epoch: "e2" });
  socket.answers("join", { thread: made, comments: [], more: false });
  await settled();
  socket.says({ push: "events", thread: made.id, epoch: "e2", events: [posted(1)] });
  expect(numbers()).toEqual([1]);
  expect(subscription.state?.thread.id).toBe(made.id);
});

test("a join that a reset overtook is made again soon, from nothing", async () => {
  await joined();
  const socket = await reconnect();
  socket.refuses("join", "reset");
  await settled();
  expect(handlers.refused).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(socket.sent.filter(({ cmd }) => cmd === "join")).toHaveLength(2);
  expect(socket.command("join")).not.toHaveProperty("after");
});

test("pushes for another thread of the same socket are none of ours", async () => {
  await joined();
  FakeSocket.last.says({ ...pushes(2), thread: "other" });
  FakeSocket.last.says({ push: "reset", thread: "other" });
  expect(numbers()).toEqual([1]);
  expect(FakeSocket.last.sent.filter(({ cmd }) => cmd === "join")).toHaveLength(1);
});

test("a refused join is told; one that may pass is tried again when the server says", async () => {
  FakeSocket.last.refuses("join", "unavailable", 2);
  await settled();
  expect(handlers.refused).not.toHaveBeenCalled();
  expect(handlers.status).toHaveBeenLastCalledWith("delayed");
  await vi.advanceTimersByTimeAsync(2000);
  FakeSocket.last.refuses("join", "forbidden");
  await settled();
  expect(FakeSocket.last.closed).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(FakeSocket.all).toHaveLength(1);
  expect(FakeSocket.last.sent.filter(({ cmd }) => cmd === "join")).toHaveLength(2);
});

test("older comments come by HTTP and join what is there", async () => {
  await joined([comment(4), comment(3)], true);
  const fetch = fakeFetch(() => [
    200,
    { thread: thread({ head: 4 }), comments: [comment(2), comment(1)], more: false },
  ]);
  await Promise.all([subscription.older(), subscription.older()]);
  expect(fetch).toHaveBeenCalledOnce();
  expect(String(fetch.mock.calls[0]?.[0])).toBe(`${HOST}/api/v1/threads?thread=${thread().id}&before=3&limit=200`);
  expect(numbers()).toEqual([1, 2, 3, 4]);
});

describe("speaking", () => {
  const last = (count: number) => FakeSocket.last.sent.slice(-count);
  const joins = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "join");
  const signIn = (over = {}) => save(SLOT, { token: "old", author: author(), profile: PROFILE, ...over });

  test("a join says who reads, and no command has to", async () => {
    await joined();
    signIn();
    const socket = await reconnect();
    expect(socket.command("join")).toMatchObject({ token: "old" });
    await joined();
    void subscription.send({ cmd: "remove", comment: "c1" }).catch(() => {});
    await settled();
    expect(last(2)).toMatchObject([{ cmd: "join" }, { cmd: "remove" }]);
    expect(FakeSocket.last.sent.some(({ cmd }) => cmd === "hello")).toBe(false);
  });

  test("whoever has got a name since joins again under it, and the command waits for that", async () => {
    await joined();
    signIn();
    const done = subscription.send({ cmd: "remove", comment: "c1" });
    expect(last(1)).toMatchObject([{ cmd: "join", token: "old", after: { epoch: "e1", seq: 1 } }]);
    await settled();
    expect(last(2)).toMatchObject([{ cmd: "join", token: "old" }, { cmd: "remove" }]);
    FakeSocket.last.answers("remove", { seq: 2 });
    await expect(done).resolves.toMatchObject({ seq: 2 });
    void subscription.send({ cmd: "restore", comment: "c1" }).catch(() => {});
    await settled();
    expect(joins()).toHaveLength(2);
  });

  test.each(["join", "remove"])(
    "a token that is refused at the %s is renewed once, under the same name",
    async (at) => {
      await joined();
      signIn();
      const fetch = fakeFetch(() => [201, { token: "new", author: author() }]);
      const done = subscription.send({ cmd: "remove", comment: "c1" });
      if (at === "remove") await settled();
      FakeSocket.last.refuses(at, "unauthorized");
      await vi.waitFor(() => expect(FakeSocket.last.command("join")).toMatchObject({ token: "new" }));
      expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({ site: "demo", name: "Ada" });
      await settled();
      expect(last(2)).toMatchObject([{ cmd: "join", token: "new" }, { cmd: "remove" }]);
      FakeSocket.last.refuses("remove", "unauthorized");
      await expect(done).rejects.toMatchObject({ code: "unauthorized" });
      expect(fetch).toHaveBeenCalledOnce();
    },
  );

  test("whoever is known no longer reads on, and is renewed with what is sent next", async () => {
    await joined();
    signIn();
    const socket = await reconnect();
    socket.refuses("join", "unauthorized");
    await settled();
    expect(socket.command("join")).not.toHaveProperty("token");
    await joined();
    expect(handlers.status).toHaveBeenLastCalledWith("live");
    expect(handlers.signedOut).not.toHaveBeenCalled();
    fakeFetch(() => [201, { token: "new", author: author() }]);
    void subscription.send({ cmd: "remove", comment: "c1" }).catch(() => {});
    socket.refuses("join", "unauthorized");
    await vi.waitFor(() => expect(last(1)).toMatchObject([{ cmd: "remove" }]));
    expect(socket.command("join")).toMatchObject({ token: "new" });
  });

  test("a moderator whose token was revoked comes back, is told, and reads on", async () => {
    await joined();
    signIn({ token: "mod", author: author({ role: "moderator" }), profile: undefined });
    FakeSocket.last.drops(4401);
    await vi.advanceTimersByTimeAsync(250);
    FakeSocket.last.accept();
    expect(FakeSocket.last.command("join")).toMatchObject({ token: "mod" });
    FakeSocket.last.refuses("join", "unauthorized");
    await settled();
    expect(handlers.signedOut).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "unauthorized" }));
    expect(subscription.session().get()).toBeUndefined();
    expect(FakeSocket.last.command("join")).not.toHaveProperty("token");
    await joined();
    expect(handlers.status).toHaveBeenLastCalledWith("live");
  });

  test("a moderator's token is not quietly replaced by a guest's", async () => {
    await joined();
    signIn({ token: "mod", author: author({ role: "moderator" }), profile: undefined });
    const fetch = fakeFetch(() => [201, {}]);
    const done = subscription.send({ cmd: "close", thread: "t" });
    FakeSocket.last.refuses("join", "unauthorized");
    await expect(done).rejects.toMatchObject({ code: "unauthorized" });
    expect(fetch).not.toHaveBeenCalled();
    expect(subscription.session().get()).toBeUndefined();
  });

  test.each(["rate_limited", "unavailable"])(
    "a join that is %s says so, and costs nobody the session",
    async (code) => {
      await joined();
      signIn({ token: "mod", author: author({ role: "moderator" }) });
      const done = subscription.send({ cmd: "close", thread: "t" });
      FakeSocket.last.refuses("join", code, 2);
      await expect(done).rejects.toMatchObject({ code, retryAfter: 2 });
      expect(FakeSocket.last.sent.some(({ cmd }) => cmd === "close")).toBe(false);
      expect(subscription.session().get()).toMatchObject({ token: "mod" });
      void subscription.send({ cmd: "close", thread: "t" }).catch(() => {});
      FakeSocket.last.answers("join", { thread: thread({ head: 1 }), events: [], more: false });
      await settled();
      expect(last(2)).toMatchObject([{ cmd: "join", token: "mod" }, { cmd: "close" }]);
    },
  );

  test("elements of two sites speak each for its own reader on one socket", async () => {
    await joined();
    signIn();
    save(`session:${HOST}:other`, { token: "theirs", author: author() });
    const other = new Subscription(connection, HOST, { site: "other", key: "/k" }, handlers as unknown as Handlers);
    other.start();
    await settled();
    expect(last(1)).toMatchObject([{ cmd: "join", site: "other", token: "theirs" }]);
    void subscription.send({ cmd: "close", thread: "t" }).catch(() => {});
    await settled();
    expect(last(2)).toMatchObject([{ cmd: "join", site: "demo", token: "old" }, { cmd: "close" }]);
    other.leave();
  });

  test("a server of before, which knows no token in a join, is told by hello", async () => {
    await joined();
    signIn();
    void subscription.send({ cmd: "close", thread: "t" }).catch(() => {});
    FakeSocket.last.refuses("join", "bad_request");
    await settled();
    expect(last(1)).toMatchObject([{ cmd: "hello", token: "old" }]);
    FakeSocket.last.answers("hello", {});
    await settled();
    expect(last(1)[0]).not.toHaveProperty("token");
    FakeSocket.last.answers("join", { thread: thread({ head: 1 }), events: [], more: false });
    await settled();
    expect(last(1)).toMatchObject([{ cmd: "close" }]);
  });
});

test("leaving says so, and hears nothing more", async () => {
  await joined();
  const other = { up() {}, down() {}, push() {} };
  connection.add(other);
  subscription.leave();
  expect(FakeSocket.last.closed).toBe(false);
  expect(FakeSocket.last.command("leave")).toMatchObject({ thread: thread().id });
  handlers.changed.mockClear();
  FakeSocket.last.says(pushes(2));
  expect(handlers.changed).not.toHaveBeenCalled();
  connection.remove(other);
});

// Tabs that share one WebSocket: who leads, who takes over, and what reaches whom. A tab here is a connection of its own.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/core/connection";
import { save } from "../../src/core/storage";
import { type Handlers, Subscription } from "../../src/core/subscription";
import { connect } from "../../src/ui/page-connection";
import { share } from "../../src/ui/sharing";
import { comment, FakeSocket, HANDLERS, HOST, posted, thread } from "../support";

/** What is made or listens belongs to the tab that is `current`. */
let current = 0;
/** Tabs that run no more. */
let frozen: Set<number>;
let listening: { tab: number; kind: string; hear: (event: object) => void }[];
let channels: Channel[];
let locks: Lock[];

class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly tab = current;
  constructor(readonly name: string) {
    channels.push(this);
  }
  postMessage(data: unknown): void {
    if (!channels.includes(this)) throw new DOMException("closed", "InvalidStateError");
    if (frozen.has(this.tab)) return;
    const copy = structuredClone(data);
    for (const other of channels) {
      if (other === this || other.name !== this.name) continue;
      setTimeout(() => {
        if (frozen.has(other.tab) || !channels.includes(other)) return;
        as(other.tab, () => other.onmessage?.({ data: copy }));
      });
    }
  }
  close(): void {
    channels = channels.filter((channel) => channel !== this);
  }
}

interface Lock {
  tab: number;
  grant: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  held?: boolean;
}

/** What runs in `tab`. */
function as<T>(tab: number, run: () => T): T {
  const before = current;
  current = tab;
  try {
    return run();
  } finally {
    current = before;
  }
}

function grantNext(): void {
  const [first] = locks;
  if (!first || first.held) return;
  first.held = true;
  Promise.resolve(as(first.tab, first.grant)).then((value) => {
    if (locks[0] !== first) return;
    locks.shift();
    first.resolve(value);
    grantNext();
  });
}

const request = (_: string, { steal, signal }: LockOptions, grant: () => unknown) =>
  new Promise((resolve, reject) => {
    const lock: Lock = { tab: current, grant, resolve, reject };
    const gone = new DOMException("aborted", "AbortError");
    signal?.addEventListener("abort", () => {
      if (lock.held) return;
      locks = locks.filter((one) => one !== lock);
      reject(gone);
    });
    if (steal) {
      if (locks[0]?.held) locks.shift()?.reject(gone);
      locks.unshift(lock);
    } else locks.push(lock);
    queueMicrotask(grantNext);
  });

interface Tab {
  id: number;
  connection: Connection;
  subscription: Subscription;
  socket: FakeSocket;
  seen: number[];
}

let tabs: Tab[];
const SLOT = `session:${HOST}:demo`;
const open = () => FakeSocket.all.filter(({ closed }) => !closed);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** The server of one socket: answers the joins that are not answered yet. */
async function serve(socket = FakeSocket.last, head = 1): Promise<void> {
  for (const { cmd, ref, after } of socket.sent.splice(0)) {
    if (cmd !== "join") continue;
    const news = after ? { events: [] } : { comments: [comment(1)] };
    socket.says({ re: ref, ok: true, thread: thread({ head, comments: head }), more: false, ...news });
  }
  await pass(10);
}

/** Opens a tab, which has a socket of its own as any, and joins. */
async function come(): Promise<Tab> {
  const id = tabs.length + 1;
  const connection = as(id, () => connect(HOST));
  const seen: number[] = [];
  const changed: Handlers["changed"] = (fresh) => seen.push(...fresh.map(({ seq }) => seq));
  const subscription = new Subscription(connection, HOST, { site: "demo", key: "/k" }, { ...HANDLERS, changed });
  subscription.start();
  const socket = FakeSocket.last;
  socket.accept();
  await pass(0);
  await serve();
  const tab = { id, connection, subscription, socket, seen };
  tabs.push(tab);
  as(id, () => share(connection, HOST));
  await pass(10);
  return tab;
}

/** Two tabs of which the first leads. */
async function pair(): Promise<[Tab, Tab]> {
  const first = await come();
  const second = await come();
  await pass(10);
  await serve(first.socket);
  return [first, second];
}

/** The browser tells one tab. */
const tell = (tab: Tab, kind: string) => {
  for (const { hear } of listening.filter((one) => one.tab === tab.id && one.kind === kind)) as(tab.id, () => hear({}));
};

const hide = (hidden: boolean) => Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
const signIn = (token: string) => save(SLOT, { token, author: {} });
const event = (socket: FakeSocket, seq: number) =>
  socket.says({ push: "events", thread: thread().id, epoch: "e1", events: [posted(seq)] });

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.install();
  vi.stubGlobal("BroadcastChannel", Channel);
  Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
  localStorage.clear();
  save(SLOT, undefined);
  channels = [];
  locks = [];
  frozen = new Set();
  listening = [];
  for (const target of [globalThis, document] as EventTarget[])
    vi.spyOn(target, "addEventListener").mockImplementation((kind, hear) => {
      listening.push({ tab: current, kind, hear: hear as (event: object) => void });
    });
  tabs = [];
});

afterEach(() => {
  for (const { subscription } of tabs) subscription.leave();
  Reflect.deleteProperty(navigator, "locks");
  Reflect.deleteProperty(document, "hidden");
  vi.useRealTimers();
});

test("a second tab gives up its socket, and both hear each event once", async () => {
  const [first, second] = await pair();
  expect(open()).toEqual([first.socket]);
  event(first.socket, 2);
  await pass(10);
  expect([first.seen, second.seen]).toEqual([[2], [2]]);
});

test("a tab that nobody joins has its own socket, and so has one whose browser has no locks", async () => {
  Reflect.deleteProperty(navigator, "locks");
  const [first, second] = [await come(), await come()];
  await pass(20_000);
  expect(open()).toContain(first.socket);
  expect(open()).toContain(second.socket);
  expect(channels).toEqual([]);
});

describe("when the leader", () => {
  test("goes, the next in the queue opens a socket and catches up", async () => {
    const [first, second] = await pair();
    tell(first, "pagehide");
    await pass(1000);
    expect(open()).toHaveLength(1);
    const socket = FakeSocket.last;
    socket.accept();
    await pass(0);
    expect(socket.command("join")).toMatchObject({ after: { epoch: "e1", seq: 1 } });
    await serve(socket);
    event(socket, 2);
    expect(second.seen).toEqual([2]);
    // It leads: a third tab follows it.
    await come();
    await pass(10);
    expect(open()).toEqual([socket]);
    // So does the first, when it is back; while it is away it listens to nobody.
    expect(channels.filter(({ tab }) => tab === first.id)).toEqual([]);
    tell(first, "pageshow");
    FakeSocket.last.accept();
    await pass(0);
    await serve();
    await pass(6_000);
    await serve(socket, 2);
    expect(open()).toEqual([socket]);
  });

  test("is late, a tab that is put away meanwhile does not take over", async () => {
    const [first, second] = await pair();
    frozen.add(first.id);
    tell(second, "visibilitychange");
    tell(second, "pagehide");
    const before = FakeSocket.all.length;
    await pass(10_000);
    expect([locks.map(({ tab }) => tab), FakeSocket.all.length]).toEqual([[first.id], before]);
    expect(channels.filter(({ tab }) => tab === second.id)).toEqual([]);
  });

  test("is frozen, the visible tab takes over, and the frozen one follows it when it wakes", async () => {
    const [first, second] = await pair();
    frozen.add(first.id);
    await pass(8_000);
    const socket = FakeSocket.last;
    expect(open()).toEqual([first.socket, socket]);
    socket.accept();
    await pass(0);
    await serve(socket);
    event(socket, 2);
    expect(second.seen).toEqual([2]);
    frozen.delete(first.id);
    await pass(6_000);
    await serve(socket, 2);
    expect(open()).toEqual([socket]);
  });

  test("is frozen, a hidden tab waits until it is seen", async () => {
    const [first, second] = await pair();
    frozen.add(first.id);
    hide(true);
    const before = FakeSocket.all.length;
    await pass(60_000);
    expect(FakeSocket.all).toHaveLength(before);
    hide(false);
    tell(second, "visibilitychange");
    await pass(2_500);
    expect(open()).toHaveLength(2);
  });

  test("loses the net, all have sockets of their own until it is back", async () => {
    const [first, second] = await pair();
    first.socket.drops();
    await pass(1000);
    const own = open().filter((socket) => socket !== first.socket);
    expect(own).toHaveLength(2);
    for (const socket of own) {
      socket.accept();
      await pass(0);
      await serve(socket);
    }
    tell(second, "visibilitychange");
    await pass(6_000);
    for (const socket of own) await serve(socket);
    expect(own.filter(({ closed }) => !closed)).toHaveLength(1);
  });
});

test("a follower has one relay, and hears what is about no thread", async () => {
  const [first, second] = await pair();
  await pass(20_000);
  expect(channels.map(({ tab }) => tab).sort()).toEqual([1, 1, 2, 2]);
  const site = { name: "demo", title: null, images: false, votes: "up", reactions: {} };
  first.socket.says({ push: "site", site });
  await pass(10);
  expect(second.subscription.state?.site).toEqual(site);
});

test("a follower that is silent for minutes is let go, and another stays", async () => {
  const [first] = await pair();
  const third = await come();
  await pass(10);
  await serve(first.socket);
  frozen.add(third.id);
  hide(true);
  for (let beat = 0; beat < 40; beat++) {
    for (const { ref } of first.socket.sent.splice(0)) first.socket.says({ re: ref, ok: true });
    await pass(5_000);
  }
  expect(channels.filter(({ tab }) => tab === first.id)).toHaveLength(2);
  expect(open()).toEqual([first.socket]);
});

describe("a command of a follower", () => {
  test("is answered in the tab that sent it", async () => {
    signIn("T");
    const [first, second] = await pair();
    const refused = vi.fn();
    const done = vi.fn();
    second.subscription.send({ cmd: "reopen", thread: thread().id }).catch(refused);
    first.subscription.send({ cmd: "close", thread: thread().id }).then(done);
    await pass(10);
    first.socket.refuses("reopen", "rate_limited", 3);
    first.socket.answers("close", { seq: 2 });
    await pass(10);
    expect(refused.mock.calls).toMatchObject([[{ code: "rate_limited", retryAfter: 3 }]]);
    expect(done).toHaveBeenCalledOnce();
  });

  test("with another token goes over a socket of its own", async () => {
    signIn("T");
    const [first, second] = await pair();
    signIn("U");
    second.subscription.send({ cmd: "reopen", thread: thread().id }).catch(() => {});
    await pass(1000);
    expect(first.socket.sent).toEqual([]);
    const own = FakeSocket.last;
    expect(open()).toEqual([first.socket, own]);
    own.accept();
    await pass(0);
    expect(own.command("join")).toMatchObject({ token: "U" });
    await serve(own);
    await pass(20_000);
    expect(open()).toContain(own);
  });

  test("does not speak for who has joined since", async () => {
    signIn("T");
    const [first, second] = await pair();
    signIn("U");
    first.subscription.send({ cmd: "close", thread: thread().id }).catch(() => {});
    await pass(10);
    signIn("T");
    second.subscription.send({ cmd: "reopen", thread: thread().id }).catch(() => {});
    await pass(1000);
    expect(first.socket.sent.map(({ cmd }) => cmd)).not.toContain("reopen");
    expect(open()).toEqual([first.socket, FakeSocket.last]);
  });

  test("that reads takes no thread from its speaker", async () => {
    await come();
    signIn("T");
    tabs[0]?.subscription.send({ cmd: "close", thread: thread().id }).catch(() => {});
    await pass(10);
    save(SLOT, undefined);
    await come();
    await pass(1000);
    expect(tabs[0]?.socket.sent.filter(({ cmd }) => cmd === "join")).toMatchObject([{ token: "T" }]);
  });
});

test("a follower that goes leaves the thread to the others", async () => {
  const [first, second] = await pair();
  second.subscription.leave();
  await pass(10);
  event(first.socket, 2);
  expect([first.seen, first.socket.sent]).toEqual([[2], []]);
  first.subscription.leave();
  expect(open()).toEqual([]);
});

test("a follower hears that another joined behind it", async () => {
  const [first, second] = await pair();
  void first.subscription.up();
  await pass(0);
  await serve(first.socket, 3);
  await pass(2000);
  expect(second.subscription.state?.seq).toBe(1);
  expect(first.socket.sent.filter(({ cmd }) => cmd === "join").length).toBeGreaterThan(0);
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Polling } from "../../src/core/polling";
import { connect } from "../../src/ui/page-connection";
import { comment, FakeSocket, fakeFetch, HOST, loaded, posted, settled, thread } from "../support";

type Json = Record<string, unknown>;
const ID = thread().id;
let line: Polling;
let heard: Json[];
let closed: boolean;

/** A server with a thread of `log` events, which are all comments, and what it was asked. */
let log: ReturnType<typeof posted>[];
let epoch: string;
let asked: [string, Json | undefined][];
let refusal: [number, Json] | undefined;
/** What the server tells of the site; an older one tells it in snapshots alone. */
let site: Json | undefined;
let older: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  [log, epoch, asked, heard, closed, refusal] = [[posted(1)], "e1", [], [], false, undefined];
  [site, older] = [{ name: "demo", votes: "up" }, false];
  fakeFetch((url, { method, json }) => {
    const { pathname, searchParams } = new URL(url);
    asked.push([`${method ?? "GET"} ${pathname.replace("/api/v1", "")}`, json]);
    if (refusal) return refusal;
    const head = log.length;
    if (pathname.endsWith("/events")) {
      if (searchParams.get("epoch") !== epoch) return [409, { error: { code: "reset" } }];
      const events = log.filter(({ seq }) => seq > Number(searchParams.get("after")));
      return [200, { epoch, head, events: events.slice(0, 2), more: events.length > 2, ...(!older && { site }) }];
    }
    if (method) return [200, { comment: comment(1) }];
    return [
      200,
      { thread: thread({ epoch, head, comments: head }), comments: [comment(1)], more: false, site, own: [] },
    ];
  });
  line = new Polling(HOST, () => document.hidden);
  line.onmessage = ({ data }) => heard.push(JSON.parse(data));
  line.onclose = () => {
    closed = true;
  };
});

afterEach(() => {
  line.close();
  vi.useRealTimers();
});

async function say(command: Json, token?: string): Promise<Json | undefined> {
  heard = [];
  line.send(JSON.stringify({ ...command, ref: 1 }), token);
  await settled();
  return heard.find(({ re }) => re === 1);
}
const join = (over = {}) => say({ cmd: "join", site: "demo", key: "/k", ...over });
const pushes = () => heard.filter(({ push }) => push);

test("a join has the thread, and what is new comes a little later, once", async () => {
  expect(await join()).toMatchObject({ ok: true, thread: { id: ID }, comments: [{ number: 1 }] });
  log.push(posted(2), posted(3), posted(4));
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes().flatMap(({ events }) => (events as { seq: number }[]).map(({ seq }) => seq))).toEqual([2, 3, 4]);
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes()).toHaveLength(2);
});

test("who was here before gets what was missed, or all of another log", async () => {
  log.push(posted(2));
  const caught = await join({ after: { epoch: "e1", seq: 1 } });
  expect(caught).toMatchObject({ events: [{ seq: 2 }], more: false, own: [] });
  expect(caught).not.toHaveProperty("comments");
  expect(await join({ after: { epoch: "e0", seq: 1 } })).toMatchObject({ reset: true, comments: [{ number: 1 }] });
});

test("a log that became another is a reset", async () => {
  await join();
  epoch = "e2";
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes()).toEqual([{ push: "reset", thread: ID }]);
});

test("settings of the site that change are told once, to those who were here before too", async () => {
  await join();
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes()).toEqual([]);
  site = { name: "demo", votes: "none" };
  await vi.advanceTimersByTimeAsync(40_000);
  expect(pushes()).toEqual([{ push: "site", site }]);
  expect(await join({ after: { epoch: "e1", seq: 1 } })).toMatchObject({ events: [], site });
  older = true;
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes()).toEqual([]);
});

test("commands are requests under the reader's token, and bring what they made at once", async () => {
  await join();
  asked = [];
  log.push(posted(2));
  expect(await say({ cmd: "post", thread: ID, id: "i", body: "b", parent: "p" }, "T")).toMatchObject({ ok: true });
  await vi.advanceTimersByTimeAsync(10);
  expect(pushes()).toHaveLength(1);
  await say({ cmd: "edit", comment: "c", body: "b" }, "T");
  await say({ cmd: "remove", comment: "c" }, "T");
  await say({ cmd: "restore", comment: "c" }, "T");
  await say({ cmd: "close", thread: ID, reason: "r" }, "T");
  await say({ cmd: "reopen", thread: ID }, "T");
  await say({ cmd: "pin", thread: ID, comment: "c" }, "T");
  await say({ cmd: "pin", thread: ID, comment: null }, "T");
  await say({ cmd: "mode", thread: ID, slow: 9 }, "T");
  await say({ cmd: "vote", comment: "c", value: 1 }, "T");
  await say({ cmd: "react", comment: "c", name: "wow", on: true }, "T");
  for (const cmd of ["hello", "typing", "leave"]) await say({ cmd, thread: ID }, "T");
  expect(asked.filter(([what]) => !what.startsWith("GET"))).toEqual([
    [`POST /threads/${ID}/comments`, { id: "i", body: "b", parent: "p" }],
    ["PATCH /comments/c", { body: "b" }],
    ["DELETE /comments/c", {}],
    ["POST /comments/c/restore", {}],
    [`POST /threads/${ID}/close`, { reason: "r" }],
    [`POST /threads/${ID}/reopen`, {}],
    [`POST /threads/${ID}/pin`, { comment: "c" }],
    [`POST /threads/${ID}/pin`, { comment: null }],
    [`PATCH /threads/${ID}`, { slow: 9 }],
    ["POST /comments/c/vote", { value: 1 }],
    ["POST /comments/c/react", { name: "wow", on: true }],
  ]);
  const writes = (vi.mocked(fetch).mock.calls as [unknown, RequestInit][]).filter(([, { method }]) => method);
  for (const [, { headers }] of writes) expect(new Headers(headers).get("Authorization")).toBe("Bearer T");
});

test("who joined as somebody is told that a comment of their own may be in another state", async () => {
  await join({ token: "T" });
  await vi.advanceTimersByTimeAsync(16_000);
  expect(pushes()).toEqual([{ push: "own", thread: ID }]);
});

test("a refusal is the command's", async () => {
  refusal = [429, { error: { code: "rate_limited", message: "slowly", retry_after: 3 } }];
  expect(await join()).toEqual({
    re: 1,
    ok: false,
    error: { code: "rate_limited", message: "slowly", retry_after: 3 },
  });
  expect(closed).toBe(false);
});

test("a server that is away ends it", async () => {
  await join();
  refusal = [503, {}];
  await vi.advanceTimersByTimeAsync(16_000);
  expect(closed).toBe(true);
});

test("a thread that was left is asked for no more, nor any while nobody looks", async () => {
  await join();
  await say({ cmd: "leave", thread: ID });
  asked = [];
  await vi.advanceTimersByTimeAsync(60_000);
  await join();
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  asked = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});

describe("a connection", () => {
  const listener = { up: vi.fn(), down: vi.fn(), push: vi.fn(), unreached: vi.fn() };
  let connection: ReturnType<typeof connect>;

  beforeEach(() => {
    for (const each of Object.values(listener)) each.mockReset();
    FakeSocket.install();
    connection = connect(HOST);
    connection.add(listener);
  });
  afterEach(() => connection.remove(listener));

  const fail = async (times: number) => {
    for (let time = 0; time < times; time++) {
      FakeSocket.last.drops();
      await vi.advanceTimersByTimeAsync(10_000);
    }
  };

  test("asks its listeners why no WebSocket comes about, and does not give up", async () => {
    await fail(2);
    expect(listener.unreached).not.toHaveBeenCalled();
    await fail(1);
    expect(listener.unreached).toHaveBeenCalledTimes(1);
    await fail(4);
    expect(listener.unreached).toHaveBeenCalledTimes(2);
    expect(FakeSocket.all).toHaveLength(8);
  });

  test("that has been there before asks when it is away for longer", async () => {
    FakeSocket.last.accept();
    FakeSocket.last.says({ push: "reset", thread: "t" });
    await fail(4);
    expect(listener.unreached).not.toHaveBeenCalled();
    await fail(4);
    expect(listener.unreached).toHaveBeenCalledTimes(1);
  });

  test("makes do with requests where it is told to, until a WebSocket opens", async () => {
    await fail(2);
    connection.poll();
    await loaded();
    await vi.advanceTimersByTimeAsync(10);
    expect(listener.up).toHaveBeenCalledTimes(1);
    await expect(connection.request({ cmd: "join", thread: ID })).resolves.toMatchObject({ thread: { id: ID } });
    const sockets = FakeSocket.all.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakeSocket.all).toHaveLength(sockets + 1);
    expect(listener.up).toHaveBeenCalledTimes(1);
    FakeSocket.last.accept();
    expect(listener.up).toHaveBeenCalledTimes(2);
    void connection.request({ cmd: "reopen", thread: ID }).catch(() => {});
    expect(FakeSocket.last.command("reopen")).toBeDefined();
  });

  test("survives a page that may not even try", async () => {
    vi.stubGlobal("WebSocket", function refuse() {
      throw new DOMException("An https page", "SecurityError");
    });
    await fail(3);
    expect(listener.unreached).toHaveBeenCalled();
  });
});

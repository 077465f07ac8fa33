import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection, Listener } from "../../src/core/connection";
import { HubbubError } from "../../src/core/errors";
import { FINAL } from "../../src/protocol/generated";
import { connect } from "../../src/ui/page-connection";
import { FakeSocket, HOST } from "../support";

let connection: Connection;
let listener: { [K in keyof Listener]: ReturnType<typeof vi.fn> };

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
  FakeSocket.install();
  connection = connect(HOST);
  listener = { up: vi.fn(), down: vi.fn(), push: vi.fn() };
});

afterEach(() => {
  connection.remove(listener as unknown as Listener);
  vi.useRealTimers();
});

const add = () => connection.add(listener as unknown as Listener);

function up(): FakeSocket {
  add();
  FakeSocket.last.accept();
  return FakeSocket.last;
}

test("the socket opens with the first listener, on the host's live address, and closes with the last", () => {
  expect(FakeSocket.all).toHaveLength(0);
  const socket = up();
  expect(socket.url).toBe("wss://comments.example/api/v1/live");
  expect(socket.protocol).toBe("hubbub.v1.json");
  expect(listener.up).toHaveBeenCalledOnce();
  const other = { up: vi.fn(), down() {}, push() {} };
  connection.add(other);
  expect(FakeSocket.all).toHaveLength(1);
  expect(other.up).toHaveBeenCalledOnce();
  connection.remove(other);
  expect(socket.closed).toBe(false);
  connection.remove(listener as unknown as Listener);
  expect(socket.closed).toBe(true);
});

test("answers find their question, whatever their order", async () => {
  const socket = up();
  const first = connection.request({ cmd: "leave", thread: "t" });
  const second = connection.request({ cmd: "reopen", thread: "t" });
  socket.refuses("reopen", "rate_limited", 3);
  socket.answers("leave", { yes: 1 });
  await expect(first).resolves.toMatchObject({ yes: 1 });
  await expect(second).rejects.toMatchObject({ code: "rate_limited", retryAfter: 3 });
});

test("pushes reach the listener", () => {
  up().says({ push: "reset", thread: "t" });
  expect(listener.push).toHaveBeenCalledWith({ push: "reset", thread: "t" });
});

describe("reconnecting", () => {
  test("backs off longer each time, until the server answers again", () => {
    const waits: number[] = [];
    up().drops();
    for (let round = 0; round < 4; round++) {
      const before = Date.now();
      vi.advanceTimersToNextTimer();
      waits.push(Date.now() - before);
      FakeSocket.last.accept();
      if (round === 2) FakeSocket.last.says({ push: "reset", thread: "t" });
      FakeSocket.last.drops();
    }
    // Accepting alone does not reset it: a server that accepts and drops would be hammered.
    expect(waits).toEqual([250, 500, 1000, 250]);
  });

  test("what was asked is refused as offline at once", async () => {
    const socket = up();
    const asked = connection.request({ cmd: "leave", thread: "t" });
    socket.drops();
    await expect(asked).rejects.toEqual(new HubbubError("offline"));
    await expect(connection.request({ cmd: "leave", thread: "t" })).rejects.toMatchObject({ code: "offline" });
    expect(listener.down).toHaveBeenCalledWith(false);
  });

  test("goodbye says how long to wait, once", () => {
    const socket = up();
    socket.says({ push: "goodbye", reconnect_in: 3 });
    socket.drops(1012);
    vi.advanceTimersByTime(2999);
    expect(FakeSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.drops();
    vi.advanceTimersByTime(250);
    expect(FakeSocket.all).toHaveLength(3);
  });

  // The last ones are those of the table after which a client reconnects (tests/unit/protocol/test_generate.py).
  test.each([...(FINAL as number[]), 1001, 1011, 1012])("close code %i does as its table says", (code) => {
    const reconnect = !FINAL.includes(code);
    up().drops(code);
    expect(listener.down).toHaveBeenCalledWith(!reconnect);
    vi.advanceTimersByTime(20_000);
    dispatchEvent(new Event("offline"));
    dispatchEvent(new Event("online"));
    vi.advanceTimersByTime(20_000);
    expect(FakeSocket.all.length > 1).toBe(reconnect);
  });

  test("a code that nobody knows is a reason to come back", () => {
    up().drops(4999);
    vi.advanceTimersByTime(20_000);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  test("a connection that hangs while opening is given up", () => {
    add();
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.last.closed).toBe(true);
    vi.advanceTimersByTime(250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test("what a given-up socket still says is not heard", () => {
    const socket = up();
    dispatchEvent(new Event("pagehide"));
    socket.says({ push: "reset", thread: "t" });
    expect(listener.push).not.toHaveBeenCalled();
  });

  test("nobody listening, nobody reconnecting", () => {
    up().drops();
    connection.remove(listener as unknown as Listener);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe("silent death", () => {
  test("no answer within 10 s ends the connection", async () => {
    const socket = up();
    const asked = connection.request({ cmd: "leave", thread: "t" });
    vi.advanceTimersByTime(10_000);
    expect(socket.closed).toBe(true);
    await expect(asked).rejects.toMatchObject({ code: "offline" });
    vi.advanceTimersByTime(250);
    expect(FakeSocket.all).toHaveLength(2);
  });

  test("after long silence one listener is asked to join again, which is the check", () => {
    up();
    vi.advanceTimersByTime(44_000);
    expect(listener.up).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(20_000);
    expect(listener.up).toHaveBeenCalledTimes(2);
  });

  test("traffic is life", () => {
    const socket = up();
    for (let second = 0; second < 120; second += 10) {
      vi.advanceTimersByTime(10_000);
      socket.says({ push: "presence", thread: "t", watching: 1 });
    }
    expect(listener.up).toHaveBeenCalledTimes(1);
  });

  test("when the network returns a waiting connection is made at once", () => {
    up().drops();
    dispatchEvent(new Event("online"));
    expect(FakeSocket.all).toHaveLength(2);
  });
});

test("without a network the line is down at once", () => {
  const socket = up();
  dispatchEvent(new Event("offline"));
  expect(listener.down).toHaveBeenCalledWith(false);
  expect(socket.closed).toBe(true);
});

describe("the back/forward cache", () => {
  test("a page that goes lets the socket go, and does not reconnect in its sleep", () => {
    const socket = up();
    dispatchEvent(new Event("pagehide"));
    expect(socket.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  test("a page that comes back reconnects", () => {
    up();
    dispatchEvent(new Event("pagehide"));
    dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect(FakeSocket.all).toHaveLength(2);
  });
});

test("typing has no ref and waits for no answer", () => {
  const socket = up();
  connection.typing("t");
  expect(socket.sent).toEqual([{ cmd: "typing", thread: "t" }]);
  vi.advanceTimersByTime(15_000);
  expect(socket.closed).toBe(false);
});

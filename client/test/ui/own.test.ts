// What a moderator has to read first: its author sees it as it is, live, and nobody else is told of it.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { now } from "../../src/core/clock";
import { load, save } from "../../src/core/storage";
import { all, area, button, event, host, join, one, post, put, root, signIn } from "../page";
import { author, comment, FakeSocket, fakeFetch, loaded, settled, thread } from "../support";

const HELD = "Your comment has arrived. Others do not see it yet.";
let id = "";
const held = (over = {}) => ({ ...comment(0), number: null, id, body: "hello", state: "held", ...over });
const own = async (over = {}) => {
  FakeSocket.last.says({ push: "own", thread: thread().id, comment: held(over) });
  await settled();
  await loaded();
};
const shown = () => all("li.comment:not(.pending)").filter((item) => item.querySelector(".plain"));
const line = () => shown()[0]?.querySelector(".actions span")?.textContent;

async function posted(): Promise<void> {
  signIn();
  put();
  await join([comment(1)]);
  await post("hello");
  id = FakeSocket.last.command("post").id as string;
  FakeSocket.last.answers("post", { comment: held(), seq: null });
  await own();
}

test("what is held is shown to its author, in place of what was sent", async () => {
  await posted();
  expect(line()).toBe(HELD);
  expect(shown().map((item) => item.querySelector(".body")?.textContent)).toEqual(["hello"]);
  expect(all(".pending").length).toBe(0);
  expect(one("[role=status].sr").textContent).toBe(HELD);
});

test("what is let through is a comment like any other", async () => {
  await posted();
  await event(2, "comment.posted", {
    comment: comment(2, { id, author: author() }),
    thread: thread({ comments: 2 }),
  });
  await own({ number: 2, state: "visible" });
  expect(shown()).toEqual([]);
});

test("what is refused says so and why, until its author has seen it", async () => {
  await posted();
  await own({ state: "removed", removed: true, body: undefined, removed_by: "moderator", reason: "Not here." });
  expect(line()).toBe("Removed by a moderator: Not here.");
  expect(shown()[0]?.textContent).toContain("hello");
  const slot = `refused:${host}:${thread().id}`;
  save(slot, Array(100).fill("earlier"));
  button("Discard").focus();
  button("Discard").click();
  expect(shown()).toEqual([]);
  expect(root().activeElement).toBe(area());
  await own({ state: "removed", removed: true, reason: "Not here." });
  expect(shown()).toEqual([]);
  // The earliest is forgotten.
  expect(load(slot)).toEqual([...Array(99).fill("earlier"), id]);
});

test("its author may take it back", async () => {
  await posted();
  button("Delete").click();
  await settled();
  expect(FakeSocket.last.sent.at(-1)).toMatchObject({ cmd: "remove", comment: id });
  await own({ state: "removed", removed: true, removed_by: "author" });
  expect(shown()).toEqual([]);
});

test("what its author erased in another tab goes", async () => {
  await posted();
  await own({ state: "removed", removed: true, author: author({ name: null }), body: undefined, removed_by: "author" });
  expect(shown()).toEqual([]);
});

test("what was let through while the connection was away is here no longer", async () => {
  await posted();
  await event(2, "comment.posted", { comment: comment(2, { id, author: author() }), thread: thread({ comments: 2 }) });
  expect(shown()).toEqual([]);
});

test("a delayed one says when others see it, counting down by the server's clock", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  await posted();
  const due = (seconds: number) => new Date(now() + seconds * 1000).toISOString();
  const left = () => shown()[0]?.querySelector(".due")?.textContent;
  await own({ due: due(75) });
  expect(line()).toBe(HELD);
  expect(left()).toBe("Others see it in 2 minutes.");
  vi.advanceTimersByTime(35_000);
  expect(left()).toBe("Others see it in 40 seconds.");
  await own({ due: due(9.5) });
  expect(left()).toBe("Others see it in 10 seconds.");
  vi.advanceTimersByTime(11_000);
  expect(left()).toBe("");
});

test("those that were there before are no news to the ear", async () => {
  signIn();
  put();
  const told = { thread: thread({ head: 1, comments: 1 }), comments: [comment(1)] };
  FakeSocket.last.answers("join", { ...told, own: [held({ id: "a" }), held({ id: "b" })] });
  await settled();
  await loaded();
  await settled();
  expect([shown().length, one("[role=status].sr").textContent]).toEqual([2, ""]);
});

test.each(["oldest", "newest"])("it stands right above the form, where it was written: %s", async (layout) => {
  signIn();
  put(`layout="${layout}"`);
  // It may be known before there is a form.
  FakeSocket.last.answers("join", { thread: thread({ head: 1, comments: 1 }), comments: [comment(1)], own: [held()] });
  await settled();
  await loaded();
  await settled();
  await loaded();
  expect(shown()[0]?.closest("ol")?.nextElementSibling).toBe(one("form.composer"));
  one<HTMLSelectElement>("header select").value = layout === "oldest" ? "newest" : "oldest";
  one("header select").dispatchEvent(new Event("change"));
  await settled();
  expect(shown()[0]?.closest("ol")?.nextElementSibling).toBe(one("form.composer"));
});

describe("where requests stand in for the WebSocket, which tell that there may be something", () => {
  let asked: string[];
  let answer: [number, unknown];

  beforeEach(() => {
    asked = [];
    answer = [200, { own: [] }];
    fakeFetch((url, { headers }) => {
      if (!url.endsWith("limit=1")) return [503, {}];
      asked.push(`${url.split("/api/v1")[1]} ${new Headers(headers).get("Authorization")}`);
      return answer;
    });
  });

  const look = async () => {
    FakeSocket.last.says({ push: "own", thread: thread().id });
    await settled();
    await loaded();
  };
  const arrived = async () => {
    signIn();
    put();
    await join([comment(1)]);
    await post("hello");
    id = FakeSocket.last.command("post").id as string;
    FakeSocket.last.answers("post", { comment: held() }); // a request's answer has no seq
    await settled();
  };

  test("nothing is asked while nothing waits", async () => {
    signIn();
    put();
    await join([comment(1)]);
    await look();
    await own({ state: "removed", removed: true, removed_by: "moderator" });
    await look();
    await post("seen by all");
    await look();
    id = FakeSocket.last.command("post").id as string;
    FakeSocket.last.answers("post", { comment: comment(2, { id, author: author() }) });
    await settled();
    const posted = { seq: 2, kind: "comment.posted", at: now(), comment: comment(2, { id, author: author() }) };
    FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events: [posted] });
    await look();
    expect(asked).toEqual([]);
  });

  test("what is held is shown so, and told to the ear once", async () => {
    await arrived();
    expect(all(".pending").length).toBe(1);
    answer = [200, { own: [held()] }];
    await look();
    expect(asked).toEqual([`/threads?thread=${thread().id}&limit=1 Bearer T`]);
    expect([line(), all(".pending").length]).toEqual([HELD, 0]);
    const ear = one("[role=status].sr");
    expect(ear.textContent).toBe(HELD);
    ear.textContent = "";
    button("Delete").focus();
    await look();
    expect([asked.length, line(), ear.textContent]).toEqual([2, HELD, ""]);
    expect(root().activeElement).toBe(button("Delete"));
  });

  test("what is refused says so and why, and is asked for no more", async () => {
    await posted();
    answer = [200, { own: [held({ state: "removed", removed: true, removed_by: "moderator", reason: "Not here." })] }];
    await look();
    expect(line()).toBe("Removed by a moderator: Not here.");
    expect(one("[role=status].sr").textContent).toBe(line());
    await look();
    expect(asked.length).toBe(1);
  });

  test("of several the ear is told what is new", async () => {
    await posted();
    const refused = { state: "removed", removed: true, removed_by: "moderator", reason: "Not here." };
    answer = [200, { own: [held({ id: "other" }), held(refused)] }];
    await look();
    expect([shown().length, one("[role=status].sr").textContent]).toEqual([2, "Removed by a moderator: Not here."]);
  });

  test("what is no longer among one's own goes once the events are there that others see", async () => {
    await posted();
    await look();
    expect(shown().length).toBe(1);
    FakeSocket.last.answers("join", {
      thread: thread({ head: 2, comments: 2 }),
      events: [{ seq: 2, kind: "comment.posted", at: held().at, comment: comment(2, { id, author: author() }) }],
      more: false,
    });
    await settled();
    expect(shown()).toEqual([]);
    expect(all("li.comment").length).toBe(2);
    await look();
    expect(asked.length).toBe(1);
  });

  test("what was sent and is gone before it was told of is not asked for again", async () => {
    await arrived();
    await look();
    FakeSocket.last.answers("join", { thread: thread({ head: 1 }), events: [], more: false });
    await settled();
    expect([shown().length, all(".pending").length]).toEqual([0, 0]);
    await look();
    expect(asked.length).toBe(1);
  });

  test("a request that fails, or whose token has expired, changes nothing", async () => {
    await posted();
    answer = [503, {}];
    await look();
    answer = [200, {}];
    await look();
    expect([asked.length, line()]).toEqual([2, HELD]);
  });
});

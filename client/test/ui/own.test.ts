// What a moderator has to read first: its author sees it as it is, live, and nobody else is told of it.
import { expect, test, vi } from "vitest";
import { now } from "../../src/core/clock";
import { all, area, button, event, host, join, one, post, put, root, signIn } from "../page";
import { author, comment, FakeSocket, loaded, settled, thread } from "../support";

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
  button("Discard").focus();
  button("Discard").click();
  expect(shown()).toEqual([]);
  expect(root().activeElement).toBe(area());
  await own({ state: "removed", removed: true, reason: "Not here." });
  expect(shown()).toEqual([]);
  expect(Object.keys(localStorage).some((key) => key.includes(`refused:${host}`))).toBe(true);
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
  await own({ due: due(10) });
  expect(left()).toBe("Others see it in 10 seconds.");
  vi.advanceTimersByTime(11_000);
  expect(left()).toBe("");
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

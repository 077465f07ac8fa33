// What elements of one thread share on a page, and what is left when one of them goes.
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../../src/core/connection";
import { Subscription } from "../../src/core/subscription";
import { connect } from "../../src/ui/page-connection";
import { all, area, button, drawAgain, element, event, join, post, put, putTwin, signIn, texts } from "../page";
import { comment, FakeSocket, HANDLERS, HOST, posted, settled, thread } from "../support";

const leaves = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "leave");
const posts = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "post").length;
const joins = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "join").length;

describe("a connection", () => {
  let connection: Connection;
  const come = () => {
    const subscription = new Subscription(connection, HOST, { site: "demo", key: "/k" }, HANDLERS);
    subscription.start();
    return subscription;
  };
  const answer = async (head = 1) => {
    FakeSocket.last.answers("join", { thread: thread({ head, comments: head }), comments: [comment(1)], more: true });
    await settled();
  };
  let first: Subscription;

  beforeEach(async () => {
    FakeSocket.install();
    connection = connect(HOST);
    first = come();
    FakeSocket.last.accept();
    await answer();
  });

  test("leaves a thread when nobody on the page follows it any more", async () => {
    const second = come();
    await answer();
    connection.add({ up() {}, down() {}, push() {} });
    first.leave();
    expect(leaves()).toEqual([]);
    second.leave();
    expect(leaves()).toMatchObject([{ thread: thread().id }]);
  });

  test("does not leave a thread that is being joined", async () => {
    const second = come();
    first.leave();
    await answer();
    expect(leaves()).toEqual([]);
    FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events: [posted(2)] });
    expect(second.state?.seq).toBe(2);
  });

  test("leaves a thread whose joiner left before it was answered", async () => {
    const second = come();
    first.leave();
    connection.add({ up() {}, down() {}, push() {} });
    second.leave();
    expect(leaves()).toEqual([]);
    await answer();
    expect(leaves()).toHaveLength(1);
  });

  test("brings all to where the last one joined", async () => {
    come();
    await answer(3);
    expect(joins()).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(joins()).toBe(3);
    expect(FakeSocket.last.command("join")).toMatchObject({ after: { seq: 1 } });
  });
});

describe("an element that comes in another's place", () => {
  test("is live at once", async () => {
    put();
    await join([comment(1)]);
    await drawAgain();
    await join([comment(1)]);
    expect(leaves()).toEqual([]);
    await event(2, "comment.posted", { comment: comment(2) });
    expect(texts(".number")).toEqual(["#2", "#1"]);
  });

  test("goes on with what the other was sending", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    const { id } = FakeSocket.last.command("post");
    await drawAgain();
    await join();
    expect(texts(".pending .actions")).toEqual(["Sending…"]);
    FakeSocket.last.answers("post", { seq: 1 });
    await settled();
    expect(texts(".pending .actions")).toEqual(["Sent"]);
    await event(1, "comment.posted", { comment: comment(1, { id: id as string }) });
    expect(all(".pending")).toEqual([]);
    expect(posts()).toBe(1);
  });

  test("sends what the line interrupted when the other went", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    const { id } = FakeSocket.last.command("post");
    element.remove();
    await settled();
    put();
    await join();
    expect(texts(".pending .actions")).toEqual(["Sending…"]);
    expect(FakeSocket.last.command("post")).toMatchObject({ id, body: "hello" });
  });
});

describe("two elements of one thread", () => {
  test("show what one of them sends, which is sent once", async () => {
    signIn();
    put();
    await join();
    const twin = await putTwin();
    await join();
    await post("hello");
    area().blur(); // happy-dom looks for what has focus in one shadow root alone
    expect(twin.querySelector(".pending .body")?.textContent).toBe("hello");
    FakeSocket.last.refuses("post", "rate_limited");
    await settled();
    button("Back to the editor").click();
    expect(all(".pending").length + twin.querySelectorAll(".pending").length).toBe(0);
    expect(area().value).toBe("hello");
    expect(posts()).toBe(1);
  });

  test("do not forget each other's draft", async () => {
    put();
    await join();
    await putTwin();
    await join();
    area().value = "half a thought";
    area().dispatchEvent(new Event("input", { bubbles: true }));
    await event(1, "thread.closed", { thread: thread({ state: "closed" }) });
    document.body.replaceChildren();
    await settled();
    put();
    await join();
    expect(area().value).toBe("half a thought");
  });
});

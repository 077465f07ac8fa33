// What a reader gets to hear and see of what they wrote, and of what others did to it.
import { describe, expect, test, vi } from "vitest";
import { setClock } from "../../src/core/clock";
import { save } from "../../src/core/storage";
import { all, area, button, event, join, now, one, post, put, root, signIn, slot, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, settled, thread, tombstone } from "../support";

const sent = async (seq: number, over = {}) => {
  const { id } = FakeSocket.last.command("post");
  FakeSocket.last.answers("post", { seq });
  await event(seq, "comment.posted", { comment: comment(seq, { id: id as string, ...over }) });
};

describe("after posting", () => {
  test("the next words go into the field, in every order", async () => {
    for (const order of ["newest", "oldest", "chat"]) {
      signIn();
      put(`order="${order}"`);
      await join();
      area().focus();
      await post("one");
      expect(root().activeElement).toBe(area());
      await sent(1);
      expect(root().activeElement).toBe(area());
      document.body.replaceChildren();
      await settled();
    }
  });

  test("an answer has focus where it stands; in a chat the field has it", async () => {
    for (const order of ["newest", "chat"]) {
      signIn();
      put(`order="${order}"`);
      await join([comment(1)]);
      button("Reply").click();
      await post("answer");
      expect(root().activeElement).toBe(order === "chat" ? area() : one(".pending"));
      await sent(2, { parent: "c1" });
      expect(root().activeElement).toBe(order === "chat" ? area() : all("li")[0]);
      document.body.replaceChildren();
      await settled();
    }
  });

  test("the ear hears that it is posted, each time", async () => {
    signIn();
    put();
    await join();
    const told: string[] = [];
    new MutationObserver(() => told.push(one(".sr").textContent ?? "")).observe(one(".sr"), { childList: true });
    for (const seq of [1, 2]) {
      await post("words");
      await sent(seq);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(told).toEqual(["Comment posted.", "", "Comment posted."]);
  });
});

test("three comments that come one by one are told three times", async () => {
  put();
  await join();
  const told: string[] = [];
  new MutationObserver(() => told.push(one(".sr").textContent ?? "")).observe(one(".sr"), { childList: true });
  for (const seq of [1, 2, 3]) {
    await event(seq, "comment.posted", { comment: comment(seq) });
    await vi.advanceTimersByTimeAsync(5000);
  }
  expect(told.filter(Boolean)).toEqual(["1 new comment", "1 new comment", "1 new comment"]);
});

describe("a comment that was refused for its contents", () => {
  async function refused(): Promise<unknown> {
    fakeFetch((_, { json }) =>
      json?.website
        ? [400, { error: { code: "bad_request", message: "This website is none." } }]
        : [201, { token: "T", author: author() }],
    );
    put();
    await join();
    one<HTMLInputElement>("[name=website]").value = "https://not one";
    await post("hello");
    expect(one(".pending .error").textContent).toBe("Not sent. This website is none.");
    return;
  }

  test("is sent with the fields as they are now", async () => {
    await refused();
    one<HTMLInputElement>("[name=website]").value = "";
    button("Retry").click();
    await settled();
    expect(FakeSocket.last.command("post")).toMatchObject({ body: "hello" });
  });

  test("says why after a reload, too", async () => {
    await refused();
    document.body.replaceChildren();
    vi.resetModules();
    const { outbox } = await import("../../src/core/outbox");
    const key = Object.keys(localStorage).find((name) => name.startsWith("hubbub:outbox:")) as string;
    const [item] = outbox(
      key.replace("hubbub:outbox:", ""),
      () => Promise.reject(),
      () => {},
    ).items();
    expect(item).toMatchObject({ state: "failed", error: { code: "bad_request", message: "This website is none." } });
  });
});

test("a writer who takes a name keeps what they wrote without one", async () => {
  save(slot(), { token: "T", author: author({ name: "Anonymous" }), profile: {} });
  put();
  await join([comment(1, { at: now() })]);
  fakeFetch(() => [201, { token: "T2", author: author({ name: "Nina" }) }]);
  one<HTMLInputElement>("[name=name]").value = "Nina";
  await post("hello");
  await sent(2, { at: now() });
  expect(texts(".own .actions button")).toEqual(["Reply", "Edit", "Delete", "Reply", "Edit", "Delete"]);
});

test("whoever becomes another author is offered what that one may do", async () => {
  signIn();
  put();
  await join([comment(1, { at: now() })]);
  expect(texts(".own .number")).toEqual(["#1"]);
  fakeFetch(() => [201, { token: "T2", author: author({ id: "new" }) }]);
  one<HTMLInputElement>("[name=name]").value = "Nina";
  await post("hello");
  await sent(2, { author: author({ id: "new" }), at: now() });
  expect(texts(".own .number")).toEqual(["#2"]);
});

test("a removed author's name goes from every line that was drawn from the comment", async () => {
  const grace = author({ id: "grace", name: "Grace" });
  signIn();
  put();
  await join([comment(3, { parent: "c1", at: now() }), comment(2, { parent: "c1" }), comment(1, { author: grace })]);
  all("li")[2]?.querySelector("button")?.click();
  fakeFetch(() => [200, { thread: thread(), comments: [{ ...comment(3), body: "b" }], more: false }]);
  button("Edit").click(); // a comment that is being edited is not drawn anew
  await settled();
  expect(root().textContent).toContain("Grace");
  await event(4, "comment.removed", { comment: tombstone(comment(1)) });
  expect(root().textContent).not.toContain("Grace");
  expect(texts(".parent")).toEqual(["in reply to #1", "in reply to #1"]);
  expect(one(".replying").textContent).toContain("#1");
  expect(all("li textarea")).toHaveLength(2);
});

test("a reply that is being written outlives the comment it stands below", async () => {
  put();
  await join([comment(1)]);
  button("Reply").click();
  area().value = "half an answer";
  FakeSocket.last.says({ push: "reset", thread: thread().id });
  await join([comment(90)], { epoch: "e2" }, true);
  await vi.advanceTimersByTimeAsync(50);
  expect(texts(".number")).toEqual(["#90"]);
  expect(area().value).toBe("half an answer");
});

test("who asks for the last older comments goes on with them, and hears how many came", async () => {
  put();
  await join([comment(3), comment(2)], {}, true);
  fakeFetch(() => [200, { thread: thread({ head: 3 }), comments: [comment(1)], more: false }]);
  button("Show older comments").focus();
  button("Show older comments").click();
  await settled();
  await vi.advanceTimersByTimeAsync(50);
  expect(one(".sr").textContent).toBe("1 older comment");
  expect(root().activeElement?.textContent).toContain("#1");
});

test("a reader's clock that is wrong changes nothing", async () => {
  signIn();
  put();
  const serverTime = (ms: number) => new Date(Date.now() - 20 * 60_000 + ms).toISOString();
  FakeSocket.last.answers("join", {
    thread: thread({ head: 1, comments: 1 }),
    comments: [comment(1, { at: serverTime(-60_000) })],
    more: false,
    now: serverTime(0),
  });
  await settled();
  expect(one("time").textContent).toBe("1 minute ago");
  expect(texts(".actions button")).toEqual(["Reply", "Edit", "Delete"]);
  setClock(now());
});

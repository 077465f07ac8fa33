import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import "../src/embed";
import type { Comment } from "../src/protocol";
import { save } from "../src/storage";
import { author, comment, FakeSocket, fakeFetch, settled, thread, tombstone } from "./support";

let hosts = 0;
let host = "";
let element: HTMLElement;
let heard: [string, unknown][];

const slot = () => `session:${host}:demo`;
const root = () => element.shadowRoot as ShadowRoot;
const one = <T extends Element = HTMLElement>(selector: string) => root().querySelector(selector) as T;
const all = (selector: string) => [...root().querySelectorAll<HTMLElement>(selector)];
const texts = (selector: string) => all(selector).map(({ textContent }) => textContent?.trim());
const button = (name: string) => all("button").find((entry) => entry.textContent === name) as HTMLButtonElement;
const area = () => one<HTMLTextAreaElement>(".composer textarea");
const area2 = () => one<HTMLTextAreaElement>("li textarea");

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  history.replaceState(null, "", "/x");
  FakeSocket.install();
  // Every test has its own host, and so its own connection.
  host = `https://comments${hosts++}.example`;
  heard = [];
});

afterEach(async () => {
  element?.remove();
  await settled();
  vi.useRealTimers();
});

function put(attributes = "", children = ""): void {
  const box = document.createElement("div");
  box.innerHTML = `<hubbub-thread site="demo" key="/k" host="${host}" ${attributes}>${children}</hubbub-thread>`;
  element = box.firstElementChild as HTMLElement;
  for (const name of ["ready", "comment", "closed", "reopened", "error"])
    element.addEventListener(`hubbub:${name}`, (event) => heard.push([name, (event as CustomEvent).detail]));
  document.body.append(element);
  FakeSocket.last.accept();
}

async function join(comments: Comment[] = [], over = {}, more = false): Promise<void> {
  const head = comments[0]?.number ?? 0;
  FakeSocket.last.answers("join", { thread: thread({ head, comments: comments.length, ...over }), comments, more });
  await settled();
}

async function event(seq: number, kind: string, fields: Record<string, unknown>): Promise<void> {
  const events = [{ seq, kind, at: "2026-11-22T10:00:00.000Z", ...fields }];
  FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
  await vi.advanceTimersByTimeAsync(50);
}

const now = () => new Date().toISOString();
const signIn = (over = {}) => save(slot(), { token: "T", author: author(over), profile: {} });

describe("reading", () => {
  test("what the page held is shown until the thread is there", async () => {
    put("", "<p>from the server</p>");
    expect(one("slot")).not.toBeNull();
    await join([comment(1)]);
    expect(one("slot")).toBeNull();
    expect(heard[0]?.[0]).toBe("ready");
  });

  test.each([
    ["newest", ["#3", "#2", "#1"]],
    ["oldest", ["#1", "#2", "#3"]],
    ["chat", ["#1", "#2", "#3"]],
  ])("order %s", async (order, numbers) => {
    put(`order="${order}"`);
    await join([comment(2), comment(1)]);
    await event(3, "comment.posted", { comment: comment(3) });
    expect(texts(".number")).toEqual(numbers);
    expect(one("h2").textContent).toBe("3 comments");
    expect(heard.filter(([name]) => name === "comment")).toHaveLength(1);
  });

  test("a comment in the list is the same node after others arrived", async () => {
    put();
    await join([comment(1)]);
    const [before] = all("li");
    await event(2, "comment.posted", { comment: comment(2) });
    expect(all("li")[1]).toBe(before);
  });

  test("edits and removals are drawn where the comment stands", async () => {
    put();
    await join([comment(2), comment(1)]);
    await event(3, "comment.edited", { comment: { ...comment(1), html: "<p>better</p>", edited_at: now() } });
    expect(texts(".body")).toEqual(["text 2", "better"]);
    await event(4, "comment.removed", { comment: tombstone(comment(1)) });
    expect(texts(".body")).toEqual(["text 2", "Comment removed"]);
    expect(root().textContent).not.toContain("better");
    await event(5, "comment.restored", { comment: comment(1) });
    expect(texts(".body")).toEqual(["text 2", "text 1"]);
  });

  test("a reply names what it answers, once that is loaded", async () => {
    put();
    await join([comment(3, { parent: "c2" }), comment(2, { parent: "c1" })], {}, true);
    expect(texts(".parent")).toEqual(["in reply to #2 Ada", "in reply to an older comment"]);
    fakeFetch(() => [200, { thread: thread({ head: 3 }), comments: [comment(1)], more: false }]);
    button("Show older comments").click();
    await settled();
    await vi.advanceTimersByTimeAsync(50);
    expect(texts(".number")).toEqual(["#3", "#2", "#1"]);
    expect(one(".older").hidden).toBe(true);
  });

  test("presence says how many read, and that somebody else types", async () => {
    put();
    await join();
    FakeSocket.last.says({ push: "presence", thread: thread().id, watching: 23 });
    expect(one(".here").textContent).toBe("23 reading");
    FakeSocket.last.says({ push: "presence", thread: thread().id, watching: 23, typing: 1 });
    expect(one(".here").textContent).toBe("23 reading · someone is typing…");
  });

  test("arrivals are summed up for the ear", async () => {
    put();
    await join();
    await event(1, "comment.posted", { comment: comment(1) });
    await event(2, "comment.posted", { comment: comment(2) });
    await vi.advanceTimersByTimeAsync(3000);
    expect(one('[role="status"]').textContent).toBe("2 new comments");
  });
});

describe("writing", () => {
  async function post(text: string): Promise<void> {
    area().value = text;
    area().dispatchEvent(new Event("input", { bubbles: true }));
    one<HTMLFormElement>(".composer").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
  }

  test("pending, then the comment itself in its place", async () => {
    fakeFetch(() => [201, { token: "T", author: author() }]);
    put();
    await join();
    await post("hello");
    await vi.waitFor(() => FakeSocket.last.command("post"));
    const { id } = FakeSocket.last.command("post");
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(texts(".pending .actions")).toEqual(["Sending…"]);
    expect(area().value).toBe("");
    const [item] = all("li");
    FakeSocket.last.answers("post", { seq: 1 });
    await settled();
    expect(texts(".pending .actions")).toEqual(["Sent"]);
    await event(1, "comment.posted", { comment: comment(1, { id: id as string }) });
    expect(all(".pending")).toEqual([]);
    expect(all("li")).toEqual([item]);
  });

  test("what was stored after all, though the page did not live to hear it, is not offered again", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    const { id } = FakeSocket.last.command("post");
    element.remove();
    await settled();
    put();
    await join([comment(2), comment(1, { id: id as string })]);
    expect(texts(".number")).toEqual(["#2", "#1"]);
    await event(3, "comment.removed", { comment: tombstone(comment(1, { id: id as string })) });
    element.remove();
    await settled();
    put();
    await join([comment(2)]);
    expect(all(".pending")).toEqual([]);
  });

  test("a refusal is shown in words, and Retry sends the same id", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    const first = FakeSocket.last.command("post");
    FakeSocket.last.refuses("post", "rate_limited", 5);
    await settled();
    expect(one(".pending").textContent).toContain("Try again in 5 seconds");
    button("Retry").click();
    await settled();
    expect(FakeSocket.last.command("post")).toMatchObject({ id: first.id, body: "hello" });
    FakeSocket.last.refuses("post", "bad_request");
    await settled();
    button("Back to the editor").click();
    expect(area().value).toBe("hello");
    expect(all(".pending")).toEqual([]);
  });

  test("nothing and too much are not sent", async () => {
    signIn();
    put();
    await join();
    await post("   ");
    expect(FakeSocket.last.sent.some(({ cmd }) => cmd === "post")).toBe(false);
    await post("x".repeat(10_001));
    expect(one(".composer .error").textContent).toContain("too long");
    expect(area().value).toHaveLength(10_001);
    await post("😀".repeat(10_000));
    expect(FakeSocket.last.command("post").body).toHaveLength(20_000);
  });

  test("a draft outlives the page, and others are told of typing when it is typed alone", async () => {
    const typing = () => FakeSocket.last.sent.filter(({ cmd }) => cmd === "typing");
    put();
    await join();
    area().value = "half a thought";
    area().dispatchEvent(new Event("input", { bubbles: true }));
    area().dispatchEvent(new Event("input", { bubbles: true }));
    expect(typing()).toHaveLength(1);
    element.remove();
    await settled();
    put();
    await join();
    expect(area().value).toBe("half a thought");
    expect(typing()).toHaveLength(0);
  });

  test("a reply is written below what it answers, and goes home when it is sent", async () => {
    signIn();
    put();
    await join([comment(1)]);
    button("Reply").click();
    expect(one("li .composer").textContent).toContain("Reply to #1 Ada");
    await event(2, "comment.edited", { comment: { ...comment(1), html: "<p>other</p>" } });
    expect(one("li .composer")).not.toBeNull();
    await post("answer");
    expect(FakeSocket.last.command("post")).toMatchObject({ parent: "c1" });
    expect(one("li .composer")).toBeNull();
  });
});

describe("own comments", () => {
  const own = () => comment(1, { at: now() });

  test("can be edited, from the text as it was written", async () => {
    signIn();
    put();
    await join([own()]);
    fakeFetch(() => [200, { thread: thread(), comments: [{ ...own(), body: "as *written*" }], more: false }]);
    button("Edit").click();
    await vi.waitFor(() => expect(area2().value).toBe("as *written*"));
    await event(2, "comment.edited", { comment: { ...own(), html: "<p>by another</p>" } });
    expect(area2().value).toBe("as *written*");
    area2().value = "better";
    one("li form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    expect(FakeSocket.last.command("edit")).toMatchObject({ comment: "c1", body: "better" });
    FakeSocket.last.refuses("edit", "forbidden");
    await settled();
    expect(area2().value).toBe("better");
    expect(one(".problem").textContent).toContain("not possible");
    one("li form").dispatchEvent(new Event("submit", { cancelable: true }));
    FakeSocket.last.answers("edit", { seq: 3 });
    await settled();
    expect(one("li form")).toBeNull();
  });

  test("can be deleted, but not by one slip", async () => {
    signIn();
    put();
    await join([own()]);
    button("Delete").click();
    expect(FakeSocket.last.sent.some(({ cmd }) => cmd === "remove")).toBe(false);
    expect(root().activeElement?.textContent).toBe("Keep");
    button("Keep").click();
    expect(root().activeElement).toBe(button("Delete"));
    button("Delete").click();
    one("li form").dispatchEvent(new Event("submit", { cancelable: true }));
    FakeSocket.last.answers("remove", { seq: 2 });
    await settled();
    expect(FakeSocket.last.command("remove")).toMatchObject({ comment: "c1" });
    await event(2, "comment.removed", { comment: tombstone(own()) });
    expect(root().activeElement).toBe(one("li"));
  });

  test("keep the focus on the button that has it when they are drawn anew", async () => {
    signIn();
    put();
    await join([own()]);
    button("Edit").focus();
    await event(2, "comment.edited", { comment: { ...own(), html: "<p>by a moderator</p>" } });
    expect(texts(".body")).toEqual(["by a moderator"]);
    expect(root().activeElement).toBe(button("Edit"));
  });

  test("cannot be edited or deleted after the edit window", async () => {
    signIn();
    put();
    await join([own()]);
    const [body] = all(".body");
    await vi.advanceTimersByTimeAsync(14 * 60_000);
    expect(texts(".actions button")).toEqual(["Reply", "Edit", "Delete"]);
    expect(one("time").textContent).toBe("14 minutes ago");
    expect(all(".body")[0]).toBe(body);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(texts(".actions button")).toEqual(["Reply"]);
  });

  test("others' comments, and old ones, cannot", async () => {
    signIn();
    put();
    await join([comment(2, { author: author({ id: "eve" }), at: now() }), comment(1)]);
    expect(texts(".actions button")).toEqual(["Reply", "Reply"]);
  });
});

describe("closing", () => {
  const gate = (state: string, reason: string | null = null) => ({
    thread: thread({ state: state as "open", reason }),
  });

  test("locks at once, says why, keeps the draft; reopening gives it back", async () => {
    put();
    await join([comment(1)]);
    area().value = "half a thought";
    const events = [{ seq: 2, kind: "thread.closed", at: "", ...gate("closed") }];
    FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
    expect(one(".closed").textContent).toBe("Sorry. Comments have been closed on this article.");
    expect(area().readOnly).toBe(true);
    expect(area().value).toBe("half a thought");
    expect(button("Post comment").disabled).toBe(true);
    // Ctrl+Enter does not ask the button.
    one(".composer").dispatchEvent(new Event("submit", { cancelable: true }));
    expect(area().value).toBe("half a thought");
    await vi.advanceTimersByTimeAsync(50);
    expect(button("Reply")).toBeUndefined();
    await event(3, "thread.reopened", gate("open"));
    expect(one(".closed").hidden).toBe(true);
    expect(area().readOnly).toBe(false);
    expect(heard.map(([name]) => name)).toEqual(["ready", "closed", "reopened"]);
  });

  test("a thread that is closed from the start says its own reason, and offers no empty form", async () => {
    put();
    await join([], { state: "closed", reason: "It was enough." });
    expect(one(".closed").textContent).toBe("It was enough.");
    expect(one(".composer").hidden).toBe(true);
  });

  test("what was overtaken by it can be taken back, and is seen", async () => {
    signIn();
    put();
    await join();
    area().value = "too late";
    one(".composer").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    FakeSocket.last.refuses("post", "thread_closed");
    await event(1, "thread.closed", gate("closed"));
    expect(one(".composer").hidden).toBe(true);
    button("Back to the editor").click();
    expect(one(".composer").hidden).toBe(false);
    expect(area().value).toBe("too late");
    expect(area().readOnly).toBe(true);
    expect(one(".composer .error").textContent).toBe("What you wrote is kept here.");
  });

  test("is a moderator's to do", async () => {
    signIn({ role: "moderator", id: "mod" });
    put();
    await join([comment(1)]);
    button("Close comments").click();
    one("header form").dispatchEvent(new Event("submit", { cancelable: true }));
    FakeSocket.last.refuses("close", "rate_limited", 3);
    await settled();
    expect(one(".problem").textContent).toContain("3 seconds");
    one<HTMLInputElement>("header input").value = "Enough.";
    one("header input").focus();
    one("header form").dispatchEvent(new Event("submit", { cancelable: true }));
    expect(FakeSocket.last.command("close")).toMatchObject({ thread: thread().id, reason: "Enough." });
    FakeSocket.last.answers("close", {});
    await event(2, "thread.closed", gate("closed", "Enough."));
    expect(root().activeElement).toBe(button("Reopen comments"));
    button("Reopen comments").click();
    expect(FakeSocket.last.command("reopen")).toMatchObject({ thread: thread().id });
    expect(texts("li button")).toEqual(["Remove"]);
  });
});

describe("the line", () => {
  test("is said to be lost after 2 s, and the notice goes when it is back", async () => {
    put();
    await join();
    FakeSocket.last.drops();
    await vi.advanceTimersByTimeAsync(1900);
    expect(one(".offline").hidden).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect(one(".offline").textContent).toBe("Connection lost. Trying again…");
    FakeSocket.last.accept();
    FakeSocket.last.answers("join", { thread: thread(), events: [], more: false });
    await settled();
    expect(one(".offline").hidden).toBe(true);
  });

  test("a close for good is said at once", async () => {
    put();
    await join();
    FakeSocket.last.drops(1008);
    expect(one(".offline").textContent).toContain("Reload the page");
  });

  test("two elements share one socket", async () => {
    put();
    await join();
    const first = element;
    const second = first.cloneNode() as HTMLElement;
    second.setAttribute("key", "/other");
    document.body.append(second);
    expect(FakeSocket.all).toHaveLength(1);
    expect(FakeSocket.last.command("join")).toMatchObject({ key: "/other" });
    second.remove();
  });
});

test.each(["with the page", "in the open page"])(
  "a claim that comes %s makes a moderator and leaves no trace",
  async (when) => {
    const fetch = fakeFetch(() => [201, { token: "M", author: author({ role: "owner", name: "Chief" }) }]);
    const early = when === "with the page";
    if (early) history.replaceState(null, "", "/x#hubbub-claim=CODE");
    put();
    await join();
    if (!early) {
      history.replaceState(null, "", "/x#hubbub-claim=CODE");
      dispatchEvent(new Event("hashchange"));
    }
    await vi.waitFor(() => expect(button("Close comments")).toBeDefined());
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({ code: "CODE" });
    expect(location.hash).toBe("");
    expect(one(".who").textContent).toContain("Chief");
    button("Sign out").click();
    expect(button("Close comments")).toBeUndefined();
    expect(root().activeElement).toBe(area());
  },
);

test("an element that is moved keeps its thread; one that is removed lets it go", async () => {
  put();
  await join([comment(1)]);
  const other = document.createElement("div");
  document.body.append(other);
  other.append(element);
  await settled();
  expect(all("li")).toHaveLength(1);
  expect(FakeSocket.all).toHaveLength(1);
  element.remove();
  await settled();
  expect(FakeSocket.last.closed).toBe(true);
});

import { describe, expect, test, vi } from "vitest";
import { all, area, area2, button, element, event, heard, join, now, one, put, root, signIn, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, loaded, settled, thread, tombstone } from "../support";

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
    const fetch = fakeFetch(() => [200, { thread: thread({ head: 3 }), comments: [comment(1)], more: false }]);
    button("Show older comments").click();
    await settled();
    expect(one(".older").getAttribute("aria-busy")).toBe("true");
    expect(fetch).not.toHaveBeenCalled(); // before that is painted
    await vi.advanceTimersByTimeAsync(50);
    expect(texts(".number")).toEqual(["#3", "#2", "#1"]);
    expect(one(".older").hasAttribute("aria-busy")).toBe(false);
    expect(one(".older").hidden).toBe(true);
  });

  test.each([
    [undefined, "Comment removed"],
    ["author", "Deleted by its author"],
    ["moderator", "Removed by a moderator"],
  ] as const)("a comment removed by %s says so", async (removed_by, words) => {
    signIn({ role: "moderator" });
    put();
    await join([{ ...tombstone(comment(1)), ...(removed_by && { removed_by }) }]);
    expect(texts(".body")).toEqual([words]);
    expect(!!button("Restore")).toBe(removed_by !== "author");
  });

  test("an answer shows in a line what it answers, and no longer once that is removed", async () => {
    put();
    const asked = comment(1, { html: "<p>Is it <em>true</em>?</p>" });
    await join([comment(2, { parent: "c1" }), asked]);
    expect(texts(".excerpt")).toEqual(["Is it true?"]);
    await event(3, "comment.removed", { comment: tombstone(asked) });
    expect(texts(".excerpt")).toEqual([""]);
  });

  test("a comment's number leads to it", async () => {
    put();
    await join([comment(2), comment(1)]);
    one<HTMLElement>(".number").click();
    dispatchEvent(new Event("hashchange")); // as browsers do
    await loaded();
    expect(root().activeElement).toBe(all("li")[0]);
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
    expect(one(".sr").textContent).toBe("2 new comments");
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
    expect(one(".problem").textContent).toBe("You may not do this, or no longer.");
    one("li form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    FakeSocket.last.answers("edit", { seq: 3 });
    await settled();
    expect(one("li form")).toBeNull();
  });

  test("can be edited although they are drawn anew before their text is there", async () => {
    signIn();
    put();
    await join([own()]);
    fakeFetch(() => [200, { thread: thread(), comments: [{ ...own(), body: "as written" }], more: false }]);
    button("Edit").click();
    expect(area2().readOnly).toBe(true);
    await event(2, "comment.edited", { comment: { ...own(), html: "<p>by another</p>" } });
    await vi.waitFor(() => expect(area2().value).toBe("as written"));
    expect(area2().readOnly).toBe(false);
    expect(root().activeElement).toBe(area2());
  });

  test("offer Edit again when their text can't be had", async () => {
    signIn();
    put();
    await join([own()]);
    fakeFetch(() => [404, { error: { code: "not_found", message: "" } }]);
    button("Edit").click();
    await vi.waitFor(() => expect(one("li form")).toBeNull());
    expect(root().activeElement).toBe(button("Edit"));
    expect(one(".problem").textContent).toBe("What this is about is no longer here.");
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
    await settled();
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

  test("a server that cannot serve the thread is late, no fault: what is there stays, and the thread comes by itself", async () => {
    put();
    await join([comment(1)]);
    FakeSocket.last.drops();
    await vi.advanceTimersByTimeAsync(2_100);
    FakeSocket.last.accept();
    FakeSocket.last.refuses("join", "unavailable", 1);
    await settled();
    expect(one(".offline").textContent).toBe("New comments are delayed. Trying again…");
    expect(one(".offline").getAttribute("role")).toBe("status");
    expect(one(".problem").hidden).toBe(true);
    expect(texts(".number")).toEqual(["#1"]);
    await vi.advanceTimersByTimeAsync(1_000);
    FakeSocket.last.answers("join", { thread: thread({ head: 1 }), events: [], more: false });
    await settled();
    expect(one(".offline").hidden).toBe(true);
  });

  test("a thread that cannot be had at first is still being loaded", async () => {
    put();
    FakeSocket.last.refuses("join", "unavailable", 3);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(one(".offline").textContent).toBe("New comments are delayed. Trying again…");
    expect(texts(".quiet")).toContain("Loading comments…");
    expect(one(".quiet").hidden).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    await join([comment(1)]);
    expect(one(".offline").hidden).toBe(true);
    expect(texts(".number")).toEqual(["#1"]);
  });

  test("a thread that is refused for good is not said to be tried again", async () => {
    put();
    FakeSocket.last.refuses("join", "forbidden");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(one(".offline").hidden).toBe(true);
    expect(one(".problem").textContent).toBe("Comments are not available right now.");
  });

  test("a close for good is said at once", async () => {
    put();
    await join();
    FakeSocket.last.drops(4400);
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
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toEqual({ code: "CODE", site: "demo" });
    expect(location.hash).toBe("");
    expect(one(".who").textContent).toContain("Chief");
    button("Sign out").click();
    expect(button("Close comments")).toBeUndefined();
    expect(root().activeElement).toBe(area());
  },
);

describe("a page that becomes another without being loaded", () => {
  const key = () => FakeSocket.last.command("join").key;
  const bare = () => {
    put();
    element.removeAttribute("key");
    FakeSocket.last.accept();
  };

  test("takes an element without a key along", async () => {
    bare();
    expect(key()).toBe("/x");
    history.pushState(null, "", "/y");
    dispatchEvent(new Event("popstate"));
    await vi.advanceTimersByTimeAsync(600);
    FakeSocket.last.accept();
    expect(key()).toBe("/y");
  });

  test("may say so in its head alone, and later", async () => {
    document.head.innerHTML = '<link rel="canonical" href="/a">';
    bare();
    expect(key()).toBe("/a");
    await vi.advanceTimersByTimeAsync(600);
    (document.head.firstChild as HTMLLinkElement).href = "/b";
    await vi.advanceTimersByTimeAsync(600);
    FakeSocket.last.accept();
    expect(key()).toBe("/b");
    document.head.replaceChildren();
  });

  test.each(["#part", "?photo=2"])("does not by going to %s", async (to) => {
    bare();
    await join([comment(1)]);
    const [item] = all("li");
    history.pushState(null, "", to);
    dispatchEvent(new Event("popstate"));
    await vi.advanceTimersByTimeAsync(600);
    expect(all("li")).toEqual([item]);
  });

  test("leaves an element with a key where it is", async () => {
    put();
    history.pushState(null, "", "/y");
    dispatchEvent(new Event("popstate"));
    await vi.advanceTimersByTimeAsync(600);
    expect(key()).toBe("/k");
  });
});

test("a claim leaves the address though the thread is never joined", () => {
  history.replaceState(null, "", "/x#hubbub-claim=CODE");
  put();
  expect(location.hash).toBe("");
});

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

import { describe, expect, test, vi } from "vitest";
import { all, area, button, element, event, heard, host, join, one, post, put, signIn, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, loaded, settled, thread, tombstone } from "../support";

describe("writing", () => {
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

  test("when the form comes, what its reader may change is drawn again, and nothing else", async () => {
    signIn();
    put();
    let before: HTMLElement[] = [];
    element.addEventListener("hubbub:ready", () => {
      before = all(".body");
    });
    await join([comment(1, { author: author({ id: "bo" }) }), comment(2, { at: new Date().toISOString() })]);
    await vi.waitFor(() => expect(button("Delete")).toBeDefined());
    expect(all(".body").map((body, place) => body === before[place])).toEqual([false, true]);
  });

  test("storage is not asked for each comment who reads", async () => {
    signIn();
    put();
    const read = vi.spyOn(JSON, "parse");
    await join(Array.from({ length: 40 }, (_, index) => comment(40 - index)));
    await vi.waitFor(() => expect(all("li")).toHaveLength(40));
    expect(read.mock.calls.length).toBeLessThan(40);
    read.mockRestore();
  });

  test("who signs out in the moment in which a comment comes is nobody at once", async () => {
    signIn({ id: "mod", role: "moderator" });
    put();
    await join([comment(1)]);
    const events = [{ seq: 2, kind: "comment.posted", at: comment(2).at, comment: comment(2) }];
    FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
    button("Sign out").click();
    expect(button("Sign out")).toBeUndefined();
  });

  test("what others will see is shown below the form, as the server renders it", async () => {
    const asked: unknown[] = [];
    fakeFetch((url, { json }) => {
      asked.push([url, json]);
      return [200, { html: "<p><em>so</em> <a href='#1'>there</a></p>" }];
    });
    put();
    await join([comment(1)]);
    area().focus();
    await loaded();
    area().value = "*so* [there](#1)";
    area().dispatchEvent(new Event("input", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(600);
    expect(asked).toEqual([[`${host}/api/v1/threads/${thread().id}/preview`, { text: "*so* [there](#1)" }]]);
    expect(one(".preview .body").innerHTML).toContain('<p dir="auto"><em>so</em>');
    expect(one<HTMLAnchorElement>(".preview a").href).toMatch(/#(comment-)?1$/);
    expect(one(".composer").lastElementChild).toBe(one(".preview"));
    await post("*so*");
    expect(one(".preview").hidden).toBe(true);
  });

  test("the first line keeps its indentation, as pasted code needs it", async () => {
    signIn();
    put();
    await join();
    await post("    code();\n");
    expect(FakeSocket.last.command("post")).toMatchObject({ body: "    code();" });
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
    FakeSocket.last.refuses("post", "conflict");
    await settled();
    expect(one(".pending [role=alert]").textContent).toBe(
      "Not sent. This has been changed meanwhile. Look again before you try once more.",
    );
    button("Retry").click();
    await settled();
    expect(FakeSocket.last.command("post")).toMatchObject({ id: first.id, body: "hello" });
    expect(FakeSocket.last.command("post").ref).not.toBe(first.ref);
    FakeSocket.last.refuses("post", "bad_request");
    await settled();
    button("Back to the editor").click();
    expect(area().value).toBe("hello");
    expect(all(".pending")).toEqual([]);
  });

  test.each([
    ["rate_limited", "Too many at once."],
    ["slow_mode", "Slow mode."],
  ])("%s counts down, and the comment goes out by itself", async (code, why) => {
    signIn();
    put();
    await join();
    await post("hello");
    const first = FakeSocket.last.command("post");
    FakeSocket.last.refuses("post", code, 5);
    await settled();
    const said = () => one(".pending .actions span").textContent;
    expect(said()).toBe(`${why} It will be sent in 5 seconds.`);
    expect(all(".pending [role=alert]")).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_100);
    expect(said()).toBe(`${why} It will be sent in 2 seconds.`);
    expect(FakeSocket.last.command("post").ref).toBe(first.ref);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(FakeSocket.last.command("post")).toMatchObject({ id: first.id, body: "hello" });
    expect(FakeSocket.last.command("post").ref).not.toBe(first.ref);
  });

  test("what is not to be sent any more is discarded, for good", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    FakeSocket.last.refuses("post", "bad_request");
    await settled();
    button("Discard").click();
    expect(all(".pending")).toEqual([]);
    expect(area().value).toBe("");
    element.remove();
    await settled();
    put();
    await join();
    expect(all(".pending")).toEqual([]);
  });

  test("an edit that was not saved is there again, until it is given up", async () => {
    signIn();
    const mine = comment(1, { at: new Date().toISOString(), body: "as it was" } as object);
    const open = async () => {
      put();
      await join([mine]);
      fakeFetch(() => [200, { thread: thread(), comments: [mine], more: false }]);
      button("Edit").click();
      await settled();
      return one<HTMLTextAreaElement>("li textarea");
    };
    const first = await open();
    first.value = "half changed";
    first.dispatchEvent(new Event("input", { bubbles: true }));
    element.remove();
    await settled();
    const again = await open();
    expect(again.value).toBe("half changed");
    again.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    element.remove();
    await settled();
    expect((await open()).value).toBe("half changed");
    all("li button")
      .find(({ textContent }) => textContent === "Cancel")
      ?.click();
    element.remove();
    await settled();
    expect((await open()).value).toBe("as it was");
  });

  test("while the server is away a comment is delayed: no alarm, no question, and it goes out by itself", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    const first = FakeSocket.last.command("post");
    FakeSocket.last.refuses("post", "unavailable", 1);
    await settled();
    expect(texts(".pending .actions")).toEqual([
      "Delayed. It will be sent as soon as possible. Keep this page open.Back to the editorDiscard",
    ]);
    expect(one(".sr").textContent).toBe("Delayed. It will be sent as soon as possible.");
    expect(all(".pending [role=alert], .notice:not([hidden])")).toEqual([]);
    expect(heard.filter(([name]) => name === "error")).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(FakeSocket.last.command("post")).toMatchObject({ id: first.id, body: "hello" });
    expect(FakeSocket.last.command("post").ref).not.toBe(first.ref);
    FakeSocket.last.answers("post", { seq: 1 });
    await event(1, "comment.posted", { comment: comment(1, { id: first.id as string }) });
    expect(all(".pending")).toEqual([]);
    expect(one(".sr").textContent).toBe("Comment posted.");
  });

  test("a comment whose session could not be had at once goes out by itself, though the line never broke", async () => {
    let asked = 0;
    fakeFetch(() => {
      if (!asked++) throw new TypeError("failed");
      return [201, { token: "T", author: author() }];
    });
    put();
    await join();
    await post("hello");
    expect(texts(".pending .actions")).toEqual(["Sending…"]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(FakeSocket.last.command("post")).toMatchObject({ body: "hello" });
    expect(FakeSocket.all).toHaveLength(1);
  });

  test("a first comment waits for a server that a proxy stands in for", async () => {
    const fetch = vi.fn(async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    vi.stubGlobal("fetch", fetch);
    put();
    await join();
    await post("hello");
    expect(texts(".pending .actions")).toEqual([
      "Delayed. It will be sent as soon as possible. Keep this page open.Back to the editorDiscard",
    ]);
    fakeFetch(() => [201, { token: "T", author: author() }]);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(FakeSocket.last.command("post")).toMatchObject({ body: "hello" });
  });

  test("a delayed comment goes back to the editor when asked", async () => {
    signIn();
    put();
    await join();
    await post("hello");
    FakeSocket.last.refuses("post", "unavailable", 1);
    await settled();
    button("Back to the editor").click();
    expect(area().value).toBe("hello");
    const sent = FakeSocket.last.sent.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(FakeSocket.last.sent.slice(sent).some(({ cmd }) => cmd === "post")).toBe(false);
  });

  test("nothing and too much are not sent", async () => {
    signIn();
    put();
    await join();
    await post("   ");
    expect(FakeSocket.last.sent.some(({ cmd }) => cmd === "post")).toBe(false);
    expect(one(".composer .error").textContent).toBe("Write something first.");
    await post("x".repeat(10_001));
    expect(one(".composer .error").textContent).toContain("too long");
    expect(one(".composer .left").textContent).toBe("1 character too many");
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

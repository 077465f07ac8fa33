import { describe, expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import { all, area, button, event, heard, join, one, put, root, signIn, slot, texts } from "../page";
import { author, comment, FakeSocket, settled, thread, tombstone } from "../support";

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

  test("a thread that is closed anew at once says the new reason", async () => {
    put();
    await join([], { state: "closed", reason: "It was enough." });
    const gates = [gate("open"), gate("closed", "For good.")];
    const kinds = ["thread.reopened", "thread.closed"];
    const events = gates.map((gate, index) => ({ seq: index + 1, kind: kinds[index], at: "", ...gate }));
    FakeSocket.last.says({ push: "events", thread: thread().id, epoch: "e1", events });
    expect(one(".closed").textContent).toBe("Comments are closed. For good.");
  });

  test("a thread that is closed from the start says its own reason, and offers no empty form", async () => {
    put();
    await join([], { state: "closed", reason: "It was enough." });
    expect(one(".closed").textContent).toBe("Comments are closed. It was enough.");
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
    const kept = "Sorry. Comments have been closed on this article. What you wrote is kept here.";
    expect(one(".composer .row [role]").textContent).toBe(kept);
  });

  test("is a moderator's to do", async () => {
    signIn({ role: "moderator", id: "mod" });
    put();
    await join([comment(1)]);
    button("Close comments").click();
    one("header form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    FakeSocket.last.refuses("close", "rate_limited", 3);
    await settled();
    expect(one(".problem").textContent).toContain("3 seconds");
    one<HTMLInputElement>("header input").value = "Enough.";
    one("header input").focus();
    one("header form").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    expect(FakeSocket.last.command("close")).toMatchObject({ thread: thread().id, reason: "Enough." });
    FakeSocket.last.answers("close", {});
    await event(2, "thread.closed", gate("closed", "Enough."));
    expect(root().activeElement).toBe(button("Reopen comments"));
    button("Reopen comments").click();
    await settled();
    expect(FakeSocket.last.command("reopen")).toMatchObject({ thread: thread().id });
    expect(texts("li button")).toEqual(["Remove", "Pin"]);
  });
});

test("a moderator whose session was revoked is told, keeps reading, and has a guest's form", async () => {
  save(slot(), { token: "claimed", author: author({ role: "moderator", id: "mod" }) });
  put();
  await join([comment(1)]);
  expect(button("Close comments")).toBeDefined();
  FakeSocket.last.drops(4401);
  await vi.advanceTimersByTimeAsync(250);
  FakeSocket.last.accept();
  FakeSocket.last.refuses("join", "unauthorized");
  await join([comment(1)]);
  expect(one(".problem").textContent).toBe("You are no longer signed in.");
  expect(button("Close comments")).toBeUndefined();
  expect(texts("li button")).toEqual(["Reply"]);
  expect(one(".composer .who").hidden).toBe(true);
});

describe("pinning", () => {
  const pins = (pinned: string | null) => ({ thread: thread({ pinned }) });
  const marked = () => all("li").map((item) => item.querySelector(".meta")?.textContent?.includes("Pinned"));

  test("is seen by all, at once and from the start", async () => {
    put();
    await join([comment(2), comment(1)], { pinned: "c1" });
    expect(marked()).toEqual([false, true]);
    await event(3, "thread.pinned", pins("c2"));
    expect(marked()).toEqual([true, false]);
    await event(4, "thread.pinned", pins(null));
    expect(marked()).toEqual([false, false]);
    expect(one("h2").textContent).toBe("2 comments");
    expect(button("Pin")).toBeUndefined();
  });

  test("is a moderator's to do, and to undo", async () => {
    signIn({ role: "moderator", id: "mod" });
    put();
    await join([comment(2), comment(1)]);
    button("Pin").click();
    await settled();
    expect(FakeSocket.last.command("pin")).toMatchObject({ thread: thread().id, comment: "c2" });
    FakeSocket.last.answers("pin", {});
    await event(3, "thread.pinned", pins("c2"));
    expect(texts("li:first-child .actions button")).toEqual(["Reply", "Remove", "Unpin"]);
    expect(button("Unpin").getAttribute("aria-label")).toBe("Unpin comment #2");
    button("Unpin").click();
    await settled();
    expect(FakeSocket.last.command("pin")).toMatchObject({ comment: null });
  });

  test("takes nothing from whoever edits the comment, and leaves a removed one alone", async () => {
    signIn({ role: "moderator", id: "mod" });
    put();
    await join([comment(2), comment(1)], { pinned: "c1" });
    button("Remove").click();
    expect(root().activeElement?.textContent).toBe("Keep");
    await event(3, "thread.pinned", pins("c2"));
    expect(root().activeElement?.textContent).toBe("Keep");
    button("Keep").click();
    expect(texts("li:first-child .actions button")).toEqual(["Reply", "Remove", "Unpin"]);
    await event(4, "comment.removed", { comment: tombstone(comment(2)) });
    expect(texts("li:first-child .actions button")).toEqual(["Restore"]);
    expect(marked()).toEqual([false, false]);
  });
});

// What a thread and its comments tell of themselves: why they were removed or closed, by whom, when they will be.
import { describe, expect, test, vi } from "vitest";
import { loadReading } from "../../src/ui/parts";
import { all, area, button, element, event, join, one, put, root, signIn, texts } from "../page";
import { comment, FakeSocket, loaded, settled, thread, tombstone } from "../support";

const MINUTE = 60_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const closed = (reason: string | null, name: string | null = "Stella") => ({
  state: "closed" as const,
  reason,
  closed_at: new Date().toISOString(),
  closed_by: { id: "mod", name },
});
const mode = (close_at: string | null) => ({ mode: { slow: 0, who: "all", hold: "none", delay: 0, close_at } });
const gone = (number: number) => tombstone(comment(number));

async function read(...args: Parameters<typeof join>): Promise<void> {
  await join(...args);
  await loadReading();
  await settled();
}

describe("removed comments", () => {
  test("say a moderator's reason, as text", async () => {
    put();
    await read([{ ...gone(1), removed_by: "moderator", reason: "<b>Off</b> topic" }]);
    expect(texts(".body")).toEqual(["Removed by a moderator: <b>Off</b> topic"]);
  });

  test("are removed by a moderator with a reason, and by their author after a question", async () => {
    signIn({ role: "moderator", id: "mod" });
    put();
    await read([comment(1)]);
    button("Remove").click();
    const field = one<HTMLInputElement>(".ask input");
    expect(root().activeElement?.textContent).toBe("Keep");
    field.value = " Off topic ";
    one<HTMLFormElement>(".ask").dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    expect(FakeSocket.last.command("remove")).toMatchObject({ comment: "c1", reason: "Off topic" });
  });

  const folded = () => texts("li:not([hidden])").length;
  const line = () => texts("[aria-expanded]");

  test("fold where three or more are in a row, and unfold", async () => {
    put();
    await read([comment(6), gone(5), gone(4), gone(3), comment(2), gone(1)]);
    expect(line()).toEqual(["3 removed comments · Show"]);
    expect(folded()).toBe(4);
    button("3 removed comments · Show").click();
    expect(folded()).toBe(6);
    button("3 removed comments · Hide").click();
    expect(folded()).toBe(4);
  });

  test("fold as they come, and unfold as they go", async () => {
    put();
    await read([comment(4), comment(3), gone(2), gone(1)]);
    expect(line()).toEqual([]);
    await event(5, "comment.removed", { comment: gone(3) });
    expect(line()).toEqual(["3 removed comments · Show"]);
    await event(6, "comment.removed", { comment: gone(4) });
    expect(line()).toEqual(["4 removed comments · Show"]);
    await event(7, "comment.restored", { comment: comment(3) });
    expect(line()).toEqual([]);
    expect(folded()).toBe(4);
  });

  test("that are shown stay so when another joins them", async () => {
    put();
    await read([comment(4), gone(3), gone(2), gone(1)]);
    button("3 removed comments · Show").click();
    await event(5, "comment.removed", { comment: gone(4) });
    expect(line()).toEqual(["4 removed comments · Hide"]);
    expect(folded()).toBe(4);
  });

  test("in the layout threaded are in a row among their siblings alone", async () => {
    put('layout="threaded"');
    const answer = (number: number, parent: string) => ({ ...gone(number), parent });
    await read([answer(5, "c1"), answer(4, "c1"), gone(3), gone(2), comment(1)]);
    expect(line()).not.toContain("4 removed comments · Show");
    await event(6, "comment.posted", { comment: answer(6, "c1") });
    expect(line()).toContain("3 removed comments · Show");
  });

  test("are shown to whom a link leads there", async () => {
    put();
    await read([comment(4), gone(3), gone(2), gone(1)]);
    expect(folded()).toBe(2);
    history.replaceState(null, "", `#hubbub-${thread().id}-2`);
    dispatchEvent(new Event("hashchange"));
    await loaded();
    await settled();
    expect(folded()).toBe(4);
  });
});

describe("a closed thread", () => {
  test("says why, who closed it, and when", async () => {
    put();
    await read([], closed("Thanks, all."));
    expect(one(".closed").textContent).toBe("Comments are closed. Thanks, all.");
    expect(one(".byline").textContent).toMatch(/^– Stella, \d/);
    expect(one<HTMLTimeElement>(".byline time").dateTime).toContain("T");
  });

  test("says the usual words where no reason was given, and nothing that is not known", async () => {
    put();
    await read([], closed(null, null));
    expect(one(".closed").textContent).toBe("Sorry. Comments have been closed on this article.");
    expect(one(".byline").textContent).toMatch(/^– \d/);
    await event(1, "thread.reopened", { thread: thread({ head: 1 }) });
    expect(one(".byline").hidden).toBe(true);
  });

  test("says it again below, where the form of the oldest first was", async () => {
    put('layout="oldest"');
    await read([comment(1)]);
    await event(2, "thread.closed", {
      thread: thread({ head: 2, ...closed("Enough.") }),
      reason: "Enough.",
      by: "Stella",
    });
    expect(one(".place .closes").textContent).toBe("Comments are closed. Enough.");
    expect(one(".place .closes").hidden).toBe(false);
  });

  test("keeps what was being written, and says there why", async () => {
    put();
    await read([comment(1)]);
    area().value = "Half a th";
    area().dispatchEvent(new Event("input", { bubbles: true }));
    await event(2, "thread.closed", {
      thread: thread({ head: 2, ...closed("Enough.") }),
      reason: "Enough.",
      by: "Stella",
    });
    expect(area().value).toBe("Half a th");
    expect(one(".composer .here").textContent).toBe("Comments are closed. Enough. What you wrote is kept here.");
  });
});

describe("a thread that will close", () => {
  /** A connection that is silent for long would be checked. */
  async function later(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 1000) {
      await vi.advanceTimersByTimeAsync(1000);
      FakeSocket.last.says({ push: "presence", thread: thread().id, watching: 1 });
    }
  }

  test("counts down by the server's clock, in seconds at last, of which the ear hears once", async () => {
    put();
    await read([], mode(inMs(2 * MINUTE + 500)));
    expect(one(".closes").textContent).toBe("Comments close in 2 minutes.");
    await later(MINUTE);
    expect(one(".closes").textContent).toBe("Comments close in 61 seconds.");
    expect(one(".sr").textContent).toBe("");
    await later(2_000);
    expect(one(".sr").textContent).toMatch(/^Comments close in \d\d seconds.$/);
    const told = one(".sr").textContent;
    await later(30_000);
    expect(one(".closes").textContent).toBe("Comments close in 29 seconds.");
    expect(one(".sr").textContent).toBe(told);
    await later(31_000);
    expect(one(".closes").textContent).toBe("Comments are closing…");
    await event(1, "thread.closed", { thread: thread({ head: 1, ...closed(null) }), reason: null, by: "Stella" });
    expect(one(".closes").hidden).toBe(true);
  });

  test("says so live, and nothing more when that was taken back", async () => {
    put();
    await read([comment(1)]);
    expect(one(".closes").hidden).toBe(true);
    await event(2, "thread.mode", { thread: thread({ head: 2, ...mode(inMs(2 * 60 * MINUTE)) }) });
    expect(one(".closes").textContent).toBe("Comments close in 2 hours.");
    await later(2_000);
    expect(one(".closes").textContent).toBe("Comments close in 119 minutes.");
    await event(3, "thread.mode", { thread: thread({ head: 3, ...mode(null) }) });
    expect(one(".closes").hidden).toBe(true);
    expect(vi.getTimerCount()).toBeLessThan(10);
  });
});

describe("a thread with a mode", () => {
  const set = (slow: number, who: string) => ({ mode: { ...mode(null).mode, slow, who } });

  test("says who may write, and how often, with the time until it closes", async () => {
    put();
    await read([], { mode: { ...mode(inMs(2 * 60 * MINUTE + 500)).mode, slow: 90 } });
    expect(one(".closes").textContent).toBe(
      "Slow mode: each may write one comment in 90 seconds. Comments close in 2 hours.",
    );
    expect(one(".sr").textContent).toBe("");
  });

  test("says so live, for the ear too, and nothing more when that was taken back", async () => {
    put();
    await read([comment(1)]);
    const steps: [number, string, string][] = [
      [300, "all", "Slow mode: each may write one comment in 5 minutes."],
      [0, "known", "For now, only those who have commented here before may write."],
      [60, "staff", "For now, only the team may write."],
      [0, "all", ""],
    ];
    for (const [index, [slow, who, words]] of steps.entries()) {
      const seq = index + 2;
      await event(seq, "thread.mode", { thread: thread({ head: seq, ...set(slow, who) }) });
      expect(one(".closes").textContent).toBe(words);
      expect(one(".closes").hidden).toBe(!words);
      if (words) expect(one(".sr").textContent).toBe(words);
    }
  });
});

describe("to the ear", () => {
  test("a comment is an article with its name, number and time, which stays true", async () => {
    put();
    await read([comment(2, { at: inMs(0) }), gone(1)]);
    const articles = () => all("li > [role=article]").map(({ ariaLabel }) => ariaLabel);
    expect(articles()[0]).toBe("Ada, #2, now");
    expect(articles()[1]).toMatch(/^#1, /);
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(articles()[0]).toBe("Ada, #2, 2 minutes ago");
    expect(button("Reply").getAttribute("aria-label")).toBe("Reply to Ada, comment 2");
    expect(one(".composer").getAttribute("aria-label")).toBe("Write a comment");
  });

  test("a thread is a section with a label of its own", async () => {
    put();
    await read([], { title: "The ferry" });
    expect(one("[role=region]").getAttribute("aria-label")).toBe("Comments on The ferry");
  });

  test("arrivals can be switched off, for good", async () => {
    put();
    await read([comment(1)]);
    const toggle = () => button("Announce new comments");
    expect(toggle().ariaPressed).toBe("true");
    toggle().click();
    await event(2, "comment.posted", { comment: comment(2) });
    await vi.advanceTimersByTimeAsync(3_100);
    expect(one(".sr").textContent).toBe("");
    element.remove();
    await settled();
    put();
    await read([comment(1)]);
    expect(toggle().ariaPressed).toBe("false");
    toggle().click();
    await event(2, "comment.posted", { comment: comment(2) });
    await vi.advanceTimersByTimeAsync(3_100);
    expect(one(".sr").textContent).toBe("1 new comment");
  });

  test("nobody has written yet, and the first may", async () => {
    put();
    await read();
    expect(texts(".quiet")).toContain("No comments yet. Be the first to comment.");
    await event(1, "thread.closed", { thread: thread({ head: 1, ...closed(null) }), reason: null, by: "Stella" });
    expect(texts(".quiet")).toContain("No comments yet.");
  });
});

test("in a chat the line that says who types stands above the field", async () => {
  put('layout="chat"');
  await read([comment(1)]);
  FakeSocket.last.says({ push: "presence", thread: thread().id, watching: 3, typing: 1 });
  expect(one(".here").textContent).toBe("3 reading");
  expect(one(".typing").textContent).toBe("someone is typing…");
  expect(one(".typing").nextElementSibling).toBe(one(".place"));
});

// The best comments first, in the order of when the reader asked for it.
import { beforeEach, expect, test, vi } from "vitest";
import type { Comment } from "../../src/protocol/generated";
import { button, event, host, one, put, signIn, texts } from "../page";
import { author, comment, FakeSocket, fakeFetch, loaded, settled, thread } from "../support";

const SITE = { name: "demo", title: null, images: false, votes: "up", reactions: {} };
const counts = (up: number) => ({ score: { up, down: 0 }, reactions: {}, replies: 0 });
const by = (id: string) => ({ id, name: id, website: null, role: "guest" });
const other = (number: number, up = 0): Comment => comment(number, { author: by("bea"), ...counts(up) });

let asked: string[];
let pages: Record<string, { comments: Comment[]; cursor: string | null } | undefined>;

beforeEach(() => {
  asked = [];
  pages = {
    "": { comments: [other(2, 9), other(4, 5)], cursor: "next" },
    next: { comments: [other(4, 6), other(1, 1)], cursor: null },
  };
});

/** Four comments are shown of five; the best are #2, #4, #1. */
async function come(site = {}): Promise<void> {
  fakeFetch((url) => {
    const { pathname, searchParams } = new URL(url);
    if (!pathname.endsWith("/comments")) return [404, { error: { code: "not_found", message: "" } }];
    asked.push(`${searchParams}`);
    const page = pages[searchParams.get("cursor") ?? ""];
    return page ? [200, page] : [503, { error: { code: "unavailable", message: "", retry_after: 1 } }];
  });
  put();
  const comments = [5, 4, 3, 2].map((number) => other(number));
  const told = { thread: thread({ head: 5, comments: 5 }), comments, more: true, site: { ...SITE, ...site } };
  FakeSocket.last.answers("join", told);
  for (let time = 0; time < 3; time++) {
    await settled();
    await loaded();
  }
}

const select = () => one<HTMLSelectElement>("header select");
async function choose(layout: string): Promise<void> {
  select().value = layout;
  select().dispatchEvent(new Event("change"));
  await settled();
  await loaded();
}
const shown = () => texts(".number");
const pill = () => one<HTMLButtonElement>(".pill");

test("is a choice beside the layouts, in pages, and is left by choosing another", async () => {
  await come();
  expect(shown()).toEqual(["#5", "#4", "#3", "#2"]);
  await choose("best");
  expect(shown()).toEqual(["#2", "#4"]);
  expect(asked).toEqual(["order=best&limit=50"]);
  button("Show more").click();
  expect(one(".more:not([hidden])[aria-busy]")).toBeTruthy(); // it says so at once
  vi.advanceTimersByTime(50);
  await settled();
  expect(shown()).toEqual(["#2", "#4", "#1"]); // #4 comes twice, and is there once
  expect(button("Show more").hidden).toBe(true);
  await choose("oldest");
  expect(shown()).toEqual(["#2", "#3", "#4", "#5"]);
  expect(button("Sort again")).toBeUndefined();
});

test("votes change numbers and move nothing, until one sorts again", async () => {
  await come();
  await choose("best");
  await event(6, "thread.scored", { counts: { c4: counts(20) } });
  expect(shown()).toEqual(["#2", "#4"]);
  expect(one("li:nth-child(2) [aria-label^='Vote up']").dataset.count).toBe("20");
  pages[""] = { comments: [other(4, 20), other(2, 9)], cursor: null };
  button("Sort again").click();
  await settled();
  expect(shown()).toEqual(["#4", "#2"]);
});

test("what is new waits for the reader, who then has it above", async () => {
  document.elementsFromPoint = () => [];
  await come();
  await choose("best");
  await event(6, "comment.posted", { comment: other(6) });
  await vi.advanceTimersByTimeAsync(5000);
  expect(shown()).toEqual(["#2", "#4"]);
  expect(pill().hidden).toBe(false);
  button("Show more").click(); // does not bring it either
  vi.advanceTimersByTime(50);
  await settled();
  expect(shown()).toEqual(["#2", "#4", "#1"]);
  pill().click();
  expect(shown()).toEqual(["#6", "#2", "#4", "#1"]);
});

test("what the reader writes is there at once", async () => {
  signIn();
  await come();
  await choose("best");
  await event(6, "comment.posted", { comment: comment(6, { author: author(), ...counts(0) }) });
  expect(shown()).toEqual(["#6", "#2", "#4"]);
});

test("what is removed goes, and what the server told before is not put over what is known since", async () => {
  await come();
  await choose("best");
  await event(6, "comment.edited", { comment: { ...other(4), html: "<p>Better</p>" } });
  button("Show more").click(); // has #4 as it was
  vi.advanceTimersByTime(50);
  await settled();
  expect(one("li:nth-child(2) .body").textContent).toBe("Better");
});

test("where nobody answers, all stays as it was", async () => {
  pages = {};
  await come();
  await choose("best");
  await settled();
  await loaded();
  expect(shown()).toEqual(["#5", "#4", "#3", "#2"]);
  expect(select().value).toBe("newest");
  expect(one(".notice.problem").hidden).toBe(false);
});

test("is not kept: the next page opens in its own layout", async () => {
  await come();
  await choose("best");
  expect(Object.values({ ...localStorage }).some((kept) => String(kept).includes("best"))).toBe(false);
});

test("is offered where the site takes votes, and not for reactions alone", async () => {
  await come({ votes: "none", reactions: { like: "👍" } });
  const offered = () => [...select().options].map(({ value }) => value).includes("best");
  expect(offered()).toBe(false);
  FakeSocket.last.says({ push: "site", thread: thread().id, site: { ...SITE, votes: "both" } });
  await settled();
  await vi.advanceTimersByTimeAsync(50);
  expect(offered()).toBe(true);
});

test("has no line where what is new since the last visit begins: it stands in no order of time", async () => {
  localStorage.setItem("hubbub:seen", JSON.stringify({ [`${host}:${thread().id}`]: [2, Date.now() - 60_000] }));
  await come();
  await vi.advanceTimersByTimeAsync(2000);
  await settled();
  expect(texts(".since")).toHaveLength(1);
  await choose("best");
  expect(shown()).toEqual(["#2", "#4"]);
  expect(texts(".since")).toEqual([]);
});

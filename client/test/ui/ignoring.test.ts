// Whom a reader ignores.
import { beforeEach, expect, test, vi } from "vitest";
import { load, PREFIX, save } from "../../src/core/storage";
import { all, area, button, event, host, join, one, put, root, signIn, texts } from "../page";
import { author, comment, loaded, settled } from "../support";

const BEA = author({ id: "bea", name: "Bea" });
const FOLDED = "Comment by someone you ignore · Show";
const slot = () => `ignored:${host}:demo`;
const comments = () => [
  comment(3, { author: author({ id: "cid", name: "Cid" }), parent: "c2" }),
  comment(2, { author: BEA }),
  comment(1),
];
const folded = () => all("[data-ignored]").map((content) => content.querySelector(".number")?.textContent);

async function open(): Promise<void> {
  put();
  await join(comments());
  await loaded();
}

beforeEach(() => {
  save(slot(), undefined);
  signIn();
});

async function press(label: string): Promise<void> {
  one(`[aria-label^='${label}']`).click();
  await loaded();
  await settled();
}

test("are one line until it is shown, after a reload too, until the reader stops", async () => {
  await open();
  expect(one("[aria-label^='Ignore Ada']")).toBeNull(); // themselves
  await press("Ignore Bea, #2");
  button("Ignore Bea").click();
  expect([folded(), load(slot())]).toEqual([["#2"], { bea: "Bea" }]);
  expect(all("[data-answers-ignored]")).toHaveLength(1);
  document.body.replaceChildren();
  await settled();
  await open();
  expect(folded()).toEqual(["#2"]);
  button(FOLDED).click();
  expect([folded(), texts(".body")]).toEqual([[], expect.arrayContaining(["text 2"])]);
  // The list is there with anybody's comment.
  await press("Ignore Cid");
  expect(texts(".ignoring button")).toEqual(["Ignore Cid", "Stop ignoring Bea"]);
  button("Stop ignoring Bea").click();
  expect([button(FOLDED), load(slot())]).toEqual([undefined, undefined]);
});

test("are the same in every tab", async () => {
  await open();
  await press("Ignore Bea, #2");
  save(slot(), { cid: "Cid" });
  dispatchEvent(Object.assign(new Event("storage"), { key: PREFIX + slot() }));
  expect(folded()).toEqual(["#3"]);
});

test("are at most 500: the earliest are forgotten", async () => {
  save(slot(), Object.fromEntries(Array.from({ length: 500 }, (_, each) => [`a${each}`, "x"])));
  await open();
  await press("Ignore Bea, #2");
  button("Ignore Bea").click();
  const kept = Object.keys(load<object>(slot()) ?? {});
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([500, "a1", "bea"]);
});

test("are not said by name, not announced and not counted, but what they wrote does not move the page either", async () => {
  save(slot(), { bea: "Bea" });
  await open();
  expect(all("[role=article]").map(({ ariaLabel }) => ariaLabel?.split(", ")[0])).toEqual(["Cid", "#2", "Ada"]);
  document.elementsFromPoint = () => []; // happy-dom has none
  one("li").dispatchEvent(new PointerEvent("pointermove", { bubbles: true, pointerType: "mouse" }));
  const came = async (number: number, by: typeof BEA) => {
    await event(number, "comment.posted", { comment: comment(number, { author: by }) });
    await vi.advanceTimersByTimeAsync(4000);
    return [texts(".number")[0], texts(".pill:not([hidden])"), one(".sr").textContent];
  };
  expect(await came(4, BEA)).toEqual(["#3", [], ""]);
  expect(await came(5, author({ id: "cid", name: "Cid" }))).toEqual(["#3", ["↑ 1 new"], "1 new comment"]);
});

test("answers of theirs are not counted where answers fold", async () => {
  save(slot(), { bea: "Bea" });
  put("order=threaded");
  await join([comment(3, { author: BEA, parent: "c2" }), comment(2, { author: BEA, parent: "c1" }), comment(1)]);
  await loaded();
  await event(4, "comment.posted", { comment: comment(4, { parent: "c2" }) });
  expect(texts(".fold")).toEqual(["Hide 1 answer", "Hide 1 answer"]);
});

test("are listed in My data, to be shown again", async () => {
  save(slot(), { bea: "Bea", cid: "Cid" });
  await open();
  area().focus();
  await loaded();
  button("More").click();
  await loaded();
  button("My data").click();
  await settled();
  expect(texts(".mine .ignored button")).toEqual(["Stop ignoring Cid", "Stop ignoring Bea"]);
  one(".mine .ignored button").focus();
  one(".mine .ignored button").click();
  expect([texts(".mine .ignored button"), folded(), load(slot())]).toEqual([
    ["Stop ignoring Bea"],
    ["#2"],
    { bea: "Bea" },
  ]);
  expect(root().activeElement).toBe(one(".mine"));
});

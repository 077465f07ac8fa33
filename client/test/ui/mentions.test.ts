// Mentions: "@" and a name, as it is typed and as it is read.
import { beforeEach, expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import { fits, folded, mentionsIn, typedAt, written } from "../../src/ui/mention-text";
import { all, area, event, join, one, put, root, signIn, texts } from "../page";
import { author, comment, loaded, settled } from "../support";

const NAMES = new Set(["Nina", "Nina Berg", "José", "小明", "민수", "نينا"].map(folded));
const found = (text: string) =>
  mentionsIn(text, (name) => NAMES.has(name)).map(([start, end]) => text.slice(start, end));

test.each([
  ["@nina and @Nina Berg, @NINA BERGMANN", ["@nina", "@Nina Berg", "@NINA"]],
  ["(@jose) @JOSE\u0301! @José's", ["@jose", "@JOSE\u0301", "@José"]],
  ["你好@小明你好 @민수야 @نينا، ok", ["@小明", "@민수", "@نينا"]],
  ["ada@nina.example @ninas @ Nina @", []],
])("%s mentions %j", (text, names) => expect(found(text)).toEqual(names));

test("what is typed before the caret is a mention, unless it is an address of e-mail", () => {
  expect(typedAt("hi @nin and", 7)).toEqual({ start: 3, query: "nin" });
  expect(typedAt("hi @Nina Ber", 12)).toEqual({ start: 3, query: "Nina Ber" });
  expect([typedAt("ada@nin", 7), typedAt("@nina\nso", 8), typedAt("nobody", 6)]).toEqual(Array(3).fill(undefined));
});

test("a name fits what it or one of its words begins with, and not what is whole", () => {
  expect(["", "ÑIN", "berg", "erg", "Nina Berg"].map((query) => fits("Nina Berg", query))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("signs in a name are no markup where it is written", () => {
  expect(["Nina Berg", "a_b", "_x_", "**boss** [1]"].map(written)).toEqual([
    "@Nina Berg",
    "@a_b",
    "@\\_x\\_",
    "@\\*\\*boss\\*\\* \\[1\\]",
  ]);
});

const NINA = author({ id: "nina", name: "Nina" });
const BERG = author({ id: "berg", name: "Nina Berg" });
const html = (text: string) => ({ author: NINA, html: `<p>${text}</p>` });

async function open(...comments: Parameters<typeof join>[0] & object): Promise<void> {
  put();
  await join(comments);
  await loaded();
}

beforeEach(() => {
  signIn();
  save("announce", undefined);
});

function type(text: string): void {
  area().focus();
  area().value = text;
  area().setSelectionRange(text.length, text.length);
  area().dispatchEvent(new Event("input", { bubbles: true }));
}

function press(key: string, more: KeyboardEventInit = {}): boolean {
  return area().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

const chosen = () => all("[aria-selected=true]").map(({ textContent, id }) => [textContent, id]);

test("names are offered, the last who wrote first, and the arrow keys choose; Enter and Tab take", async () => {
  await open(
    comment(4, { author: BERG }),
    comment(3, { author: author({ id: "bob", name: "Bob" }) }),
    comment(2, { author: NINA }),
    comment(1),
  );
  type("hi @");
  await loaded();
  expect(texts(".names li")).toEqual(["Nina Berg", "Bob", "Nina"]);
  type("hi @nÍ");
  expect(texts(".names li")).toEqual(["Nina Berg", "Nina"]);
  expect([area().getAttribute("aria-controls"), one(".sr").textContent]).toEqual([
    "names",
    "2 names: the arrow keys choose",
  ]);
  expect([chosen(), press("Enter"), press("Tab")]).toEqual([[], true, true]); // nothing is chosen
  press("ArrowUp");
  expect([chosen(), area().getAttribute("aria-activedescendant")]).toEqual([[["Nina", "name1"]], "name1"]);
  press("ArrowDown");
  expect(press("Enter", { isComposing: true }) && press("Enter", { shiftKey: true })).toBe(true);
  expect([press("Enter"), area().value]).toEqual([false, "hi @Nina Berg "]);
  expect([one(".names"), area().hasAttribute("aria-activedescendant")]).toEqual([null, false]);
  type("hi @Nina Berg and @b");
  press("ArrowDown");
  expect([press("Tab"), area().value]).toEqual([false, "hi @Nina Berg and @Nina Berg "]);
});

test("Escape and leaving the field take the names away; a tap takes one", async () => {
  await open(comment(2, { author: NINA }), comment(1));
  type("@n");
  await loaded();
  expect(press("Escape")).toBe(false);
  type("@ni");
  expect([one(".names"), press("Escape")]).toEqual([null, true]);
  type("so @ni");
  expect(one(".names").dispatchEvent(new MouseEvent("mousedown", { cancelable: true }))).toBe(false);
  one(".names li").click();
  expect(area().value).toBe("so @Nina ");
  type("or @ni");
  area().dispatchEvent(new Event("focusout", { bubbles: true }));
  expect(one(".names")).toBeNull();
});

test("in a chat Enter takes the name that is chosen, and sends when none is", async () => {
  put("layout=chat");
  await join([comment(2, { author: NINA }), comment(1)]);
  await loaded();
  type("@n");
  await loaded();
  press("ArrowDown");
  press("Enter");
  expect([area().value, texts(".pending .body")]).toEqual(["@Nina ", []]);
  type("@n");
  press("Enter");
  await settled();
  expect([area().value, texts(".pending .body")]).toEqual(["", ["@n"]]);
});

test("who is mentioned is marked, and leads to what they wrote last before", async () => {
  await open(
    comment(4, html("<a href='https://x.example'>@Nina</a> <code>@Nina</code> @Nina &amp; @berg")),
    comment(3, { ...html("@nina @Later"), author: BERG }),
    comment(2, { author: NINA }),
    comment(1, { ...html("@nina"), author: BERG }),
  );
  const links = all(".mention").map(({ tagName, textContent, part }) => [tagName, textContent, `${part}`]);
  const hrefs = all("a.mention").map((link) => (link as HTMLAnchorElement).hash);
  expect(links).toEqual([
    ["A", "@Nina", "mention"],
    ["A", "@nina", "mention"],
    ["B", "@nina", "mention"],
  ]);
  expect(hrefs).toEqual(["#comment-2", "#comment-2"]);
});

test("a comment that mentions the reader says so, to the ear too when it comes, unless that is off", async () => {
  await open(comment(2, html("@ada?")), comment(1, { html: "<p>@ada myself</p>" }));
  const said = () =>
    all(".comment").map((item) => [
      item.querySelector(".role")?.textContent,
      item.querySelector(".number")?.textContent,
    ]);
  expect(said()).toEqual([
    ["mentions you", "#2"],
    [undefined, "#1"],
  ]);
  await event(3, "comment.posted", { comment: comment(3, html("@ADA again")) });
  expect(one("p.sr").textContent).toBe("Nina, #3: mentions you");
  expect(said()[0]).toEqual(["mentions you", "#3"]);
  one(".switch").click();
  await event(4, "comment.posted", { comment: comment(4, html("@Ada more")) });
  expect(one("p.sr").textContent).not.toContain("#4");
  expect(root().querySelectorAll(".mention")).toHaveLength(4);
});

test("what was there before, and what the reader wrote, is no news to the ear; that somebody has written is", async () => {
  await open(comment(2, html("@ada once more")), comment(1, html("@ada?")));
  const ear = async (seq: number, over: object) => {
    await event(seq, "comment.posted", { comment: comment(seq, over) });
    return one("p.sr").textContent;
  };
  expect(await ear(3, { html: "<p>@ada myself</p>" })).toBe("");
  expect(await ear(4, html("nobody"))).toBe("");
  expect(await ear(5, html("@ada!"))).toBe("Nina, #5: mentions you");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(one("p.sr").textContent).toBe("2 new comments");
  expect(await ear(6, html("nobody"))).toBe("2 new comments");
});

test("who has no name is not mentioned", async () => {
  const nobody = comment(1, { author: author({ id: "x", name: "Anonymous" }) });
  await open(comment(3, html("@anonymous @ada")), comment(2, { author: author({ id: "y", name: null }) }), nobody);
  expect(texts(".mention")).toEqual(["@ada"]);
});

test("the part comes with the first @ alone", async () => {
  await open(comment(1, html("nobody")));
  await event(2, "comment.posted", { comment: comment(2, html("@ada")) });
  await loaded();
  expect(texts(".mention")).toEqual(["@ada"]);
});

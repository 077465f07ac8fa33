// In which layout the comments stand: what the page says, and what the reader has chosen.
import { afterEach, describe, expect, test, vi } from "vitest";
import { save } from "../../src/core/storage";
import { all, button, element, event, join, one, put, root, texts } from "../page";
import { author, comment, loaded, settled } from "../support";

afterEach(() => {
  for (const preset of ["newest", "oldest", "threaded", "chat"]) save(`layout:${preset}`, undefined);
});

/** The page is left, and opened again. */
async function open(attributes = ""): Promise<void> {
  element.remove();
  await settled();
  put(attributes);
}

const select = () => one<HTMLSelectElement>("header select");

async function choose(name: string): Promise<void> {
  select().value = name;
  select().dispatchEvent(new Event("change"));
  await loaded();
}

test.each(["layout", "order"])("the attribute %s says it", async (attribute) => {
  put(`${attribute}="oldest"`);
  await join([comment(2), comment(1)]);
  expect(texts(".number")).toEqual(["#1", "#2"]);
  expect(select().value).toBe("oldest");
});

test("the reader chooses another: nothing is joined again, and what is typed stays", async () => {
  put();
  await join([comment(2), comment(1)]);
  const field = one<HTMLTextAreaElement>(".composer textarea");
  field.value = "half a sentence";
  await choose("chat");
  expect(texts(".number")).toEqual(["#1", "#2"]);
  expect(one(".list").className).toBe("list chat");
  expect(one(".composer textarea")).toBe(field);
  await event(3, "comment.posted", { comment: comment(3) });
  expect(texts(".number")).toEqual(["#1", "#2", "#3"]);
  await choose("newest");
  expect(texts(".number")).toEqual(["#3", "#2", "#1"]);
  expect(field.value).toBe("half a sentence");
});

test("the choice is kept for pages of the same preset, and for no other", async () => {
  put();
  await join([comment(1)]);
  await choose("oldest");
  await open();
  await join([comment(2), comment(1)]);
  expect(texts(".number")).toEqual(["#1", "#2"]);
  await open('layout="chat"');
  await join([comment(1)]);
  expect(one(".list").className).toBe("list chat");
});

test("the last choice wins, however long the one before takes to come", async () => {
  vi.resetModules();
  put();
  await join([comment(2), comment(1)]);
  select().value = "chat";
  select().dispatchEvent(new Event("change"));
  await choose("newest");
  expect(one(".list").className).toBe("list newest");
});

test("where storage is forbidden it holds as long as the page", async () => {
  vi.stubGlobal("localStorage", undefined);
  put();
  await join([comment(2), comment(1)]);
  await choose("oldest");
  await open();
  await join([comment(2), comment(1)]);
  expect(texts(".number")).toEqual(["#1", "#2"]);
});

test("one that is unknown is the default", async () => {
  put('layout="constructor"');
  await join([comment(1)]);
  expect(root().querySelector(".newest")).not.toBeNull();
});

describe("threaded", () => {
  const talk = () => [
    comment(5, { parent: "c2" }),
    comment(4),
    comment(3, { parent: "c2" }),
    comment(2, { parent: "c1" }),
    comment(1),
  ];
  const depths = () => all("li").map(({ style }) => style.getPropertyValue("--depth"));

  test("answers stand below what they answer, the newest talk first", async () => {
    put('layout="threaded"');
    await join(talk());
    expect(texts(".number")).toEqual(["#4", "#1", "#2", "#3", "#5"]);
    expect(depths()).toEqual(["0", "0", "1", "2", "2"]);
    await event(6, "comment.posted", { comment: comment(6, { parent: "c3" }) });
    await event(7, "comment.posted", { comment: comment(7, { parent: "c6" }) });
    expect(texts(".number")).toEqual(["#4", "#1", "#2", "#3", "#6", "#7", "#5"]);
    expect(depths().slice(3)).toEqual(["2", "3", "3", "2"]);
  });

  test("a fold says how many answers it hides, new ones too, and a link opens it", async () => {
    put('layout="threaded"');
    await join(talk());
    expect(texts(".fold")).toEqual(["Hide 3 answers", "Hide 2 answers"]);
    button("Hide 3 answers").click();
    expect(texts(".number")).toEqual(["#4", "#1"]);
    expect(one(".fold").getAttribute("aria-expanded")).toBe("false");
    await event(6, "comment.posted", { comment: comment(6, { parent: "c5" }) });
    expect(texts(".fold")).toEqual(["Show 4 answers"]);
    history.replaceState(null, "", "/x#comment-5");
    dispatchEvent(new Event("hashchange"));
    await loaded();
    expect(texts(".number")).toEqual(["#4", "#1", "#2", "#3", "#5", "#6"]);
    expect(root().activeElement).toBe(all("li")[4]);
  });
});

test("a chat names who says several things in a row once, and others each time", async () => {
  put('layout="chat"');
  await join([comment(4), comment(3, { author: author({ id: "eve" }) }), comment(2), comment(1)]);
  expect(all("li").map((item) => item.hasAttribute("data-same"))).toEqual([false, true, false, false]);
});

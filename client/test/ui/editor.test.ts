import { beforeEach, expect, test, vi } from "vitest";
import { type Editor, editor, type Rules } from "../../src/ui/editor";
import { loaded } from "../support";

let write: Editor;
const rules = (images = true): Rules => ({
  _hasImages: () => images,
  _hasRoom: () => true,
  _preview: async () => document.createTextNode(""),
});
const buttons = () => [...write._root.querySelectorAll("button")];
const key = (target: Element, name: string, more: KeyboardEventInit = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));

beforeEach(async () => {
  write = editor("Your comment", () => {}, rules());
  document.body.replaceChildren(write._root);
  write._area.focus();
  await loaded();
});

test("the toolbar is one tab stop with arrow keys within", () => {
  const stops = () => buttons().map(({ tabIndex }) => tabIndex);
  expect(stops().filter((stop) => stop === 0)).toHaveLength(1);
  buttons()[0]?.focus();
  key(buttons()[0] as Element, "ArrowRight");
  expect(document.activeElement).toBe(buttons()[1]);
  expect(stops()[1]).toBe(0);
  key(buttons()[1] as Element, "ArrowLeft");
  key(buttons()[0] as Element, "ArrowLeft");
  const last = buttons().findLast(({ hidden }) => !hidden);
  expect(last?.getAttribute("aria-label")).toBe("More formatting");
  expect(document.activeElement).toBe(last);
  key(last as Element, "ArrowRight");
  expect(document.activeElement).toBe(buttons()[0]);
});

test("the tools that few use come at a button, which takes them away again", () => {
  const shown = () =>
    buttons()
      .filter(({ hidden }) => !hidden)
      .map((each) => each.getAttribute("aria-label"));
  const few = ["Bold", "Italic", "Quote", "Link", "Bulleted list", "More formatting"];
  expect(shown()).toEqual(few);
  const more = buttons()[5] as HTMLElement;
  more.click();
  expect(shown().slice(6)).toEqual([
    "Numbered list",
    "Underline",
    "Strikethrough",
    "Small",
    "Big",
    "Code",
    "Squish",
    "Photo",
  ]);
  expect(more.ariaExpanded).toBe("true");
  more.click();
  expect(shown()).toEqual(few);
});

test("no tool is loaded before somebody writes", async () => {
  const other = editor("Your comment", () => {}, rules());
  document.body.replaceChildren(other._root);
  await loaded();
  expect(other._root.querySelectorAll("button")).toHaveLength(0);
});

test("the tool for pictures is where there may be any", async () => {
  const plain = editor("Your comment", () => {}, rules(false));
  document.body.replaceChildren(plain._root);
  plain._area.focus();
  await loaded();
  expect(plain._root.querySelector("[aria-label=Squish]")).not.toBeNull();
  expect(plain._root.querySelector("[aria-label=Photo]")).toBeNull();
  write = plain;
  bring("paste", { "text/html": '<img src="https://a.example/cat.png" alt="cat">' }, ["cat.png"]);
  expect(told()).toBe("Photos are not shown here. You can post a link to one.");
  write._set("");
  bring("drop", {}, ["cat.png"]);
  expect(told()).toBe("Photos are not shown here. You can post a link to one.");
});

test("Enter goes on with a list", () => {
  write._set("- one");
  write._area.setSelectionRange(5, 5);
  key(write._area, "Enter");
  expect(write._area.value).toBe("- one\n- ");
  key(write._area, "Enter");
  expect(write._area.value).toBe("- one\n\n");
});

/** Pastes or drops what there is of each type; whether the browser does nothing of its own. */
function bring(kind: "paste" | "drop", data: Record<string, string>, files: string[] = []): boolean {
  const event = new Event(kind, { bubbles: true, cancelable: true });
  const brought = { files, types: [], getData: (type: string) => data[type] ?? "" };
  Object.assign(event, { clipboardData: brought, dataTransfer: brought });
  return !write._area.dispatchEvent(event);
}

const told = () => write._root.querySelector(".left[role=status]")?.textContent;

test("what is pasted keeps its formatting; plain text is the browser's to paste", async () => {
  write._set("it is ");
  write._area.setSelectionRange(6, 6);
  expect(bring("paste", { "text/html": "<b>so</b>", "text/plain": "so" })).toBe(true);
  await loaded();
  expect(write._area.value).toBe("it is **so**");
  expect(bring("paste", { "text/html": "<p>so</p>", "text/plain": "so" })).toBe(false);
  write._lock(true);
  expect(bring("paste", { "text/html": "<b>so</b>" })).toBe(false);
});

test("a photo of another page is pasted by its address", async () => {
  write._set("");
  bring("paste", { "text/html": '<img src="https://a.example/cat.png" alt="cat">' }, ["cat.png"]);
  await loaded();
  expect(write._area.value).toBe("![cat](<https://a.example/cat.png>)");
  write._set("");
  bring("paste", { "text/html": '<img src="file:///cat.png">' }, ["cat.png"]);
  await loaded();
  expect([write._area.value, told()]).toEqual(["", "A photo comes in by its https address: use “Photo”."]);
});

test("who brings the file of a photo is told how one comes in, until they write on", () => {
  expect(bring("paste", { "text/plain": "a cell" }, ["a picture of it"])).toBe(false);
  expect(told()).toBe("");
  for (const kind of ["paste", "drop"] as const) {
    expect(bring(kind, {}, ["cat.png"])).toBe(true);
    expect(told()).toBe("A photo comes in by its https address: use “Photo”.");
    write._area.dispatchEvent(new Event("input", { bubbles: true }));
    expect(told()).toBe("");
  }
});

test("every button has a name", () => {
  for (const button of buttons()) expect(button.getAttribute("aria-label")).toMatch(/^[A-Z]/);
});

test("buttons and shortcuts write the markup around the selection", () => {
  write._set("a word here");
  write._area.setSelectionRange(2, 6);
  buttons()[0]?.click();
  expect(write._area.value).toBe("a **word** here");
  expect([write._area.selectionStart, write._area.selectionEnd]).toEqual([4, 8]);
  key(write._area, "i", { ctrlKey: true });
  expect(write._area.value).toBe("a ***word*** here");
  key(write._area, "b");
  expect(write._area.value).toBe("a ***word*** here");
});

test("shortcuts go by the letter on the key, of a Latin keyboard where the keyboard is of another script", () => {
  for (const pressed of [
    { key: "и", code: "KeyB" },
    { key: "B", code: "KeyB" }, // caps lock
    { key: "b", code: "KeyN" }, // Dvorak
  ]) {
    write._set("word");
    write._area.setSelectionRange(0, 4);
    key(write._area, pressed.key, { ctrlKey: true, code: pressed.code });
    expect(write._area.value).toBe("**word**");
  }
  key(write._area, "x", { ctrlKey: true, code: "KeyB" });
  expect(write._area.value).toBe("**word**");
});

test("where the text is tall, tools and buttons stay in view, until it is short again", () => {
  const form = document.createElement("form");
  form.append(write._root);
  document.body.append(form);
  const height = vi.spyOn(write._area, "clientHeight", "get");
  height.mockReturnValue(innerHeight / 2);
  write._set("a\n".repeat(100));
  expect(form.className).toBe("tall");
  height.mockReturnValue(40);
  write._set("");
  expect(form.className).toBe("");
});

test("an empty field is not measured: the touch that opens it would wait for that", () => {
  const measured = vi.spyOn(write._area, "clientHeight", "get");
  write._set("");
  expect(measured).not.toHaveBeenCalled();
  write._set("a");
  expect(measured).toHaveBeenCalled();
});

test("a locked text can be read and copied, not changed", () => {
  write._set("kept");
  write._lock(true);
  key(write._area, "b", { ctrlKey: true });
  expect(write._area.value).toBe("kept");
  expect(write._area.readOnly).toBe(true);
  expect(write._area.disabled).toBe(false);
});

test("the ear hears of the limit when it is near, and when it is passed, not with each letter", () => {
  const heard = write._root.querySelector(".sr[role=status]") as HTMLElement;
  const spoken: string[] = [];
  const set = (length: number) => {
    const before = heard.textContent;
    write._set("x".repeat(length));
    if (heard.textContent !== before) spoken.push(heard.textContent as string);
  };
  for (const length of [8000, 9001, 9002, 9500, 10_001, 10_002, 9999, 10_003, 5, 9001]) set(length);
  const [near, over] = ["999 characters left", "1 character too many"];
  expect(spoken).toEqual([near, over, "", "3 characters too many", "", near]);
  expect(write._root.querySelector("output")?.getAttribute("aria-live")).toBe("off");
});

test("the count appears near the limit, in characters as people count them", () => {
  const left = () => write._root.querySelector("output") as HTMLOutputElement;
  write._set("x".repeat(8999));
  expect(left().hidden).toBe(true);
  write._set("😀".repeat(9990));
  expect(left().value).toBe("10 characters left");
  expect(write._tooLong()).toBe(false);
  write._set("x".repeat(10_001));
  expect(write._tooLong()).toBe(true);
});

test("where the browser keeps nothing, who writes is told before the text is lost", async () => {
  const told = () => write._root.textContent?.includes("Your browser keeps nothing on this page");
  expect(told()).toBe(false);
  vi.stubGlobal("localStorage", undefined);
  write = editor("Your comment", () => {}, rules());
  document.body.replaceChildren(write._root);
  write._area.focus();
  await loaded();
  vi.unstubAllGlobals();
  expect(told()).toBe(true);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HubbubError } from "../../src/core/errors";
import { h } from "../../src/ui/dom";
import { livePreview } from "../../src/ui/live-preview";
import { safeHtml } from "../../src/ui/safe-html";

let area: HTMLTextAreaElement;
let changed: () => void;
let asked: string[];
/** What the server answers; a test may put another in its place. */
let answer: (text: string) => Promise<Node>;

const box = () => area.form?.querySelector("details") as HTMLDetailsElement;
const shown = () => box().querySelector(".body")?.innerHTML;

function write(text: string): void {
  area.value = text;
  changed();
}

/** Nobody types for a while. */
const pause = () => vi.advanceTimersByTimeAsync(600);

function begin(hasRoom = true): void {
  area = h("textarea");
  document.body.replaceChildren(h("form", {}, area));
  changed = livePreview(area, { _hasImages: () => false, _hasRoom: () => hasRoom, _preview: (text) => answer(text) });
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  asked = [];
  answer = async (text) => {
    asked.push(text);
    return safeHtml(`<p><em>${text}</em></p>`);
  };
  begin();
});
afterEach(() => vi.useRealTimers());

test("a text without markup has no preview, and asks nothing of the server", async () => {
  for (const plain of ["well - so", "5 * 3 = 15", "a_b", "1.5 times", "https://a.example/x", "a > b"]) write(plain);
  await pause();
  expect(box()).toBeNull();
  expect(asked).toEqual([]);
});

test.each(["**bold**", "_so_", "`x`", "~~no~~", "<u>x</u>", "- a", "1. a", "> a", "# a", "[a](b)", "a\n- b", "    x"])(
  "%j has one",
  async (text) => {
    write(text);
    await pause();
    expect(box().hidden).toBe(false);
    expect(asked).toEqual([text]);
  },
);

test("the server is asked when nobody types, once for a text", async () => {
  for (const text of ["*a", "*ab", "*ab*"]) write(text);
  await pause();
  write("*ab*");
  await pause();
  expect(asked).toEqual(["*ab*"]);
  expect(shown()).toBe("<p><em>*ab*</em></p>");
});

test("an answer that is late shows nothing over a later one, or after the post", async () => {
  const answers: (() => void)[] = [];
  answer = (text) => new Promise((resolve) => answers.push(() => resolve(h("p", {}, text))));
  write("*a*");
  await pause();
  write("*b*");
  await pause();
  answers[1]?.();
  await pause();
  answers[0]?.();
  await pause();
  expect(shown()).toBe("<p>*b*</p>");
  write("*c*");
  await pause();
  write("");
  answers[2]?.();
  await pause();
  expect([box().hidden, shown()]).toEqual([true, ""]);
});

test("what the server would refuse is said in its place", async () => {
  answer = async () => {
    throw new HubbubError("bad_request", "Links lead to https.");
  };
  write("[a](javascript:x)");
  await pause();
  expect(box().textContent).toContain("Links lead to https.");
});

test("who asks too often waits as long as the server says; without a connection the last one stays", async () => {
  write("*a*");
  await pause();
  const before = answer;
  answer = async () => {
    throw new HubbubError("rate_limited", "", 3);
  };
  write("*b*");
  await pause();
  answer = before;
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toEqual(["*a*"]);
  await vi.advanceTimersByTimeAsync(1500);
  expect(asked).toEqual(["*a*", "*b*"]);
  answer = async () => {
    throw new HubbubError("offline");
  };
  write("*c*");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(shown()).toBe("<p><em>*b*</em></p>");
});

test("it stays closed once the reader has closed it, and in a chat until it is opened", async () => {
  write("*a*");
  box().querySelector("summary")?.click();
  box().open = false;
  await pause();
  expect(asked).toEqual([]);
  begin();
  write("*a*");
  await pause();
  expect([box().open, asked]).toEqual([false, []]);
  localStorage.clear();
  begin(false);
  write("*a*");
  await pause();
  expect(box().open).toBe(false);
});

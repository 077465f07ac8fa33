import { expect, test } from "vitest";
import { applyTool, TOOLS } from "../../src/ui/markup";
import { continued } from "../../src/ui/paste";

/** What Enter makes of the text, with the caret at "|"; the same text where it does nothing of its own. */
function enter(marked: string): string {
  const at = marked.indexOf("|");
  const value = marked.replace("|", "");
  const edit = continued(value, at);
  if (!edit) return marked;
  const after = value.slice(0, edit.start) + edit.text + value.slice(edit.end);
  return `${after.slice(0, edit.from)}|${after.slice(edit.from)}`;
}

test.each([
  ["plain|", "plain|"],
  ["- one|", "- one\n- |"],
  ["* on|e", "* on\n* |e"],
  ["9. nine|", "9. nine\n10. |"],
  ["1) one|", "1) one\n2) |"],
  ["- |", "|"],
  ["- one\n- |", "- one\n\n|"],
  ["> said|", "> said\n> |"],
  ["> said\n> |", "> said\n\n|"],
  ["> - one|", "> - one\n> - |"],
  ["> - one\n> - |", "> - one\n>\n> |"],
  ["  - in|", "  - in\n  - |"],
  ["```\n- code|\n```", "```\n- code|\n```"],
  ["2026 was good.|", "2026 was good.|"],
  ["-no list|", "-no list|"],
])("Enter at %j", (before, after) => {
  expect(enter(before)).toBe(after);
});

const tool = (label: string) => TOOLS.find(([name]) => name() === label) as (typeof TOOLS)[number];

function pressed(label: string, value: string, from = 0, to = 0): string {
  const { start, end, text } = applyTool(tool(label), value, from, to);
  return value.slice(0, start) + text + value.slice(end);
}

test.each([
  ["a line that was\nbroken by  a\n  mail", "a line that was broken by a mail"],
  ["one\n\n\n \n\ntwo", "one\n\ntwo"],
  ["\n\none\n\n", "one"],
  ["- one\n- two\n> said\n1. first", "- one\n- two\n> said\n1. first"],
  ["well-\nknown", "well-known"],
  ["これは\n重要です", "これは重要です"],
  ["words\n\n```\na\n\n\n  b\n```\n\nmore\nwords", "words\n\n```\na\n\n\n  b\n```\n\nmore words"],
  ["a break\\\nis kept", "a break\\\nis kept"],
  ["said:\n\n    code  here\n    more", "said:\n\n    code  here\n    more"],
])("Squish %j", (before, after) => {
  expect(pressed("Squish", before)).toBe(after);
  expect(pressed("Squish", after)).toBe(after);
});

test("Squish leaves what is not selected as it is", () => {
  const value = "one\ntwo\n\nthree\nfour";
  expect(pressed("Squish", value, 9, value.length)).toBe("one\ntwo\n\nthree four");
});

test.each([
  ["https://a.example/cat.png", 0, 25, "![photo](https://a.example/cat.png)"],
  ["https://a.example/cat(1).png", 0, 28, "![photo](<https://a.example/cat(1).png>)"],
  ["a cat", 2, 5, "a ![cat](https://)"],
  ["", 0, 0, "![](https://)"],
])("Photo of %j", (before, from, to, after) => {
  expect(pressed("Photo", before, from, to)).toBe(after);
});

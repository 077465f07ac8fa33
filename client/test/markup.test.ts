import { expect, test } from "vitest";
import { applyTool, TOOLS } from "../src/markup";

/** The text after a tool was used on it; the selection is between [ and ], as it was and as it becomes. */
function use(label: string, marked: string): string {
  const tool = TOOLS.find(([name]) => name === label);
  if (!tool) throw new Error(`no tool ${label}`);
  const start = marked.indexOf("⟦");
  const end = marked.indexOf("⟧") - 1;
  const value = marked.replace(/[⟦⟧]/g, "");
  const edit = applyTool(tool, value, start, end);
  const after = value.slice(0, edit.start) + edit.text + value.slice(edit.end);
  return `${after.slice(0, edit.from)}⟦${after.slice(edit.from, edit.to)}⟧${after.slice(edit.to)}`;
}

test.each([
  ["Bold", "a ⟦word⟧ here", "a **⟦word⟧** here"],
  ["Italic", "⟦⟧", "*⟦⟧*"],
  ["Underline", "⟦x⟧", "<u>⟦x⟧</u>"],
  ["Strikethrough", "⟦x⟧", "~~⟦x⟧~~"],
  ["Small", "⟦x⟧", "<small>⟦x⟧</small>"],
  ["Big", "⟦x⟧", "<big>⟦x⟧</big>"],
  ["Code", "⟦x⟧", "`⟦x⟧`"],
  ["Quote", "one\ntw⟦o⟧", "one\n> two⟦⟧"],
  ["Bulleted list", "⟦one\ntwo⟧", "- one\n- two⟦⟧"],
  ["Numbered list", "⟦⟧", "1. ⟦⟧"],
  ["Link", "see ⟦this⟧", "see [this](https://⟦⟧)"],
  ["Link", "see ⟦⟧", "see [⟦text⟧](https://)"],
])("%s: %s becomes %s", (label, before, after) => {
  expect(use(label, before)).toBe(after);
});

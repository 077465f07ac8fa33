import { expect, test } from "vitest";
import { applyTool, TOOLS } from "../../src/ui/markup";

/** The text after a tool was used on it; the selection is between [ and ], as it was and as it becomes. */
function use(label: string, marked: string): string {
  const tool = TOOLS.find(([name]) => name() === label);
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
  ["Bulleted list", "⟦one\ntwo⟧", "⟦- one\n- two⟧"],
  ["Bulleted list", "⟦- one\n- two⟧", "⟦one\ntwo⟧"],
  ["Bulleted list", "⟦1. one⟧\ntwo", "- one⟦⟧\n\ntwo"],
  ["Numbered list", "⟦one\n\ntwo\nthree⟧", "⟦1. one\n\n2. two\n3. three⟧"],
  ["Numbered list", "3. three\nf⟦⟧our", "3. three\n4. four⟦⟧"],
  ["Quote", "⟦one\n\ntwo⟧\nthree", "⟦> one\n>\n> two⟧\n\nthree"],
  ["Quote", "> > o⟦⟧ne", "> one⟦⟧"],
  ["Bold", "a ⟦word ⟧here", "a **⟦word⟧** here"],
  ["Bold", "⟦one\n\n- two⟧", "**⟦one**\n\n- **two⟧**"],
  ["Bold", "a **⟦word⟧** here", "a ⟦word⟧ here"],
  ["Bold", "a ⟦**word**⟧ here", "a ⟦word⟧ here"],
  ["Bold", "***⟦x⟧***", "*⟦x⟧*"],
  ["Italic", "***⟦x⟧***", "**⟦x⟧**"],
  ["Italic", "a *⟦x⟧* <i>y</i>", "a ⟦x⟧ <i>y</i>"],
  ["Bold", "これは⟦「重要」⟧です", "これは<b>⟦「重要」⟧</b>です"],
  ["Bold", "これは<b>⟦「重要」⟧</b>です", "これは⟦「重要」⟧です"],
  ["Bold", "これは⟦重要⟧です", "これは**⟦重要⟧**です"],
  ["Underline", "a*⟦x⟧*b", "a<u>*⟦x⟧*</u>b"],
  ["Bold", "see https://a.⟦example/b⟧ there", "see **⟦https://a.example/b⟧** there"],
  ["Bold", "```\n⟦code⟧\n```", "```\n⟦code⟧\n```"],
  ["Code", "⟦a\n  b⟧", "```\n⟦a\n  b⟧\n```"],
  ["Code", "```\n⟦a\n  b⟧\n```", "⟦a\n  b⟧"],
  ["Code", "a `⟦x⟧` b", "a ⟦x⟧ b"],
  ["Link", "⟦https://a.example⟧", "[⟦text⟧](https://a.example)"],
  ["Link", "[⟦text⟧](https://a.example)", "⟦https://a.example⟧"],
  ["Link", "⟦ann@a.example⟧", "[⟦text⟧](mailto:ann@a.example)"],
  ["Link", "[see](https://⟦⟧)", "⟦see⟧"],
  ["Link", "⟦a]b⟧", "[a\\]b](https://⟦⟧)"],
  ["Numbered list", "⟦⟧", "1. ⟦⟧"],
  ["Link", "see ⟦this⟧", "see [this](https://⟦⟧)"],
  ["Link", "see ⟦⟧", "see [⟦text⟧](https://)"],
])("%s: %s becomes %s", (label, before, after) => {
  expect(use(label, before)).toBe(after);
});

// What holds for those who write, in one or two sentences.
import { expect, test } from "vitest";
import type { ThreadMode } from "../../src/protocol/generated";
import { modeWords } from "../../src/ui/mode";

const HOLD = "A moderator reads comments before others see them.";

test.each<[ThreadMode, string]>([
  [{}, ""],
  [{ slow: 0, who: "all", hold: "none", delay: 0 }, ""],
  [{ hold: "all" }, HOLD],
  [{ hold: "links" }, "A moderator reads comments with links before others see them."],
  [
    { hold: "new", delay: 90 },
    "A moderator reads first comments before others see them. Others see a comment after 90 seconds.",
  ],
  [{ hold: "all", delay: 60 }, HOLD],
  [{ delay: 60 }, "Others see a comment after 1 minute."],
  [{ hold: "what only a newer server knows" }, ""],
  [{ who: "staff", hold: "all", delay: 60 }, "For now, only the team may write."],
])("%j", (mode, words) => {
  expect(modeWords(mode)).toBe(words);
});

// The id of the comment that a draft becomes: its idempotency key in every tab that has the draft.
import { beforeEach, expect, test } from "vitest";
import { PREFIX } from "../../src/core/storage";
import { type Drafts, drafts } from "../../src/ui/drafts";

const SLOT = "draft:here";

beforeEach(() => localStorage.clear());

/** The drafts of a tab of its own. */
function tab(name: string): Drafts {
  sessionStorage[`${PREFIX}tab`] = name;
  return drafts(SLOT, () => true);
}

/** The other tabs hear what one has saved. */
const heard = () => dispatchEvent(Object.assign(new Event("storage"), { key: PREFIX + SLOT }));

test("a draft has one id in two tabs, so that both post the same comment", () => {
  const first = tab("a");
  first._keep({ body: "Once" });
  const second = tab("b");
  second._load();
  expect(second._id()).toBe(first._id());
  first._keep({ body: "Once, and on" });
  heard();
  expect(second._id()).toBe(first._id());
  second._keep({ body: "Once, and on", parent: undefined });
  expect(second._id()).toBe(first._id());
});

test("another text is another comment, in the same tab too", () => {
  const first = tab("a");
  first._keep({ body: "Once" });
  const id = first._id();
  const second = tab("b");
  second._load();
  second._keep({ body: "Twice" });
  expect(second._id()).not.toBe(id);
  expect(first._id()).toBe(id);
  first._posted();
  first._keep({ body: "Once" });
  expect(first._id()).not.toBe(id);
});

test("a draft keeps its id when the page is loaded anew", () => {
  const first = tab("a");
  first._keep({ body: "Once", parent: "c1" });
  const again = tab("a");
  again._load();
  expect(again._id()).toBe(first._id());
});

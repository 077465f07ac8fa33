// The room of rows that are not drawn: a margin above the next that is.
import { beforeEach, expect, test } from "vitest";
import { Heights } from "../../src/ui/heights";
import type { Entry } from "../../src/ui/layout";
import { comment } from "../support";

const GAP = 10;
const ROWS: readonly Entry[] = [1, 2, 3, 4, 5, 6].map((number) => comment(number));
let heights: Heights;
let items: Map<string, HTMLElement>;

/** Draws rows of these heights, which lie `GAP` apart. */
function draw(drawn: Record<string, number>): void {
  const list = document.createElement("ol");
  items = new Map();
  let at = 0;
  for (const [id, height] of Object.entries(drawn)) {
    const item = document.createElement("li");
    const top = at;
    item.getBoundingClientRect = () => ({ top, height, bottom: top + height }) as DOMRect;
    at += height + GAP;
    items.set(id, item);
    list.append(item);
  }
}
const item = (id: string) => items.get(id) as HTMLElement;
const measure = (...ids: string[]) => {
  for (const id of ids) heights._measure(item(id), id);
};
const space = (first = 0) => heights._space(ROWS, (id) => items.get(id), first);
const margins = () => Object.fromEntries([...items].map(([id, { style }]) => [id, style.marginTop]));

beforeEach(() => {
  heights = new Heights();
});

test("a row is as high as it was with what lies below it, and one that was never drawn as the others are on average", () => {
  draw({ c1: 50, c2: 30, c3: 0 });
  expect([heights._isEmpty(), heights._of("c1")]).toEqual([true, 0]);
  measure("c1", "c2", "c3"); // the last is not laid out
  expect(heights._isEmpty()).toBe(false);
  expect(["c1", "c2", "c3", undefined].map((id) => heights._of(id))).toEqual([60, 40, 50, 50]);
  measure("c1"); // again
  expect(heights._of("c3")).toBe(50);
  heights._clear();
  expect([heights._isEmpty(), heights._of("c1")]).toEqual([true, 0]);
});

test("what is left out below a row does not make it higher", () => {
  draw({ c1: 50, c2: 30, c3: 30 });
  item("c2").style.marginTop = "500px";
  item("c3").hidden = true;
  measure("c1", "c2", "c3");
  expect(["c1", "c2", "c3"].map((id) => heights._of(id))).toEqual([50, 30, 30]);
});

test("the room of what is not drawn is a margin above what follows, and goes with it", () => {
  draw({ c1: 40, c2: 20, c3: 30, c4: 50, c5: 60, c6: 20 });
  measure(...items.keys());
  draw({ c1: 40, c4: 50, c6: 20 });
  space();
  expect(margins()).toEqual({ c1: "", c4: "70px", c6: "70px" });
  draw({ c1: 40, c2: 20, c3: 30, c4: 50, c5: 60, c6: 20 });
  item("c4").style.marginTop = "70px";
  space();
  expect(new Set(Object.values(margins()))).toEqual(new Set([""]));
});

test("the room above what is in view takes up what it was wrong by, to half of it, until all is drawn anew", () => {
  draw({ c1: 40, c2: 20, c3: 30, c4: 50, c5: 60, c6: 20 });
  measure(...items.keys());
  draw({ c1: 40, c4: 50, c6: 20 });
  space(3);
  heights._absorb(25);
  expect(margins()).toEqual({ c1: "", c4: "45px", c6: "70px" });
  heights._absorb(-5);
  expect(item("c4").style.marginTop).toBe("50px");
  space(4); // it is wrong still
  expect(item("c4").style.marginTop).toBe("50px");
  heights._absorb(400);
  expect(item("c4").style.marginTop).toBe("35px");
  heights._settle();
  space(3);
  expect(item("c4").style.marginTop).toBe("70px");
  space(2); // c4 is below what is in view
  heights._absorb(25);
  expect(item("c4").style.marginTop).toBe("70px");
});

/** Removed comments in a row fold to one line, so that they are no hole in the talk. */

import { contentOf } from "./comment-view";
import { button } from "./dom";
import { hideRemoved, showRemoved } from "./strings";
import type { ThreadView } from "./thread-view";

/** So many in a row are folded. */
const RUN = 3;

export function tombstones(view: ThreadView): void {
  /** What the reader has unfolded; who comes to stand beside it is shown too. */
  const open = new WeakSet<Element>();
  const buttons = new WeakMap<Element, HTMLButtonElement>();
  let planned = false;

  const isRemoved = (item: Element) => item.matches(".removed");
  /** Answers to different comments are no row. */
  const depth = (item: Element) => (item as HTMLElement).style.getPropertyValue("--depth");

  function toggle(run: readonly Element[], show: boolean): void {
    for (const item of run) {
      if (show) open.add(item);
      else open.delete(item);
    }
    fold();
  }

  function drawRun(run: readonly HTMLElement[]): void {
    const isLong = run.length >= RUN;
    const shows = run.some((item) => open.has(item) || item === view._root.activeElement);
    run.forEach((item, index) => {
      const leads = isLong && !index;
      if (isLong && shows) open.add(item);
      item.toggleAttribute("data-run", leads && !shows);
      item.hidden = isLong && !shows && !leads;
      const shown = buttons.get(item);
      if (!leads) {
        shown?.remove();
        return;
      }
      const line = shown ?? button("", () => {}, { class: "run" });
      buttons.set(item, line);
      line.onclick = () => toggle(run, !shows);
      line.textContent = (shows ? hideRemoved : showRemoved)(run.length);
      line.setAttribute("aria-expanded", `${shows}`);
      if (!line.isConnected) contentOf(item).after(line);
    });
  }

  function fold(): void {
    planned = false;
    let run: HTMLElement[] = [];
    for (const item of [...view._list._ol.children] as HTMLElement[]) {
      const goes = isRemoved(item);
      if (!goes || (run[0] && depth(run[0]) !== depth(item))) {
        drawRun(run);
        run = [];
      }
      if (goes) run.push(item);
      else if (item.hidden || buttons.has(item)) drawRun([item]);
    }
    drawRun(run);
  }

  function plan(): void {
    if (!planned) queueMicrotask(() => view._list._inPlace(fold));
    planned = true;
  }

  view._additions.push(() => {
    plan();
    return {};
  });
  view._root.addEventListener("focusin", ({ target }) => {
    if (isRemoved(target as Element)) plan(); // whom a link leads to one of them sees it
  });
  plan();
}

/** A comment that would fill the screen several times over shows its beginning, until the reader wants all of it. */

import { button } from "./dom";
import { SHOW_ALL } from "./strings";

/** Shorter than this times its beginning, a comment is shown whole. */
const ENOUGH = 1.5;

/** Shows all of the folded comment in `item`, for as long as the page lives, with `focus` in view. */
function unfold(item: Element, focus?: Element): void {
  const more = item.querySelector(".more");
  if (!more) return;
  more.remove();
  item.classList.add("whole");
  focus?.scrollIntoView({ block: "nearest" });
}

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const item = target.closest("li");
    if (!item || item.querySelector(".more") || target.scrollHeight <= target.clientHeight + 1) continue;
    // A few lines more are shown rather than asked for.
    if (target.scrollHeight < target.clientHeight * ENOUGH) {
      item.classList.add("whole");
      continue;
    }
    const open = () => {
      unfold(item);
      item.focus({ preventScroll: true });
    };
    item.querySelector(".actions")?.prepend(button(SHOW_ALL(), open, { class: "more" }));
  }
});

/** Has `body`, of the comment in `item`, watched. */
export function fold(item: HTMLElement, body: HTMLElement): void {
  // What has focus is seen, wherever the comment is cut.
  body.addEventListener("focusin", ({ target }) => unfold(item, target as Element));
  observer.observe(body);
}

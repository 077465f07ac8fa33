/** Screen readers hear of arrivals in one sentence, at most every few seconds, unless their reader has switched that off. */

import { load, save } from "../core/storage";
import { button, h, setText } from "./dom";
import { ANNOUNCE, newComments } from "./strings";
import type { ThreadView } from "./thread-view";

const SUMMARY_MS = 3000;
/** They notice that a region was emptied. */
const EMPTY_MS = 100;
/** The name under which the switch is kept. */
const SLOT = "announce";

/** Gives the notices a region that is heard alone. */
function hear({ _notices }: ThreadView): void {
  const live = h("p", { class: "sr", role: "status" });
  _notices._root.append(live);
  _notices._tell = (text) => {
    // What is there already would not be read out again.
    const again = text && live.textContent === text;
    setText(live, again ? "" : text);
    if (again) setTimeout(() => live.textContent || setText(live, text), EMPTY_MS);
  };
}

export function announcements(view: ThreadView): void {
  hear(view);
  let arrived = 0;
  // It is seen when it has focus.
  const toggle = button(ANNOUNCE(), () => set(toggle.ariaPressed !== "true"), { class: "switch" });

  function set(on: boolean): void {
    toggle.ariaPressed = `${on}`;
    save(SLOT, on);
  }

  set(load<boolean>(SLOT) ?? true);
  view._header._root.parentElement?.append(toggle); // last: nobody has to pass it on the way to the comments
  view._announce = (count) => {
    if (!arrived)
      setTimeout(() => {
        if (toggle.ariaPressed === "true") view._notices._tell(newComments(arrived));
        arrived = 0;
      }, SUMMARY_MS);
    arrived += count;
  };
}

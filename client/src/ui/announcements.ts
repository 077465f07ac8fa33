/** Screen readers hear of arrivals in one sentence, at most every few seconds, unless their reader has switched that off. */

import { load, save } from "../core/storage";
import { button } from "./dom";
import { ANNOUNCE, newComments } from "./strings";
import type { ThreadView } from "./thread-view";

const SUMMARY_MS = 3000;
/** The name under which the switch is kept. */
const SLOT = "announce";

export function announcements(view: ThreadView): void {
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

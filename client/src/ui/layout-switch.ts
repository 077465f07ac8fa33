/** Where a reader chooses how the comments are laid out. */

import { save } from "../core/storage";
import { h } from "./dom";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

export function layoutSwitch(view: ThreadView): HTMLElement {
  const onchange = () => {
    view._chosen = select.value;
    save(view._choice, select.value);
    void view._lay();
  };
  const select = h(
    "select",
    { "aria-label": t.LAYOUT(), onchange },
    Object.entries(t.LAYOUTS).map(([value, label]) =>
      h("option", { value, selected: value === view._chosen }, label()),
    ),
  );
  return select;
}

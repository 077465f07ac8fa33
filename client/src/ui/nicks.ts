/** What helps to a name: three that are free to pick from, and the first one that this reader used here. */

import type { OwnAuthor } from "../protocol/generated";
import { button, fill, h } from "./dom";
import * as t from "./strings";

export interface NickHooks {
  /** Three names that are free. */
  _draw(): Promise<string[]>;
  /** Who the reader is, if they have written here. */
  _me(): Promise<OwnAuthor | undefined>;
  _choose(name: string): void;
}

export function nickTools({ _draw, _me, _choose }: NickHooks): HTMLElement {
  const names = h("span", { role: "group", "aria-label": t.PICK_NICK() });
  const original = h("span");
  const count = h("span.quiet");
  const choice = (name: string) => button(h("bdi", {}, name), () => _choose(name));
  const pick = button(t.PICK_NICK(), async () => {
    const drawn = await _draw().catch(() => []);
    fill(names, drawn.length ? drawn.map(choice) : t.NO_NICKS());
  });
  _me()
    .then((me) => {
      if (!me) return;
      const first = me.original;
      if (first)
        fill(
          original,
          button(t.MY_NICK(), () => _choose(first), { title: first }),
        );
      if (me.comments) fill(count, t.youCommented(me.comments));
    })
    .catch(() => {});
  return h("div.rest", {}, original, pick, names, count);
}

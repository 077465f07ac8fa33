/** What a reader has under their name: three that are free to pick from, the first one that they used here, how often they wrote. */

import { drawNicks, ownAuthor } from "../core/people";
import type { Session } from "../core/session";
import { button, fill, h, setText } from "./dom";
import * as t from "./strings";

/** `choose` takes a name that was picked. */
export function nickTools(session: Session, choose: (name: string) => void): HTMLElement {
  const names = h("span", { role: "group", "aria-label": t.PICK_NICK() });
  const original = h("span");
  const choice = (name: string) => button(h("bdi", {}, name), () => choose(name));
  const pick = button(t.PICK_NICK(), async () => {
    const drawn = await drawNicks(session).catch(() => []);
    fill(names, drawn.length ? drawn.map(choice) : t.NO_NICKS());
  });
  ownAuthor(session)
    .then((me) => {
      const first = me?.original;
      if (first)
        fill(
          original,
          button(t.MY_NICK(), () => choose(first), { title: first }),
        );
    })
    .catch(() => {});
  return h("div", { class: "rest" }, original, pick, names);
}

/** Says in `line` how often the reader has commented on the site, whose title is `title`. */
export async function countOwn(line: HTMLElement, session: Session, title: string | null | undefined): Promise<void> {
  // What is not known is not said.
  const me = await ownAuthor(session).catch(() => undefined);
  line.hidden = !me?.comments;
  setText(line, me?.comments ? t.youCommented(me.comments, title || session.site) : "");
}

/** What a reader has under their name: three that are free to pick from, the first one that they used here, how often they wrote. */

import { drawNicks, ownAuthor } from "../core/people";
import { button, fill, h, setText } from "./dom";
import { myData } from "./my-data";
import type { Person } from "./signature";
import * as t from "./strings";

/** Names to pick from; `choose` takes one. */
export function nickChoice(person: Person, choose: (name: string) => void): HTMLElement {
  const names = h("span");
  const original = h("span");
  const choice = (name: string) => button(h("bdi", {}, name), () => choose(name));
  const session = person._session();
  drawNicks(session)
    .catch(() => [])
    .then((drawn?: string[]) => fill(names, drawn?.length ? drawn.map(choice) : t.NO_NICKS()));
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
  return h("span", { role: "group", "aria-label": t.PICK_NICK() }, original, names);
}

const dataButtons = new WeakMap<Person, HTMLElement>();

/** Leads to what is kept of the reader. A form has one. */
export function dataButton(person: Person): HTMLElement {
  const made =
    dataButtons.get(person) ?? button(t.MY_DATA(), ({ currentTarget }) => myData(currentTarget as HTMLElement, person));
  dataButtons.set(person, made);
  return made;
}

/** Says in `line` how often the reader has commented on the site. */
export async function countOwn(line: HTMLElement, person: Person): Promise<void> {
  const session = person._session();
  line.hidden = !session.get();
  if (line.hidden) return;
  // Where it stands already it may have focus.
  if (!line.lastElementChild?.matches("button")) fill(line, h("span"), " ", dataButton(person));
  // What is not known is not said.
  const me = await ownAuthor(session).catch(() => undefined);
  setText(line.firstChild as Node, me?.comments ? t.youCommented(me.comments, person._site() || session.site) : "");
}

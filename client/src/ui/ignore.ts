/** "⋯" below the comments of others, which offers to ignore their author; what that needs comes when it is pressed. */

import { load } from "../core/storage";
import type { Comment } from "../protocol/generated";
import { h } from "./dom";
import { withActing } from "./parts";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

/** What is returned looks whether another tab has begun to ignore somebody. */
export function ignore(view: ThreadView): () => unknown {
  /** Where the browser keeps whom the reader ignores on this site. */
  const slot = `ignored:${view._host}:${view._subscription.state?.thread.site}`;

  function dots(comment: Comment): HTMLElement | undefined {
    const { removed, author, number } = comment;
    if (removed || !author.id || author.id === view._me()?.id) return;
    const label = `${t.ignore(author.name || t.ANONYMOUS())}, #${number}`;
    const onclick = () => withActing(({ ignoring }) => ignoring(view, slot)(box, comment));
    const box = h("details", { class: "dots" }, h("summary", { "aria-label": label, onclick }, "⋯"));
    return box;
  }

  view._additions.push((comment) => (view._layout._box ? { _actions: dots(comment) } : { _marks: dots(comment) }));
  // Those that stand there are not drawn again for it.
  for (const comment of view._list._comments) {
    const place = view._list._items.get(comment.id)?.querySelector(view._layout._box ? ".actions" : ".meta");
    place?.append(dots(comment) ?? "");
  }
  const look = () => load(slot) && withActing(({ ignoring }) => ignoring(view, slot));
  look();
  return look;
}

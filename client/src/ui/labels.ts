/** What a comment is called to the ear. */

import type { Comment } from "../protocol/generated";
import { isFirst } from "./address";
import { contentOf } from "./comment-view";
import { ANONYMOUS, COMMENTS, commentsOn } from "./strings";
import type { ThreadView } from "./thread-view";
import { ago } from "./time";

/** "Nina, #12, 9 minutes ago": screen readers list articles, and lead from one to the next. */
export function label(view: ThreadView, item: HTMLElement, comment: Comment): void {
  const { removed, author, number, at } = comment;
  const content = contentOf(item);
  const name = removed || view._hides?.(comment) ? [] : [author.name || ANONYMOUS()];
  content.setAttribute("role", "article");
  content.ariaLabel = [...name, `#${number}`, ago(at)].join(", ");
}

/** Makes a labelled section of the thread, and names its comments: what is drawn from now on, and what is there. */
export function labels(view: ThreadView): void {
  const { title, key } = view._subscription.state?.thread ?? {};
  const about = title ?? (isFirst(view._root.host) ? undefined : key);
  const section = view._header._root.parentElement;
  section?.setAttribute("role", "region");
  section?.setAttribute("aria-label", about ? commentsOn(about) : COMMENTS());
  each(view, (item, comment) => label(view, item, comment));
}

type Use = (item: HTMLElement, comment: Comment) => void;

/** Hands to `use` each comment that stands there. */
export function standing({ _list }: ThreadView, use: Use): void {
  for (const comment of _list._comments) {
    const item = _list._items.get(comment.id);
    if (item) use(item, comment);
  }
}

/** Hands to `use` each comment that stands there, and what is drawn from now on. */
export function each(view: ThreadView, use: Use): void {
  view._additions.push((comment, _, item) => {
    use(item, comment);
    return {};
  });
  standing(view, use);
}

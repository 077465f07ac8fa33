/** Editing a comment where it stands. */

import { ask } from "./ask";
import type { Context } from "./comment-view";
import { editor } from "./editor";
import type { Comment } from "./protocol";
import * as t from "./strings";

/** Asks for the new text in place of `trigger`; `done` when it is answered either way. */
export async function edit(trigger: HTMLElement, comment: Comment, context: Context, done: () => void): Promise<void> {
  let before: string | undefined;
  const { root, area, set, tooLong } = editor(t.about(t.EDIT, comment.number), () => {});
  const run = async () => {
    const body = area.value.trimEnd();
    return !!body && !tooLong() && (body === before || context.run({ cmd: "edit", comment: comment.id, body }));
  };
  // First the question, which no redraw takes away, then what to fill it with.
  const end = ask(trigger, { yes: t.SAVE, field: root, focus: area, run, done });
  area.readOnly = true;
  before = await context.source(comment);
  area.readOnly = false;
  before === undefined ? end() : set(before);
}

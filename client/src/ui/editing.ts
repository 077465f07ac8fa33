/** Editing a comment where it stands. What was changed and not saved is kept, over a reload too. */

import { save as keep, load as kept } from "../core/storage";
import { confirm } from "./confirm";
import { h } from "./dom";
import type { Editor } from "./editor";
import * as t from "./strings";

/**
 * Asks in an editor for the new text of a comment, in place of `trigger`, and whether it shall have its author's new `name`; `slot` is where a draft of it is kept. `load` gives
 * the comment as it was written, or undefined if the server would not say; `save` is true when the server took it; `done` is
 * called when it is over, either way.
 */
export async function edit(
  trigger: HTMLElement,
  { _root, _area, _set, _tooLong }: Editor,
  slot: string,
  load: () => Promise<string | undefined>,
  save: (body: string, rename: boolean) => Promise<boolean>,
  name: string | undefined,
  _done: () => void,
): Promise<void> {
  let before: string | undefined;
  const rename = h("input", { type: "checkbox", checked: true });
  if (name) _root.append(h("label", {}, rename, t.RENAME(), " ", h("bdi", {}, name)));
  const _run = async () => {
    const body = _area.value.trimEnd();
    const renamed = !!name && rename.checked;
    const taken = !!body && !_tooLong() && ((body === before && !renamed) || (await save(body, renamed)));
    if (taken) keep(slot, undefined);
    return taken;
  };
  const _drop = () => keep(slot, undefined);
  // First the question, which no redraw takes away, then what to fill it with.
  const end = confirm(trigger, { _yes: t.SAVE(), _field: _root, _focus: _area, _run, _drop, _done });
  _area.readOnly = true;
  before = await load();
  _area.readOnly = false;
  if (before === undefined) return end();
  _set(kept<string>(slot) ?? before);
  _root.addEventListener("input", () => keep(slot, _area.value === before ? undefined : _area.value));
}

/** A text area that formats: the common part of writing a comment and editing one. The tools come with the first focus. */

import { LIMITS } from "../protocol/generated";
import { h, pageLang } from "./dom";
import { withFormat } from "./parts";
import * as t from "./strings";

/** The count appears when this little is left. */
const NEAR = 1000;

export interface Editor {
  readonly _root: HTMLElement;
  readonly _area: HTMLTextAreaElement;
  /** Brings the tools. */
  _equip(): void;
  _set(text: string): void;
  _lock(locked: boolean): void;
  /** True when the text is longer than the server takes. */
  _tooLong(): boolean;
}

/** By what rules the server shows a text. */
export interface Rules {
  _hasImages(): boolean;
  /** The text as others will see it. Raises HubbubError. */
  _preview(text: string): Promise<Node>;
  /** There is room for it below the form. */
  _hasRoom(): boolean;
}

/** `changed` is called when the text has changed. */
export function editor(label: string, changed: () => void, rules: Rules, placeholder = label): Editor {
  const _area = h("textarea.field", {
    "aria-label": label,
    placeholder,
    rows: 1,
    dir: "auto",
    lang: pageLang(),
    oninput: refresh,
    onkeydown: (event: KeyboardEvent) => event.key === "Enter" && isCommand(event) && _area.form?.requestSubmit(),
  });
  const tools = h("div.tools", { role: "toolbar", "aria-label": t.FORMATTING() });
  // The ear hears of it once: from toolbar.ts.
  const count = h("output.left", { hidden: true, "aria-live": "off" });
  /** Comes with the tools. */
  let update = () => {};

  function refresh(): void {
    const rest = remaining(_area.value);
    count.hidden = rest >= NEAR;
    count.value = t.left(rest);
    update();
    changed();
  }

  function _equip(): void {
    withFormat(({ equip }) => {
      if (!tools.firstChild) update = equip(_area, tools, count, refresh, rules);
    });
  }

  return {
    _root: h("div.editor", { onfocusin: _equip }, _area, count, tools),
    _area,
    _equip,
    _set(text) {
      _area.value = text;
      refresh();
    },
    _lock(locked) {
      _area.readOnly = locked;
      tools.hidden = locked;
    },
    _tooLong: () => remaining(_area.value) < 0,
  };
}

/** With Ctrl, or Command on a Mac, alone. */
export const isCommand = ({ ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean =>
  (ctrlKey || metaKey) && !altKey && !shiftKey;

/** The limit counts characters as the server does (code points), which are at most the UTF-16 units of `length`. */
const remaining = (text: string) => (text.length < LIMITS.body - NEAR ? NEAR : LIMITS.body - [...text].length);

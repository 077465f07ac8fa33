/** A text area with its formatting toolbar: the common part of writing a comment and editing one. */

import { LIMITS } from "../protocol/generated";
import { button, h, pageLang } from "./dom";
import { TOOLS, type Tool, toolbox } from "./markup";
import * as t from "./strings";

/** The count appears when this little is left. */
const NEAR = 1000;

export interface Editor {
  readonly _root: HTMLElement;
  readonly _area: HTMLTextAreaElement;
  _set(text: string): void;
  _lock(locked: boolean): void;
  /** True when the text is longer than the server takes. */
  _tooLong(): boolean;
}

/** `changed` is called when the text has changed. */
export function editor(label: string, changed: () => void): Editor {
  const _area = h("textarea", {
    "aria-label": label,
    placeholder: label,
    dir: "auto",
    lang: pageLang(),
    oninput: refresh,
    onkeydown: shortcut,
  });
  const format = toolbox();
  const tools = toolbar(use);
  const count = h("output.left", { hidden: true });

  function use(tool: Tool): void {
    if (_area.readOnly) return;
    const edit = format(tool, _area.value, _area.selectionStart, _area.selectionEnd);
    _area.focus();
    _area.setSelectionRange(edit.start, edit.end);
    // The only way to write into a text area that keeps the reader's undo history.
    if (!document.execCommand?.("insertText", false, edit.text)) _area.setRangeText(edit.text);
    _area.setSelectionRange(edit.from, edit.to);
    refresh();
  }

  function shortcut(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.key === "Enter") _area.form?.requestSubmit();
    const tool = toolOf(event);
    if (tool) {
      event.preventDefault();
      use(tool);
    }
  }

  function refresh(): void {
    const rest = remaining(_area.value);
    count.hidden = rest >= NEAR;
    count.value = t.left(rest);
    changed();
  }

  return {
    _root: h("div.editor", {}, tools, _area, count),
    _area,
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

/** The limit counts characters as the server does (code points), which are at most the UTF-16 units of `length`. */
const remaining = (text: string) => (text.length < LIMITS.body - NEAR ? NEAR : LIMITS.body - [...text].length);

/** The tool of a shortcut. On a keyboard of another script the letter is where it is on a Latin one. */
function toolOf({ key, code }: KeyboardEvent): Tool | undefined {
  const letter = /^[a-z]$/i.test(key) ? key : code.replace("Key", "");
  return TOOLS.find((entry) => entry[5] === letter.toLowerCase());
}

/** One tab stop, arrow keys within (ARIA Authoring Practices, toolbar pattern). */
function toolbar(use: (tool: Tool) => void): HTMLElement {
  const buttons = TOOLS.map((tool) => {
    const [label, tag, sign, , , key] = tool;
    const title = key ? `${label} (Ctrl+${key.toUpperCase()})` : label;
    return button(h(tag as "b", {}, sign), () => use(tool), { "aria-label": label, title });
  });

  function move(to: number): HTMLButtonElement | undefined {
    const at = (to + buttons.length) % buttons.length;
    buttons.forEach((button, index) => {
      button.tabIndex = index === at ? 0 : -1;
    });
    return buttons[at];
  }

  function rove(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(buttons.indexOf(event.target as HTMLButtonElement) + step)?.focus();
  }

  move(0);
  return h("div", { role: "toolbar", "aria-label": t.FORMATTING, class: "tools", onkeydown: rove }, ...buttons);
}

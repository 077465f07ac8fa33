/** A text area with its formatting toolbar: the common part of writing a comment and editing one. */

import { button, h, pageLang } from "./dom";
import { LIMITS } from "./generated";
import { TOOLS, type Tool, toolbox } from "./markup";
import * as t from "./strings";

/** The count appears when this little is left. */
const NEAR = 1000;

export interface Editor {
  readonly root: HTMLElement;
  readonly area: HTMLTextAreaElement;
  set(text: string): void;
  lock(locked: boolean): void;
  /** True when the text is longer than the server takes. */
  tooLong(): boolean;
}

export function editor(label: string, oninput: () => void): Editor {
  const area = h("textarea", {
    "aria-label": label,
    placeholder: label,
    dir: "auto",
    lang: pageLang(),
    oninput: refresh,
    onkeydown: shortcut,
  });
  const format = toolbox();
  const count = h("output.left", { hidden: true });
  const buttons = TOOLS.map((tool) => {
    const [label, tag, sign, , , key] = tool;
    const title = key ? `${label} (Ctrl+${key.toUpperCase()})` : label;
    return button(h(tag as "b", {}, sign), () => use(tool), { "aria-label": label, title });
  });
  const toolbar = h(
    "div",
    { role: "toolbar", "aria-label": t.FORMATTING, class: "tools", onkeydown: rove },
    ...buttons,
  );
  const root = h("div.editor", {}, toolbar, area, count);
  move(0);

  function move(to: number): HTMLButtonElement | undefined {
    const at = (to + buttons.length) % buttons.length;
    buttons.forEach((button, index) => {
      button.tabIndex = index === at ? 0 : -1;
    });
    return buttons[at];
  }

  /** One tab stop for the toolbar, arrow keys within (ARIA Authoring Practices, toolbar pattern). */
  function rove(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(buttons.indexOf(event.target as HTMLButtonElement) + step)?.focus();
  }

  function use(tool: Tool): void {
    if (area.readOnly) return;
    const edit = format(tool, area.value, area.selectionStart, area.selectionEnd);
    area.focus();
    area.setSelectionRange(edit.start, edit.end);
    // The only way to write into a text area that keeps the reader's undo history.
    if (!document.execCommand?.("insertText", false, edit.text)) area.setRangeText(edit.text);
    area.setSelectionRange(edit.from, edit.to);
    refresh();
  }

  function shortcut(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.key === "Enter") area.form?.requestSubmit();
    // On a keyboard of another script the letter is where it is on a Latin one.
    const letter = /^[a-z]$/i.test(event.key) ? event.key : event.code.replace("Key", "");
    const tool = TOOLS.find((entry) => entry[5] === letter.toLowerCase());
    if (tool) {
      event.preventDefault();
      use(tool);
    }
  }

  // The limit counts characters as the server does (code points), which are at most the UTF-16 units of `length`.
  const remaining = () => (area.value.length < LIMITS.body - NEAR ? NEAR : LIMITS.body - [...area.value].length);

  function refresh(): void {
    const rest = remaining();
    count.hidden = rest >= NEAR;
    count.value = t.left(rest);
    oninput();
  }

  return {
    root,
    area,
    set(text) {
      area.value = text;
      refresh();
    },
    lock(locked) {
      area.readOnly = locked;
      toolbar.hidden = locked;
    },
    tooLong: () => remaining() < 0,
  };
}

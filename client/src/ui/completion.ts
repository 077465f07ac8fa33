/**
 * Offers names while a mention is typed: a list beside the text area, which keeps focus (ARIA: aria-activedescendant; a text area
 * cannot be a combobox). Nothing is chosen until an arrow key chooses, so that Enter stays what it is.
 */

import { h } from "./dom";
import { fits, folded, NO_NAME, typedAt, written } from "./mention-text";
import { MENTION, namesFound } from "./strings";
import type { ThreadView } from "./thread-view";

const MOST = 8;
/** Between the field and the list. */
const GAP_PX = 4;
/** Three names for a thumb: with less room below, the list stands above if there is more. */
const ENOUGH_PX = 132;

/** Those who wrote and fit, the last first; without the reader. */
function namesFor(view: ThreadView, query: string): string[] {
  const names = new Map<string, string>();
  for (const comment of [...view._list._comments].reverse()) {
    const { id, name } = comment.author;
    if (!name || name === NO_NAME || id === view._me()?.id || view._hides?.(comment) || !fits(name, query)) continue;
    const key = folded(name);
    if (!names.has(key)) names.set(key, name);
    if (names.size === MOST) break;
  }
  return [...names.values()];
}

/** In all text areas of a view. */
export class Completion {
  private readonly _names = h("ul", {
    class: "names",
    id: "names",
    role: "listbox",
    "aria-label": MENTION(),
    popover: "manual",
    // Focus stays in the field, and with it a phone's keyboard.
    onmousedown: (event: Event) => event.preventDefault(),
  });
  private _area: HTMLTextAreaElement | undefined;
  private _start = 0;
  private _query = "";
  private _option = -1;
  /** Where an "@" is whose names the reader does not want. */
  private _unwanted: number | undefined;

  constructor(private readonly _view: ThreadView) {
    const { _root } = _view;
    _root.addEventListener("keydown", (event) => this._press(event as KeyboardEvent), true);
    for (const kind of ["input", "keyup", "click"]) _root.addEventListener(kind, () => this._look());
    _root.addEventListener("focusout", () => this._close());
    this._look();
  }

  private _close(): void {
    const area = this._area;
    this._names.remove();
    removeEventListener("scroll", this._place, true);
    for (const name of ["controls", "activedescendant", "autocomplete", "haspopup"])
      area?.removeAttribute(`aria-${name}`);
    this._area = undefined;
  }

  /** Looks what is typed before the caret. */
  private _look(): void {
    const field = this._view._root.activeElement as HTMLTextAreaElement | null;
    const isCaret = field?.matches("textarea:not(:read-only)") && field.selectionStart === field.selectionEnd;
    const typed = field && isCaret ? typedAt(field.value, field.selectionEnd) : undefined;
    if (typed?.start !== this._unwanted) this._unwanted = undefined;
    const wanted = typed && this._unwanted === undefined;
    if (wanted && field === this._area && typed.start === this._start && typed.query === this._query) return;
    const names = wanted ? namesFor(this._view, typed.query) : [];
    if (!field || !typed || !names.length) {
      this._close();
      return;
    }
    this._start = typed.start;
    this._query = typed.query;
    this._offer(field, names);
  }

  private _offer(field: HTMLTextAreaElement, names: readonly string[]): void {
    const list = this._names;
    this._area = field;
    this._choose(-1);
    const options = names.map((name, index) =>
      h(
        "li",
        { id: `name${index}`, role: "option", "aria-selected": "false", onclick: () => this._take(name) },
        h("bdi", {}, name),
      ),
    );
    list.replaceChildren(...options);
    if (!list.isConnected) {
      field.after(list);
      list.showPopover?.();
      addEventListener("scroll", this._place, true);
    }
    field.setAttribute("aria-controls", list.id);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    this._view._notices._tell(namesFound(names.length));
    this._place();
  }

  /** Below the field, or above it where there is more room; above the keyboard of a phone. */
  private readonly _place = (): void => {
    const area = this._area;
    if (!area) return;
    const { top, bottom, left, right } = area.getBoundingClientRect();
    const { height = innerHeight, offsetTop = 0 } = globalThis.visualViewport ?? {};
    const end = offsetTop + height;
    const below = end - bottom - GAP_PX;
    const above = top - offsetTop - GAP_PX;
    const isAbove = below < ENOUGH_PX && above > below;
    const list = this._names;
    const { style } = list;
    style.maxHeight = `${Math.max(isAbove ? above : below, ENOUGH_PX)}px`;
    const { offsetHeight, offsetWidth } = list;
    style.top = `${isAbove ? top - GAP_PX - offsetHeight : Math.min(bottom + GAP_PX, end - offsetHeight)}px`;
    style.left = `${getComputedStyle(area).direction === "rtl" ? right - offsetWidth : left}px`;
  };

  private _choose(index: number): void {
    const options = [...this._names.children];
    options[this._option]?.setAttribute("aria-selected", "false");
    this._option = index;
    const option = options[index];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this._area?.setAttribute("aria-activedescendant", option.id);
    else this._area?.removeAttribute("aria-activedescendant");
  }

  /** Puts `name` in place of what is typed of it. */
  private _take(name: string): void {
    const area = this._area;
    if (!area) return;
    const [start, end] = [this._start, area.selectionEnd];
    const text = written(name) + (/^\s/.test(area.value.slice(end)) ? "" : " ");
    this._unwanted = start;
    this._close();
    area.setSelectionRange(start, end);
    // As in toolbar.ts: this alone keeps the reader's undo history.
    if (document.execCommand?.("insertText", false, text)) return;
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  }

  private _press(event: KeyboardEvent): void {
    const { key, isComposing, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (!this._area || isComposing || ctrlKey || metaKey || altKey || shiftKey) return;
    const { children } = this._names;
    const { length } = children;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const name = children[this._option]?.textContent;
    if (step) this._choose(this._option < 0 && step < 0 ? length - 1 : (this._option + step + length) % length);
    else if (key === "Escape") {
      this._unwanted = this._start;
      this._close();
    } else if (name && /^(Enter|Tab)$/.test(key)) this._take(name);
    else return;
    // Neither the form nor the tools shall have this key.
    event.preventDefault();
    event.stopPropagation();
  }
}

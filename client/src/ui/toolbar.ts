/** The formatting tools of a text area: buttons, and keys that do the same. */

import { PREFIX, page } from "../core/storage";
import { LIMITS } from "../protocol/generated";
import { button, h, setText } from "./dom";
import type { Rules } from "./editor";
import { livePreview } from "./live-preview";
import { type Edit, TOOLS, type Tool, toolbox } from "./markup";
import { withPasted } from "./parts";
import { continued } from "./paste";
import * as t from "./strings";

/** Those that are always there; the others come with "…". */
const FEW = 5;
/** Of the window's height: a field of more is tall. */
const TALL = 0.3;

/**
 * Fills `bar` with the tools, and gives `area` their keys and a preview; `count` says how much is left. The tool for pictures is
 * for sites that have them. `changed` is called when a tool has changed the text; call what is returned when anything has.
 */
export function equip(
  area: HTMLTextAreaElement,
  bar: HTMLElement,
  count: HTMLOutputElement,
  changed: () => void,
  rules: Rules,
): () => void {
  const format = toolbox();

  function use(tool: Tool): void {
    if (area.readOnly) return;
    area.focus();
    write(format(tool, area.value, area.selectionStart, area.selectionEnd));
  }

  function write(edit: Edit): void {
    area.setSelectionRange(edit.start, edit.end);
    // The only way to write into a text area that keeps the reader's undo history.
    if (!document.execCommand?.("insertText", false, edit.text)) area.setRangeText(edit.text);
    area.setSelectionRange(edit.from, edit.to);
    changed();
  }

  area.addEventListener("keydown", (event) => {
    const { key, shiftKey, isComposing, defaultPrevented } = event;
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || shiftKey || isComposing || defaultPrevented);
    if (key === "Enter" && plain && area.selectionStart === area.selectionEnd) {
      const edit = area.readOnly ? undefined : continued(area.value, area.selectionStart);
      if (edit) {
        event.preventDefault();
        write(edit);
      }
    }
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const tool = toolOf(event);
    if (!tool) return;
    event.preventDefault();
    use(tool);
  });
  const said = h("p", { class: "sr", role: "status" });
  const preview = livePreview(area, rules);
  const announce = announcer(area, count, said);
  bar.after(pasting(area, rules, write), said, keepsDrafts() ? "" : h("p.left", {}, t.NOT_KEPT()));
  toolbar(
    bar,
    TOOLS.filter(([, , , kind]) => rules._hasImages() || kind !== "photo"),
    use,
  );
  const update = () => {
    preview();
    announce();
    keepInView(area, bar);
  };
  update();
  return update;
}

/** Whether the browser keeps what is written for when its writer comes back. */
function keepsDrafts(): boolean {
  try {
    page.localStorage[`${PREFIX}try`] = "";
    delete page.localStorage[`${PREFIX}try`];
    return true;
  } catch {
    return false;
  }
}

/** More than this of HTML is no comment: the browser pastes its text. */
const MOST_HTML = 300_000;
/** HTML with something of this may be worth more than the plain text beside it. */
const FORMATTED = /<(?:[bius]|strong|em|del|strike|code|pre|a|li|blockquote|h\d|img)[\s>]|font-weight|italic/i;

/** Tells the ear what `count` shows when it appears, and when the text is too long; not with each letter. */
function announcer(area: HTMLTextAreaElement, count: HTMLOutputElement, said: HTMLElement): () => void {
  let level = 0;
  return () => {
    const before = level;
    level = count.hidden ? 0 : [...area.value].length > LIMITS.body ? 2 : 1;
    if (level !== before) setText(said, level > before ? count.value : "");
  };
}

/** Where a text is tall, tools and buttons stay at the lower edge of the window, one above the other. */
function keepInView(area: HTMLTextAreaElement, bar: HTMLElement): void {
  const { form } = area;
  // An empty one is not measured: that would have the page laid out in the middle of the touch that opens it.
  const tall = !!area.value && area.clientHeight > innerHeight * TALL;
  form?.classList.toggle("tall", tall);
  bar.style.insetBlockEnd = tall ? `${form?.querySelector<HTMLElement>(".row")?.offsetHeight ?? 0}px` : "";
}

/** Takes what is pasted with its formatting, and refuses files; returns where it says so. */
function pasting(area: HTMLTextAreaElement, rules: Rules, write: (edit: Edit) => void): HTMLElement {
  const note = h("p.left", { role: "status" });

  const refuse = () => setText(note, rules._hasImages() ? t.PHOTO_BY_ADDRESS() : t.NO_PHOTOS());

  /** Word processors send a picture of their text along with it: that is none. */
  function refuseFiles(event: Event, data: DataTransfer | null): void {
    if (!data?.files.length || data.getData("text/plain")) return;
    event.preventDefault();
    refuse();
  }

  area.addEventListener("paste", (event) => {
    const { clipboardData } = event;
    if (area.readOnly || !clipboardData) return;
    const [html, plain] = ["text/html", "text/plain"].map((type) => clipboardData.getData(type)) as [string, string];
    // Plain text is best pasted by the browser, and a picture alone has none.
    if (html.length > MOST_HTML || !FORMATTED.test(html) || !(plain || rules._hasImages()))
      return refuseFiles(event, clipboardData);
    event.preventDefault();
    withPasted(({ inserted, markupOf }) => {
      const text = markupOf(html, rules._hasImages()) || plain;
      if (text) write(inserted(text, area.value, area.selectionStart, area.selectionEnd));
      else refuse();
    });
  });
  // Else the browser would leave the page for the file.
  area.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  area.addEventListener("drop", (event) => refuseFiles(event, event.dataTransfer));
  area.addEventListener("input", () => setText(note, ""));
  return note;
}

/** What a tool says of itself beyond its name. */
const HINTS = new Map([
  [t.SQUISH, t.SQUISH_HINT],
  [t.PHOTO, t.PHOTO_HINT],
]);

/** The tool of a shortcut. On a keyboard of another script the letter is where it is on a Latin one. */
function toolOf({ key, code }: KeyboardEvent): Tool | undefined {
  const letter = /^[a-z]$/i.test(key) ? key : code.replace("Key", "");
  return TOOLS.find((entry) => entry[5] === letter.toLowerCase());
}

/** One tab stop, arrow keys within (ARIA Authoring Practices, toolbar pattern). */
function toolbar(bar: HTMLElement, tools: readonly Tool[], use: (tool: Tool) => void): void {
  const buttons = tools.map((tool) => {
    const [name, tag, sign, , , key] = tool;
    const label = name();
    const title = key ? t.shortcut(label, key.toUpperCase()) : (HINTS.get(name)?.() ?? label);
    return button(h(tag as "b", {}, sign || label), () => use(tool), { "aria-label": label, title });
  });
  const rest = buttons.slice(FEW);
  const more = button("…", () => show(!!rest[0]?.hidden), { "aria-label": t.MORE_TOOLS(), title: t.MORE_TOOLS() });
  buttons.splice(FEW, 0, more);

  function show(shown: boolean): void {
    for (const each of rest) each.hidden = !shown;
    more.ariaExpanded = `${shown}`;
    move(more);
  }

  /** The one button that Tab comes to. */
  function move(to: HTMLElement | undefined): void {
    for (const each of buttons) each.tabIndex = each === to ? 0 : -1;
  }

  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const there = buttons.filter(({ hidden }) => !hidden);
    const to = there.at((there.indexOf(event.target as HTMLButtonElement) + step) % there.length);
    move(to);
    to?.focus();
  });
  bar.replaceChildren(...buttons);
  show(false);
  move(buttons[0]);
}

/** What others will see of the text that is being written: below the form once there is markup, as the server would show it. */

import type { HubbubError } from "../core/errors";
import { load, save } from "../core/storage";
import { h, pageLang } from "./dom";
import type { Rules } from "./editor";
import * as t from "./strings";

/** So long nobody types before the server is asked. */
const PAUSE_MS = 500;
/** Whether it is open, as the reader left it. */
const SLOT = "preview";
/** What is shown otherwise than it is typed; docs/markup.md has all of it. An address alone is none. */
const MARKUP = /[*~`<]\S|(?<!\w)_\S|\]\(|^ {0,3}(?:>|(?:[-+*]|\d{1,9}[.)]|#{1,6}) )|^(?: {4}|\t)/m;

/** The preview of what is written in `area`; call what it returns when the text has changed. */
export function livePreview(area: HTMLTextAreaElement, rules: Rules): () => void {
  const body = h("div.body", { tabIndex: 0, lang: pageLang(), role: "group", "aria-label": t.PREVIEW() });
  const summary = h("summary", { onclick: () => save(SLOT, !box.open) }, t.PREVIEW());
  const box = h("details", { class: "preview", hidden: true, ontoggle: changed }, summary, body);
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What is shown, and what the server was asked for last. */
  let [shown, asked] = ["", ""];
  box.open = load(SLOT) ?? rules._hasRoom();

  function changed(): void {
    clearTimeout(timer);
    const text = area.value;
    if (!text.trim()) {
      box.hidden = true;
      body.replaceChildren();
      body.style.minHeight = shown = asked = "";
      return;
    }
    if (box.hidden && MARKUP.test(text)) {
      box.hidden = false;
      area.form?.append(box);
    }
    if (box.hidden || !box.open) return;
    body.ariaBusy = `${text !== shown}`;
    timer = setTimeout(ask, PAUSE_MS);
  }

  async function ask(): Promise<void> {
    const text = area.value;
    if (text === shown) return;
    asked = text;
    try {
      show(text, await rules._preview(text));
    } catch (caught) {
      const { code, message, retryAfter } = caught as HubbubError;
      if (code === "bad_request") show(text, h("p.quiet", {}, message));
      else if (code === "rate_limited" && asked === text) timer = setTimeout(ask, (retryAfter ?? 1) * 1000);
    }
  }

  /** As tall as it ever was, so that nothing below moves up and down while somebody writes. */
  function show(text: string, content: Node): void {
    if (asked !== text) return;
    shown = text;
    body.style.minHeight = `${body.offsetHeight}px`;
    body.replaceChildren(content);
    body.ariaBusy = `${area.value !== text}`;
  }

  return changed;
}

/** The layout `chat`: one line a message, in a box that scrolls by itself and stays at its end. */

import css from "./chat.css?inline";
import { styleSheet } from "./dom";
import type { Layout } from "./layout";
import { COMMENTS } from "./strings";

/** How close to its end a chat counts as being at the end, in pixels. */
const END_PX = 16;

/** Messages of one author in a row show the name once, as long as they are not this far apart, in milliseconds. */
const GROUP_MS = 5 * 60_000;

const away = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) =>
  scrollHeight - scrollTop - clientHeight >= END_PX;

const toEnd = (root: HTMLElement) => {
  root.scrollTop = root.scrollHeight;
};

const sheet = styleSheet(css);
/** Of the window's height: what takes more is a keyboard on the screen, and no bar of the browser's. */
const KEYBOARD = 0.2;
/** What holds while there is one. */
let above = "";

/** Box and field stand together above the keyboard, where the browser lays that over the page. */
function fitAboveKeyboard(): void {
  const { height = innerHeight, scale = 1 } = globalThis.visualViewport ?? {};
  const covered = scale === 1 && height < innerHeight * (1 - KEYBOARD);
  const rule = covered ? `.chat{max-height:calc(${height}px - 9em)}` : "";
  if (rule === above) return;
  above = rule;
  const root = document.activeElement?.shadowRoot;
  const box = root?.querySelector<HTMLElement>(".chat");
  const isAtEnd = box && !away(box);
  sheet.replaceSync(css + rule);
  if (isAtEnd) toEnd(box);
  if (covered && box) root?.activeElement?.scrollIntoView({ block: "nearest" });
}

globalThis.visualViewport?.addEventListener("resize", fitAboveKeyboard);

export const CHAT: Layout = {
  _name: "chat",
  _sheet: sheet,
  _place(item, entry, before) {
    const same =
      before &&
      "number" in entry &&
      "number" in before &&
      !entry.removed &&
      !entry.parent &&
      before.author.id === entry.author.id &&
      Date.parse(entry.at) - Date.parse(before.at) < GROUP_MS;
    item.toggleAttribute("data-same", !!same);
  },
  _box: {
    _props: () => ({ tabIndex: 0, role: "log", "aria-live": "off", "aria-label": COMMENTS() }),
    _away: away,
    _toEnd: toEnd,
  },
};

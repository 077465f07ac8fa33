/** The layout `chat`: one line a message, in a box that scrolls by itself and stays at its end. */

import { firstBelow, keepPlace } from "./anchor";
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

export const CHAT: Layout = {
  _name: "chat",
  _sheet: styleSheet(css),
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
    _inPlace(root, ol, change) {
      if (away(root)) keepPlace(root, firstBelow(ol.children, root.getBoundingClientRect().top), change);
      else {
        change();
        toEnd(root);
      }
    },
  },
};

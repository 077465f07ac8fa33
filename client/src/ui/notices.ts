/** What the reader must know now: the connection is down, comments are closed, something was refused; and the quiet rest. */

import type { Status } from "../core/subscription";
import { h, setText } from "./dom";
import * as t from "./strings";

/** A blink of the connection is not worth a word. */
const OFFLINE_MS = 2000;

type About = "offline" | "closed" | "problem";

export interface Notices {
  readonly _root: HTMLElement;
  /** Shows a text, or takes the notice away when it is empty. */
  _say(about: About, text: string): void;
  _status(status: Status): void;
  /** What stands there until there are comments, or none are to be had. */
  readonly _loading: HTMLElement;
  /** Tells the ear alone; announcements.ts has it. */
  _tell(text: string): void;
}

export function notices(): Notices {
  const box = (name: About, role = "alert") => h(`p.notice ${name}`, { role, hidden: true });
  const boxes = { offline: box("offline", "status"), closed: box("closed"), problem: box("problem") };
  const _loading = h("p.quiet", {}, t.LOADING());
  let lost: ReturnType<typeof setTimeout> | undefined;
  let began = false;
  let why = "";

  function _say(about: About, text: string): void {
    boxes[about].hidden = !text;
    setText(boxes[about], text);
  }

  function sayWhy(): void {
    _say("offline", why);
    _loading.hidden = why === t.NOT_NOW();
  }

  return {
    _root: h("div", {}, ...Object.values(boxes)),
    _say,
    _status(status) {
      const reconnecting = began ? t.OFFLINE() : t.NOT_NOW();
      why = { live: "", reconnecting, delayed: t.LATE(), stopped: t.STOPPED() }[status];
      began ||= !why;
      if (why && status !== "stopped" && boxes.offline.hidden) lost ??= setTimeout(sayWhy, OFFLINE_MS);
      else {
        clearTimeout(lost);
        lost = undefined;
        sayWhy();
      }
    },
    _loading,
    _tell() {},
  };
}

/** What the reader must know now: the line is down, comments are closed, something was refused; and the quiet rest. */

import { h, setText } from "./dom";
import * as t from "./strings";

/** A blink of the line is not worth a word. */
const OFFLINE_MS = 2000;
/** Screen readers hear of arrivals in one sentence, at most this often. */
const SUMMARY_MS = 3000;
/** They notice that a region was emptied. */
const EMPTY_MS = 100;

type About = "offline" | "closed" | "problem";

export interface Notices {
  readonly root: HTMLElement;
  /** Shows a text, or takes the notice away when it is empty. */
  say(about: About, text: string): void;
  line(up: boolean, final: boolean, late?: boolean): void;
  /** What stands there until there are comments, or none are to be had. */
  readonly loading: HTMLElement;
  /** Tells the ear alone. */
  tell(text: string): void;
  /** Tells the ear alone that comments arrived. */
  arrived(count: number): void;
}

export function notices(): Notices {
  const box = (name: About, role = "alert") => h(`p.notice ${name}`, { role, hidden: true });
  const boxes = { offline: box("offline", "status"), closed: box("closed"), problem: box("problem") };
  const live = h("p.sr", { role: "status" });
  const loading = h("p.quiet", {}, t.LOADING);
  let lost: ReturnType<typeof setTimeout> | undefined;
  let began = false;
  let why = "";
  let arrivals = 0;

  function say(about: About, text: string): void {
    boxes[about].hidden = !text;
    setText(boxes[about], text);
  }

  /** What is there already would not be read out again. */
  function tell(text: string): void {
    const again = text && live.textContent === text;
    setText(live, again ? "" : text);
    if (again) setTimeout(() => live.textContent || setText(live, text), EMPTY_MS);
  }

  function sayWhy(): void {
    say("offline", why);
    loading.hidden = why === t.NOT_NOW;
  }

  return {
    root: h("div", {}, ...Object.values(boxes), live),
    say,
    line(up, final, late) {
      began ||= up;
      why = up ? "" : final ? t.STOPPED : late ? t.LATE : began ? t.OFFLINE : t.NOT_NOW;
      if (!up && !final && boxes.offline.hidden) lost ??= setTimeout(sayWhy, OFFLINE_MS);
      else {
        clearTimeout(lost);
        lost = undefined;
        sayWhy();
      }
    },
    loading,
    tell,
    arrived(count) {
      if (count && !arrivals)
        setTimeout(() => {
          tell(t.newComments(arrivals));
          arrivals = 0;
        }, SUMMARY_MS);
      arrivals += count;
    },
  };
}

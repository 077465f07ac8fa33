/** What the reader must know now: the line is down, comments are closed, something was refused; and the quiet rest. */

import { h, setText } from "./dom";
import * as t from "./strings";

/** A blink of the line is not worth a word. */
const OFFLINE_MS = 2000;
/** Screen readers hear of arrivals in one sentence, at most this often. */
const SUMMARY_MS = 3000;

type About = "offline" | "closed" | "problem";

export interface Notices {
  readonly root: HTMLElement;
  /** Shows a text, or takes the notice away when it is empty. */
  say(about: About, text: string): void;
  line(up: boolean, final: boolean, late?: boolean): void;
  /** Tells the ear alone. */
  tell(text: string): void;
  /** Tells the ear alone that comments arrived. */
  arrived(count: number): void;
}

export function notices(): Notices {
  const box = (name: About, role = "alert") => h(`p.notice ${name}`, { role, hidden: true });
  const boxes = { offline: box("offline", "status"), closed: box("closed"), problem: box("problem") };
  const live = h("p.sr", { role: "status" });
  let lost: ReturnType<typeof setTimeout> | undefined;
  let why = "";
  let arrivals = 0;

  function say(about: About, text: string): void {
    boxes[about].hidden = !text;
    setText(boxes[about], text);
  }

  const tell = (text: string) => setText(live, text);

  return {
    root: h("div", {}, ...Object.values(boxes), live),
    say,
    line(up, final, late) {
      why = up ? "" : final ? t.STOPPED : late ? t.LATE : t.OFFLINE;
      if (!up && !final && boxes.offline.hidden) lost ??= setTimeout(() => say("offline", why), OFFLINE_MS);
      else {
        clearTimeout(lost);
        lost = undefined;
        say("offline", why);
      }
    },
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

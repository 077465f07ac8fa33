/** What the reader must know now: the line is down, comments are closed, something was refused; and the quiet rest. */

import { h, setText } from "./dom";
import * as t from "./strings";

/** A blink of the line is not worth a word. */
const OFFLINE_MS = 2000;
/** Screen readers hear of arrivals in one sentence, at most this often. */
const SUMMARY_MS = 3000;

export interface Notices {
  readonly root: HTMLElement;
  /** For the ear alone: arrivals. */
  readonly live: HTMLElement;
  line(up: boolean, final: boolean): void;
  closed(reason: string | null | undefined, closed: boolean): void;
  error(text: string): void;
  arrived(count: number): void;
  stop(): void;
}

export function notices(): Notices {
  const box = (name: string) => h("p", { class: `notice ${name}`, role: "alert", hidden: true });
  const offline = box("offline");
  const banner = box("closed");
  const problem = box("problem");
  const live = h("p", { class: "sr", role: "status" });
  let lost: ReturnType<typeof setTimeout> | undefined;
  let summary: ReturnType<typeof setTimeout> | undefined;
  let arrivals = 0;

  function say(where: HTMLElement, text: string): void {
    where.hidden = !text;
    setText(where, text);
  }

  return {
    root: h("div", {}, offline, banner, problem),
    live,
    line(up, final) {
      if (up || final) {
        clearTimeout(lost);
        lost = undefined;
        say(offline, final ? t.STOPPED : "");
      } else lost ??= setTimeout(() => say(offline, t.OFFLINE), OFFLINE_MS);
    },
    closed: (reason, closed) => say(banner, closed ? reason || t.CLOSED : ""),
    error: (text) => say(problem, text),
    arrived(count) {
      if (!count) return;
      arrivals += count;
      summary ??= setTimeout(() => {
        live.textContent = t.newComments(arrivals);
        summary = undefined;
        arrivals = 0;
      }, SUMMARY_MS);
    },
    stop() {
      clearTimeout(lost);
      clearTimeout(summary);
    },
  };
}

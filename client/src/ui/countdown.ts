import { setText } from "./dom";

/** Has `line` say each second what `words` says then, as long as it is on the page. */
export function countdown(line: HTMLElement, words: () => string): HTMLElement {
  setText(line, words());
  const timer = setInterval(() => (line.isConnected ? setText(line, words()) : clearInterval(timer)), 1000);
  return line;
}

/** A card beside a link: the comment that is answered, or the exact time. Comes with the first link that is pointed at. */

import { contentOf } from "./comment-view";
import { h, styleSheet } from "./dom";
import { language } from "./language";
import css from "./preview.css?inline";
import type { ThreadView } from "./thread-view";

export const fullTime = (at: string): string => new Date(at).toLocaleString(language());

/** Who only passes by wants no card. */
const WAIT_MS = 300;

const sheet = styleSheet(css);
/** Where the card is: there is one at a time. */
const place = styleSheet("");
const cards = new WeakMap<ThreadView, (link: HTMLAnchorElement) => void>();

/** Shows what `link` leads to, for as long as it is pointed at or has focus. */
export function preview(view: ThreadView, link: HTMLAnchorElement): void {
  let show = cards.get(view);
  if (!show) {
    show = makeCard(view);
    cards.set(view, show);
  }
  show(link);
}

function makeCard(view: ThreadView): (link: HTMLAnchorElement) => void {
  const root = view._root;
  const card = h("div.card", { popover: "manual", role: "tooltip" });
  let of: Element | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  root.adoptedStyleSheets.push(sheet, place);

  const onKey = ({ key }: KeyboardEvent) => key === "Escape" && hide();

  function hide(): void {
    clearTimeout(timer);
    removeEventListener("scroll", hide, true);
    removeEventListener("keydown", onKey);
    of = undefined;
    card.remove();
  }

  function show(link: HTMLAnchorElement): void {
    const time = link.querySelector("time");
    const answered = view._list._item(Number(/\d+$/.exec(link.hash)));
    if (!link.isConnected || !(time || answered)) return;
    if (time) card.textContent = fullTime(time.dateTime);
    else if (answered) {
      const copy = contentOf(answered).cloneNode(true) as Element;
      copy.querySelector(".actions")?.remove();
      card.replaceChildren(copy);
    }
    root.querySelector(".root")?.append(card);
    card.showPopover();
    addEventListener("scroll", hide, true);
    addEventListener("keydown", onKey);
    const at = link.getBoundingClientRect();
    const { width, height } = card.getBoundingClientRect();
    const above = at.top - height - 6;
    const left = Math.max(6, Math.min(at.left, innerWidth - width - 6));
    place.replaceSync(`.card{left:${left}px;top:${above > 6 ? above : at.bottom + 6}px}`);
  }

  for (const kind of ["pointerout", "focusout", "touchend"]) root.addEventListener(kind, hide);

  return (link) => {
    if (link === of) return;
    hide();
    of = link;
    timer = setTimeout(() => show(link), WAIT_MS);
  };
}

/**
 * Quotes in a reply what is selected in a comment: by a button below the selection, which Tab reaches, or by Reply. Comes with the
 * first selection.
 */

import type { Comment } from "../protocol/generated";
import { button, h, styleSheet } from "./dom";
import { withPasted } from "./parts";
import css from "./quote.css?inline";
import { QUOTE_IN_REPLY } from "./strings";
import type { ThreadView } from "./thread-view";

/** The button comes when the selection has rested this long, and never under a finger that still selects. */
const REST_MS = 200;
/** Below the last selected line. */
const GAP_PX = 4;

const sheet = styleSheet(css);

interface Chosen {
  readonly comment: Comment;
  readonly range: Range;
  readonly content: HTMLElement;
}

type Selecting = { getSelection?(): Selection | null };
type Composing = { getComposedRanges?(options: { shadowRoots: ShadowRoot[] }): AbstractRange[] };

/** What is selected inside `root`: each browser has its own way to say so. */
function selected(root: ShadowRoot): Range | undefined {
  const selection = (root as Selecting).getSelection?.() ?? document.getSelection();
  if (!selection?.rangeCount) return;
  const [composed] = (selection as Composing).getComposedRanges?.({ shadowRoots: [root] }) ?? [];
  const { startContainer, startOffset, endContainer, endOffset } = composed ?? selection.getRangeAt(0);
  if (!root.contains(startContainer)) return;
  const range = document.createRange();
  range.setStart(startContainer, startOffset);
  range.setEnd(endContainer, endOffset);
  return range;
}

/** What is selected in the text of one comment. */
function chosen(view: ThreadView): Chosen | undefined {
  const range = selected(view._root);
  const start = range?.startContainer;
  const body = (start instanceof Element ? start : start?.parentElement)?.closest<HTMLElement>(".body");
  const content = body?.parentElement;
  const comment = view._list._comments.find(({ id }) => content && view._list._items.get(id) === content.parentElement);
  if (!range || !body || !content || !comment || comment.removed) return;
  // Three clicks select the last paragraph up to the beginning of what follows.
  if (!body.contains(range.endContainer)) {
    if (!content.contains(range.endContainer)) return;
    range.setEnd(body, body.childNodes.length);
  }
  return `${range}`.trim() ? { comment, range, content } : undefined;
}

/** From now on Reply quotes what is selected, and a button offers it. */
export function quoting(view: ThreadView): void {
  const { _root } = view;
  const answer = view._reply.bind(view);
  const quote = button(QUOTE_IN_REPLY(), () => held && write(held), { class: "quote" });
  /** What was selected when a button was pressed, for that may end the selection. */
  let held: Chosen | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function write({ comment, range }: Chosen): void {
    const { _writer } = view;
    const html = h("div", {}, range.cloneContents()).innerHTML;
    quote.remove();
    withPasted(({ quoted }) =>
      _writer?._composer._putBack({ body: `${quoted(html, _writer._hasImages())}\n\n`, parent: comment.id }),
    );
  }

  function draw(): void {
    const now = chosen(view);
    if (!now || !view._writer || !view._isOpen()) {
      quote.remove();
      return;
    }
    const { range, content } = now;
    if (quote.parentElement !== content) content.querySelector(".body")?.after(quote);
    const base = content.getBoundingClientRect();
    const line = [...range.getClientRects()].at(-1);
    const end = (line?.right ?? 0) - base.left - quote.offsetWidth;
    quote.style.top = `${(line?.bottom ?? 0) - base.top + GAP_PX}px`;
    quote.style.left = `${Math.max(0, end)}px`;
  }

  function plan(): void {
    clearTimeout(timer);
    if (view._gone) document.removeEventListener("selectionchange", plan);
    else timer = setTimeout(draw, REST_MS);
  }

  view._root.adoptedStyleSheets.push(sheet);
  view._selected = () => selected(_root);
  view._reply = (comment) => {
    if (view._writer && held?.comment.id === comment.id) write(held);
    else answer(comment);
  };
  const hold = () => {
    held = chosen(view);
  };
  for (const kind of ["pointerdown", "keydown"]) _root.addEventListener(kind, hold, true);
  // The selection stays while the button is pressed.
  quote.addEventListener("mousedown", (event) => event.preventDefault());
  document.addEventListener("selectionchange", plan);
  plan();
}

/**
 * Votes and reactions below the comments: shown at once, told to the server in order, and its word is the last. Comes when the
 * site takes some.
 *
 * A push that changes sums changes attributes alone: no text node, so selection, focus and screen readers stay where they are.
 */

import type { HubbubError } from "../core/errors";
import { react, vote } from "../core/votes";
import type { Comment, Mine, Vote } from "../protocol/generated";
import { best } from "./best";
import type { Added } from "./comment-view";
import { COUNT_EVENT } from "./count-element";
import { button, h, styleSheet } from "./dom";
import { language, written } from "./language";
import { opinions } from "./opinions";
import { loadWriting } from "./parts";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";
import css from "./votes.css?inline";

/** What the opinion about a comment that is its vote is called; reactions have names. */
const VOTE = "";
const NOTHING: Mine = { vote: 0, reactions: [] };

const sheet = styleSheet(css);

const digits = (count: number) =>
  Math.abs(count) < 1000 ? written(count) : count.toLocaleString(language(), { notation: "compact" });

/** What the widget shows of a comment: what the server told, and what the reader has said since. */
export function seen(
  { id, score, reactions, mine = NOTHING }: Comment,
  said: (id: string, name: string) => number | undefined,
) {
  const vote = said(id, VOTE) ?? mine.vote;
  const { up = 0, down = 0 } = score ?? {};
  return {
    vote,
    sum: up - down + vote - mine.vote,
    react(name: string) {
      const was = +mine.reactions.includes(name);
      const on = said(id, name) ?? was;
      return { on: !!on, count: (reactions?.[name] ?? 0) + on - was };
    },
  };
}

/** Who has written nothing yet has no session. */
async function signIn(view: ThreadView): Promise<void> {
  const { signerOf } = await loadWriting();
  const before = view._me()?.id;
  const profile = view._writer?._composer._signature._profile() ?? {};
  const { author } = await signerOf(view).ensure(profile);
  if (author.id !== before) view._identify();
}

/** Draws the votes and reactions of all comments, from now on. */
export function votes(view: ThreadView): void {
  const { _subscription } = view;
  const rows = new Map<string, (comment: Comment) => void>();
  const drawn = new Map<string, Comment>();
  let site = _subscription.state?.site;

  const said = opinions(
    `said:${view._host}:${view._id()}`,
    async (id, name, value) => {
      await signIn(view);
      const comment = view._find(id) ?? ({ id, number: 0 } as Comment);
      await (name === VOTE
        ? vote(_subscription, comment, value as Vote["value"])
        : react(_subscription, comment, name, !!value));
    },
    (id, error?: HubbubError) => {
      const comment = view._find(id);
      if (comment) rows.get(id)?.(comment);
      if (error) view._fail(error);
    },
    () => view._gone,
  );

  view._root.adoptedStyleSheets.push(sheet);
  const add = (comment: Comment): Added => {
    const { id, author, removed } = comment;
    rows.delete(id);
    drawn.set(id, comment);
    const offered = _subscription.state?.site;
    if (removed || !offered) return {};
    const { _root, _update } = row(comment, offered.reactions, {
      _open: view._isOpen(),
      _up: view._me()?.id !== author.id && /up|both/.test(offered.votes),
      _down: offered.votes === "both",
      _voted: offered.votes !== "none",
      _say: (name, value) => said._say(id, name, value),
      _said: said._said,
    });
    rows.set(id, _update);
    return { _actions: _root };
  };
  view._additions.push(add);
  // Those that stand there are not drawn again for it: what is selected stays so.
  for (const comment of view._list._comments) {
    const actions = view._list._items.get(comment.id)?.firstElementChild?.querySelector(".actions");
    if (actions) actions.append((add(comment)._actions as Node | undefined) ?? "");
  }

  const offerBest = best(view);
  const refresh = () => {
    if (view._gone) return document.removeEventListener(COUNT_EVENT, refresh);
    const now = _subscription.state?.site;
    if (now !== site) {
      site = now;
      offerBest();
      view._list._redraw();
    }
    for (const [id, before] of drawn) {
      const comment = view._list._items.has(id) && view._find(id);
      if (!comment) for (const each of [drawn, rows]) each.delete(id);
      else if (comment !== before) {
        drawn.set(id, comment);
        rows.get(id)?.(comment);
      }
    }
  };
  // It follows each drawing of the thread.
  document.addEventListener(COUNT_EVENT, refresh);
  const { _live } = view._header;
  new MutationObserver(() => _live.hidden || said._resume()).observe(_live, { attributes: true });
}

interface May {
  readonly _open: boolean;
  readonly _up: boolean;
  readonly _down: boolean;
  /** The sum is shown. */
  readonly _voted: boolean;
  _say(name: string, value: number): void;
  _said(id: string, name: string): number | undefined;
}

/** The votes and reactions of one comment. */
function row(comment: Comment, emoji: Record<string, string>, may: May) {
  const { number } = comment;
  let now = seen(comment, may._said);
  const voter = (sign: string, label: string, value: number) =>
    button(sign, () => may._say(VOTE, now.vote === value ? 0 : value), { "aria-label": label });
  const canVote = may._open && may._up;
  const up = canVote && voter("▲", "", 1);
  const down = canVote && may._down && voter("▼", t.about(t.VOTE_DOWN(), number), -1);
  const sum = h("span.sum");
  const chips = new Map<string, HTMLButtonElement>();
  const add = may._open && Object.keys(emoji).length > 0 && adder(number, emoji, toggle);
  const _root = h("span.votes", { role: "group" }, add, canVote ? [up, down] : may._voted && sum);

  function toggle(name: string): void {
    may._say(name, +!now.react(name).on);
  }

  function _update(comment: Comment): void {
    now = seen(comment, may._said);
    for (const [name, sign] of Object.entries(emoji)) {
      const { on, count } = now.react(name);
      let chip = chips.get(name);
      if (!chip && count > 0) {
        chip = button(sign, () => toggle(name), { class: "chip", disabled: !may._open });
        chips.set(name, chip);
        // In the site's order, before what adds another.
        const order = Object.keys(emoji);
        const next = [...chips].find(([other]) => order.indexOf(other) > order.indexOf(name))?.[1];
        _root.insertBefore(chip, next ?? [...chips.values()].at(-2)?.nextSibling ?? _root.firstChild);
      }
      if (!chip) continue;
      // Under the finger it stays, with nobody's word.
      chip.hidden = count < 1 && !chip.matches(":focus");
      press(chip, on, count, t.reactions(name, Math.max(0, count)));
    }
    if (up) press(up, now.vote === 1, now.sum, `${t.about(t.VOTE_UP(), number)}, ${t.votes(now.sum)}`);
    if (down) press(down, now.vote === -1, 0);
    sum.textContent = now.sum ? t.votes(now.sum) : "";
  }

  _update(comment);
  return { _root, _update };
}

function press(to: HTMLElement, on: boolean, count: number, label?: string): void {
  to.setAttribute("aria-pressed", `${on}`);
  if (label) to.setAttribute("aria-label", label);
  if (count) to.dataset.count = digits(count);
  else delete to.dataset.count;
}

/** The button that offers the site's reactions, above the line so that nothing moves. */
function adder(number: number, emoji: Record<string, string>, toggle: (name: string) => void): HTMLElement {
  let menu: HTMLElement | undefined;
  const box = h("span", {
    onfocusout: ({ relatedTarget }: FocusEvent) => relatedTarget && !box.contains(relatedTarget as Node) && open(false),
    onkeydown(event: KeyboardEvent) {
      const all = [...(menu?.children ?? [])] as HTMLElement[];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape" && menu) {
        open(false);
        more.focus();
      } else if (step && menu) all.at((all.indexOf(event.target as HTMLElement) + step) % all.length)?.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  });
  const more = button("☺+", () => open(!menu), { "aria-label": t.about(t.REACT(), number), "aria-expanded": "false" });

  function open(shown: boolean): void {
    menu?.remove();
    menu = undefined;
    more.setAttribute("aria-expanded", `${shown}`);
    if (!shown) return;
    const choose = (name: string) => () => {
      open(false);
      more.focus();
      toggle(name);
    };
    menu = h(
      "span.menu",
      { role: "group", "aria-label": t.REACT() },
      Object.entries(emoji).map(([name, sign]) => button(sign, choose(name), { "aria-label": name, title: name })),
    );
    box.append(menu);
    (menu.firstElementChild as HTMLElement | null)?.focus();
  }

  box.append(more);
  return box;
}

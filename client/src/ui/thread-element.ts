/** <hubbub-thread site key | thread layout host>: the comments of an article. */

import type { Target } from "../core/subscription";
import { hostOf, keyOf, siteOf } from "./address";
import { h, styleSheet } from "./dom";
import { speak } from "./language";
import { knownLayout } from "./layout";
import { withTrouble } from "./parts";
import { NOT_NOW } from "./strings";
import css from "./thread.css?inline";
import { ThreadView } from "./thread-view";

/** A page that becomes another without being loaded is given this long to say so in its address and its head. */
const SETTLE_MS = 500;

const sheet = styleSheet(css);

/** Tells which elements come within a screen of the window. */
let near: IntersectionObserver | undefined;

function meet(entries: IntersectionObserverEntry[]): void {
  for (const { isIntersecting, target } of entries) if (isIntersecting) (target as HubbubThread)._mount();
}

/** The address names a comment, or has a one-time code: a thread that is far down is wanted at once. */
const isNamed = () => /^#(comment-|hubbub-|\d)/.test(location.hash);

addEventListener("hashchange", () => {
  for (const element of document.querySelectorAll<HubbubThread>("hubbub-thread")) element.connectedCallback();
});

const shown = new Set<HubbubThread>();
let looking = false;

/** The page may have become another: elements without a key of their own belong to that one now. */
function look(): void {
  if (looking) return;
  looking = true;
  setTimeout(() => {
    looking = false;
    for (const element of shown) element._follow();
  }, SETTLE_MS);
}

addEventListener("popstate", look);
// Not every browser has it; there only the head, or the way back, tells.
(globalThis as { navigation?: EventTarget }).navigation?.addEventListener("currententrychange", look);
const head = { childList: true, subtree: true, attributeFilter: ["href", "rel"] };
new MutationObserver(look).observe(document.head, head);

export class HubbubThread extends HTMLElement {
  static readonly observedAttributes = ["site", "key", "thread", "layout", "order", "host", "lang", "theme"];
  private _unmount: (() => void) | undefined;
  private _key: string | undefined;

  connectedCallback(): void {
    if (this._unmount) return;
    const waits = globalThis.IntersectionObserver && !document.hidden && !this.hasAttribute("eager") && !isNamed();
    // What is set up wrongly says so at once.
    if (waits && hostOf(this) && this._target()) {
      near ??= new IntersectionObserver(meet, { rootMargin: "100%" });
      near.observe(this);
    } else this._mount();
  }

  disconnectedCallback(): void {
    // An element that is only moved within the page is disconnected and connected in one go: it stays as it is.
    queueMicrotask(() => this.isConnected || this._end());
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this._unmount && before !== after) this._restart();
  }

  /** Starts again if the page has another key now. */
  _follow(): void {
    if (this._key !== undefined && this._key !== keyOf(this)) this._restart();
  }

  private _restart(): void {
    this._end();
    this._mount();
  }

  private _end(): void {
    near?.unobserve(this);
    this._unmount?.();
    this._unmount = undefined;
    shown.delete(this);
  }

  _mount(): void {
    near?.unobserve(this);
    shown.add(this);
    // It may be gone, or shown, when its language comes.
    speak(this, () => shown.has(this) && !this._unmount && this._show());
  }

  /** The thread that the attributes name. */
  private _target(): Target | undefined {
    const thread = this.getAttribute("thread");
    const site = siteOf(this);
    return thread ? { thread } : site ? { site, key: keyOf(this) } : undefined;
  }

  private _show(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const host = hostOf(this);
    const target = this._target();
    if (!host || !target) {
      withTrouble(({ misplaced }) => misplaced(this, host));
      root.append(h("slot"), h("p.quiet", {}, NOT_NOW()));
      this._unmount = () => root.replaceChildren();
      return;
    }
    this._key = "key" in target ? target.key : undefined;
    const view = new ThreadView(
      root,
      host,
      target,
      knownLayout(this.getAttribute("layout") || this.getAttribute("order")),
      (name, detail) =>
        this.dispatchEvent(new CustomEvent(`hubbub:${name}`, { detail, bubbles: true, composed: true })),
    );
    view._start();
    this._unmount = () => view._stop();
  }
}

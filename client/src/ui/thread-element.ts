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
    if (!this._unmount) this._mount();
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
    this._unmount?.();
    this._unmount = undefined;
    shown.delete(this);
  }

  private _mount(): void {
    shown.add(this);
    // It may be gone, or shown, when its language comes.
    speak(this, () => shown.has(this) && !this._unmount && this._show());
  }

  private _show(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const host = hostOf(this);
    const thread = this.getAttribute("thread");
    const site = siteOf(this);
    if (!host || !(site || thread)) {
      withTrouble(({ misplaced }) => misplaced(this, host));
      root.append(h("slot"), h("p.quiet", {}, NOT_NOW()));
      this._unmount = () => root.replaceChildren();
      return;
    }
    const key = keyOf(this);
    this._key = thread ? undefined : key;
    const target: Target = thread ? { thread } : { site, key };
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

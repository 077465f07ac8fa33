/** <hubbub-thread site key | thread order host>: the comments of an article. */

import { h } from "./dom";
import { hostOf, keyOf, siteOf } from "./place";
import type { Target } from "./protocol";
import { NOT_NOW } from "./strings";
import css from "./thread.css?inline";
import { mount } from "./view";
import { whenTroubled } from "./writing";

/** A page that becomes another without being loaded is given this long to say so in its address and its head. */
const SETTLE_MS = 500;

// Constructed sheets need no style-src 'unsafe-inline' of the page.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

const shown = new Set<HubbubThread>();
let looking = false;

/** The page may have become another: elements without a key of their own belong to that one now. */
function look(): void {
  if (looking) return;
  looking = true;
  setTimeout(() => {
    looking = false;
    for (const element of shown) element.follow();
  }, SETTLE_MS);
}

addEventListener("popstate", look);
// Not every browser has it; there only the head, or the way back, tells.
(globalThis as { navigation?: EventTarget }).navigation?.addEventListener("currententrychange", look);
const head = { childList: true, subtree: true, attributeFilter: ["href", "rel"] };
new MutationObserver(look).observe(document.head, head);

export class HubbubThread extends HTMLElement {
  static readonly observedAttributes = ["site", "key", "thread", "order", "host"];
  #unmount: (() => void) | undefined;
  #key: string | undefined;

  connectedCallback(): void {
    if (!this.#unmount) this.#mount();
  }

  disconnectedCallback(): void {
    // An element that is only moved within the page is disconnected and connected in one go: it stays as it is.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.#unmount && before !== after) this.#restart();
  }

  /** Starts anew if the page's key is another. */
  follow(): void {
    if (this.#key !== undefined && this.#key !== keyOf(this)) this.#restart();
  }

  #restart(): void {
    this.#end();
    this.#mount();
  }

  #end(): void {
    this.#unmount?.();
    this.#unmount = undefined;
    shown.delete(this);
  }

  #mount(): void {
    shown.add(this);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const host = hostOf(this);
    const thread = this.getAttribute("thread");
    const site = siteOf(this);
    if (!host || !(site || thread)) {
      whenTroubled(({ complain, badHost, noSite }) => complain(host ? noSite(this) : badHost(this)));
      root.append(h("slot"), h("p.quiet", {}, NOT_NOW));
      this.#unmount = () => root.replaceChildren();
      return;
    }
    const key = keyOf(this);
    this.#key = thread ? undefined : key;
    const target: Target = thread ? { thread } : { site, key };
    const order = this.getAttribute("order");
    this.#unmount = mount(root, {
      host,
      target,
      order: order === "oldest" || order === "chat" ? order : "newest",
      fire: (name, detail) =>
        this.dispatchEvent(new CustomEvent(`hubbub:${name}`, { detail, bubbles: true, composed: true })),
    });
  }
}

/** <hubbub-thread site key | thread order host>: the comments of an article. */

import { hostOf, keyOf, siteOf } from "./place";
import type { Target } from "./protocol";
import css from "./thread.css?inline";
import { mount } from "./view";

// Constructed sheets need no style-src 'unsafe-inline' of the page.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

export class HubbubThread extends HTMLElement {
  static readonly observedAttributes = ["site", "key", "thread", "order", "host"];
  #unmount: (() => void) | undefined;

  connectedCallback(): void {
    if (!this.#unmount) this.#mount();
  }

  disconnectedCallback(): void {
    // An element that is only moved within the page is disconnected and connected in one go: it stays as it is.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (!this.#unmount || before === after) return;
    this.#end();
    this.#mount();
  }

  #end(): void {
    this.#unmount?.();
    this.#unmount = undefined;
  }

  #mount(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const thread = this.getAttribute("thread");
    const target: Target = thread ? { thread } : { site: siteOf(this), key: keyOf(this) };
    const order = this.getAttribute("order");
    this.#unmount = mount(root, {
      host: hostOf(this),
      target,
      order: order === "oldest" || order === "chat" ? order : "newest",
      fire: (name, detail) =>
        this.dispatchEvent(new CustomEvent(`hubbub:${name}`, { detail, bubbles: true, composed: true })),
    });
  }
}

/** <hubbub-count site key host>: "12 comments". What it does comes with the first one on the page: count.ts. */

import { withCount } from "./parts";

/** Fired on the document by a thread that is live on this page. */
export const COUNT_EVENT = "hubbub:count";
export interface Counted {
  host: string;
  site: string;
  counts: Record<string, number>;
}

export class HubbubCount extends HTMLElement {
  static readonly observedAttributes = ["site", "key", "host"];

  connectedCallback(): void {
    withCount(({ follow }) => follow(this));
  }

  disconnectedCallback(): void {
    this.connectedCallback();
  }

  attributeChangedCallback(): void {
    this.connectedCallback();
  }
}

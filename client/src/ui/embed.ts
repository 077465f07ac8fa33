/** What https://HOST/embed.js does: it defines the two elements, once, however often it is included. */

import { HubbubCount } from "./count-element";
import { HubbubThread } from "./thread-element";

if (!customElements.get("hubbub-thread")) customElements.define("hubbub-thread", HubbubThread);
if (!customElements.get("hubbub-count")) customElements.define("hubbub-count", HubbubCount);

/** What only a writer needs; the build makes a file of its own of it. */

import css from "./write.css?inline";

export { ask } from "./ask";
export { composer } from "./composer";
export { edit } from "./editing";
export { sharedOutbox } from "./outbox";
export { drawSending, problem } from "./sending";
export { signer } from "./signing";

/** The style of all that is written in. */
export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

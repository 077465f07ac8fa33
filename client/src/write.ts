/** What only a writer needs; the build makes a file of its own of it. */

export { ask } from "./ask";
export { composer } from "./composer";
export { edit } from "./editing";
export { sharedOutbox } from "./outbox";
export { drawSending, problem } from "./sending";
export { signer } from "./signing";

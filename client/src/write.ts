/** What only a writer needs; the build makes a file of its own of it. */

export { ask } from "./ask";
export { composer } from "./composer";
export { edit } from "./editing";
export { sharedOutbox } from "./outbox";
export { polling } from "./polling";
export { badHost, complain, noSite, refusedBy, unreached, violated } from "./publisher";
export { drawSending, problem } from "./sending";
export { signer } from "./signing";

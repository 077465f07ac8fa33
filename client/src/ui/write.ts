/** What only a writer needs; the build makes a file of its own of it. */

export { signerOf } from "./signing-in";
export { problem } from "./strings";
export { Writer } from "./writer";

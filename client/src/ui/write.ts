/** What only a writer needs; the build makes a file of its own of it. */

export { signer } from "../core/signing";
export { problem } from "./strings";
export { Writer } from "./writer";

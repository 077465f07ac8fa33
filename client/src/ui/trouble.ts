/** What is needed when something is in the way; the build makes a file of its own of it. */

export { Polling } from "../core/polling";
export { misplaced, refused, unreached, violated } from "./diagnostics";

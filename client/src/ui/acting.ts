/** What comes when somebody edits, removes or moderates; the build makes a file of its own of it. */

export { bodyOf } from "../core/body";
export { askReason, closeControl } from "./closing";
export { confirm } from "./confirm";
export { edit } from "./editing";

/** What comes when somebody edits, removes or moderates; the build makes a file of its own of it. */

export { askReason, closeControl } from "./closing";
export { confirm } from "./confirm";
export { edit } from "./editing";
export { countOwn, nickTools } from "./nicks";

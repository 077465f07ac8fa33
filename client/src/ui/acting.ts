/** What comes when somebody edits, removes, moderates, selects or ignores; the build makes a file of its own of it. */

export { bodyOf } from "../core/body";
export { askReason, closeControl } from "./closing";
export { confirm } from "./confirm";
export { edit } from "./editing";
export { ignoring } from "./ignoring";
export { quoting } from "./quote";

/** What comes when somebody begins to write; the build makes a file of its own of it. */

export { equip } from "./toolbar";

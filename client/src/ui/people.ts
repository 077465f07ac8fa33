/** What comes when somebody comes to write, about who they are; the build makes a file of its own of it. */

export { countOwn, dataButton, nickChoice } from "./nicks";
export { enterBy, signOn } from "./sign-on";

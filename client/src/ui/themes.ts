/** The themes beside `plain`, as style: `paper`, a newspaper; `classic`, a news blog of 2007. Come when one is named. */

import classic from "./classic.css?inline";
import { styleSheet } from "./dom";
import paper from "./paper.css?inline";

/** Both: each is for the element whose `theme` it is. */
export const THEMES = styleSheet(paper + classic);

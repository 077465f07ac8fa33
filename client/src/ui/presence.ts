/** Who is here: how many read, from two on, and that somebody types; in a chat that stands above the field. */

import { setText } from "./dom";
import { readers, TYPING } from "./strings";
import type { ThreadView } from "./thread-view";

export function presence(view: ThreadView): void {
  const { _here, _typing } = view._header;
  view._tellPresence = () => {
    const [watching, typing] = view._present;
    const words = typing ? TYPING() : "";
    setText(_typing, words);
    const apart = _typing.isConnected;
    setText(_here, [watching > 1 && readers(watching), !apart && words].filter(Boolean).join(" · "));
  };
  view._tellPresence();
}

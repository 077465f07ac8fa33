/** "Are you sure?" where the button was, without a dialog: focus goes to the safe answer, Escape takes it. */

import { button, h } from "./dom";
import { CANCEL, KEEP } from "./strings";

interface Question {
  text?: string;
  yes: string;
  /** What is to be filled in, and the part of it that gets focus. */
  field?: HTMLElement;
  focus?: HTMLElement;
  /** Does it. While that fails, the question stays. */
  run(): Promise<boolean>;
  /** Answered either way, and the question is gone. */
  done?(): void;
}

/** Replaces `place` by the question, and puts it back when it is answered, or when the function it returns is called. */
export function ask(place: HTMLElement, { text, yes, field, focus = field, run, done }: Question): () => void {
  const end = () => {
    box.replaceWith(place);
    place.focus();
    done?.();
  };
  const cancel = button(field ? CANCEL : KEEP, end);
  const box = h(
    "form.ask",
    {
      async onsubmit(event: Event) {
        event.preventDefault();
        if (await run()) end();
      },
      onkeydown: (event: KeyboardEvent) => event.key === "Escape" && end(),
    },
    field ?? text,
    h("button.post", {}, yes),
    cancel,
  );
  place.replaceWith(box);
  (focus ?? cancel).focus();
  return end;
}

/** "Are you sure?" where the button was, without a dialog: focus goes to the safe answer, Escape takes it. */

import css from "./ask.css?inline";
import { button, h, styleSheet } from "./dom";
import { CANCEL, KEEP } from "./strings";

const sheet = styleSheet(css);

export interface Question {
  _text?: string;
  _yes: string;
  /** What is to be filled in, and the part of it that gets focus. */
  _field?: HTMLElement;
  _focus?: HTMLElement;
  /** The safe answer has focus although there is something to fill in: a hasty second Enter does nothing. */
  _hasty?: boolean;
  /** Does it. While that fails, the question stays. */
  _run(): Promise<boolean>;
  /** It is not to be, and said by the button: Escape may be pressed by mistake. */
  _drop?(): void;
  /** Answered either way, and the question is gone. */
  _done?(): void;
}

/** Replaces `trigger` by the question, and puts it back when it is answered, or when the function it returns is called. */
export function confirm(
  trigger: HTMLElement,
  { _text, _yes, _field, _focus = _field, _hasty, _run, _drop, _done }: Question,
): () => void {
  const end = () => {
    box.replaceWith(trigger);
    trigger.focus();
    _done?.();
  };
  const cancel = button(_field && !_hasty ? CANCEL() : KEEP(), () => {
    end();
    _drop?.();
  });
  const box = h(
    "form.ask",
    {
      async onsubmit(event: Event) {
        event.preventDefault();
        if (await _run()) end();
      },
      onkeydown: (event: KeyboardEvent) => event.key === "Escape" && end(),
    },
    _field ?? _text,
    h("button.post", {}, _yes),
    cancel,
  );
  const { adoptedStyleSheets } = trigger.getRootNode() as ShadowRoot;
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
  trigger.replaceWith(box);
  (_hasty ? cancel : (_focus ?? cancel)).focus();
  return end;
}

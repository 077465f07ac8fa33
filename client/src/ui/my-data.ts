/** What is kept of a reader, and what they may do about it: take it along, bring it to another device, erase it, sign out. */

import type { HubbubError } from "../core/errors";
import { eraseOwn, exportOwn, makePairing } from "../core/people";
import type { Proof } from "../core/signing";
import { button, fill, h, type Kid, styleSheet } from "./dom";
import css from "./my-data.css?inline";
import { withActing, withPasskey } from "./parts";
import type { Person } from "./signature";
import * as t from "./strings";

const sheet = styleSheet(css);
const FILE = "my-comments.jsonl";

/** Opens below the form what `trigger` asks for; focus comes back to it at the end. */
export function myData(trigger: HTMLElement, person: Person): void {
  const said = h("div", { role: "status" });
  const about = h("div");
  const panel = h(
    "section",
    {
      class: "mine",
      "aria-label": t.MY_DATA(),
      tabIndex: -1,
      onkeydown: ({ key }: KeyboardEvent) => key === "Escape" && end(),
    },
    h("p", {}, t.WHAT_IS_KEPT()),
    said,
    about,
  );

  function end(): void {
    panel.remove();
    trigger.focus();
  }

  /** Says what has come of it, or what went wrong. */
  async function attempt(act: () => Promise<Kid>): Promise<boolean> {
    fill(said);
    try {
      fill(said, await act());
      return true;
    } catch (error) {
      fill(said, h("span.error", {}, t.problem(error as HubbubError)));
      return false;
    }
  }

  const changed = () => {
    person._changed();
    fill(about, choices(person, attempt, changed), button(t.DONE(), end));
    panel.focus();
  };

  person._put(panel);
  const { adoptedStyleSheets } = panel.getRootNode() as ShadowRoot;
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
  changed();
}

type Attempt = (act: () => Promise<Kid>) => Promise<boolean>;

/** A button that asks before it acts. */
export type Asking = (label: string, question: string, act: () => Promise<Kid>) => HTMLElement;

/** `changed` draws them again, for whoever the reader is then. */
function choices(person: Person, attempt: Attempt, changed: () => void): Kid[] {
  const session = person._session();
  const kept = session.get();
  const guest = !kept || kept.profile;

  const asking: Asking = (label, _text, act) => {
    const _run = () => attempt(act);
    const trigger = button(label, () =>
      withActing(({ confirm }) => confirm(trigger, { _text, _yes: label, _run, _done: changed })),
    );
    return trigger;
  };

  /** By what stands for somebody, and draws the choices that they have. */
  async function signIn(proof: Proof): Promise<Kid> {
    await person._signIn(proof);
    changed();
    return t.paired(session.get()?.author.name || t.ANONYMOUS());
  }

  const entry = guest && enterCode(attempt, signIn);
  if (entry) withPasskey(({ passkeyButtons }) => entry.append(...passkeyButtons(session, attempt, asking, signIn)));
  return [
    kept && button(t.DOWNLOAD(), () => attempt(async () => download(await exportOwn(session)))),
    kept?.profile && button(t.OTHER_DEVICE(), () => attempt(async () => code((await makePairing(session)).code))),
    entry,
    kept && asking(t.ERASE(), t.ERASE_ASK(), async () => t.erased(await eraseOwn(session))),
    kept?.profile &&
      asking(t.SIGN_OUT(), t.SIGN_OUT_ASK(), async () => {
        person._signOut();
        return undefined;
      }),
  ];
}

/** A field for the code that another device shows. */
function enterCode(attempt: Attempt, signIn: (proof: Proof) => Promise<Kid>): HTMLElement {
  const field = h("input", { name: "code", autocomplete: "off", autocapitalize: "characters", maxLength: 20 });
  const onsubmit = (event: Event) => {
    event.preventDefault();
    void attempt(() =>
      signIn({ pair: field.value }).catch((error: HubbubError) => {
        if (error.code !== "unauthorized") throw error;
        return h("span.error", {}, t.PAIR_UNKNOWN());
      }),
    );
  };
  return h("form", { onsubmit }, h("label", {}, t.PAIR_CODE(), " ", field), h("button", {}, t.PAIR()));
}

function download(file: Blob): string {
  const link = h("a", { href: URL.createObjectURL(file), download: FILE });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return t.DOWNLOADED();
}

/** In two halves, as it is easier read and typed so. */
const code = (letters: string): Kid => [t.CODE_FOR(), h("b", { translate: false }, letters.replace(/(.{4})/, "$1 "))];

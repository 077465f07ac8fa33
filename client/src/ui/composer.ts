/** Where a reader writes: text, name, the draft that is never lost, and what is locked when comments are closed. */

import type { Item } from "../core/outbox";
import { isModerator, type Profile } from "../core/session";
import { savedProfile } from "../core/signing";
import { uuid } from "../core/uuid";
import { type Author, type Comment, LIMITS } from "../protocol/generated";
import { button, fill, h, setText } from "./dom";
import { type Draft, type Drafts, drafts } from "./drafts";
import { editor } from "./editor";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

export interface Hooks {
  /** The comment was written. */
  _post(item: Item): void;
  _signOut(): void;
  /** The comment replied to is another one, or none: time to move the composer. */
  _moved(parent: Comment | undefined, root: HTMLElement): void;
}

/** The name, e-mail and website of a guest, as they were filled in last. */
function profileFields(): HTMLFieldSetElement {
  const saved = savedProfile();
  const field = (name: keyof Profile, label: string, type: string, autocomplete: string, more = {}) =>
    h(
      "label",
      {},
      label,
      h("input", {
        name,
        type,
        autocomplete,
        maxLength: LIMITS[name],
        value: saved[name] ?? "",
        enterKeyHint: "send",
        ...more,
      }),
    );
  return h(
    "fieldset",
    {},
    field("name", t.NAME, "text", "name", { dir: "auto", autocapitalize: "words" }),
    field("email", t.EMAIL, "email", "email"),
    field("website", t.WEBSITE, "url", "url"),
  );
}

export class Composer {
  readonly _root: HTMLFormElement;
  private readonly _editor = editor(t.COMMENT, () => this._keep());
  private readonly _fields = profileFields();
  private readonly _name = h("bdi.name");
  private readonly _who: HTMLElement;
  private readonly _to = h("span");
  private readonly _replying: HTMLElement;
  private readonly _error = h("p.error", { role: "alert" });
  private readonly _post = h("button.post", {}, t.POST);
  private _drafts: Drafts | undefined;
  private _parent: Comment | undefined;
  private _closed = false;

  constructor(
    private readonly _view: ThreadView,
    private readonly _hooks: Hooks,
  ) {
    const signOut = button(t.SIGN_OUT, () => {
      _hooks._signOut();
      this._focus();
    });
    this._who = h("p.who", {}, `${t.POSTING_AS} `, this._name, " ", signOut);
    const cancel = button(t.CANCEL, () => this._reply(undefined));
    this._replying = h("p.replying", { hidden: true }, this._to, " ", cancel);
    this._root = h(
      "form.composer",
      // Not the browser's checks: people write addresses without their scheme, and the server says what it cannot take.
      {
        onsubmit: (event: Event) => this._submit(event),
        oninput: () => _view._subscription.typing(),
        noValidate: true,
      },
      this._replying,
      this._editor._root,
      this._fields,
      h("div.row", {}, this._who, this._error, this._post),
    );
  }

  /** Loads the draft of this thread; `key` names it in storage. */
  _open(key: string): void {
    const root = this._root;
    this._drafts = drafts(`draft:${key}`, (draft) => {
      if (root.isConnected) this._editor._set(draft?.body ?? "");
      return root.isConnected;
    });
    const draft = this._drafts._load();
    if (draft) this._put(draft);
  }

  /** Answers `comment`, or none. */
  _reply(comment: Comment | undefined): void {
    this._setParent(comment);
    this._focus();
  }

  /** Puts a text that was not sent back, after what is there. */
  _putBack(draft: Draft): void {
    this._put(draft);
    this._focus();
  }

  _lock(closed: boolean): void {
    this._closed = closed;
    this._editor._lock(closed);
    this._post.disabled = this._fields.disabled = closed;
    this._keep();
  }

  /** Shows the fields or the signed-in author, whichever the session says. */
  _identify(me: Author | undefined): void {
    const signedIn = isModerator(me);
    this._fields.hidden = signedIn;
    this._who.hidden = !signedIn;
    this._name.textContent = me?.name ?? "";
  }

  /** What the fields say now. */
  _profile(): Profile {
    const filled: Profile = Object.fromEntries([...new FormData(this._root)].filter(([, value]) => value));
    // People write addresses without their scheme.
    if (filled.website && !filled.website.includes(":")) filled.website = `https://${filled.website}`;
    return filled;
  }

  _focus(): void {
    this._editor._area.focus();
  }

  /** The comments have changed: the one replied to may be another by now. */
  _refresh(): void {
    const parent = this._parent;
    // What is replied to may have been taken off the page, and this with it.
    if (!this._root.isConnected) this._hooks._moved(parent, this._root);
    const fresh = parent && this._view._find(parent.id);
    if (!fresh || fresh === parent) return;
    this._parent = fresh;
    this._drawReplying();
  }

  /** Text, parent or lock have changed. */
  private _keep(): void {
    const body = this._editor._area.value;
    this._drafts?._keep(body ? { body, parent: this._parent?.id } : undefined);
    // Nothing to keep in a closed thread, nothing to show: the banner says it all.
    this._root.hidden = this._closed && !body;
    setText(this._error, this._closed ? t.KEPT : "");
    this._error.className = this._closed ? "here" : "error";
  }

  private _submit(event: Event): void {
    event.preventDefault();
    if (this._closed) return;
    const body = this._editor._area.value.trimEnd();
    const wrong = body ? this._editor._tooLong() && t.TOO_LONG : t.WRITE_FIRST;
    if (wrong) {
      setText(this._error, wrong);
      this._focus();
      return;
    }
    const parent = this._parent && { parent: this._parent.id };
    const item = { id: uuid(), body, profile: this._profile(), ...parent };
    this._editor._set("");
    this._setParent(undefined);
    this._drafts?._posted();
    this._hooks._post(item);
  }

  private _setParent(comment: Comment | undefined): void {
    this._parent = comment;
    this._keep();
    this._drawReplying();
    this._hooks._moved(comment, this._root);
  }

  private _drawReplying(): void {
    const parent = this._parent;
    this._replying.hidden = !parent;
    fill(this._to, `${t.REPLY_TO} #${parent?.number} `, h("bdi", {}, parent?.author.name));
  }

  /** Words that stand there already are kept, before these. */
  private _put(draft: Draft): void {
    const there = this._editor._area.value;
    this._editor._set(there ? `${there}\n\n${draft.body}` : draft.body);
    const found = this._view._find(draft.parent as string);
    if (found) this._setParent(found);
  }
}

/** Where a reader writes: one line that opens; the draft that is never lost, and what is locked when comments are closed. */

import type { Item } from "../core/outbox";
import { isModerator } from "../core/signing";
import type { Author, Comment } from "../protocol/generated";
import { button, fill, h, setText } from "./dom";
import { type Draft, type Drafts, drafts } from "./drafts";
import { type Editor, editor, type Rules } from "./editor";
import { withPeople } from "./parts";
import { type Person, signature } from "./signature";
import { signerOf } from "./signing-in";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";

export interface Hooks extends Rules {
  /** The comment was written, where `place` is if it answers one. */
  _post(item: Item, place: HTMLElement | null): void;
  _signOut(): void;
  /** The comment replied to is another one, or none: time to move the composer. */
  _moved(parent: Comment | undefined, root: HTMLElement): void;
}

export class Composer {
  readonly _root: HTMLFormElement;
  readonly _person: Person = {
    _session: () => this._view._subscription.session(),
    _site: () => this._view._subscription.state?.site?.title,
    _signIn: (proof) => signerOf(this._view).signIn(proof),
    _signOut: () => {
      this._hooks._signOut();
      this._focus();
    },
    _changed: () => {
      this._signature._refresh();
      this._view._identify();
      this._recount();
    },
    _put: (panel) => this._root.after(panel),
  };
  readonly _signature = signature(this._person);
  private readonly _editor: Editor;
  private readonly _to = h("span");
  private readonly _replying: HTMLElement;
  private readonly _error = h("p.error", { id: "error", role: "alert" });
  /** The key that posts. */
  private readonly _hint = h("kbd");
  private readonly _written = h("p.quiet", { hidden: true });
  private readonly _post = h("button.post", {}, t.POST());
  private _drafts: Drafts | undefined;
  private _parent: Comment | undefined;
  private _closed = false;

  constructor(
    private readonly _view: ThreadView,
    private readonly _hooks: Hooks,
  ) {
    this._editor = editor(t.COMMENT(), () => this._keep(), _hooks, t.INVITE());
    // There the form is open at once.
    if (_view._root.host.matches("[theme=classic]")) this._editor._equip();
    const cancel = button(t.CANCEL(), () => this._reply(undefined));
    this._replying = h("p.replying", { hidden: true }, this._to, " ", cancel);
    this._root = h(
      "form.composer",
      // Not the browser's checks: people write addresses without their scheme, and the server says what it cannot take.
      {
        onsubmit: (event: Event) => this._submit(event),
        oninput: () => _view._subscription.typing(),
        onfocusin: ({ relatedTarget }: FocusEvent) => {
          this._show(true);
          const isChat = !!_view._layout._box;
          setText(this._hint, isChat ? "" : t.SEND_KEY());
          this._editor._area.enterKeyHint = isChat ? "send" : "";
          // What is pressed next must not move below the finger.
          if (this._root.contains(relatedTarget as Node)) return;
          this._signature._refresh();
          this._recount();
        },
        onkeydown: (event: KeyboardEvent) => this._key(event),
        noValidate: true,
        "aria-label": t.WRITE(),
      },
      this._replying,
      this._editor._root,
      h("div.row", {}, this._error, ...this._signature._parts, this._hint, this._post, this._written),
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

  _stop(): void {
    this._drafts?._stop();
  }

  _lock(closed: boolean): void {
    this._closed = closed;
    this._editor._lock(closed);
    this._post.disabled = this._signature._fields.disabled = closed;
    this._keep();
  }

  _identify(me: Author | undefined): void {
    this._signature._identify(me);
    // Who is staff sees that.
    if (isModerator(me)) this._show(true);
  }

  /** Says anew how often the reader has commented: they come to write, or have written. */
  _recount(): void {
    withPeople(({ countOwn }) => countOwn(this._written, this._person));
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

  /** One line until somebody comes to write. */
  private _show(open: boolean): void {
    this._root.classList.toggle("open", open);
  }

  /** In a chat Enter sends; Escape leaves an answer that was not begun. */
  private _key(event: KeyboardEvent): void {
    const { key, shiftKey, isComposing, target } = event;
    const { _area } = this._editor;
    if (key === "Enter" && target === _area && this._view._layout._box && !shiftKey && !isComposing) {
      event.preventDefault();
      this._root.requestSubmit();
    }
    if (key === "Escape" && this._parent && !_area.value) this._reply(undefined);
  }

  /** Text, parent or lock have changed. */
  private _keep(): void {
    const body = this._editor._area.value;
    this._drafts?._keep(body ? { body, parent: this._parent?.id } : undefined);
    if (body) this._show(true);
    // Nothing to keep in a closed thread, nothing to show: the banner says it all.
    this._root.hidden = this._closed && !body;
    this._complain(this._closed ? t.keptBecause(this._view._subscription.state?.thread.reason) : "");
    this._error.className = this._closed ? "here" : "error";
  }

  /** Says what is wrong with the text, to the ear as a property of the field. */
  private _complain(text: string): void {
    const { _area } = this._editor;
    setText(this._error, text);
    _area.ariaInvalid = `${!!text && !this._closed}`;
    _area.setAttribute("aria-describedby", text && "error");
  }

  private _submit(event: Event): void {
    event.preventDefault();
    if (this._closed) return;
    const body = this._editor._area.value.trimEnd();
    const wrong = body ? this._editor._tooLong() && t.TOO_LONG() : t.WRITE_FIRST();
    if (wrong) {
      this._complain(wrong);
      this._focus();
      return;
    }
    const [page] = location.href.split("#");
    const id = this._drafts?._id() as string;
    const item = {
      id,
      body,
      profile: this._signature._profile(),
      page,
      title: document.title,
      parent: this._parent?.id,
    };
    const place = this._root.parentElement;
    this._editor._set("");
    this._setParent(undefined);
    this._drafts?._posted();
    this._show(false);
    this._hooks._post(item, place);
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
    fill(this._to, parent ? t.REPLY_TO(parent.number) : "", h("bdi", {}, parent?.author.name));
  }

  /** Words that stand there already are kept, before these. */
  private _put(draft: Draft): void {
    const there = this._editor._area.value;
    this._editor._set(there ? `${there}\n\n${draft.body}` : draft.body);
    const found = this._view._find(draft.parent as string);
    if (!found) return;
    // It may be one of the rows that are about to be drawn.
    this._view._list._fill();
    this._setParent(found);
  }
}

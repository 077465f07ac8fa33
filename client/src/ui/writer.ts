/** What a reader may do in a thread: write, try again, edit, moderate. Comes once the thread is shown. */

import { call } from "../core/api";
import { now } from "../core/clock";
import type { Request } from "../core/connection";
import { type Item, isDelayed, type Outbox, type Pending, sharedOutbox, type User } from "../core/outbox";
import { isModerator, saveProfile } from "../core/signing";
import type { Author, Comment, PreviewAnswer } from "../protocol/generated";
import { action, blocks, type WriterContext } from "./comment-view";
import { Composer, type Hooks } from "./composer";
import { fill, type Kid, styleSheet } from "./dom";
import { editor } from "./editor";
import { withActing, withPasskey, withPeople } from "./parts";
import { drawPending, stateOf } from "./pending";
import { replies } from "./replies";
import { offersSignOn, signerOf } from "./signing-in";
import * as t from "./strings";
import type { ThreadView } from "./thread-view";
import css from "./write.css?inline";

/** The server's default; it has the last word and answers `forbidden` after its own. */
const EDIT_WINDOW_MS = 15 * 60_000;

/** The style of all that is written in. */
const sheet = styleSheet(css);

export class Writer implements WriterContext, Hooks, User {
  readonly _composer: Composer;
  readonly _outbox: Outbox;
  private readonly _replies = replies(
    (pending) => this._state(pending),
    (number) => this._view._goTo(number),
  );
  private _moderate: ((closed: boolean | undefined) => void) | undefined;
  private _late = false;

  /** Puts the form in its place, with the draft of this thread. */
  constructor(private readonly _view: ThreadView) {
    const key = `${_view._host}:${_view._id()}`;
    this._outbox = sharedOutbox(key, this);
    this._composer = new Composer(_view, this);
    _view._root.adoptedStyleSheets.push(sheet);
    _view._additions.push((comment, done) => ({ _actions: this._actions(comment, done) }));
    _view._composerSlot.lastChild?.replaceWith(this._composer._root);
    if (offersSignOn(_view._root.host)) withPeople(({ signOn }) => signOn(_view, this._composer._signature._fields));
    this._composer._lock(!_view._isOpen());
    this._composer._open(key);
    // What somebody began to write in the page's own form, which is for those without script, before this came.
    const begun = _view._root.host.querySelector<HTMLTextAreaElement>("[name=body]");
    if (!begun?.value) return;
    this._composer._putBack({ body: begun.value });
    begun.value = "";
  }

  /** Draws what is on its way, and the comments with which more may be done than before: for most readers that is none. */
  _start(): void {
    const { _view } = this;
    if (this._outbox.items()[0]) _view._draw();
    this._identify();
    for (const comment of _view._list._comments)
      if (this._actions(comment, () => {}).some(Boolean)) _view._list._redrawOne(comment);
  }

  _hasImages(): boolean {
    return !!this._view._subscription.state?.site?.images;
  }

  _stop(): void {
    this._outbox.stop();
    this._composer._stop();
  }

  async _preview(text: string): Promise<Node> {
    const { _view } = this;
    const { html } = await call<PreviewAnswer>(_view._host, `/threads/${_view._id()}/preview`, { body: { text } });
    return blocks(html, _view);
  }

  _hasRoom(): boolean {
    return !this._view._layout._box;
  }

  /** The session is another, or the thread has closed. */
  _identify(): void {
    const { _view } = this;
    const me = _view._me();
    this._composer._identify(me);
    _view._tellClosing?.();
    if (isModerator(me) || this._moderate)
      withActing(({ closeControl }) => {
        this._moderate ??= closeControl(_view._header._controls, (closing, reason) =>
          this._run({ cmd: closing ? "close" : "reopen", thread: _view._id(), ...(reason && { reason }) }),
        );
        this._moderate(isModerator(_view._me()) ? !_view._isOpen() : undefined);
      });
  }

  /** Comments that are still on their way when the thread is at event `seq`; tells the ear what has become of them. */
  _pending(seq: number): Pending[] {
    const { _view, _outbox } = this;
    const before = _outbox.items();
    for (const { id, seq: posted } of before) if (_view._find(id) || (posted && posted <= seq)) _outbox.done(id);
    const pending = _outbox.items();
    const late = pending.some(isDelayed);
    if (pending.length < before.length) {
      _view._notices._tell(t.POSTED());
      this._composer._recount();
    } else if (late !== this._late) _view._notices._tell(late ? t.DELAYED() : "");
    this._late = late;
    this._replies._draw((id) => _view._find(id), pending);
    return pending;
  }

  _drawPending(item: HTMLElement, pending: Pending): void {
    drawPending(item, pending, this._state(pending, "alert"));
  }

  private _state(pending: Pending, role?: "alert"): Kid {
    const { id, profile } = pending;
    const { _outbox, _composer } = this;
    const choices = {
      _retry: () => _outbox.retry(id, _composer._signature._profile()),
      _rename: (name: string) => {
        _composer._signature._use(name);
        choices._retry();
      },
      _own: (place: HTMLElement) =>
        withPasskey(({ ownerButton }) =>
          fill(
            place,
            ownerButton(_composer._person, () => choices._rename(profile.name as string)),
          ),
        ),
      _takeBack: () => {
        const taken = _outbox.take(id);
        if (taken) _composer._putBack(taken);
      },
      _discard: () => {
        _outbox.take(id);
        _composer._focus();
      },
    };
    return stateOf(pending, choices, role);
  }

  _mayEdit({ author, at }: Comment): boolean {
    return this._view._me()?.id === author.id && now() - Date.parse(at) < EDIT_WINDOW_MS;
  }

  private _actions(comment: Comment, done: () => void): Kid[] {
    const { _view } = this;
    const { id, number, removed } = comment;
    const moderator = isModerator(_view._me());
    // What its author took back is not for others to publish again.
    if (removed)
      return [
        moderator &&
          comment.removed_by !== "author" &&
          action(t.RESTORE(), number, () => this._run({ cmd: "restore", comment: id })),
      ];
    const own = this._mayEdit(comment);
    const pinned = _view._isPinned(id);
    const removal = moderator ? t.REMOVE() : t.DELETE();
    const remove = (reason?: string) => this._run({ cmd: "remove", comment: id, ...(reason && { reason }) });
    const question = { _text: t.DELETE_ASK(), _yes: removal, _run: remove, _done: done };
    return [
      own && _view._isOpen() && action(t.EDIT(), number, (trigger) => this._edit(trigger, comment, done)),
      (own || moderator) &&
        action(removal, number, (trigger) =>
          withActing(({ confirm, askReason }) =>
            moderator
              ? askReason(trigger, t.REMOVE_REASON(), removal, remove, { _hasty: true, _done: done })
              : confirm(trigger, question),
          ),
        ),
      moderator &&
        action(pinned ? t.UNPIN() : t.PIN(), number, () =>
          this._run({ cmd: "pin", thread: _view._id(), comment: pinned ? null : id }),
        ),
    ];
  }

  /** Sends a command and shows a refusal. True when the server did it. */
  private _run(command: Request): Promise<boolean> {
    return this._view._guarded(this._view._subscription.send(command));
  }

  private _edit(trigger: HTMLElement, comment: Comment, done: () => void): void {
    const { _view } = this;
    withActing(({ bodyOf, edit }) =>
      edit(
        trigger,
        editor(t.about(t.EDIT(), comment.number), () => {}, this),
        `edit:${comment.id}`,
        () =>
          bodyOf(_view._host, _view._id(), comment, _view._subscription.session().get()?.token).catch((error) =>
            _view._fail(error),
          ),
        (body, rename) => this._save({ cmd: "edit", comment: comment.id, body, ...(rename && { rename }) }),
        this._newName(comment),
        done,
      ),
    );
  }

  /** The name that its author has taken since, if they have. */
  private _newName({ author }: Comment): string | undefined {
    if (this._view._me()?.id !== author.id || isModerator(author as Author)) return;
    const { name } = this._composer._signature._profile();
    return name === author.name ? undefined : name;
  }

  /** With a new name the session has it first. */
  private _save(edit: Request): Promise<boolean> {
    const { _view, _composer } = this;
    const named = async () => {
      if ("rename" in edit) await signerOf(_view).ensure(_composer._signature._profile());
      await _view._subscription.send(edit);
    };
    return _view._guarded(named());
  }

  // What the outbox calls.

  async _send({ id, body, parent, profile }: Item): Promise<{ seq: number | null }> {
    const { _view } = this;
    const before = _view._me()?.id;
    const { author } = await signerOf(_view).ensure(profile);
    if (author.id !== before) _view._identify();
    return _view._subscription.send({ cmd: "post", thread: _view._id(), id, body, ...(parent && { parent }) });
  }

  _changed(): void {
    this._view._draw();
  }

  // What the composer calls.

  _post(item: Item, place: HTMLElement | null): void {
    const { _view, _composer } = this;
    const line = item.parent && !_view._layout._box && place && this._replies._add(item.id, place);
    this._outbox.add(item);
    _composer._identify(_view._me());
    // The writer can go on at once. An answer has focus where it appears, if that is in view, else where it was written.
    if (!line) _composer._focus();
    else if (!focusNear(_view._list._items.get(item.id))) line.focus({ preventScroll: true });
  }

  _signOut(): void {
    const { _view } = this;
    saveProfile({});
    _view._subscription.session().keep(undefined);
    _view._identify();
  }

  /** The answer is written below what it answers; a chat keeps its one place to write. */
  _moved(parent: Comment | undefined, root: HTMLElement): void {
    const { _view } = this;
    const to = (!_view._layout._box && parent && _view._list._item(parent.number)) || _view._composerSlot;
    // A node that is appended where it stands loses focus.
    if (root.parentElement !== to) to.append(root);
    _view._tellClosing?.();
  }
}

/** Gives `item` focus if it is in view; says whether it is. */
function focusNear(item: HTMLElement | undefined): boolean {
  const at = item?.getBoundingClientRect();
  if (!at || at.bottom < 0 || at.top > innerHeight) return false;
  item?.focus();
  return true;
}

/** A thread on the page: wires the subscription to header, list and notices; what only writers need comes later. */

import type { HubbubError } from "../core/errors";
import type { Identity } from "../core/session";
import { load } from "../core/storage";
import { hasOlder, shown } from "../core/store";
import { type Handlers, type Status, Subscription, type Target } from "../core/subscription";
import type { Author, Comment, Event, OwnComment } from "../protocol/generated";
import { addressOf, hideClaim } from "./address";
import { followColorScheme } from "./color-scheme";
import type { Addition, Context } from "./comment-view";
import { fill, h } from "./dom";
import { header } from "./header";
import { direction, language } from "./language";
import { knownLayout, type Layout, layoutNamed } from "./layout";
import { CommentList } from "./list";
import { notices } from "./notices";
import { connectionTo } from "./page-connection";
import { loadThemes, loadWriting, withOwn, withReading, withTrouble, withWriting } from "./parts";
import * as t from "./strings";
import type { Writer } from "./writer";

/** How long what writers need may take before the reader is told. */
const FORM_MS = 5_000;

export class ThreadView implements Context, Handlers {
  readonly _subscription: Subscription;
  _layout!: Layout;
  _list!: CommentList;
  readonly _additions: Addition[] = [];
  readonly _header = header();
  readonly _notices = notices();
  /** Holds the form's room until it comes: nothing that is read may move. */
  readonly _composerSlot = h("div", { class: "place" }, h("div", { class: "room" }));
  _writer: Writer | undefined;
  private _loading: Promise<Writer | undefined> | undefined;
  private readonly _slot = h("slot");
  readonly _empty = h("p.quiet", {}, t.EMPTY());
  private readonly _thread = h("div", { hidden: true });
  /** The comments of a state that are on the page. */
  _shown = shown;
  private _comments: Comment[] = [];
  private _byId = new Map<string, Comment>();
  private _begun: boolean | undefined;
  _gone: boolean | undefined;
  /** The name under which it is kept. */
  readonly _choice: string;
  _chosen: string;
  private _wasOpen: boolean | undefined;
  /** How many of others came since the last draw, without those of the ignored; undefined when none came at all. */
  private _arrived: number | undefined;
  private _drawing: boolean | undefined;
  /** Who reads, while it is known. */
  private _reader: { _author: Author | undefined } | undefined;
  /** How many read, and how many of them type. */
  _present: [watching: number, typing: number | undefined] = [0, undefined];
  /** What reading.ts adds. */
  _tellPresence?: () => void;
  _tellCount?: () => void;
  _announce?: (arrived: number) => void;
  _tellClosing?: () => void;
  _receive?: Context["_receive"];
  declare _keepPlace?: Context["_keepPlace"];
  declare _busy: typeof import("./busy").busy;
  /** From ignoring.ts. */
  _hides?: (comment: Comment) => boolean;
  declare _thin?: Context["_thin"];
  /** What is selected, from quote.ts. */
  declare _selected?: () => Range | undefined;
  /** Ends what reading.ts began. */
  _endReading?: () => void;

  /** Builds the thread into `_root`. `_fire` fires an event on the element, as in hubbub:ready. */
  constructor(
    readonly _root: ShadowRoot,
    readonly _host: string,
    private readonly _target: Target,
    preset: string,
    readonly _fire: (name: string, detail: unknown) => void,
  ) {
    this._subscription = new Subscription(connectionTo(_host), _host, _target, this);
    // A reader's choice is one for the pages that would have the same otherwise.
    this._choice = `layout:${preset}`;
    this._chosen = knownLayout(load(this._choice) ?? preset);
    void this._lay();
    const { _root: noticesRoot, _loading } = this._notices;
    const page = h(
      "section",
      { class: "root", lang: language(), dir: direction() },
      this._header._root,
      noticesRoot,
      _loading,
      this._thread,
    );
    _root.append(page, this._slot);
    followColorScheme(_root, page);
  }

  /** Keeps the thread up to date until `_stop`. */
  _start(): void {
    addEventListener("hashchange", this._onHash);
    hideClaim();
    this._subscription.start();
  }

  _stop(): void {
    this._gone = true;
    this._subscription.leave();
    this._writer?._stop();
    this._endReading?.();
    removeEventListener("hashchange", this._onHash);
    this._root.replaceChildren();
  }

  // What the subscription calls.

  changed(fresh: readonly Event[]): void {
    const author = this._me()?.id;
    for (const { kind, comment } of fresh) {
      if (kind !== "comment.posted" || !comment) continue;
      if (comment.author.id !== author) this._arrived = (this._arrived ?? 0) + +!this._hides?.(comment);
      // Who writes among others sees what they have written.
      else if (this._begun) this._list._upTo = Number.POSITIVE_INFINITY;
      this._fire("comment", { comment });
    }
    // A closed thread locks at once; drawing may wait for the frame, so that a burst is drawn once.
    this._lockOrUnlock();
    if (!this._begun) this._begin();
    else if (!this._drawing || document.hidden) {
      this._drawing = true;
      // A page out of view has no frames, but a title that counts.
      (document.hidden ? setTimeout : requestAnimationFrame)(() => this._drawing && this._draw());
    }
  }

  presence(watching: number, typing?: number): void {
    this._present = [watching, typing];
    this._tellPresence?.();
  }

  own(comments: readonly (OwnComment | undefined)[]): void {
    withOwn(({ showOwn }) => showOwn(this, comments));
  }

  refused(error: HubbubError): void {
    const { _host, _target } = this;
    withTrouble(({ refused }) => refused(_host, _target, error));
    this._tellPage(error);
    this._notices._status("live");
    this._notices._say("problem", t.NOT_NOW());
    this._notices._loading.hidden = true;
  }

  unreached(error?: HubbubError): void {
    const { _host, _target } = this;
    withTrouble(({ unreached }) => unreached(_host, _target, error));
  }

  status(status: Status): void {
    this._notices._status(status);
    this._header._live.hidden = status !== "live";
    if (status === "live") this._writer?._outbox.resume();
  }

  async renew(): Promise<Identity | undefined> {
    return (await loadWriting()).signerOf(this).renew();
  }

  signedOut(error: HubbubError): void {
    this._fail(error);
  }

  // What the comments and the writer use.

  _id(): string {
    return this._subscription.state?.thread.id ?? "";
  }

  _isOpen(): boolean {
    return this._subscription.state?.thread.state !== "closed";
  }

  _isPinned(id: string): boolean {
    return this._subscription.state?.thread.pinned === id;
  }

  /** Who reads. Storage is asked once for all comments that are drawn in one go: to ask takes as long as to draw one. */
  _me(): Author | undefined {
    if (!this._reader) {
      this._reader = { _author: this._subscription.session().get()?.author };
      // Another tab may make it another.
      queueMicrotask(() => {
        this._reader = undefined;
      });
    }
    return this._reader._author;
  }

  _find(id: string): Comment | undefined {
    return this._byId.get(id);
  }

  _reply(comment: Comment): void {
    if (this._writer) this._writer._composer._reply(comment);
    else void this._loading?.then((writer) => writer?._composer._reply(comment));
  }

  _address(number: number | string): string {
    return addressOf(number, this._root.host, this._id());
  }

  _goTo(number: number): void {
    withReading(({ goTo }) => goTo(this, number));
  }

  /** Waits for a request to the server, and shows its refusal. True when it was done. */
  async _guarded(asked: Promise<unknown>): Promise<boolean> {
    this._notices._say("problem", "");
    try {
      await asked;
      return true;
    } catch (error) {
      this._fail(error as HubbubError);
      return false;
    }
  }

  _fail(error: HubbubError): undefined {
    withWriting(({ problem }) => this._notices._say("problem", problem(error)));
    this._tellPage(error);
    this._identify();
  }

  /** The session is another, or the thread has closed: what may be done changes with it. */
  _identify(): void {
    this._reader = undefined;
    if (!this._begun) return;
    this._writer?._identify();
    this._list._redraw();
  }

  _draw(): void {
    this._drawing = false;
    const { state } = this._subscription;
    if (!state) return;
    this._comments = this._shown(state);
    this._byId = new Map(this._comments.map((comment) => [comment.id, comment]));
    const pending = this._writer?._pending(state.seq) ?? [];
    this._list._update(this._comments, pending, this._arrived, hasOlder(state));
    this._writer?._composer._refresh();
    if (this._arrived) this._announce?.(this._arrived);
    this._arrived = undefined;
    this._empty.hidden = this._comments.length + pending.length > 0;
    this._header._count(state.thread.comments);
    this._tellCount?.();
  }

  private _tellPage({ code, message }: HubbubError): void {
    this._fire("error", { code, message });
  }

  _older(): Promise<boolean> {
    return this._guarded(this._subscription.older());
  }

  private _lockOrUnlock(): void {
    const reason = this._subscription.state?.thread.reason;
    const open = this._isOpen();
    this._notices._say("closed", open ? "" : t.closedBecause(reason)); // the reason may be another one by now
    this._tellClosing?.();
    if (open === this._wasOpen) return;
    if (this._wasOpen !== undefined) this._fire(open ? "reopened" : "closed", { reason });
    this._wasOpen = open;
    this._writer?._composer._lock(!open);
    this._identify();
  }

  /** Puts the comments, and the place to write, in the layout that was chosen. */
  async _lay(): Promise<void> {
    const name = this._chosen;
    const found = layoutNamed(name);
    // The usual ones are there at once.
    const layout = found instanceof Promise ? await found : found;
    const theme = this._root.host.matches("[theme=paper],[theme=classic]") && (await loadThemes()).THEMES;
    if (this._gone || name !== this._chosen) return;
    const { adoptedStyleSheets } = this._root;
    for (const sheet of [layout._sheet, theme])
      if (sheet && !adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
    this._layout = layout;
    this._list = new CommentList(layout, this, () => withReading(({ showOlder }) => showOlder(this)));
    const parts = [this._composerSlot, layout._box && this._header._typing, this._empty, this._list._root];
    fill(this._thread, ...(layout._newestFirst ? parts : parts.reverse()));
    if (!this._begun) this._begin();
    else {
      this._draw();
      withReading(({ loadOldest }) => loadOldest(this));
    }
  }

  private _begin(): void {
    if (!this._list || !this._subscription.state) return;
    this._begun = true;
    this._slot.remove();
    this._notices._loading.remove();
    this._header._root.hidden = this._thread.hidden = false;
    // First what fills a view, and more; but all where the server's own comments are, among which somebody may be reading.
    if (!this._layout._box && !this._root.host.querySelector("ol")) this._list._most = innerHeight / 40;
    this._draw();
    this._fire("ready", { thread: this._subscription.state?.thread });
    withReading(({ begin }) => begin(this));
    this._loading = this._loadWriter();
  }

  /** The thread is shown: now come the form, and what was on its way when the page was last left. */
  private async _loadWriter(): Promise<Writer | undefined> {
    const wait = h("p.quiet", { role: "status" }, t.NO_FORM());
    const late = setTimeout(() => this._composerSlot.lastChild?.replaceWith(wait), FORM_MS);
    const { Writer } = await loadWriting();
    clearTimeout(late);
    if (this._gone) return;
    this._writer = new Writer(this);
    this._writer._start();
    return this._writer;
  }

  /** The address is another one. */
  private readonly _onHash = (): void => {
    hideClaim();
    if (this._begun) withReading(({ followAddress }) => followAddress(this));
  };
}

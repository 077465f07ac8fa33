/** A thread on the page: wires the room to header, list, composer and notices. */

import type { Context } from "./comment-view";
import type { Composer } from "./composer";
import { COUNT_EVENT } from "./count-element";
import { fill, h } from "./dom";
import { header } from "./header";
import { followInk } from "./ink";
import { list, type Order } from "./list";
import { notices } from "./notices";
import type { Item, Outbox } from "./outbox";
import { hideClaim, linkedNumber, takeClaim } from "./place";
import { type Command, type Comment, type Event, type HubbubError, isDelayed, type Target } from "./protocol";
import { enter } from "./room";
import { isModerator } from "./session";
import { connection } from "./socket";
import { hasOlder, shown } from "./store";
import * as t from "./strings";
import { whenTroubled, whenWriting, writing } from "./writing";

const TICK_MS = 30_000;
/** How long what writers need may take before the reader is told. */
const FORM_MS = 5_000;
/** How many pages of older comments a link to one may cost. */
const LINK_PAGES = 10;
/** Oldest first means from the first on, as far as this many comments; beyond it a button loads the rest. */
const OLDEST_AUTO = 1000;

export interface Options {
  host: string;
  target: Target;
  order: Order;
  /** Fires an event on the element, as in hubbub:ready. */
  fire(name: string, detail: unknown): void;
}

/** Builds the thread into `root` and keeps it up to date until the returned function is called. */
export function mount(root: ShadowRoot, { host, target, order, fire }: Options): () => void {
  let comments: Comment[] = [];
  let byId = new Map<string, Comment>();
  let begun = false;
  let gone = false;
  let box: Outbox | undefined;
  let write: Composer | undefined;
  let formed: Promise<Composer | undefined> | undefined;
  let wasOpen: boolean | undefined;
  let arrived = 0;
  let drawing = false;
  let delayed = false;

  const said = notices();
  const room = enter(connection(host), host, target, {
    changed,
    presence: (watching, typing) => head.presence(watching, typing),
    refused(error) {
      whenTroubled(({ complain, refusedBy }) => complain(refusedBy(host, target, error)));
      tellPage(error);
      said.line(true, false);
      said.say("problem", t.NOT_NOW);
      said.loading.hidden = true;
    },
    unreached: (error) => whenTroubled(({ unreached }) => unreached(host, target, error)),
    line(up, final, late) {
      said.line(up, final, late);
      if (up) box?.resume();
    },
  });
  const id = () => room.state?.thread.id ?? "";
  const find = (id: string) => byId.get(id);
  const me = () => room.session().get()?.author;
  const signing = async () => (await writing()).signer(room.session());
  const isOpen = () => room.state?.thread.state !== "closed";
  const run = (command: Command) => did(room.speak(command));
  const older = () => did(room.older());

  async function showOlder(): Promise<void> {
    const { length } = comments;
    if (!(await older())) return;
    draw();
    said.tell(t.olderComments(comments.length - length));
  }

  const head = header((closing, reason) =>
    run({ cmd: closing ? "close" : "reopen", thread: id(), ...(reason && { reason }) }),
  );
  const context: Context = {
    me,
    isOpen,
    find,
    reply: (comment) => (write ? write.reply(comment) : void formed?.then((write) => write?.reply(comment))),
    source: (comment) => room.source(comment).catch(fail),
    run,
    retry: (id) => write && box?.retry(id, write.profile()),
    takeBack(id) {
      const item = box?.take(id);
      if (item) write?.putBack(item);
    },
    goTo,
  };
  const rows = list(order, context, showOlder);
  const slot = h("slot");
  const empty = h("p.quiet", {}, t.EMPTY);
  // What holds the form's room until it comes: nothing that is read may move.
  const place = h("div.place", {}, h("div.room"));
  const parts = [place, empty, rows.root];
  const thread = h("div", { hidden: true }, ...(order === "newest" ? parts : parts.reverse()));

  /** Waits for what was asked of the server, and shows its refusal. True when it was done. */
  async function did(asked: Promise<unknown>): Promise<boolean> {
    said.say("problem", "");
    try {
      await asked;
      return true;
    } catch (error) {
      fail(error as HubbubError);
      return false;
    }
  }

  function fail(error: HubbubError): undefined {
    whenWriting(({ problem }) => said.say("problem", problem(error)));
    tellPage(error);
    whoAmI();
  }

  const tellPage = ({ code, message }: HubbubError) => fire("error", { code, message });

  async function send({ id: comment, body, parent, profile }: Item): Promise<{ seq: number | null }> {
    const before = me()?.id;
    if ((await (await signing()).ensure(profile)).author.id !== before) whoAmI();
    return room.speak({ cmd: "post", thread: id(), id: comment, body, ...(parent && { parent }) });
  }

  function changed(fresh: readonly Event[]): void {
    const author = me()?.id;
    for (const event of fresh) {
      if (event.kind !== "comment.posted") continue;
      if (event.comment.author.id !== author) arrived++;
      fire("comment", { comment: event.comment });
    }
    // A closed thread locks at once; drawing may wait for the frame, so that a burst is drawn once.
    lockOrUnlock();
    if (!begun) begin();
    else if (!drawing) {
      drawing = true;
      requestAnimationFrame(draw);
    }
  }

  function lockOrUnlock(): void {
    const reason = room.state?.thread.reason;
    const open = isOpen();
    said.say("closed", open ? "" : reason || t.CLOSED); // it may have been closed anew meanwhile, for another reason
    if (open === wasOpen) return;
    if (wasOpen !== undefined) fire(open ? "reopened" : "closed", { reason });
    wasOpen = open;
    write?.lock(!open);
    whoAmI();
  }

  function begin(): void {
    begun = true;
    slot.remove();
    said.loading.remove();
    head.root.hidden = thread.hidden = false;
    draw();
    whoAmI();
    fire("ready", { thread: room.state?.thread });
    void firstSteps();
    formed = form();
  }

  /** The thread is shown: now come the form, and what was on its way when the page was last left. */
  async function form(): Promise<Composer | undefined> {
    const late = setTimeout(() => fill(place, h("p.quiet", { role: "status" }, t.NO_FORM)), FORM_MS);
    const { composer, drawSending, sharedOutbox, sheet } = await writing();
    context.drawSending = drawSending;
    clearTimeout(late);
    if (gone) return;
    root.adoptedStyleSheets.push(sheet);
    const key = `${host}:${id()}`;
    box = sharedOutbox(key, send, draw);
    write = composer({
      send(item) {
        box?.add(item);
        // Whoever goes on writing does so at once; an answer is written somewhere else than it appears.
        if (item.parent && order !== "chat") rows.focus(item.id);
        else write?.focus();
      },
      typing: room.sayTyping,
      find,
      signOut() {
        room.session().keep(undefined);
        whoAmI();
      },
      // The answer is written below what it answers; a chat keeps its one place to write.
      moved(parent, root) {
        const to = (order !== "chat" && parent && rows.item(parent.number)) || place;
        // A node that is appended where it stands loses focus.
        if (root.parentElement !== to) to.append(root);
      },
    });
    fill(place, write.root);
    write.lock(!isOpen());
    write.open(key);
    draw();
    whoAmI();
    return write;
  }

  async function firstSteps(): Promise<void> {
    while (order === "oldest" && room.state && hasOlder(room.state) && comments.length < OLDEST_AUTO)
      if (!(await older()) || !root.isConnected) break;
    void onHash();
  }

  function draw(): void {
    drawing = false;
    const { state } = room;
    if (!state) return;
    comments = shown(state);
    byId = new Map(comments.map((comment) => [comment.id, comment]));
    const before = box?.items() ?? [];
    for (const { id, seq } of before) if (find(id) || (seq && seq <= state.seq)) box?.done(id);
    const sending = box?.items() ?? [];
    rows.update(comments, sending, arrived, hasOlder(state));
    write?.refresh();
    said.arrived(arrived);
    arrived = 0;
    const late = sending.some(isDelayed);
    if (sending.length < before.length) said.tell(t.POSTED);
    else if (late !== delayed) said.tell(late ? t.DELAYED : "");
    delayed = late;
    empty.hidden = comments.length + sending.length > 0;
    const { site, key, comments: count } = state.thread;
    head.count(count);
    document.dispatchEvent(new CustomEvent(COUNT_EVENT, { detail: { host, site, counts: { [key]: count } } }));
  }

  /** The session is another, or the thread has closed: what may be done changes with it. */
  function whoAmI(): void {
    if (!begun) return;
    head.moderate(isModerator(me()) ? !isOpen() : undefined);
    write?.identity(me());
    rows.redraw();
  }

  async function goTo(number: number): Promise<void> {
    for (let page = 0; page < LINK_PAGES && room.state && room.state.from > number; page++)
      if (!(await older())) return;
    draw();
    rows.show(number);
  }

  /** The address has a comment's number or a one-time code: when the page opens, or later in the open page. */
  async function onHash(): Promise<void> {
    hideClaim();
    if (!begun) return;
    const number = linkedNumber();
    const code = takeClaim();
    if (number) void goTo(number);
    else if (code && (await did((await signing()).claim(code)))) whoAmI();
  }

  addEventListener("hashchange", onHash);
  const ticker = setInterval(rows.tick, TICK_MS);
  const page = h("div.root", { lang: t.LANGUAGE, dir: t.DIRECTION }, head.root, said.root, said.loading, thread);
  root.append(page, slot);
  followInk(root, page);
  hideClaim();

  return () => {
    gone = true;
    room.leave();
    box?.stop();
    clearInterval(ticker);
    removeEventListener("hashchange", onHash);
    root.replaceChildren();
  };
}

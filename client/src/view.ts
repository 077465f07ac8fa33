/** A thread on the page: wires the room to header, list, composer and notices. */

import type { Context } from "./comment-view";
import { type Composer, composer } from "./composer";
import { COUNT_EVENT } from "./count-element";
import { h } from "./dom";
import { header } from "./header";
import { list, type Order } from "./list";
import { notices } from "./notices";
import { type Item, type Outbox, outbox } from "./outbox";
import { linkedNumber, takeClaim } from "./place";
import type { Comment, Event, HubbubError, Target } from "./protocol";
import { enter } from "./room";
import { isModerator } from "./session";
import { connection } from "./socket";
import { hasOlder, shown } from "./store";
import * as t from "./strings";

const TICK_MS = 30_000;
const TYPING_MS = 3_000;
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
  reorder(order: Order): void;
}

/** Builds the thread into `root` and keeps it up to date until the returned function is called. */
export function mount(root: ShadowRoot, { host, target, order, fire, reorder }: Options): () => void {
  let comments: Comment[] = [];
  let byId = new Map<string, Comment>();
  let box: Outbox | undefined;
  let wasOpen: boolean | undefined;
  let arrived = 0;
  let frame = 0;
  let typedAt = 0;

  const find = (id: string) => byId.get(id);
  const me = () => room.session().get()?.author;
  const isOpen = () => room.state?.thread.state !== "closed";

  /** Runs a command and shows its refusal. True when it was done. */
  async function did(command: Promise<unknown>): Promise<boolean> {
    said.error("");
    try {
      await command;
      return true;
    } catch (error) {
      fail(error as HubbubError);
      return false;
    }
  }

  function fail(error: HubbubError): undefined {
    said.error(t.problem(error));
    fire("error", { code: error.code, message: error.message });
    whoAmI();
  }

  const said = notices();
  const head = header(order, {
    order: reorder,
    close: (reason) => did(room.speak({ cmd: "close", thread: id(), ...(reason && { reason }) })),
    reopen: () => did(room.speak({ cmd: "reopen", thread: id() })),
  });
  const context: Context = {
    get me() {
      return me();
    },
    get open() {
      return isOpen();
    },
    find,
    reply: (comment) => write.reply(comment),
    source: (comment) => room.source(comment).catch(fail),
    edit: ({ id }, body) => did(room.speak({ cmd: "edit", comment: id, body })),
    remove: ({ id }) => did(room.speak({ cmd: "remove", comment: id })),
    restore: ({ id }) => did(room.speak({ cmd: "restore", comment: id })),
    retry: (id) => box?.retry(id),
    takeBack(id) {
      const item = box?.take(id);
      draw();
      if (item) write.putBack(item);
    },
    goTo: (number) => void goTo(number),
    redraw: (item, comment) => rows.redraw(item, comment),
  };
  const rows = list(order, context, async () => void (await did(room.older())));
  const write: Composer = composer({
    session: () => room.session(),
    send: (item) => box?.add(item),
    typing() {
      if (Date.now() - typedAt < TYPING_MS) return;
      typedAt = Date.now();
      room.sayTyping();
    },
    find,
    // The answer is written below what it answers; a chat keeps its one place to write.
    moved(parent) {
      const item = order !== "chat" && parent && rows.item(parent.number);
      (item || place).append(write.root);
    },
  });
  write.root.addEventListener("signout", whoAmI);
  const place = h("div", {}, write.root);
  const loading = h("p", { class: "quiet" }, t.LOADING);
  const empty = h("p", { class: "quiet", hidden: true }, t.EMPTY);
  const thread = h(
    "section",
    { class: "thread", "aria-label": t.COMMENTS, hidden: true },
    head.root,
    said.root,
    ...(order === "newest" ? [place, empty, rows.root] : [rows.root, empty, place]),
  );
  const waiting = h("div", {}, h("slot"), loading);
  const room = enter(connection(host), target, {
    changed,
    presence: head.presence,
    refused(error) {
      fail(error);
      thread.hidden = !room.state;
      root.prepend(said.root);
    },
    line(up, final) {
      said.line(up, final);
      if (up) box?.resume();
    },
  });
  const id = () => room.state?.thread.id ?? "";

  async function send({ profile, ...comment }: Item): Promise<{ seq: number }> {
    await room.session().ensure(profile);
    const done = await room.speak<{ seq: number }>({ cmd: "post", thread: id(), ...comment });
    draw();
    return done;
  }

  function changed(fresh: readonly Event[]): void {
    const first = !box;
    const author = me()?.id;
    for (const event of fresh) {
      if (event.kind !== "comment.posted") continue;
      if (!author || event.comment.author.id !== author) arrived++;
      fire("comment", { comment: event.comment });
    }
    // A closed thread locks at once; drawing may wait for the frame, so that a burst is drawn once.
    lockOrUnlock();
    if (first) begin();
    else frame ||= requestAnimationFrame(draw);
  }

  function lockOrUnlock(): void {
    const { thread } = room.state ?? {};
    const open = isOpen();
    if (!thread || open === wasOpen) return;
    if (wasOpen !== undefined) fire(open ? "reopened" : "closed", { reason: thread.reason });
    wasOpen = open;
    said.closed(thread.reason, !open);
    write.lock(!open);
    whoAmI();
  }

  function begin(): void {
    const { thread: joined } = room.state as NonNullable<typeof room.state>;
    box = outbox(`${host}:${joined.id}`, send, () => draw());
    waiting.remove();
    thread.hidden = false;
    thread.prepend(head.root, said.root);
    draw();
    write.open(`${host}:${joined.id}`);
    whoAmI();
    fire("ready", { thread: joined });
    void firstSteps();
  }

  async function firstSteps(): Promise<void> {
    const code = takeClaim();
    if (code && (await did(room.session().claim(code)))) whoAmI();
    while (order === "oldest" && room.state && hasOlder(room.state) && comments.length < OLDEST_AUTO)
      if (!(await did(room.older())) || !root.isConnected) break;
    const number = linkedNumber();
    if (number) await goTo(number);
  }

  function draw(): void {
    cancelAnimationFrame(frame);
    frame = 0;
    const { state } = room;
    if (!state || !box) return;
    comments = shown(state);
    byId = new Map(comments.map((comment) => [comment.id, comment]));
    for (const { id, seq = Number.MAX_SAFE_INTEGER } of box.items()) if (find(id) || seq <= state.seq) box.take(id);
    const sending = box.items();
    rows.update(comments, sending, arrived, hasOlder(state));
    said.arrived(arrived);
    arrived = 0;
    empty.hidden = comments.length + sending.length > 0;
    head.count(state.thread.comments);
    const { site, key, comments: count } = state.thread;
    document.dispatchEvent(new CustomEvent(COUNT_EVENT, { detail: { host, site, counts: { [key]: count } } }));
  }

  /** The session is another: what may be done changes with it. */
  function whoAmI(): void {
    if (!room.state) return;
    head.moderate(isModerator(me()) ? !isOpen() : undefined);
    write.identity();
    rows.redrawAll();
  }

  async function goTo(number: number): Promise<void> {
    for (let page = 0; page < LINK_PAGES && room.state && hasOlder(room.state) && room.state.from > number; page++)
      if (!(await did(room.older()))) return;
    draw();
    rows.show(number);
  }

  const onHash = () => {
    const number = linkedNumber();
    if (number && box) void goTo(number);
  };
  addEventListener("hashchange", onHash);
  const ticker = setInterval(rows.tick, TICK_MS);
  root.append(waiting, thread);
  said.line(false, false);
  root.append(said.live);

  return () => {
    room.leave();
    said.stop();
    clearInterval(ticker);
    cancelAnimationFrame(frame);
    removeEventListener("hashchange", onHash);
    root.replaceChildren();
  };
}

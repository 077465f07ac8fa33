/** One reader in one thread: joins, resumes, notices gaps, and speaks for the reader. No DOM. */

import { call, query } from "./api";
import {
  type Command,
  type Comment,
  type Event,
  HubbubError,
  type Joined,
  type Page,
  type Push,
  type Target,
} from "./protocol";
import { type Session, session } from "./session";
import type { Connection } from "./socket";
import { type Applied, applyEvents, catchUp, fromSnapshot, mergePage, type State } from "./store";
import { setClock } from "./time";
import { writing } from "./writing";

const OLDER_PAGE = 200;
/** Refusals of a join that may pass by themselves, and how long to wait when the server does not say. */
const isPassing = ({ code }: HubbubError) => /^(offline|unavailable|internal|rate_limited|reset)$/.test(code);
const RETRY_S = 5;
/** After a reset, or for what was announced and not delivered. */
const RECHECK_S = 1;
const TYPING_MS = 3_000;

export interface Watcher {
  /** The state is another; `fresh` are the events that made it so, none after a snapshot or an older page. */
  changed(fresh: readonly Event[]): void;
  /** `typing`: how many others write just now; none when it is left out. */
  presence(watching: number, typing?: number): void;
  /** The thread cannot be joined. */
  refused(error: HubbubError): void;
  /** No WebSocket has come about yet; what a request was refused with, or nothing if it was answered. */
  unreached(error?: HubbubError): void;
  /**
   * The connection came (and the thread is joined) or went; `final` when it will not come back by itself, `late` when it
   * is there but the server cannot serve the thread just now.
   */
  line(up: boolean, final: boolean, late?: boolean): void;
}

export interface Room {
  readonly state: State | undefined;
  session(): Session;
  /** Loads the page before the oldest comment shown; asked again meanwhile it is the same page. */
  older(): Promise<void>;
  /** The comment as its author wrote it. */
  source(comment: Comment): Promise<string>;
  /** Sends a command as the reader, whose expired token is renewed once. Raises HubbubError. */
  speak<T>(command: Command): Promise<T>;
  /** Tells the others that this reader is typing, but not at every key. */
  sayTyping(): void;
  leave(): void;
}

export function enter(connection: Connection, host: string, target: Target, watcher: Watcher): Room {
  let state: State | undefined;
  let joining = false;
  let startOver = false;
  /** An event was missing while a join was on its way, which may have been too early to bring it. */
  let again = false;
  let gone = false;
  let typedAt = 0;
  let older: Promise<void> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const room = () => state?.thread.id;

  function take({ state: next, fresh }: Applied): void {
    state = next;
    if (fresh.length) watcher.changed(fresh);
  }

  async function join(): Promise<void> {
    if (joining || gone) return;
    joining = true;
    clearTimeout(retry);
    try {
      if (site()) connection.hello(mySession().get()?.token);
      const after = state && !startOver && { after: { epoch: state.epoch, seq: state.seq } };
      arrive(await connection.join(listener, { cmd: "join", ...target, ...after }));
    } catch (error) {
      refuse(error as HubbubError);
    }
    joining = false;
  }

  function arrive(reply: Joined): void {
    if (gone) return;
    setClock(reply.now);
    if ("comments" in reply) {
      startOver = false;
      state = fromSnapshot(reply);
      watcher.changed([]);
    } else if (state) {
      const applied = catchUp(state, reply);
      again ||= applied.gap;
      take(applied);
    }
    watcher.presence(reply.thread.watching ?? 0);
    watcher.line(true, false);
    // Not at once: a server that keeps announcing what it does not deliver must not be asked in a tight loop.
    if (again) retry = setTimeout(join, RECHECK_S * 1000);
    again = false;
  }

  function refuse(error: HubbubError): void {
    if (gone || error.code === "offline") return;
    if (isPassing(error)) {
      const reset = error.code === "reset";
      startOver ||= reset;
      retry = setTimeout(join, (error.retryAfter ?? (reset ? RECHECK_S : RETRY_S)) * 1000);
      watcher.line(false, false, true);
    } else {
      // Asking again would bring the same answer, and a connection without a thread is closed by the server for ever anew.
      connection.remove(listener);
      watcher.refused(error);
    }
  }

  function push(message: Push): void {
    if (!state || message.thread !== room()) return;
    if (message.push === "presence") watcher.presence(message.watching, message.typing);
    else if (message.push === "reset" || message.epoch !== state.epoch) {
      startOver = true;
      void join();
    } else {
      const applied = applyEvents(state, message.events);
      take(applied);
      if (!applied.gap) return;
      again = joining;
      void join();
    }
  }

  const listener = {
    up: () => void join(),
    down(final: boolean) {
      joining = false;
      watcher.line(false, final);
    },
    push,
    /** Is it the WebSocket alone that does not get through, or why are we kept out? */
    async unreached() {
      try {
        await call(host, `/threads?${query({ ...target, limit: "1" })}`);
        if (gone) return;
        connection.poll();
        if (!state) watcher.unreached();
      } catch (caught) {
        const error = caught as HubbubError;
        if (!isPassing(error)) refuse(error);
        else if (!state && !gone) watcher.unreached(error);
      }
    },
    /** What is sent now begins there. Not at once: what leads up to it may be on its way yet. */
    joined(head: number) {
      setTimeout(() => state && !gone && state.seq < head && void join(), RECHECK_S * 1000);
    },
  };

  const site = () => ("site" in target ? target.site : (state?.thread.site ?? ""));
  const mySession = () => session(host, site());

  const page = (query: string, token?: string) => call<Page>(host, `/threads?thread=${room()}&${query}`, { token });

  async function loadOlder(): Promise<void> {
    if (!state) return;
    const { epoch } = state;
    const found = await page(`before=${state.from}&limit=${OLDER_PAGE}`);
    // A page of another epoch does not fit; the reset that goes with it is on its way.
    if (state.epoch !== epoch || found.thread.epoch !== epoch) return;
    state = mergePage(state, found);
    watcher.changed([]);
  }

  async function speak<T>(command: Command): Promise<T> {
    const mine = mySession();
    const send = async (token: string | undefined) => {
      // Were the token refused, what follows in the same breath would be the last one's, or nobody's.
      await connection.hello(token);
      // Meanwhile another thread of the page may have spoken.
      connection.hello(token);
      return connection.request<T>(command);
    };
    try {
      return await send(mine.get()?.token);
    } catch (error) {
      if ((error as HubbubError).code !== "unauthorized") throw error;
      const renewed = await (await writing()).signer(mine).renew();
      if (!renewed) throw error;
      return send(renewed.token);
    }
  }

  connection.add(listener);
  return {
    get state() {
      return state;
    },
    session: mySession,
    older: () =>
      (older ??= loadOlder().finally(() => {
        older = undefined;
      })),
    async source({ number }) {
      const found = (await page(`before=${number + 1}&limit=1`, mySession().get()?.token)).comments[0];
      if (found?.number !== number || found.body === undefined) throw new HubbubError("forbidden");
      return found.body;
    },
    speak,
    sayTyping() {
      const id = room();
      if (!id || Date.now() - typedAt < TYPING_MS) return;
      typedAt = Date.now();
      connection.typing(id);
    },
    leave() {
      gone = true;
      clearTimeout(retry);
      connection.remove(listener);
    },
  };
}

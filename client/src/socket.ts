/**
 * One WebSocket a host, shared by every element on the page.
 *
 * It reconnects with backoff until nobody listens any more or a close code says not to. What it does not do: remember
 * threads. A listener is told `up()` after every (re)connect and joins again by itself. Where listeners find that requests
 * get through and no WebSocket does, `poll()` puts requests in its place, until one does.
 */

import { fullJitter } from "./backoff";
import { FINAL } from "./generated";
import type { Line } from "./line";
import {
  type Command,
  type Goodbye,
  HubbubError,
  type Join,
  type Joined,
  type Push,
  type Reply,
  refusal,
} from "./protocol";
import { troubled, whenTroubled } from "./writing";

/** No answer for this long means that the connection is dead; a repeated post is harmless, so we need not be patient. */
const ANSWER_MS = 10_000;
/** Browsers cannot ping. After this much silence a listener is asked to join again, which doubles as a check. */
const SILENCE_MS = 45_000;
/** Waking up from sleep or a network change deserves a quicker doubt. */
const WAKE_SILENCE_MS = 5_000;
/** How often a WebSocket is tried where requests stand in for it. */
const TRY_MS = 30_000;
/** After the third line that brought nothing listeners ask why, and again after each fourth from there. */
const ASK_AT = 3;
const ASK_EVERY = 4;

export interface Listener {
  up(): void;
  /** `final` when the server said not to come back. */
  down(final: boolean): void;
  push(message: Push): void;
  /** Another listener joined the thread that this one follows, when its head was `head`; the server sends what comes after. */
  joined?(head: number): void;
  /** No WebSocket comes about. */
  unreached?(): void;
}

export interface Connection {
  add(listener: Listener): void;
  /** The listener hears nothing more; threads that nobody else on the page follows are left. */
  remove(listener: Listener): void;
  /** The answer to a join; the listener follows the thread from then on. Raises HubbubError. */
  join(listener: Listener, command: Join): Promise<Joined>;
  /** Speaks for this token, if there is one, as soon as the promise resolves. Raises HubbubError, also unheard. */
  hello(token: string | undefined): Promise<unknown> | undefined;
  /** The answer to a command. Raises HubbubError: the server's, or `offline`. */
  request<T>(command: Command): Promise<T>;
  /** Requests stand in for the WebSocket from now on, if there is none. */
  poll(): void;
  /** Says that the reader of this thread is writing. Never answered. */
  typing(thread: string): void;
}

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: HubbubError): void;
  timer: ReturnType<typeof setTimeout>;
}

const shared = new Map<string, Connection>();

/** The page's connection to `host`, an origin such as https://comments.example.org. */
export function connection(host: string): Connection {
  let made = shared.get(host);
  if (made) return made;
  made = connect(host);
  shared.set(host, made);
  return made;
}

export function connect(host: string): Connection {
  const url = `${host.replace(/^http/, "ws")}/api/v1/live`;
  const listeners = new Set<Listener>();
  const waiting = new Map<number, Waiting>();
  let socket: Line | undefined;
  let ready = false;
  /** Whether the present line has brought anything, and whether any WebSocket ever has. */
  let answered = false;
  let reached = false;
  /** Lines in a row that brought nothing. */
  let failures = 0;
  let standIn: Line | undefined;
  let trying: ReturnType<typeof setInterval> | undefined;
  /** The server said not to come back: nothing but a new listener, or a page come back, is a reason to try. */
  let over = false;
  let attempt = 0;
  let goodbyeMs: number | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let heard = 0;
  let ref = 0;
  let spokenFor: string | undefined;
  let greeting: Promise<unknown> | undefined;
  /** To the server the whole page is one reader, which must not leave a thread that any of the page's elements shows. */
  const followers = new Map<string, Set<Listener>>();
  /** Joins on their way. Which threads they are for is known when they are answered: nothing is left before. */
  let joins = 0;

  const each = (tell: (listener: Listener) => void) => listeners.forEach(tell);

  const dial = () => new WebSocket(url, "hubbub.v1.json") as unknown as Line;

  function open(): void {
    clearTimeout(retry);
    if (socket || !listeners.size) return;
    over = false;
    try {
      use(dial());
    } catch {
      // A page under https may not even try ws:.
      lost();
    }
  }

  function use(line: Line): void {
    socket = line;
    answered = false;
    heard = Date.now();
    retry = setTimeout(lost, ANSWER_MS);
    line.onopen = opened;
    line.onmessage = ({ data }) => receive(data);
    line.onclose = ({ code }) => lost(code);
  }

  function opened(): void {
    clearTimeout(retry);
    ready = true;
    each((listener) => listener.up());
  }

  async function poll(): Promise<void> {
    const { polling } = await troubled();
    if (ready || over || !listeners.size) return;
    drop();
    standIn = polling(host);
    use(standIn);
    trying = setInterval(tryAgain, TRY_MS);
  }

  /** A WebSocket that opens takes the place of the requests. */
  function tryAgain(): void {
    const line = dial();
    line.onopen = () => {
      if (socket !== standIn) return line.close();
      drop();
      use(line);
      opened();
    };
  }

  /** Ends the present line, told by it or decided by us, and plans the next. */
  function lost(code?: number): void {
    const failed = !answered;
    over ||= FINAL.includes(code);
    drop();
    if (over || !listeners.size) return;
    retry = setTimeout(open, goodbyeMs ?? fullJitter(attempt++));
    goodbyeMs = undefined;
    // A restart of the server that a page lives through is no reason to ask at once.
    if (failed && ++failures % ASK_EVERY === ASK_AT && !(reached && failures === ASK_AT))
      each((listener) => listener.unreached?.());
  }

  function drop(): void {
    clearTimeout(retry);
    clearInterval(trying);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    socket = spokenFor = undefined;
    ready = false;
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(new HubbubError("offline"));
    }
    waiting.clear();
    followers.clear();
    each((listener) => listener.down(over));
  }

  function receive(data: string): void {
    heard = Date.now();
    // Only a server that answers has earned a fresh start of the backoff: one that accepts and drops us has not.
    attempt = failures = 0;
    answered = true;
    reached ||= socket !== standIn;
    const message: Reply | Push | Goodbye = JSON.parse(data);
    if ("push" in message) {
      if (message.push === "goodbye") goodbyeMs = message.reconnect_in * 1000;
      else each((listener) => listener.push(message));
      return;
    }
    const waiter = waiting.get(message.re as number);
    if (!waiter) return;
    waiting.delete(message.re as number);
    clearTimeout(waiter.timer);
    if (message.ok) waiter.resolve(message);
    else waiter.reject(refusal(message.error));
  }

  function request<T>(command: Command): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (!ready || !socket) return reject(new HubbubError("offline"));
      socket.send(JSON.stringify({ ...command, ref: ++ref }));
      waiting.set(ref, { resolve, reject, timer: setTimeout(lost, ANSWER_MS) });
    }) as Promise<T>;
  }

  async function join(listener: Listener, command: Join): Promise<Joined> {
    joins++;
    try {
      const reply = await request<Joined>(command);
      const { id, head } = reply.thread;
      const others = followers.get(id) ?? new Set();
      for (const other of others) if (other !== listener) other.joined?.(head);
      // Who left before the answer came follows nothing.
      followers.set(id, listeners.has(listener) ? others.add(listener) : others);
      return reply;
    } finally {
      joins--;
      leaveUnread();
    }
  }

  /** Leaves the threads that nobody follows. */
  function leaveUnread(): void {
    if (joins) return;
    for (const [thread, { size }] of followers) {
      if (size) continue;
      followers.delete(thread);
      request({ cmd: "leave", thread }).catch(() => {});
    }
  }

  /** The network or the page may have slept: reconnect now rather than later, or check that the other side lives. */
  function wake(silence: number): void {
    if (!socket) over || open();
    else if (ready && Date.now() - heard > silence) [...listeners][0]?.up();
  }

  setInterval(() => document.hidden || !socket || wake(SILENCE_MS), SILENCE_MS / 3);
  addEventListener("online", () => wake(0));
  addEventListener("offline", () => lost());
  document.addEventListener("visibilitychange", () => document.hidden || wake(WAKE_SILENCE_MS));
  // An open socket keeps a page out of the back/forward cache, and is dead when the page comes back from it.
  addEventListener("pagehide", drop);
  addEventListener("pageshow", ({ persisted }) => persisted && open());

  document.addEventListener("securitypolicyviolation", (event) =>
    whenTroubled(({ violated }) => violated(host, event)),
  );

  return {
    add(listener) {
      listeners.add(listener);
      if (ready) listener.up();
      else if (!socket) open();
    },
    remove(listener) {
      listeners.delete(listener);
      for (const set of followers.values()) set.delete(listener);
      if (listeners.size) leaveUnread();
      else drop();
    },
    join,
    poll,
    hello(token) {
      if (!token) return;
      if (token !== spokenFor) {
        spokenFor = token;
        greeting = request({ cmd: "hello", token });
        greeting.catch(() => {
          spokenFor = undefined;
        });
      }
      return greeting;
    },
    request,
    typing(thread) {
      if (ready) socket?.send(JSON.stringify({ cmd: "typing", thread }));
    },
  };
}

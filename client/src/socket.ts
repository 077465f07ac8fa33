/**
 * One WebSocket a host, shared by every element on the page.
 *
 * It reconnects with backoff until nobody listens any more or a close code says not to. What it does not do: remember
 * threads. A listener is told `up()` after every (re)connect and joins again by itself.
 */

import { fullJitter } from "./backoff";
import { FINAL } from "./generated";
import { type Command, type Goodbye, HubbubError, type Push, type Reply, refusal } from "./protocol";

/** No answer for this long means that the connection is dead; a repeated post is harmless, so we need not be patient. */
const ANSWER_MS = 10_000;
/** Browsers cannot ping. After this much silence a listener is asked to join again, which doubles as a check. */
const SILENCE_MS = 45_000;
/** Waking up from sleep or a network change deserves a quicker doubt. */
const WAKE_SILENCE_MS = 5_000;

export interface Listener {
  up(): void;
  /** `final` when the server said not to come back. */
  down(final: boolean): void;
  push(message: Push): void;
}

export interface Connection {
  add(listener: Listener): void;
  remove(listener: Listener): void;
  /** Speaks for this token, if there is one, as soon as the promise resolves. Raises HubbubError, also unheard. */
  hello(token: string | undefined): Promise<unknown> | undefined;
  /** The answer to a command. Raises HubbubError: the server's, or `offline`. */
  request<T>(command: Command): Promise<T>;
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
  const made = shared.get(host) ?? connect(host);
  shared.set(host, made);
  return made;
}

export function connect(host: string): Connection {
  const url = `${host.replace(/^http/, "ws")}/api/v1/live`;
  const listeners = new Set<Listener>();
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | undefined;
  let ready = false;
  /** The server said not to come back: nothing but a new listener, or a page come back, is a reason to try. */
  let over = false;
  let attempt = 0;
  let goodbyeMs: number | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let heard = 0;
  let ref = 0;
  let spokenFor: string | undefined;
  let greeting: Promise<unknown> | undefined;

  const each = (tell: (listener: Listener) => void) => listeners.forEach(tell);

  function open(): void {
    clearTimeout(retry);
    if (socket || !listeners.size) return;
    over = false;
    const opening = new WebSocket(url, "hubbub.v1.json");
    socket = opening;
    heard = Date.now();
    retry = setTimeout(lost, ANSWER_MS);
    opening.onopen = () => {
      clearTimeout(retry);
      ready = true;
      each((listener) => listener.up());
    };
    opening.onmessage = ({ data }) => receive(data);
    opening.onclose = ({ code }) => lost(code);
  }

  /** Ends the present socket, told by it or decided by us, and plans the next. */
  function lost(code?: number): void {
    over ||= FINAL.includes(code);
    drop();
    if (over || !listeners.size) return;
    retry = setTimeout(open, goodbyeMs ?? fullJitter(attempt++));
    goodbyeMs = undefined;
  }

  function drop(): void {
    clearTimeout(retry);
    const old = socket;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
    socket = spokenFor = undefined;
    ready = false;
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(new HubbubError("offline"));
    }
    waiting.clear();
    each((listener) => listener.down(over));
  }

  function receive(data: string): void {
    heard = Date.now();
    // Only a server that answers has earned a fresh start of the backoff: one that accepts and drops us has not.
    attempt = 0;
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

  return {
    add(listener) {
      listeners.add(listener);
      if (ready) listener.up();
      else if (!socket) open();
    },
    remove(listener) {
      listeners.delete(listener);
      if (!listeners.size) drop();
    },
    hello(token) {
      if (token && token !== spokenFor) {
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

/**
 * Stands in for the WebSocket where none gets through: takes the same commands, makes a request of each, and asks every
 * now and then what is new. To whoever speaks through it the two are the same, but that this one is late.
 */

import { call, query } from "./api";
import type { Line } from "./line";
import type { CatchUp, Command, Event, HubbubError, Push, Snapshot } from "./protocol";

/** How often a page that is seen asks: 10 of one address stay far below what the server takes of it. */
const POLL_MS = 15_000;

interface Place {
  epoch: string;
  seq: number;
}
type News = Pick<CatchUp, "events" | "more">;

export function polling(host: string): Line {
  const places = new Map<string, Place>();
  let token: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  let again = false;
  let closed = false;

  const line: Line = { onopen: null, onmessage: null, onclose: null, send, close };
  const tell = (message: object) => closed || line.onmessage?.({ data: JSON.stringify(message) });
  const ask = <T>(path: string, options: object = {}) => call<T>(host, path, { token, ...options });

  function send(text: string): void {
    const { ref, ...command } = JSON.parse(text);
    carryOut(command).then(
      (fields) => tell({ re: ref, ok: true, ...fields }),
      ({ code, message, retryAfter }: HubbubError) => {
        if (code === "offline") lost();
        else tell({ re: ref, ok: false, error: { code, message, retry_after: retryAfter } });
      },
    );
  }

  /** The command's reply, but for `re` and `ok`. Raises HubbubError. */
  async function carryOut(command: Command): Promise<object | undefined> {
    if (command.cmd === "join") return join(command);
    if (command.cmd === "hello") token = command.token;
    const { cmd, thread, comment, ...body } = command as Record<string, unknown>;
    if (cmd === "leave") places.delete(thread as string);
    const [method, path] =
      {
        post: ["POST", `/threads/${thread}/comments`],
        edit: ["PATCH", `/comments/${comment}`],
        remove: ["DELETE", `/comments/${comment}`],
        restore: ["POST", `/comments/${comment}/restore`],
        close: ["POST", `/threads/${thread}/close`],
        reopen: ["POST", `/threads/${thread}/reopen`],
      }[cmd as string] ?? [];
    if (!path) return;
    const done = await ask<object>(path, { method, body });
    soon();
    return done;
  }

  async function join({ cmd, after, ...target }: Command & { cmd: "join" }): Promise<object> {
    const snapshot = await ask<Snapshot>(`/threads?${query(target as Record<string, string>)}`);
    const { id, epoch, head } = snapshot.thread;
    const known = after?.epoch === epoch && after.seq <= head;
    const place = { epoch, seq: known ? after.seq : head };
    places.set(id, place);
    if (!known) return { ...snapshot, ...(after && { reset: true }) };
    const { events, more } = await next(id, place);
    if (more) soon();
    return { thread: snapshot.thread, events, more };
  }

  /** What follows `place`, which moves on. */
  async function next(thread: string, place: Place): Promise<News> {
    const { epoch, seq } = place;
    const news = await ask<News>(`/threads/${thread}/events?${query({ epoch, after: `${seq}` })}`);
    place.seq = Math.max(place.seq, ...news.events.map((event: Event) => event.seq));
    return news;
  }

  async function poll(): Promise<void> {
    asking = true;
    again = false;
    // A page that nobody sees asks for nothing: it joins anew when it is seen.
    for (const [thread, place] of document.hidden ? [] : places) await bring(thread, place);
    // Nobody waits for this one. It says that the line is there.
    tell({ re: null, ok: true });
    asking = false;
    plan(again ? 0 : POLL_MS * (0.8 + Math.random() * 0.4));
  }

  /** Pushes what follows `place`. */
  async function bring(thread: string, place: Place): Promise<void> {
    // It may have been joined anew meanwhile, or left.
    const push = (message: Push) => places.get(thread) === place && tell(message);
    try {
      for (let more = true; more && !closed; ) {
        const { epoch, seq } = place;
        const news = await next(thread, place);
        const events = news.events.filter((event) => event.seq > seq);
        if (events.length) push({ push: "events", thread, epoch, events });
        more = news.more;
      }
    } catch (error) {
      const { code } = error as HubbubError;
      if (/^(offline|unavailable)$/.test(code)) lost();
      if (code !== "reset") return;
      push({ push: "reset", thread });
      places.delete(thread);
    }
  }

  function plan(wait: number): void {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(poll, wait);
  }

  /** Who wrote something wants to see it. */
  function soon(): void {
    again = true;
    if (!asking) plan(0);
  }

  function lost(): void {
    if (closed) return;
    close();
    line.onclose?.({});
  }

  function close(): void {
    closed = true;
    clearTimeout(timer);
  }

  // Who makes it sets the handlers in the same turn.
  queueMicrotask(() => line.onopen?.());
  plan(POLL_MS);
  return line;
}

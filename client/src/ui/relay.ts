/** A follower's way to the leader's connection (sharing.ts), over a BroadcastChannel: the two ends of it. */

import type { Connection, Listener, Request } from "../core/connection";
import type { HubbubError } from "../core/errors";
import type { Transport } from "../core/transport";
import type { Push } from "../protocol/generated";
import type { Tab } from "./sharing";

/** How long a visible follower waits for the leader. */
export const PATIENCE_MS = 2_000;

/** On the channel of a relay: a command as the transport has it, or nothing when it closes. */
type Ask = string | undefined;
interface Answer {
  _up?: true;
  _message?: object;
  /** Another listener joined this thread, when its head was this. */
  _joined?: [head: number, thread: string];
  /** It is over; `refused` when another's token speaks on the socket. */
  _down?: "lost" | "refused";
}

/** A follower's transport. */
export class Relay implements Transport {
  onopen: Transport["onopen"] = null;
  onmessage: Transport["onmessage"] = null;
  onclose: Transport["onclose"] = null;
  _opened = false;
  _closed = false;
  private readonly _channel: BroadcastChannel;

  constructor(
    name: string,
    readonly _leader: string,
    private readonly _tab: Tab,
  ) {
    this._channel = new BroadcastChannel(name);
    this._channel.onmessage = ({ data }) => this._hear(data);
    setTimeout(() => this._opened || this.close(), PATIENCE_MS);
  }

  /** Its user sets the handlers in the same turn. */
  _use(): this {
    queueMicrotask(() => this.onopen?.());
    return this;
  }

  send(text: string): void {
    if (this._closed) return;
    this._channel.postMessage(text);
    this._tab._beat();
  }

  close(): void {
    if (this._closed) return;
    this._closed = true;
    this._channel.postMessage(undefined);
    this._channel.close();
  }

  _end(): void {
    this.close();
    this.onclose?.({});
  }

  private _hear({ _up, _message, _joined, _down }: Answer): void {
    if (this._closed) return;
    if (_up) {
      this._opened = true;
      this._tab._turnTo(this);
    }
    if (_message) this.onmessage?.({ data: JSON.stringify(_message) });
    if (_joined) this._tab._tellJoined(..._joined);
    if (_down) {
      this._tab._alone ||= _down === "refused";
      this._end();
    }
  }
}

/** The leader's end of a relay. */
export class Follower implements Listener {
  /** Whose token this follower has joined with. */
  _speaker: string | undefined;
  _heard = Date.now();
  private readonly _channel: BroadcastChannel;
  private _closed = false;

  constructor(
    name: string,
    readonly _id: string | undefined,
    private readonly _connection: Connection,
    private readonly _tab: Tab,
  ) {
    this._channel = new BroadcastChannel(name);
    this._channel.onmessage = ({ data }: { data: Ask }) => (data ? this._take(JSON.parse(data)) : this._close());
    _connection.add(this);
  }

  up(): void {
    this._tell({ _up: true });
  }

  down(): void {
    this._end("lost");
  }

  push(message: Push): void {
    if (!("thread" in message) || this._connection._followers.get(message.thread)?.has(this))
      this._tell({ _message: message });
  }

  joined(head: number, thread: string): void {
    this._tell({ _joined: [head, thread] });
  }

  _end(_down: "lost" | "refused"): void {
    if (this._closed) return;
    this._tell({ _down });
    this._close();
  }

  private _close(): void {
    this._closed = true;
    this._channel.close();
    this._tab._followers.delete(this);
    this._connection.remove(this);
  }

  private _tell(answer: Answer): void {
    if (!this._closed) this._channel.postMessage(answer);
  }

  private _take({ ref, ...command }: Request & { ref: number }): void {
    const { cmd, thread } = command as { cmd: string; thread: string };
    if (cmd === "typing") this._connection.typing(thread);
    else if (cmd === "join" || cmd === "hello") this._tab._inTurn(() => this._carry(ref, command));
    else void this._carry(ref, command);
  }

  /** Carries out a command, and answers. */
  private async _carry(ref: number, command: Request): Promise<void> {
    try {
      this._tell({ _message: { ok: true, ...(await this._do(command)), re: ref } });
    } catch (caught) {
      const { code, message, retryAfter, suggestions } = caught as HubbubError;
      if (code === "offline") return this._end("lost");
      this._tell({ _message: { re: ref, ok: false, error: { code, message, retry_after: retryAfter, suggestions } } });
    }
  }

  private async _do(command: Request): Promise<object | undefined> {
    const { _connection, _speaker, _tab } = this;
    if (this._closed) return;
    if (command.cmd === "leave") {
      _connection._followers.get(command.thread)?.delete(this);
      _connection._leaveUnfollowed();
      return;
    }
    const joins = command.cmd === "join" || command.cmd === "hello";
    const token = joins ? (command.token ?? undefined) : _speaker;
    // To the server who joined last speaks in a thread: a socket that tabs share speaks for one author alone.
    const clashes = [..._connection._listeners].some((other) => other._speaker && other._speaker !== token);
    // While the page's own join is on its way nobody knows who speaks.
    if (clashes || _connection._joins > +_tab._joining) {
      this._end(clashes ? "refused" : "lost");
      return;
    }
    if (joins) this._speaker = token;
    _tab._joining ||= joins;
    try {
      return await (command.cmd === "join"
        ? _connection.join(this, command)
        : _connection.request<object>(command, token));
    } catch (error) {
      this._speaker = _speaker;
      throw error;
    } finally {
      if (joins) _tab._joining = false;
    }
  }
}

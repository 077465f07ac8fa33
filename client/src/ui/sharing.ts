/**
 * Tabs of one browser, on pages of one origin, share one WebSocket to a server. It comes when a second tab is there.
 *
 * A Web Lock elects the leader: the tab that holds the socket. In a follower a `Relay` stands in for the WebSocket: a
 * BroadcastChannel to the leader, to whose connection the follower is one more listener. Every tab begins with a socket of its
 * own, and has one again when its relay fails; it catches up as after any reconnect. So what goes wrong here costs one more
 * socket, never a comment. A visible tab takes over from a leader that is late: browsers slow hidden tabs down, or stop them.
 */

import type { Connection } from "../core/connection";
import { save } from "../core/storage";
import { Follower, PATIENCE_MS, Relay } from "./relay";

/** Begins the names of lock and channels; another number where tabs with an older script would not understand. */
const NAME = "hubbub:1:";
/** How often a follower asks for the leader. */
const BEAT_MS = 5_000;
/** If this tab was busy itself, the answer is there already, and read first. */
const GRACE_MS = 250;
/** A hidden tab's timers run once a minute. Who is silent for longer is gone. */
const GONE_MS = 180_000;

/** On the channel of all tabs: a follower asks, the leader answers, a follower opens a relay. */
interface Call {
  _from: string;
  _kind: "ask" | "lead" | "open";
  /** Whether the leader takes followers; it has a WebSocket. */
  _able?: boolean;
  _to?: string;
  _relay?: string;
}
const tabs = new WeakMap<Connection, Tab>();

/** Another tab is there: shares the connection, if the browser can. */
export function share(connection: Connection, host: string): void {
  const tab = tabs.get(connection);
  if (tab) tab._welcome();
  else if (navigator.locks && globalThis.BroadcastChannel) tabs.set(connection, new Tab(connection, host));
}

/** This tab among the others. */
export class Tab {
  readonly _followers = new Set<Follower>();
  /** Refused by the leader: until it is shown again the tab has a socket of its own. */
  _alone = false;
  /** A follower's join is on its way. */
  _joining = false;
  private readonly _id = crypto.randomUUID();
  private _calls: BroadcastChannel | undefined;
  private _beating: ReturnType<typeof setInterval> | undefined;
  private _due: ReturnType<typeof setTimeout> | undefined;
  private _relay: Relay | undefined;
  private _next: Relay | undefined;
  private _leads = false;
  private _queued: AbortController | undefined;
  private _release = () => {};
  private _turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly _connection: Connection,
    private readonly _host: string,
  ) {
    const dial = _connection._dial.bind(_connection);
    _connection._dial = () => this._next?._use() ?? dial();
    this._wake();
    document.addEventListener("visibilitychange", () => {
      this._alone = false;
      if (!document.hidden) this._beat();
    });
    // What is frozen must not lead, and would have to read all that was said when it wakes.
    for (const kind of ["pagehide", "freeze"]) addEventListener(kind, () => this._freeze(), { capture: true });
    for (const kind of ["pageshow", "resume"]) addEventListener(kind, () => this._resume(), { capture: true });
  }

  /** Tells a tab that is new. */
  _welcome(): void {
    if (this._leads) save("tabs", Math.random());
  }

  /** Asks for the leader, which has to answer. */
  _beat(): void {
    for (const follower of this._followers) if (Date.now() - follower._heard > GONE_MS) follower._end("lost");
    if (this._leads) return;
    this._call({ _from: this._id, _kind: "ask" });
    this._due ??= setTimeout(() => {
      this._due = setTimeout(() => this._takeOver(), GRACE_MS);
    }, PATIENCE_MS);
  }

  /** The relay is open, and takes the place of the socket; or the leader doubts whether its socket lives. */
  _turnTo(relay: Relay): void {
    const { _connection } = this;
    if (_connection._transport === relay) _connection.check(0);
    // What is asked would have no answer. The next beat tries again.
    else if (this._leads || !_connection._ready || _connection._waiting.size) relay.close();
    else {
      this._next = relay;
      this._reconnect();
      this._next = undefined;
    }
  }

  _tellJoined(head: number, thread: string): void {
    for (const listener of this._connection._followers.get(thread) ?? []) listener.joined?.(head, thread);
  }

  /** Followers join one after the other. */
  _inTurn(join: () => Promise<void>): void {
    this._turn = this._turn.then(join);
  }

  private _wake(): void {
    if (this._calls) return;
    this._calls = new BroadcastChannel(this._name());
    this._calls.onmessage = ({ data }) => this._hear(data);
    this._beating = setInterval(() => this._beat(), BEAT_MS);
    this._queue();
    this._beat();
  }

  private _freeze(): void {
    this._connection.drop();
    this._sleep();
  }

  private _resume(): void {
    if (this._calls) return;
    this._wake();
    this._connection.open();
  }

  /** Has no part in it, until it wakes. */
  private _sleep(): void {
    if (!this._calls) return;
    clearInterval(this._beating);
    this._heardOfLeader();
    this._calls.close();
    this._calls = undefined;
    this._leads = false;
    this._queued?.abort();
    this._queued = undefined;
    this._release();
  }

  private _name(relay = ""): string {
    return NAME + this._host + relay;
  }

  private _call(call: Call): void {
    this._calls?.postMessage(call);
  }

  private _reconnect(): void {
    this._connection.drop();
    this._connection.open();
  }

  private _queue(): void {
    const queued = new AbortController();
    this._queued = queued;
    this._request({ signal: queued.signal });
  }

  private _request(how: LockOptions): void {
    const lead = () => {
      if (how.signal) this._queued = undefined;
      return this._lead();
    };
    navigator.locks.request(this._name(), how, lead).catch(({ name }) => {
      if (how.signal?.aborted || !this._calls) return;
      // Another has taken it over.
      this._leads = false;
      for (const follower of this._followers) follower._end("lost");
      if (name !== "AbortError") this._sleep();
      else if (!this._queued) this._queue();
    });
  }

  private _lead(): Promise<void> | undefined {
    const { _connection, _relay } = this;
    if (!this._calls) return;
    this._leads = true;
    this._heardOfLeader();
    if (_relay && _connection._transport === _relay) this._reconnect();
    this._welcome();
    this._answer();
    return new Promise((release) => {
      this._release = release;
    });
  }

  /** Nobody who sees a tab waits for one that is late. */
  private _takeOver(): void {
    this._due = undefined;
    if (!document.hidden && !this._leads) this._request({ steal: true });
  }

  private _heardOfLeader(): void {
    clearTimeout(this._due);
    this._due = undefined;
  }

  /** Whether followers find a WebSocket here. A page whose elements are gone opens one for them. */
  private _able(): boolean {
    const { _transport, _ready, _listeners } = this._connection;
    return _ready ? (_transport as unknown) instanceof WebSocket : !_listeners.size;
  }

  private _answer(): void {
    this._call({ _from: this._id, _kind: "lead", _able: this._able() });
  }

  private _hear({ _from, _kind, _able, _to, _relay }: Call): void {
    if (_kind === "lead") {
      if (!this._leads) this._follow(_from, _able);
    } else if (this._leads) {
      for (const follower of this._followers) if (follower._id === _from) follower._heard = Date.now();
      if (_kind === "ask") this._answer();
      else if (_to === this._id && this._able())
        this._followers.add(new Follower(this._name(_relay), _from, this._connection, this));
    }
  }

  private _follow(leader: string, able: boolean | undefined): void {
    const { _connection, _relay } = this;
    this._heardOfLeader();
    if (_relay && !_relay._closed) {
      if (_relay._leader !== leader) _relay._end();
      return;
    }
    if (!able || this._alone || !_connection._ready || _connection._waiting.size) return;
    const name = crypto.randomUUID();
    this._relay = new Relay(this._name(name), leader, this);
    this._call({ _from: this._id, _kind: "open", _to: leader, _relay: name });
  }
}

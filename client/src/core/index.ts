/** The SDK: `connect(host)`, and a thread's comments as a store that is live. It needs no page. */

import { type Call, call } from "./api";
import { Connection, type Message } from "./connection";
import type { Identity, Profile, Session } from "./session";
import type { SignOn } from "./sign-on";
import { type Enter, signer } from "./signing";
import type { Target } from "./subscription";
import { Store, type ThreadStore } from "./thread-store";
import type { Transport } from "./transport";

export type * from "../protocol/generated";
export { LIMITS } from "../protocol/generated";
export { type ErrorCode, HubbubError } from "./errors";
export type { Profile } from "./session";
export type { Status, Target } from "./subscription";
export type { Snapshot, ThreadStore } from "./thread-store";

/** What turns messages into bytes and back, such as `hubbub-client/msgpack`. */
export interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export interface Options {
  /** A WebSocket class, for programs that have none of their own. */
  WebSocket?: SocketClass;
  /** Speaks MessagePack with it instead of JSON. */
  codec?: Codec;
  /** Who writes, where it is known already. */
  token?: string;
  /** Else the name under which a guest writes. */
  profile?: Profile;
  /** Else a token of the publisher's own sign-on, asked for when something is written. */
  signOn?: SignOn;
  /** Keeps who writes in the browser's storage, as the widget does; else it lasts as long as this object. */
  remember?: boolean;
}

export interface Hubbub {
  /** A page's thread, or one by its id. */
  thread(target: Target): ThreadStore;
  /** Any request of the HTTP API; `path` is what follows /api/v1. Raises HubbubError. */
  call<T>(path: string, options?: Call): Promise<T>;
  /** Leaves all threads and ends the connection. */
  close(): void;
}

/** After this much silence a connection is checked, so often. */
const SILENCE_MS = 45_000;
const CHECK_MS = 15_000;

/** `host` is the server's address, such as https://comments.example.org. */
export function connect(host: string, options: Options = {}): Hubbub {
  const home = host.replace(/\/$/, "");
  const socket = options.WebSocket ?? globalThis.WebSocket;
  if (!socket) throw new TypeError("This program has no WebSocket: give connect() a class, such as that of `ws`.");
  const connection = new Line(home, socket, options.codec);
  const stores = new Set<Store>();
  let checking: ReturnType<typeof setInterval> | undefined;
  const parts = {
    connection,
    host: home,
    sessionOf: options.remember ? (kept: Session) => kept : inMemory(options.token),
    signer: (mine: Session) => signer(mine, entering(mine, options.signOn)),
    profile: options.profile ?? {},
    began(store: Store) {
      stores.add(store);
      checking ??= setInterval(() => connection.check(SILENCE_MS), CHECK_MS);
    },
    ended(store: Store) {
      stores.delete(store);
      if (stores.size) return;
      clearInterval(checking);
      checking = undefined;
    },
  };
  return {
    thread: (target) => new Store(target, parts),
    call: (path, how) => call(home, path, how),
    close() {
      for (const store of stores) store._end();
    },
  };
}

/** Asks the publisher; by a part of its own, which few programs need. */
const entering = (mine: Session, signOn: SignOn | undefined): Enter | undefined =>
  signOn && (async (anew) => (await import("./sign-on")).enter(mine, signOn, anew));

/** Requests stand in for a WebSocket where none gets through. */
const polling = (host: string) => async () => {
  const { Polling } = await import("./polling");
  return () => new Polling(host, () => false);
};

type Socket = Transport & { binaryType: string };
type SocketClass = new (url: string, protocol: string) => unknown;

/** A connection over the class and in the encoding that a program has chosen. */
class Line extends Connection {
  constructor(
    private readonly _url: string,
    private readonly _socket: SocketClass,
    private readonly _codec: Codec | undefined,
  ) {
    super(_url, polling(_url));
  }

  override _dial(): Transport {
    const { _codec } = this;
    const url = `${this._url.replace(/^http/, "ws")}/api/v1/live`;
    const socket = new this._socket(url, `hubbub.v1.${_codec ? "msgpack" : "json"}`) as Socket;
    if (!_codec) return socket;
    const send = socket.send.bind(socket);
    socket.binaryType = "arraybuffer";
    socket.send = (text) => send(_codec.encode(JSON.parse(text)) as unknown as string);
    return socket;
  }

  protected override _use(transport: Transport): void {
    super._use(transport);
    const { _codec } = this;
    if (!_codec) return;
    transport.onmessage = ({ data }: { data: string | ArrayBuffer }) =>
      // Requests that stand in for a WebSocket are in JSON.
      this._receive((typeof data === "string" ? JSON.parse(data) : _codec.decode(new Uint8Array(data))) as Message);
  }
}

/** Who writes, one a site, for as long as the program runs. `token` is for all of them. */
function inMemory(token: string | undefined): (kept: Session) => Session {
  const kept = new Map<string, Identity | undefined>();
  const given = token ? { token, author: { id: null, name: null, website: null, role: null } } : undefined;
  return ({ host, site }) => ({
    host,
    site,
    get: () => (kept.has(site) ? kept.get(site) : given),
    keep: (identity) => void kept.set(site, identity),
  });
}

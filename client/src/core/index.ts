/** The SDK: `connect(host)`, and a thread's comments as a store that is live. It needs no page. */

import { type Call, call } from "./api";
import { Connection } from "./connection";
import { type Identity, type Profile, type Session, session } from "./session";
import { signer } from "./signing";
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
  WebSocket?: new (
    url: string,
    protocol: string,
  ) => unknown;
  /** Speaks MessagePack with it instead of JSON. */
  codec?: Codec;
  /** Who writes, where it is known already. */
  token?: string;
  /** Else the name under which a guest writes. */
  profile?: Profile;
  /** Else a token of the publisher's own sign-on, asked for when something is written. */
  signOn?: () => Promise<string>;
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
  const connection = new Connection(home, polling(home), dial(options));
  const stores = new Set<Store>();
  let checking: ReturnType<typeof setInterval> | undefined;
  const parts = {
    connection,
    host: home,
    sessionOf: options.remember ? session : inMemory(options.token),
    signer: (mine: Session) => signer(mine, options.signOn),
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

/** Requests stand in for a WebSocket where none gets through. */
const polling = (host: string) => async () => {
  const { Polling } = await import("./polling");
  return () => new Polling(host, () => false);
};

/** Opens WebSockets. */
function dial({ WebSocket: Socket = globalThis.WebSocket, codec }: Options): (url: string) => Transport {
  if (!Socket) throw new TypeError("This program has no WebSocket: give connect() a class, such as that of `ws`.");
  return (url) => {
    const socket = new Socket(url, `hubbub.v1.${codec ? "msgpack" : "json"}`) as Transport & { binaryType: string };
    return codec ? packed(socket, codec) : socket;
  };
}

/** A socket whose messages are bytes. */
function packed(socket: Transport & { binaryType: string }, codec: Codec): Transport {
  socket.binaryType = "arraybuffer";
  const transport: Transport = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => socket.send(codec.encode(JSON.parse(text)) as unknown as string),
    close: () => socket.close(),
  };
  socket.onopen = () => transport.onopen?.();
  socket.onclose = (event) => transport.onclose?.(event);
  socket.onmessage = ({ data }) =>
    transport.onmessage?.({ data: codec.decode(new Uint8Array(data as ArrayBuffer)) as object });
  return transport;
}

/** Who writes, one a site, for as long as the program runs. `token` is for all of them. */
function inMemory(token: string | undefined): (host: string, site: string) => Session {
  const kept = new Map<string, Identity | undefined>();
  const given = token ? { token, author: { id: null, name: null, website: null, role: null } } : undefined;
  return (host, site) => ({
    host,
    site,
    get: () => (kept.has(site) ? kept.get(site) : given),
    keep: (identity) => void kept.set(site, identity),
  });
}

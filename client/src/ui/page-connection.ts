/** The page's connections: one a host, which follow what the browser says of the page and of the network. */

import { Connection } from "../core/connection";
import { loadTrouble, withTrouble } from "./parts";

/** After this much silence a connection is checked. */
const SILENCE_MS = 45_000;
/** Waking up from sleep or a network change deserves a quicker doubt. */
const WAKE_SILENCE_MS = 5_000;

const shared = new Map<string, Connection>();

/** The page's connection to `host`, an origin such as https://comments.example.org. */
export function connectionTo(host: string): Connection {
  let connection = shared.get(host);
  if (!connection) {
    connection = connect(host);
    shared.set(host, connection);
  }
  return connection;
}

/** A connection of its own. It lasts as long as the page. */
export function connect(host: string): Connection {
  const connection = new Connection(host, async () => {
    const { Polling } = await loadTrouble();
    return () => new Polling(host, () => document.hidden);
  });
  setInterval(() => document.hidden || connection.check(SILENCE_MS), SILENCE_MS / 3);
  addEventListener("online", () => connection.wake(0));
  addEventListener("offline", () => connection.lost());
  document.addEventListener("visibilitychange", () => document.hidden || connection.wake(WAKE_SILENCE_MS));
  // An open socket keeps a page out of the back/forward cache, and is dead when the page comes back from it.
  addEventListener("pagehide", () => connection.drop());
  addEventListener("pageshow", ({ persisted }) => persisted && connection.open());
  // Not every browser closes a socket that it keeps from opening.
  document.addEventListener("securitypolicyviolation", (event) =>
    withTrouble(({ violated }) => violated(host, event) && connection.lost()),
  );
  return connection;
}

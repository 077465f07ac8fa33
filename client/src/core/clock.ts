/** The server's time, to which all times of comments belong. */

/** How far the reader's clock is behind the server's, in milliseconds; negative when it is ahead. */
let behind = 0;

/** The server says what time it is. */
export function setClock(serverNow: string | undefined): void {
  behind = serverNow ? Date.parse(serverNow) - Date.now() : behind;
}

/** Milliseconds since 1970 by the server's clock. */
export const now = (): number => Date.now() + behind;

/** What carries commands to the server, as JSON, and replies and pushes back: a WebSocket, or `polling`. */
export interface Transport {
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code?: number }) => void) | null;
  /** `token` is of who sends it. A WebSocket has no use for it: there a join says who speaks in its thread. */
  send(text: string, token?: string): void;
  close(): void;
}

/** What carries commands to the server and replies and pushes back: a WebSocket, or `polling`. */
export interface Transport {
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code?: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

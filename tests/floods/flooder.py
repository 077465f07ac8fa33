"""`python -m tests.floods.flooder KIND HOST PORT THREAD CONNECTIONS SECONDS`: floods, then prints what it could do.

A process of its own, with nothing but the standard library, so that it slows nobody down but the server. A connection
that the server ends is replaced at once.
"""

import json
import selectors
import socket
import sys
import time
from contextlib import suppress

from tests.floods.kinds import Kind, kinds

FROM = "127.0.0.2"  # whoever shall be measured comes from another address
READ = 256 * 1024
ANSWERED = 0.2  # s, by when a server has answered what it was sent first
REOPENED = 100  # a second, of all connections together


class Peer:
    """One connection."""

    def __init__(self, address: tuple[str, int], kind: Kind) -> None:
        self.kind = kind
        self.socket = socket.create_connection(address, 30, source_address=(FROM, 0))
        if not kind.reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.sendall(kind.opening)
        if kind.upgraded:
            self._await_answer()
        if kind.first:
            self.socket.sendall(kind.first)
            time.sleep(ANSWERED)
        self.socket.setblocking(False)
        self._left = memoryview(kind.block)

    def _await_answer(self) -> None:
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self.socket.recv(4096)
            if not more:
                raise ConnectionError("no handshake")
            answer += more

    @property
    def events(self) -> int:
        """What it waits for."""
        reading = selectors.EVENT_READ if self.kind.reads or not self.kind.block else 0
        return reading | (selectors.EVENT_WRITE if self.kind.block else 0)

    def write(self) -> int:
        """Sends what can be sent; the number of bytes."""
        sent = self.socket.send(self._left)
        self._left = self._left[sent:] or memoryview(self.kind.block)
        return sent

    def read(self) -> None:
        """Takes what has come; ConnectionError at the end."""
        if not self.socket.recv(READ):
            raise ConnectionError("the server hung up")


class Flood:
    """All connections of one flooder."""

    def __init__(self, kind: Kind, address: tuple[str, int], connections: int, seconds: float) -> None:
        self._kind = kind
        self._address = address
        self._selector = selectors.DefaultSelector()
        self._connections = connections
        self._until = time.monotonic() + seconds
        self._next = 0.0
        self.sent = self.opened = self.ended = 0

    def run(self) -> None:
        """Until the time is up."""
        while time.monotonic() < self._until:
            self._fill()
            for key, ready in self._selector.select(0.05):
                self._serve(key.data, ready)
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()

    def _fill(self) -> None:
        while len(self._selector.get_map()) < self._connections and time.monotonic() < self._until:
            if self.opened >= self._connections:
                if time.monotonic() < self._next:
                    return
                self._next = time.monotonic() + 1 / REOPENED
            self.opened += 1
            with suppress(OSError):
                peer = Peer(self._address, self._kind)
                self._selector.register(peer.socket, peer.events, peer)

    def _serve(self, peer: Peer, ready: int) -> None:
        try:
            if ready & selectors.EVENT_READ:
                peer.read()
            if ready & selectors.EVENT_WRITE:
                self.sent += peer.write()
        except BlockingIOError:
            return
        except OSError:
            self.ended += 1
            self._selector.unregister(peer.socket)
            peer.socket.close()


def main(name: str, host: str, port: str, thread: str, connections: str, seconds: str) -> None:
    """Floods, and prints {"sent": bytes, "opened": connections, "ended": by the server}."""
    flood = Flood(kinds(thread)[name], (host, int(port)), int(connections), float(seconds))
    flood.run()
    print(json.dumps({"sent": flood.sent, "opened": flood.opened, "ended": flood.ended}))


if __name__ == "__main__":
    main(*sys.argv[1:])

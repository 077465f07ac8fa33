"""The baseline of snapshot reads and of joins: a bare uvicorn application that answers every request, and the first
message on every WebSocket, with so many bytes.

python -m tests.bench.hello BYTES       prints its port
"""

import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

BODY = b"x" * int(sys.argv[1]) if len(sys.argv) > 1 else b""


async def hello(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Always the same answer."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
        await receive()
        await send({"type": "websocket.send", "bytes": BODY})
        await receive()
        return
    length = (b"content-length", str(len(BODY)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        hello,
        http="httptools",
        ws="websockets-sansio",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    uvicorn.Server(config).run(sockets=[listener])

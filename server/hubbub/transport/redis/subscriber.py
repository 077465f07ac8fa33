"""A pub/sub connection that notices silence, reconnects by itself, and reports that."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any

import structlog
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from hubbub.transport.redis.connect import RedisClient
from hubbub.transport.redis.loops import end_if_cancelled, repeat

log = structlog.get_logger()

OnMessage = Callable[[bytes], None]
OnReturn = Callable[[], Coroutine[Any, Any, None]]


class Subscriber:
    """Passes messages on its channels to `on_message`. On a cluster all its channels have one hash tag."""

    def __init__(self, client: RedisClient, home: str, on_message: OnMessage) -> None:
        """`home` is any name with the hash tag."""
        self._client = client
        self._home = home
        self._on_message = on_message
        self._prefix = "S" if client.sharded else ""
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._connection: AbstractConnection | None = None
        self._heard = monotonic()
        self.since = 0.0  # when this connection subscribed everything, by the monotonic clock
        self._returned: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        """Whether messages arrive at present, as far as the last ping tells."""
        return self._returned is not None

    @property
    def silent_for(self) -> float:
        """Seconds since the last message from Redis."""
        return monotonic() - self._heard

    async def subscribe(self, channel: str, patience: float) -> None:
        """Subscribes. Returns once Redis has confirmed, or after `patience` seconds: comparing heads repairs a loss."""
        confirmed = self._wanted.get(channel)
        if confirmed is None:
            confirmed = self._wanted[channel] = asyncio.get_running_loop().create_future()
            await self._tell("SUBSCRIBE", channel)
        if not confirmed.done():
            await asyncio.wait([confirmed], timeout=patience)

    async def unsubscribe(self, channel: str) -> None:
        """Unsubscribes from the channel."""
        if self._wanted.pop(channel, None) is not None:
            await self._tell("UNSUBSCRIBE", channel)

    async def _tell(self, command: str, channel: str) -> None:
        """Sends a command. If the connection is missing or fails, the next one subscribes all channels."""
        if self._connection is not None:
            with suppress(RedisError, OSError):
                await self._connection.send_command(self._prefix + command, channel)

    async def run(self, on_return: OnReturn) -> None:
        """Listens until cancelled. Whenever all channels are subscribed (again), `on_return` runs: earlier messages may
        be lost."""
        await repeat(lambda: self._listen(on_return), f"listening on {self._home}")

    async def _listen(self, on_return: OnReturn) -> None:
        timings = self._client.timings
        connection = await self._client.listener(self._home)
        reading = asyncio.create_task(self._read(connection, on_return))
        try:
            self._connection, self._heard = connection, monotonic()
            if self._wanted:
                await connection.send_command(self._prefix + "SUBSCRIBE", *self._wanted)
            self.since = monotonic()
            while not reading.done():
                end_if_cancelled()
                await connection.send_command("PING")  # the first is answered once all channels are confirmed
                await asyncio.wait([reading], timeout=timings.ping)
                if self.silent_for > timings.silence:
                    raise TimeoutError("Redis went silent")
            reading.result()
        finally:
            self._connection = None
            ending = [reading] if self._returned is None else [reading, self._returned]
            self._returned = None
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await connection.disconnect(nowait=True)

    async def _read(self, connection: AbstractConnection, on_return: OnReturn) -> None:
        while True:
            reply = await connection.read_response(timeout=inf, disconnect_on_error=False, push_request=True)
            self._heard = monotonic()
            kind, channel, data = reply if len(reply) == 3 else (b"pong", b"", b"")
            match kind.removeprefix(b"s" if self._prefix else b""):
                case b"message":
                    self._take(data)
                case b"subscribe":
                    self._confirm(channel.decode())
                case b"unsubscribe" if channel.decode() in self._wanted:
                    # Its slot moved, which this answers with an error, or we want it again meanwhile.
                    await connection.send_command(self._prefix + "SUBSCRIBE", channel)
                case b"pong" if self._returned is None:
                    self._returned = asyncio.create_task(self._come_back(on_return))

    async def _come_back(self, on_return: OnReturn) -> None:
        try:
            await on_return()
        except Exception:  # storage may be away too; what it missed is made good a little later
            log.exception("return_not_taken", home=self._home)

    def _take(self, data: bytes) -> None:
        try:
            self._on_message(data)
        except Exception:  # such as what a newer version sent: one message must not cost the connection
            log.exception("message_not_taken", home=self._home)

    def _confirm(self, channel: str) -> None:
        confirmed = self._wanted.get(channel)
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)
